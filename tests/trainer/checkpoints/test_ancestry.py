"""The record that a checkpoint keeps of the data behind the weights that its run began with."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.ancestry import ancestors_of
from trainer.checkpoints.checkpoint import load, save
from trainer.config import TrainExperiment
from trainer.reporting.status_line import StatusLine
from trainer.train import train

Make = Callable[..., TrainExperiment]


def _train(experiment: TrainExperiment) -> str:
    stream = io.StringIO()
    train(experiment, StatusLine(stream))
    return stream.getvalue()


@pytest.fixture
def notes(
    run_dir: Path, tmp_path: Path, write_shards: Callable[..., None], tokenizer: Tokenizer
) -> Path:
    """A corpus of CC0 notes by the same tokenizer."""
    directory = tmp_path / "notes"
    directory.mkdir()
    for name in ("tokenizer.json", "tokenizer.model"):
        (directory / name).symlink_to(run_dir / name)
    documents = [tokenizer.encode(f"Note {number}: milk, bread, tea. ") for number in range(40)]
    end = np.array([tokenizer.end_of_document], np.uint16)
    texts = [np.concatenate([ids, end]) for ids in documents]
    splits = {"train": {"notes": texts[:30]}, "validation": {"notes": texts[30:]}}
    write_shards(directory, splits, tokenizer=tokenizer, license="CC0-1.0")
    return directory


@pytest.fixture
def on_notes(experiment: Make, notes: Path) -> Callable[..., TrainExperiment]:
    """Makes an experiment on the notes, in a directory of its own."""

    def make(output_dir: Path, **training: Any) -> TrainExperiment:
        made = experiment(data={"corpus_dir": str(notes)}, **training)
        return made.model_copy(update={"output_dir": str(output_dir)})

    return make


def _licenses(path: Path) -> list[list[str | None] | None]:
    """Licences by ancestor."""
    return [
        None
        if ancestor is None or ancestor["tables"] is None
        else [row["license"] for row in ancestor["tables"]["licenses"]]
        for ancestor in ancestors_of(load(path))
    ]


def test_what_the_first_weights_had_read_is_kept(
    experiment: Make,
    on_notes: Make,
    run_dir: Path,
    tmp_path: Path,
    differences: Callable[[Path, Path], list[str]],
) -> None:
    """It survives several generations of runs, a resumption and a branch; a run from scratch has
    none."""
    _train(experiment(data={"mixture": {"code": 1}}))
    first = run_dir / "checkpoints" / "final.pt"
    assert _licenses(first) == []

    second = tmp_path / "second"
    tuning = on_notes(second, start_from=str(first), checkpoints={"keep_every": 4})
    _train(tuning)
    final = second / "checkpoints" / "final.pt"
    (ancestor,) = ancestors_of(load(final))
    assert ancestor is not None
    assert ancestor["tables"] is not None
    assert (ancestor["step"], ancestor["shards"]) == (8, load(first).shards)
    sources = [(row["split"], row["source"]) for row in ancestor["tables"]["sources"]]
    assert sources == [("train", "code"), ("validation", "code")]
    assert _licenses(final) == [["MIT"]]
    whole = final.rename(second / "final.pt")
    assert "going on at step 4" in _train(tuning)
    assert differences(whole, final) == []

    stable = second / "checkpoints" / "step-000004.pt"
    _train(on_notes(tmp_path / "branch", branch_from=str(stable)))
    assert _licenses(tmp_path / "branch" / "checkpoints" / "final.pt") == [["MIT"]]

    _train(on_notes(tmp_path / "third", start_from=str(final)))
    third = tmp_path / "third" / "checkpoints" / "final.pt"
    assert _licenses(third) == [["MIT"], ["CC0-1.0"]]


def test_shards_that_are_gone_are_said_when_training_starts(
    experiment: Make, on_notes: Make, run_dir: Path, tmp_path: Path
) -> None:
    """A warning at the start, because later nobody could find out what the weights had read."""
    _train(experiment())
    (tmp_path / "models").mkdir()
    moved = (run_dir / "checkpoints" / "final.pt").rename(tmp_path / "models" / "base.pt")
    shown = _train(on_notes(tmp_path / "second", start_from=str(moved)))
    assert "warning: the shards that these weights were trained on are not at hand" in shown
    assert _licenses(tmp_path / "second" / "checkpoints" / "final.pt") == [None]


def test_checkpoints_of_earlier_versions_have_no_record(checkpoint: Path, tmp_path: Path) -> None:
    """They only tell whether there was another training before."""
    old = replace(load(checkpoint), ancestors=None)
    save(tmp_path / "anew.pt", old)
    assert _licenses(tmp_path / "anew.pt") == []
    save(tmp_path / "started.pt", replace(old, started_from="0" * 32))
    assert _licenses(tmp_path / "started.pt") == [None]
