"""From a step to its documents and back, on a trained run."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from corpusforge.errors import InputError, RunError
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import read_json, write_json
from corpusforge.storage.layout import Layout
from trainer.cli import cli
from trainer.config import TrainExperiment
from trainer.data.config import PackingKind
from trainer.data.mixture import plan_stages
from trainer.data.sampler import Sampler
from trainer.inspection.provenance import TrainedRun
from trainer.reporting.status_line import StatusLine
from trainer.train import train

STEPS, SLOTS, WINDOW = 8, 4, 32


@pytest.fixture(params=["contiguous", "whole"])
def packing(request: pytest.FixtureRequest) -> PackingKind:
    value: PackingKind = request.param
    return value


@pytest.fixture
def trained(
    experiment: Callable[..., TrainExperiment], run_dir: Path, packing: PackingKind
) -> TrainedRun:
    """A run of eight steps of four windows."""
    train(experiment(data={"packing": packing}), StatusLine(), resume=False, fresh=False)
    return TrainedRun(run_dir)


def test_fragments_are_the_tokens_that_were_trained_on(
    trained: TrainedRun, run_dir: Path, packing: PackingKind
) -> None:
    """The parts of documents at their columns, with ends of documents in between, are the window of
    the sampler."""
    shards = ShardSet(Layout(run_dir).shards)
    stages = plan_stages(shards, [])
    sampler = Sampler.over(shards, "train", stages, window=WINDOW, seed=0, packing=packing)
    end_of_document = shards.manifest.tokenizer.end_of_document
    for step in range(1, STEPS + 1):
        windows = sampler.batch(SLOTS)
        for sample, window in zip(trained.batch(step), windows, strict=True):
            lookup = Lookup(shards, "train", sample.source)
            tokens = np.full(WINDOW + 1, end_of_document)
            for part in sample.fragments:
                tokens[part.column : part.column + part.num_tokens] = lookup.tokens_of(
                    part.document
                )[part.first : part.first + part.num_tokens]
            assert tokens.tolist() == window.tolist()
            if packing == "contiguous":
                assert sum(part.num_tokens for part in sample.fragments) == WINDOW + 1
            licenses = {part.document.license for part in sample.fragments}
            assert licenses == {"MIT" if sample.source == "code" else None}


def test_uses_are_the_fragments_of_all_steps(trained: TrainedRun) -> None:
    """From every document back to the same steps, slots and tokens, and no others."""
    expected: Counter[tuple[str, int, int, int, int]] = Counter()
    for step in range(1, STEPS + 1):
        for sample in trained.batch(step):
            for part in sample.fragments:
                expected[part.document.id, step, sample.slot, part.first, part.num_tokens] += 1
    found: Counter[tuple[str, int, int, int, int]] = Counter()
    for source, count in (("code", 20), ("dialogues", 350)):
        for number in range(count):
            document = trained.document(f"{source}:{number}")
            for use in trained.uses(document):
                found[document.id, use.step, use.slot, use.first, use.num_tokens] += 1
    assert found == expected


def test_steps_are_counted_as_in_the_metrics(trained: TrainedRun) -> None:
    """From 1 to the last one; slots from 0."""
    assert trained.num_steps == STEPS
    for step, slot, expected in ((0, 0, "1 to 8"), (9, 0, "1 to 8"), (1, 4, "0 to 3")):
        with pytest.raises(InputError, match="the run has no such") as error:
            trained.sample(step, slot)
        assert error.value.expected == expected


def test_other_shards_are_refused(trained: TrainedRun, run_dir: Path, prepared: Path) -> None:
    """They would name documents that the run never read."""
    manifest = read_json(prepared / "shards" / "manifest.json")
    (run_dir / "shards").unlink()
    write_json(run_dir / "shards" / "manifest.json", {**manifest, "fingerprint": "other"})
    with pytest.raises(RunError, match="trained on other shards"):
        TrainedRun(run_dir)


def test_the_command_answers_both_ways(trained: TrainedRun, run_dir: Path) -> None:
    """As JSON for a program, and as lines for a person."""

    def ask(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["trace", str(run_dir), *arguments])
        assert result.exit_code == 0, result.stderr
        return result.stdout

    (sample,) = json.loads(ask("--step", "3", "--slot", "1", "--json"))
    assert (sample["step"], sample["slot"]) == (3, 1)
    assert sum(part["num_tokens"] for part in sample["fragments"]) <= WINDOW + 1
    id = sample["fragments"][0]["document"]["id"]
    uses = json.loads(ask("--id", id, "--json"))["uses"]
    assert {"step": 3, "slot": 1} in [{k: use[k] for k in ("step", "slot")} for use in uses]
    assert f"of {id}: " in ask("--step", "3")
    assert "  step 3, slot 1: " in ask("--id", id)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "give --step"),
        (("--step", "1", "--id", "x"), 2, "give --step"),
        (("--slot", "1", "--id", "x"), 2, "give --step"),
        (("--step", "1"), 1, "no checkpoint here"),
    ],
)
def test_a_mistake_is_one_message(
    run_dir: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """For the command line, and for a run that was not trained."""
    result = CliRunner().invoke(cli, ["trace", str(run_dir), *arguments])
    assert result.exit_code == code
    assert message in result.stderr
