"""Parquet: column types, rows that are no documents, units, limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.config import ParquetSource
from corpusforge.errors import InputError
from corpusforge.sources.parquet import ParquetDocuments
from corpusforge.storage.documents import Reject

Read = Callable[..., Any]


def _write(path: Path, table: dict[str, Any], row_group_size: int = 1000) -> str:
    pq.write_table(pa.table(table), path, row_group_size=row_group_size)
    return str(path)


def test_a_row_is_a_document(tmp_path: Path, read_source: Read) -> None:
    """Text, id by file and row, and the other columns as JSON."""
    path = _write(tmp_path / "a.parquet", {"text": ["one", "two"], "n": [1, None], "x": ["é", "y"]})
    assert read_source(type="parquet", path=path).documents == [
        {
            "id": "a.parquet:1",
            "text": "one",
            "messages": None,
            "path": "a.parquet",
            "repository": None,
            "license": None,
            "language": None,
            "meta": '{"n":1,"x":"é"}',
        },
        {
            "id": "a.parquet:2",
            "text": "two",
            "messages": None,
            "path": "a.parquet",
            "repository": None,
            "license": None,
            "language": None,
            "meta": '{"n":null,"x":"y"}',
        },
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
    ],
    ids=str,
)
def test_text_columns_of_all_types(tmp_path: Path, read_source: Read, kind: pa.DataType) -> None:
    """Whatever Arrow type holds it, text is text."""
    column = pa.array(["one", None, "tea 茶"]).cast(kind)
    reading = read_source(type="parquet", path=_write(tmp_path / "a.parquet", {"text": column}))
    assert reading.texts == ["one", "tea 茶"]
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [(2, "missing-text")]


def test_rows_that_are_no_documents_are_rejects(tmp_path: Path, read_source: Read) -> None:
    """Each with its row number; the rows between them keep theirs."""
    text = pa.array(
        [b"one", None, b"", b" \n", b"x" * 101, b"a\0b", b"caf\xe9 ol\xe9", b"\x81\x8d"]
    )
    path = _write(
        tmp_path / "a.parquet",
        {"text": text, "id": [f"id-{n}" for n in range(7)] + [None]},
        row_group_size=3,
    )
    reading = read_source(type="parquet", path=path, max_document_bytes=100)
    assert reading.ids == ["a.parquet:1", "a.parquet:6", "a.parquet:7"]
    assert sorted((reject.line, reject.reason) for reject in reading.rejects) == [
        (2, "missing-text"),
        (3, "empty"),
        (4, "empty"),
        (5, "oversized"),
        (8, "undecodable"),
    ]


def test_configured_columns_are_read(tmp_path: Path, read_source: Read) -> None:
    """Ids may be numbers, a row without one is a reject; licences may be lists."""
    path = _write(
        tmp_path / "a.parquet",
        {
            "content": ["one", "two", "three", "four"],
            "key": [7, None, 9, 10],
            "licenses": [["MIT"], ["MIT"], ["MIT", "ISC"], []],
        },
    )
    reading = read_source(
        type="parquet", path=path, text_key="content", id_key="key", license_key="licenses"
    )
    assert reading.ids == ["7", "9", "10"]
    assert [document["license"] for document in reading.documents] == [
        "MIT",
        '["MIT","ISC"]',
        None,
    ]
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [(2, "missing-id")]
    chosen = read_source(
        type="parquet", path=path, text_key="content", license_key="licenses", license_list="any"
    )
    assert chosen.documents[2]["license"] == '{"any":["MIT","ISC"]}'


def test_null_and_empty_are_the_rejects_of_json_lines(tmp_path: Path, read_source: Read) -> None:
    """The same reasons in the same words."""
    path = _write(tmp_path / "a.parquet", {"text": ["one", "two", None], "id": ["", None, "c"]})
    reading = read_source(type="parquet", path=path, id_key="id")
    assert reading.documents == []
    assert sorted((reject.line, reject.reason, reject.detail) for reject in reading.rejects) == [
        (1, "bad-id", '"id" is an empty string'),
        (2, "missing-id", '"id" is null'),
        (3, "missing-text", '"text" is null'),
    ]


def test_dialogues_in_lists_of_structs(tmp_path: Path, read_source: Read) -> None:
    """A column of messages becomes text and JSON."""
    chats = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], []]
    path = _write(tmp_path / "a.parquet", {"chat": chats})
    reading = read_source(type="parquet", path=path, messages_key="chat")
    assert reading.documents[0]["messages"] == (
        '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]'
    )
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [(2, "bad-messages")]


@pytest.mark.parametrize("max_rows", [1, 10, 25, 39, 40, 41, 1000])
@pytest.mark.parametrize("part_bytes", [1, 300, 1 << 20])
def test_units_are_row_groups(
    tmp_path: Path, read_source: Read, max_rows: int, part_bytes: int
) -> None:
    """However files are cut, the first rows over all of them are read, once and in order."""
    for name in "ab":
        rows = [f"{name}{number}" for number in range(30)]
        _write(tmp_path / f"{name}.parquet", {"text": rows}, row_group_size=10)
    reading = read_source(
        type="parquet", path=str(tmp_path), max_rows=max_rows, part_bytes=part_bytes
    )
    expected = [f"{name}{number}" for name in "ab" for number in range(30)]
    assert reading.texts == expected[:max_rows]
    assert (
        reading.ids
        == [f"{name}.parquet:{number + 1}" for name in "ab" for number in range(30)][:max_rows]
    )


def test_a_missing_column_is_an_error(tmp_path: Path, read_source: Read) -> None:
    """It names the columns there are."""
    path = _write(tmp_path / "a.parquet", {"content": ["one"], "n": [1]})
    with pytest.raises(InputError, match='no column "text"') as caught:
        read_source(type="parquet", path=path)
    assert caught.value.got == "columns content, n"
    for keys in ({"text_key": "n"}, {"license_key": "n"}, {"messages_key": "n"}):
        with pytest.raises(InputError, match='"n" has the wrong type'):
            read_source(type="parquet", path=path, **{"text_key": "content", **keys})


def test_files_that_are_no_parquet_are_rejects(tmp_path: Path, read_source: Read) -> None:
    """Empty, foreign and cut files are counted, and the others are read."""
    whole = Path(_write(tmp_path / "a.parquet", {"text": ["one"]}))
    (tmp_path / "b.parquet").touch()
    (tmp_path / "c.parquet").write_bytes(b"no parquet at all")
    (tmp_path / "d.parquet").write_bytes(whole.read_bytes()[:-20])
    reading = read_source(type="parquet", path=str(tmp_path))
    assert reading.texts == ["one"]
    assert {reject.path: reject.reason for reject in reading.rejects} == {
        "b.parquet": "empty",
        "c.parquet": "corrupt",
        "d.parquet": "corrupt",
    }


def test_a_file_that_may_not_be_read_is_unreadable(
    tmp_path: Path, read_source: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for damaged, and the reject does not say where it stands."""

    def refuse(path: Path, **options: Any) -> None:
        raise PermissionError(13, f"Failed to open local file '{path}'. Detail: [errno 13]")

    path = _write(tmp_path / "a.parquet", {"text": ["one"]})
    monkeypatch.setattr(pq, "ParquetFile", refuse)
    reading = read_source(type="parquet", path=path)
    assert reading.rejects == [Reject("a.parquet", "unreadable", None, "Permission denied")]


def test_a_file_that_vanishes_is_unreadable(tmp_path: Path) -> None:
    """What is gone between plan and read is counted."""
    path = _write(tmp_path / "a.parquet", {"text": ["one"]})
    source = ParquetDocuments(ParquetSource(name="source", path=(path,)))
    (unit,), _ = source.plan(1000)
    Path(path).unlink()
    assert list(source.read(unit)) == [
        Reject("a.parquet", "unreadable", 1, "No such file or directory")
    ]
