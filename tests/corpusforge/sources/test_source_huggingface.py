"""Hugging Face data sets: local directories, and a hub that cannot be reached."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpusforge.errors import InputError

Read = Callable[..., Any]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A local data set of two splits in JSON Lines."""
    directory = tmp_path / "letters"
    directory.mkdir()
    for split, count in (("train", 2500), ("test", 3)):
        rows = [{"content": f"{split} {n}", "key": n, "by": "Ada"} for n in range(count)]
        (directory / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return directory


def test_a_local_data_set_is_streamed(dataset: Path, read_source: Read) -> None:
    """Rows are known by the data set's name and split, and not by where it stands."""
    reading = read_source(
        type="huggingface", dataset=str(dataset), split="test", text_key="content"
    )
    assert reading.texts == ["test 0", "test 1", "test 2"]
    assert reading.ids == ["letters/test:1", "letters/test:2", "letters/test:3"]
    assert reading.documents[0]["path"] == "letters/test"
    assert reading.documents[0]["meta"] == '{"key":0,"by":"Ada"}'


@pytest.mark.parametrize("max_rows", [1, 500, 501, 2500, 9999])
def test_max_rows_are_the_first_ones(dataset: Path, read_source: Read, max_rows: int) -> None:
    """Exactly so many, whatever the batches."""
    reading = read_source(
        type="huggingface",
        dataset=str(dataset),
        text_key="content",
        id_key="key",
        max_rows=max_rows,
    )
    assert reading.ids == [str(number) for number in range(2500)][:max_rows]


def test_a_saved_data_set_is_read(tmp_path: Path, read_source: Read) -> None:
    """What `save_to_disk` wrote, too."""
    import datasets

    rows = datasets.Dataset.from_dict({"text": ["one", "two"]})
    datasets.DatasetDict({"train": rows}).save_to_disk(str(tmp_path / "saved"))
    assert read_source(type="huggingface", dataset=str(tmp_path / "saved")).texts == ["one", "two"]


def test_dialogues_are_rendered(tmp_path: Path, read_source: Read) -> None:
    """`messages_key` replaces the text."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    (tmp_path / "train.jsonl").write_text(json.dumps({"chat": messages}) + "\n")
    reading = read_source(type="huggingface", dataset=str(tmp_path), messages_key="chat")
    assert json.loads(reading.documents[0]["messages"]) == messages


def test_checksums_follow_the_files(dataset: Path, read_source: Read) -> None:
    """A changed file is seen, without regard to its time."""
    config = {"type": "huggingface", "dataset": str(dataset), "text_key": "content"}
    (before,) = read_source(**config).units
    (dataset / "test.jsonl").write_text('{"content":"new","key":1,"by":"Eve"}\n')
    (after,) = read_source(**config).units
    assert before.checksum != after.checksum


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"split": "none"}, "none"),
        ({"subset": "none"}, "none"),
        ({"text_key": "none"}, "columns content, key, by"),
    ],
)
def test_what_is_not_there_is_an_error(
    dataset: Path, read_source: Read, changes: dict[str, str], got: str
) -> None:
    """A split, a subset, a column; the message says what there is."""
    config = {"type": "huggingface", "dataset": str(dataset), "text_key": "content", **changes}
    with pytest.raises(InputError) as caught:
        read_source(**config)
    assert got in caught.value.got


def test_a_missing_directory_is_an_error(tmp_path: Path, read_source: Read) -> None:
    """It is not taken for a name on the hub."""
    with pytest.raises(InputError, match="no such directory"):
        read_source(type="huggingface", dataset=str(tmp_path / "none"))


def test_a_broken_file_is_an_error(tmp_path: Path, read_source: Read) -> None:
    """The library cannot go on after it, and the message says so."""
    (tmp_path / "train.jsonl").write_text('{"text":"one"}\n{"text": cut\n')
    with pytest.raises(InputError, match="cannot be read"):
        read_source(type="huggingface", dataset=str(tmp_path))


def test_a_hub_that_cannot_be_reached_is_an_error(
    read_source: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and with what to do about it."""
    from huggingface_hub import HfApi

    def unreachable(*arguments: object, **options: object) -> None:
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr(HfApi, "dataset_info", unreachable)
    with pytest.raises(InputError, match="cannot get the data set") as caught:
        read_source(type="huggingface", dataset="owner/data")
    assert caught.value.where == "owner/data"
    assert "HF_HUB_OFFLINE" in caught.value.do
