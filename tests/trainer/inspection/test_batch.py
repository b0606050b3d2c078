"""The text of a batch, compared with the tokens that the sampler gives."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpusforge.shards.reader import ShardSet
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.chat import loss_mask
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.cli import cli
from trainer.config import TrainExperiment
from trainer.data.config import PackingKind
from trainer.data.mixture import plan_stages
from trainer.data.sampler import Sampler
from trainer.inspection.batch import read_batch
from trainer.reporting.status_line import StatusLine
from trainer.train import train


@pytest.fixture(params=["contiguous", "whole"])
def packing(request: pytest.FixtureRequest) -> PackingKind:
    value: PackingKind = request.param
    return value


@pytest.fixture
def trained(
    run_dir: Path, experiment: Callable[..., TrainExperiment], packing: PackingKind
) -> Path:
    train(experiment(steps=2, evaluation={"every": 2}, data={"packing": packing}), StatusLine())
    return run_dir


def test_a_row_is_the_text_of_its_window(
    trained: Path, tokenizer: Tokenizer, packing: PackingKind
) -> None:
    """All tokens of the documents, in order; what is learned is what the loss counts."""
    shards = ShardSet(Layout(trained).shards)
    stages = plan_stages(shards, ())
    sampler = Sampler.over(shards, "train", stages, window=32, seed=0, packing=packing)
    sampler.position = 4
    windows = sampler.batch(4)
    learned = loss_mask(windows, tokenizer.control)[:, 1:].sum(axis=1)
    rows = list(read_batch(trained, 2))
    assert [row.slot for row in rows] == [0, 1, 2, 3]
    for row, window, count in zip(rows, windows, learned, strict=True):
        if packing == "contiguous":
            assert sum(part.num_tokens for part in row.parts) == 33
        assert sum(part.num_learned for part in row.parts) == count
        text = "".join(part.text for part in row.parts)
        for marker in ("<|user|>", "<|end|>", "<|endoftext|>"):
            text = text.replace(marker, "")
        assert text.replace("<|assistant|>", "") == tokenizer.decode(window)


def test_the_command_shows_documents_and_licences(trained: Path) -> None:
    """A heading for each row and each document."""
    result = CliRunner().invoke(cli, ["batch", str(trained), "--step", "1"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("=== step 1, slot 0, ")
    assert "--- code:" in result.stdout
    assert " (MIT): tokens " in result.stdout
    as_json = CliRunner().invoke(cli, ["batch", str(trained), "--step", "1", "--json"])
    assert len(json.loads(as_json.stdout)) == 4


def test_any_terminal_can_be_written_to(
    run_dir: Path,
    experiment: Callable[..., TrainExperiment],
    write_shards: Callable[..., None],
    tokenizer: Tokenizer,
) -> None:
    """Also one whose encoding lacks some characters, as text and as JSON."""
    (run_dir / "shards").unlink()
    ids = tokenizer.encode("日本語 " * 40)
    write_shards(run_dir, {"train": {"日本": [ids]}}, tokenizer=tokenizer)
    train(experiment(steps=1), StatusLine(silent=True))
    runner = CliRunner(charset="latin-1")
    step = [str(run_dir), "--step", "1"]
    for command in (["batch", *step], ["batch", *step, "--json"], ["trace", *step]):
        result = runner.invoke(cli, command)
        assert result.exit_code == 0, result.output
        assert "日本" in result.stdout_bytes.decode()


def test_a_step_that_was_not_taken_is_an_error(trained: Path) -> None:
    """The first step is 1."""
    result = CliRunner().invoke(cli, ["batch", str(trained), "--step", "3"])
    assert result.exit_code == 1
    assert "error: the run has no such step" in result.stderr
    assert "1 to 2" in result.stderr
