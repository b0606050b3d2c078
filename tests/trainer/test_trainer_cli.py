"""The commands as a person types them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trainer.checkpoints.checkpoint import load, save
from trainer.cli import cli


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def best(config_file: Callable[..., Path], run_dir: Path) -> Path:
    """The best checkpoint of a run of eight steps."""
    result = _invoke("train", "--config", str(config_file()))
    assert result.exit_code == 0, result.output
    return run_dir / "checkpoints" / "best.pt"


def test_train_prints_its_summary_as_json(config_file: Callable[..., Path]) -> None:
    """Nothing else is on stdout; progress is on stderr."""
    result = _invoke("train", "--config", str(config_file()), "--set", "training.steps=4", "--json")
    summary = json.loads(result.stdout)
    assert summary["step"] == 4
    assert summary["finished"] is True
    assert summary["parameters"] == 34_976
    assert "step 4: " in result.stderr


def test_train_again_is_up_to_date(best: Path, config_file: Callable[..., Path]) -> None:
    """The summary is printed, and no step is taken."""
    result = _invoke("train", "--config", str(config_file()))
    assert result.exit_code == 0
    assert result.stderr == "up to date\n"
    assert result.stdout.startswith("finished at step 8: 1,024 tokens, 34,976 parameters")


def test_evaluate_agrees_with_the_runs_own_evaluation(best: Path) -> None:
    """The checkpoint alone is enough to find shards and tokenizer."""
    arguments = ("evaluate", "--checkpoint", str(best), "--max-batches", "1", "--json")
    scores = json.loads(_invoke(*arguments).stdout)
    metrics = json.loads((best.parents[1] / "metrics.json").read_bytes())
    expected = metrics["validation"]["best"]
    assert scores["bits_per_byte"] == pytest.approx(expected["bits_per_byte"], rel=1e-4)
    assert list(scores["sources"]) == ["code", "dialogues"]


def test_evaluate_knows_no_micro_batch(best: Path) -> None:
    """The same weights have the same score, however many sequences a machine had room for."""
    arguments = ("evaluate", "--checkpoint", str(best), "--max-batches", "2", "--json")
    expected = json.loads(_invoke(*arguments).stdout)
    saved = load(best)
    assert saved.micro_batch == 4
    training = dict(saved.config["training"])
    training["execution"] = {**training["execution"], "micro_batch_size": 1}
    save(best, replace(saved, micro_batch=1, config={**saved.config, "training": training}))
    scores = json.loads(_invoke(*arguments).stdout)
    assert scores["bits_per_byte"] == pytest.approx(expected["bits_per_byte"], rel=1e-5)


def test_evaluate_sets_counts_beside_the_model(best: Path) -> None:
    """The more of the context is counted, the fewer bits; both are scored on the same bytes."""
    arguments = ("evaluate", "--checkpoint", str(best), "--baselines", "--samples", "2")
    scores = json.loads(_invoke(*arguments, "--json").stdout)
    bits = {name: counts["bits_per_byte"] for name, counts in scores["baselines"].items()}
    assert list(bits) == ["unigrams", "bigrams", "trigrams"]
    assert bits["trigrams"] < bits["bigrams"] < bits["unigrams"]
    assert list(scores["baselines"]["bigrams"]["sources"]) == ["code", "dialogues"]
    assert scores["valid_python"] in (0, 0.5, 1)
    lines = _invoke(*arguments).stdout.splitlines()
    assert lines[1].startswith("unigrams: ")
    assert lines[4].startswith("valid Python: ")


def test_evaluate_names_the_splits_there_are(best: Path) -> None:
    """A misspelt split is an error."""
    result = _invoke("evaluate", "--checkpoint", str(best), "--split", "test")
    assert result.exit_code == 1
    assert "expected: one of train, validation" in result.stderr


def test_generate_writes_to_stdout_alone(best: Path) -> None:
    """Equal seeds write equal bytes, which are whole characters."""
    arguments = ("generate", "--checkpoint", str(best), "--prompt", "def ")
    arguments += ("--max-new-tokens", "20", "--temperature", "1.5", "--top-k", "50")
    first, second = _invoke(*arguments, "--seed", "1"), _invoke(*arguments, "--seed", "1")
    assert first.exit_code == 0
    assert first.stderr == ""
    assert first.stdout_bytes == second.stdout_bytes
    assert len(first.stdout_bytes.decode()) > 10
    assert _invoke(*arguments, "--seed", "2").stdout_bytes != first.stdout_bytes


def test_generate_finds_a_tokenizer_elsewhere(best: Path, run_dir: Path, tmp_path: Path) -> None:
    """A checkpoint that was moved needs --tokenizer: the file or its directory."""
    moved = best.rename(tmp_path / "model.pt")
    arguments = ("generate", "--checkpoint", str(moved), "--prompt", "x", "--max-new-tokens", "2")
    assert _invoke(*arguments).exit_code == 1
    assert _invoke(*arguments, "--tokenizer", str(run_dir)).exit_code == 0
    assert _invoke(*arguments, "--tokenizer", str(run_dir / "tokenizer.json")).exit_code == 0


def test_a_long_prompt_is_one_message(best: Path) -> None:
    """Exit 1, what and how much, no traceback."""
    result = _invoke("generate", "--checkpoint", str(best), "--prompt", "x = 1; " * 50)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the prompt is longer than the model's context")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train",), "Missing option '--config'"),
        (("train", "--config", "x", "--resume", "--fresh"), "exclude each other"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--top-p", "0"), "--top-p"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--top-p", "nan"), "--top-p"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--temperature", "nan"), "no finite"),
        (("generate", "--checkpoint", "x", "--prompt", "y", "--temperature", "inf"), "no finite"),
        (("solve", "--reference", "--problems", "x", "--temperature", "inf"), "--temperature"),
        (("solve", "--reference", "--problems", "x", "--seconds", "inf"), "--seconds"),
        (("solve", "--reference", "--problems", "x", "--seconds", "nan"), "--seconds"),
        (("plan", "--config", "x", "--tokens-per-parameter", "inf"), "--tokens-per-parameter"),
        (("plan", "--config", "x", "--measure", "nan"), "--measure"),
        (("train", "--config", "x", "--max-seconds", "nan"), "nan is no finite number"),
        (("train", "--config", "x", "--max-seconds", "inf"), "inf is no finite number"),
    ],
)
def test_usage_errors_exit_2(arguments: tuple[str, ...], message: str) -> None:
    """What click finds wrong with the command line."""
    result = _invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_users_errors_exit_1_without_a_traceback(tmp_path: Path) -> None:
    """And with one where it was asked for."""
    arguments = ("train", "--config", str(tmp_path / "missing.yaml"))
    result = _invoke(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cannot read the configuration")
    assert _invoke(*arguments, "--debug").exception is not None


def test_help_answers_at_once() -> None:
    """Torch is not imported to print a page of help."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "trainer", "train", "--help"], check=True, capture_output=True
        )
        times.append(time.perf_counter() - started)
    assert min(times) < 0.3
