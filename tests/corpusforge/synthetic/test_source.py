"""The synthetic source: units, rows, random access, and examples that never change."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import xxhash

from corpusforge.config import SyntheticSource
from corpusforge.sources.source import Unit
from corpusforge.sources.synthetic import SyntheticDialogues
from corpusforge.storage.documents import SCHEMA, SOURCE_COLUMNS, Reject, complete
from corpusforge.synthetic.generator import generate_dialogue

_GOLDEN = Path(__file__).with_name("golden.json")
_GOLDEN_EXAMPLES = 200


def source(examples: int, seed: int = 0) -> SyntheticDialogues:
    return SyntheticDialogues(SyntheticSource(name="synthetic", examples=examples, seed=seed))


def read(dialogues: SyntheticDialogues, unit: Unit) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    for batch in dialogues.read(unit):
        assert not isinstance(batch, Reject)
        rows += batch.to_pylist()
    return rows


def test_units_cover_all_examples_once() -> None:
    """The plan cuts the examples into consecutive ranges whose size follows from `part_bytes`."""
    units, rejects = source(250).plan(100 * 1024)
    assert [unit.spec for unit in units] == [
        {"first": 0, "count": 100},
        {"first": 100, "count": 100},
        {"first": 200, "count": 50},
    ]
    assert rejects == ()
    assert json.loads(json.dumps(units[0].spec)) == units[0].spec


def test_a_unit_has_at_least_one_example() -> None:
    """If parts are smaller than an example, each unit has one."""
    units, _ = source(3).plan(1)
    assert [unit.spec["count"] for unit in units] == [1, 1, 1]


def test_checksums_follow_from_seed_and_range() -> None:
    """Equal ranges of equal seeds have equal checksums; any others differ."""
    units, _ = source(300).plan(100 * 1024)
    again, _ = source(250).plan(100 * 1024)
    other_seed, _ = source(300, seed=1).plan(100 * 1024)
    assert units[0].checksum == again[0].checksum
    assert units[2].checksum != again[2].checksum
    assert len({unit.checksum for unit in (*units, *other_seed)}) == 6


def test_rows_do_not_depend_on_the_cut() -> None:
    """An example does not depend on which other examples are read."""
    dialogues = source(40)
    (whole,), _ = dialogues.plan(1 << 20)
    pieces, _ = dialogues.plan(7 * 1024)
    rows = read(dialogues, whole)
    assert rows == [row for piece in pieces for row in read(dialogues, piece)]
    assert rows[23] == read(dialogues, Unit({"first": 23, "count": 1}, "", 0))[0]


def test_rows_hold_text_messages_and_meta() -> None:
    """A row holds the dialogue as text and as JSON, and metadata about it."""
    dialogues = source(60)
    (unit,), _ = dialogues.plan(1 << 20)
    rows = read(dialogues, unit)
    assert [row["id"] for row in rows] == [str(number) for number in range(60)]
    for number, row in enumerate(rows):
        assert tuple(row) == SOURCE_COLUMNS
        messages = json.loads(row["messages"] or "")
        assert messages == generate_dialogue(0, number).messages
        assert all(message["content"] in (row["text"] or "") for message in messages)
        assert set(json.loads(row["meta"] or "")) == {"task", "topic", "checks"}
        assert row["language"] in ("python", "en", "sql", "shell")
        assert row["license"] is row["repository"] is row["path"] is None


def test_rows_become_documents() -> None:
    """`complete` turns batches into documents with the configured licence."""
    dialogues = source(5)
    (unit,), _ = dialogues.plan(1 << 20)
    (batch,) = dialogues.read(unit)
    assert isinstance(batch, pa.RecordBatch)
    documents = complete(batch, "synthetic", license="CC0-1.0")
    assert documents.schema == SCHEMA
    assert documents.column("id").to_pylist()[4] == "synthetic:4"
    assert documents.column("license").to_pylist() == ["CC0-1.0"] * 5


def test_seeds_give_different_dialogues() -> None:
    """Dialogues with the same number differ between seeds."""
    assert all(
        generate_dialogue(0, n).messages != generate_dialogue(1, n).messages for n in range(100)
    )


def checksum(seed: int, number: int) -> str:
    """Return the checksum of an example's messages and metadata."""
    dialogue = generate_dialogue(seed, number)
    value = [dialogue.task, dialogue.topic, dialogue.language, dialogue.messages, dialogue.checks]
    return xxhash.xxh3_64_hexdigest(json.dumps(value, ensure_ascii=False).encode())


def golden() -> dict[str, list[str]]:
    return {
        str(seed): [checksum(seed, number) for number in range(_GOLDEN_EXAMPLES)] for seed in (0, 1)
    }


@pytest.mark.parametrize("seed", ["0", "1"])
def test_examples_are_the_same_for_ever(seed: str) -> None:
    """The first examples of two seeds are what they were when `VERSION` was last raised.

    After a change of the grammar, raise `VERSION` in generator.py and rewrite the checksums with
    `python tests/corpusforge/synthetic/test_source.py`.
    """
    assert golden()[seed] == json.loads(_GOLDEN.read_text())[seed]


if __name__ == "__main__":
    _GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n")
    sys.stderr.write(f"wrote {_GOLDEN.name}\n")
