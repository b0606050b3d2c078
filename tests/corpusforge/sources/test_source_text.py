"""Plain text: whole files and records, encodings, streams."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., Any]


def test_a_file_is_a_document(tmp_path: Path, read_source: Read) -> None:
    """As it is, with the language its name says."""
    (tmp_path / "a.txt").write_bytes(b"one\r\n\r\ntwo\n")
    (tmp_path / "b.md").write_text("# Title\n")
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    reading = read_source(type="text", path=str(tmp_path))
    assert [(d["id"], d["text"], d["language"]) for d in reading.documents] == [
        ("a.txt", "one\r\n\r\ntwo\n", "text"),
        ("b.md", "# Title\n", "markdown"),
    ]


def test_small_files_share_a_unit(tmp_path: Path, read_source: Read) -> None:
    """Units are cut by bytes, not by files."""
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text("x" * 100)
    reading = read_source(type="text", path=str(tmp_path), part_bytes=250)
    assert [unit.num_bytes for unit in reading.units] == [300, 300, 300, 100]
    assert len(reading.documents) == 10


def test_a_configured_language_is_left_to_the_configuration(
    tmp_path: Path, read_source: Read
) -> None:
    """The default that the runner fills in is not taken away by the file's name."""
    (tmp_path / "a.txt").write_text("eins\n")
    reading = read_source(type="text", path=str(tmp_path), language="de")
    assert reading.documents[0]["language"] is None


def test_records_between_blank_lines(tmp_path: Path, read_source: Read) -> None:
    """Any number of lines without text stands between two records."""
    (tmp_path / "a.txt").write_bytes(b"\n\none\n two\n\n \t\n\nthree\r\nfour\r\n\r\nfive")
    reading = read_source(type="text", path=str(tmp_path), records="blank-line")
    assert list(zip(reading.ids, reading.texts, strict=True)) == [
        ("a.txt:1", "one\n two"),
        ("a.txt:2", "three\r\nfour"),
        ("a.txt:3", "five"),
    ]


def test_records_between_form_feeds(tmp_path: Path, read_source: Read) -> None:
    """A page is a record; the line ends around a form feed belong to neither."""
    (tmp_path / "a.txt").write_bytes(b"one\n\ntwo\n\f\nthree\n\f\f\n\ffour")
    reading = read_source(type="text", path=str(tmp_path), records="form-feed")
    assert reading.texts == ["one\n\ntwo", "three", "four"]


@pytest.mark.parametrize("records", ["blank-line", "form-feed"])
def test_a_record_over_the_limit_is_a_reject(
    tmp_path: Path, read_source: Read, records: str
) -> None:
    """Records before and after it are kept, and one of exactly the limit is."""
    between = {"blank-line": "\n\n", "form-feed": "\f"}[records]
    lines = "\n".join(["x" * 30] * 4)
    (tmp_path / "a.txt").write_text(between.join(["one", lines, "y" * 101, "z" * 100]))
    reading = read_source(type="text", path=str(tmp_path), records=records, max_document_bytes=100)
    assert reading.texts == ["one", "z" * 100]
    assert [(reject.path, reject.reason) for reject in reading.rejects] == [
        ("a.txt:2", "oversized"),
        ("a.txt:3", "oversized"),
    ]


@pytest.mark.parametrize("records", ["whole", "blank-line", "form-feed"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(
    tmp_path: Path, read_source: Read, records: str, encoding: str
) -> None:
    """Text in any Unicode encoding is read, without its mark."""
    (tmp_path / "a.txt").write_bytes("čaj 茶 🍵".encode(encoding))
    assert read_source(type="text", path=str(tmp_path), records=records).texts == ["čaj 茶 🍵"]


def test_compressed_files_are_read(tmp_path: Path, read_source: Read) -> None:
    """In every mode, with what stands before a break."""
    whole = gzip.compress("".join(f"record {n}\n\n" for n in range(1000)).encode())
    (tmp_path / "a.txt.gz").write_bytes(whole[: len(whole) // 2])
    reading = read_source(type="text", path=str(tmp_path), records="blank-line")
    assert len(reading.texts) > 100
    assert reading.texts == [f"record {n}" for n in range(len(reading.texts))]
    assert reading.reasons == {"truncated": 1}


def test_what_is_no_text_is_a_reject(tmp_path: Path, read_source: Read) -> None:
    """Each with its reason."""
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.txt").write_bytes(b"a\0b")
    (tmp_path / "c.txt").write_bytes(b" \n")
    (tmp_path / "d.txt").write_bytes(b"x" * 101)
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress(b"x" * 101))
    reading = read_source(type="text", path=str(tmp_path), max_document_bytes=100)
    assert {reject.path: reject.reason for reject in reading.rejects} == {
        "a.txt": "empty",
        "b.txt": "binary",
        "c.txt": "empty",
        "d.txt": "oversized",
        "e.txt.gz": "oversized",
    }


@pytest.mark.parametrize("records", ["blank-line", "form-feed"])
def test_a_line_of_500_mb_takes_little_memory(
    tmp_path: Path, measure_source: Callable[..., tuple[dict[str, int], int]], records: str
) -> None:
    """A record without an end is thrown away while it is read."""
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.write(b"before\n\n\f")
        file.truncate(500 << 20)
        file.seek(0, 2)
        file.write(b"\n\n\fafter\n")
    reasons, grown_bytes = measure_source(type="text", path=str(path), records=records)
    assert reasons == {"oversized": 1, "kept": 2}
    assert grown_bytes < 80 << 20
