"""What the model card says, and what an export does without a run beside it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from safetensors import safe_open

from trainer.cli import cli
from trainer.export.card import model_card
from trainer.export.export import export
from trainer.export.release import Release, read_release


def _at(release: Release, position: int, stages: list[list[Any]]) -> Release:
    """A release whose training has come to a sample of a mixture."""
    sampler = {"position": position, "stages": stages}
    return replace(release, checkpoint=replace(release.checkpoint, sampler=sampler))


def test_the_card_sums_up_the_licences(release: Release) -> None:
    """Documents and tokens by expression; what declares nothing is said to."""
    card = model_card(_at(release, 4, [[0, {"code": 1, "dialogues": 1}]]), "huggingface")
    assert "| MIT | 20 | " in card
    assert "| none declared | 350 | " in card
    assert "| validation | dialogues | 50 | " in card


def test_the_card_leaves_out_what_was_not_read(release: Release) -> None:
    """By the mixture, or not yet; held-out documents of such a source neither."""
    mixture = [[0, {"dialogues": 1}], [8, {"code": 1}]]
    card = model_card(_at(release, 8, mixture), "gguf")
    assert "| none declared | 350 | " in card
    assert "100.00%" in card
    assert "code |" not in card
    assert "MIT" not in card
    assert "| train | code | 20 | " in model_card(_at(release, 9, mixture), "gguf")


def test_before_the_first_step_nothing_is_in_the_weights(release: Release) -> None:
    """No source and no licence is claimed."""
    card = model_card(release, "gguf")
    assert "Nothing was read" in card
    assert "MIT" not in card


def test_the_card_goes_back_to_the_first_weights(release: Release) -> None:
    """The nearest training first; what is not recorded is said to be so."""
    sources = [{"split": "train", "source": "a", "documents": 2, "tokens": 30, "bytes": 90}]
    licenses = [{"license": "GPL-3.0-only", "documents": 2, "tokens": 30}]
    near = {"step": 7, "shards": "n", "tables": {"sources": sources, "licenses": licenses}}
    far = {"step": 1200, "shards": "f", "tables": None}
    checkpoint = replace(release.checkpoint, ancestors=[None, far, near])
    card = model_card(replace(release, checkpoint=checkpoint), "gguf")
    expected = [
        "### Before, for 7 steps on shards `n`",
        "| train | a | 2 | 30 | 0.0 MB |",
        "| GPL-3.0-only | 2 | 30 | 100.00% |",
        "### Before, for 1,200 steps on shards `f`",
        "were not at hand",
        "is not recorded",
    ]
    places = [card.index(line) for line in expected]
    assert places == sorted(places)


def test_the_card_has_the_front_matter_of_the_hub(release: Release) -> None:
    """YAML between two lines of dashes."""
    front = yaml.safe_load(model_card(release, "huggingface").split("---")[1])
    assert front == {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["llama", "code", "corpusforge"],
    }


def test_results_are_those_of_this_checkpoint(release: Release) -> None:
    """An evaluation at another step is not its result."""
    assert "was not evaluated" in model_card(release, "gguf")
    scores = {"loss": 6.2, "bits_per_byte": 3.5}
    events = [
        {"event": "evaluation", "step": 0, **scores, "sources": {"code": scores}},
        {"event": "evaluation", "step": 4, "loss": 1.0, "bits_per_byte": 1.0, "sources": {}},
    ]
    release.layout.metrics_log.write_text("".join(json.dumps(event) + "\n" for event in events))
    card = model_card(release, "gguf")
    assert "| code | 3.500 | 6.200 |" in card
    assert "1.000" not in card


def test_a_checkpoint_away_from_its_run_says_so(
    checkpoint: Path, run_dir: Path, tmp_path: Path
) -> None:
    """Without the shards there is no data card, and still an export."""
    for name in ("tokenizer.json", "tokenizer.model"):
        shutil.copy(run_dir / name, tmp_path / name)
    moved = checkpoint.rename(tmp_path / "model.pt")
    release = read_release(moved, tmp_path, "float32")
    assert "were not at hand" in model_card(release, "gguf")


def test_safetensors_hold_the_weights_and_their_configuration(
    checkpoint: Path, tmp_path: Path
) -> None:
    """Names as in the checkpoint; the metadata says what they belong to."""
    export(checkpoint, None, "safetensors", "float32", tmp_path / "exported")
    with safe_open(tmp_path / "exported" / "model.safetensors", "pt") as file:
        assert file.get_tensor("layers.0.self_attn.k_proj.weight").shape == (16, 32)
        metadata = file.metadata()
    assert json.loads(metadata["model"])["kv_heads"] == 2
    assert json.loads(metadata["tokenizer"])["vocab_size"] == 512


def test_the_command_lists_what_it_wrote(checkpoint: Path, run_dir: Path) -> None:
    """By default under the run."""
    result = CliRunner().invoke(
        cli, ["export", "--checkpoint", str(checkpoint), "--format", "gguf"]
    )
    assert result.exit_code == 0, result.output
    directory = run_dir / "export" / "gguf"
    assert result.stdout.splitlines() == [
        str(directory / "README.md"),
        str(directory / "model.gguf"),
    ]


def test_a_missing_package_is_one_message(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the extra that brings it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = CliRunner().invoke(
        cli, ["export", "--checkpoint", str(checkpoint), "--format", "huggingface"]
    )
    assert result.exit_code == 1
    assert "needs safetensors and tokenizers" in result.stderr
    assert "pip install 'corpusforge[export]'" in result.stderr
