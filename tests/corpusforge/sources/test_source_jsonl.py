"""JSON Lines: keys, bad lines, ranges and streams, limits."""

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from corpusforge.errors import InputError

Read = Callable[..., Any]


def _write(path: Path, *records: Any) -> Path:
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    return path


def test_a_line_is_a_document(tmp_path: Path, read_source: Read) -> None:
    """Text, id by file and line, and the other keys as meta."""
    path = _write(tmp_path / "a.jsonl", {"text": "one", "stars": 3}, {"text": "two"})
    assert read_source(type="jsonl", path=str(path)).documents == [
        {
            "id": "a.jsonl:1",
            "text": "one",
            "messages": None,
            "path": "a.jsonl",
            "repository": None,
            "license": None,
            "language": None,
            "meta": '{"stars":3}',
        },
        {
            "id": "a.jsonl:2",
            "text": "two",
            "messages": None,
            "path": "a.jsonl",
            "repository": None,
            "license": None,
            "language": None,
            "meta": None,
        },
    ]


def test_configured_keys_are_read(tmp_path: Path, read_source: Read) -> None:
    """Ids may be numbers; several licences become a JSON list; used keys are not in meta."""
    path = _write(
        tmp_path / "a.jsonl",
        {"content": "one", "key": 7, "licenses": ["MIT"], "n": 1},
        {"content": "two", "key": "x", "licenses": ["MIT", "BSD-3-Clause"]},
        {"content": "three", "key": "y", "licenses": None},
    )
    reading = read_source(
        type="jsonl", path=str(path), text_key="content", id_key="key", license_key="licenses"
    )
    assert reading.ids == ["7", "x", "y"]
    assert [document["license"] for document in reading.documents] == [
        "MIT",
        '["MIT","BSD-3-Clause"]',
        None,
    ]
    assert reading.documents[0]["meta"] == '{"n":1}'


def test_a_list_of_licences_may_be_a_choice(tmp_path: Path, read_source: Read) -> None:
    """`license_list: any` is kept with the names; a single name is no list."""
    path = _write(
        tmp_path / "a.jsonl",
        {"text": "one", "l": ["MIT", "GPL-3.0"]},
        {"text": "two", "l": ["ISC"]},
    )
    reading = read_source(type="jsonl", path=str(path), license_key="l", license_list="any")
    assert [document["license"] for document in reading.documents] == [
        '{"any":["MIT","GPL-3.0"]}',
        "ISC",
    ]


def test_dialogues_are_rendered(tmp_path: Path, read_source: Read) -> None:
    """`messages_key` gives the messages as JSON and as text; what is no dialogue is a reject."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    path = _write(
        tmp_path / "a.jsonl",
        {"chat": messages},
        {"chat": [{"role": "parrot", "content": "Hi"}]},
        {"chat": None},
        {"other": 1},
    )
    reading = read_source(type="jsonl", path=str(path), messages_key="chat")
    assert [json.loads(document["messages"]) for document in reading.documents] == [messages]
    assert "Hello" in reading.texts[0]
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [
        (2, "bad-messages"),
        (3, "missing-messages"),
        (4, "missing-messages"),
    ]


def test_what_is_wrong_with_a_key_is_said(tmp_path: Path, read_source: Read) -> None:
    """Null is missing, an empty id is called empty, and a dot in a key does not lead deeper."""
    path = _write(
        tmp_path / "a.jsonl",
        {"text": "one", "id": ""},
        {"text": "two", "id": None},
        {"text": "three", "id": [3]},
        {"text": None, "id": "d"},
    )
    reading = read_source(type="jsonl", path=str(path), id_key="id")
    assert [(reject.reason, reject.detail) for reject in reading.rejects] == [
        ("bad-id", '"id" is an empty string'),
        ("missing-id", '"id" is null'),
        ("bad-id", '"id" is a list, not a string or a whole number'),
        ("missing-text", '"text" is null'),
    ]
    (reject, *_) = read_source(type="jsonl", path=str(path), text_key="meta.text").rejects
    assert (reject.reason, reject.detail) == (
        "missing-text",
        'no key "meta.text" (keys are those of the outermost object) among: text, id',
    )


BAD_LINES = [
    (b"no json", "invalid-json"),
    (b'{"text": "cut', "invalid-json"),
    (b'{"text": "raw \x00"}', "invalid-json"),
    (b'{"text": "\xff"}', "invalid-json"),
    (b'{"text": "\\ud800"}', "invalid-json"),
    (b'{"text": "a", "score": NaN}', "invalid-json"),
    (b'{"text": "a"} {"text": "b"}', "invalid-json"),
    (b"[" * 5000, "invalid-json"),
    (b'["text"]', "not-an-object"),
    (b"null", "not-an-object"),
    (b'{"other": 1}', "missing-text"),
    (b'{"text": null}', "missing-text"),
    (b'{"text": 1}', "bad-text"),
    (b'{"text": ""}', "empty"),
    (b'{"text": " \\n"}', "empty"),
]


@pytest.mark.parametrize("part_bytes", [1, 40, 1 << 20])
def test_bad_lines_are_rejects_with_their_numbers(
    tmp_path: Path, read_source: Read, part_bytes: int
) -> None:
    """No line stops the file, and its number is right wherever the file is cut."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(line + b'\n{"text":"good"}\n' for line, _ in BAD_LINES))
    reading = read_source(type="jsonl", path=str(path), part_bytes=part_bytes)
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [
        (2 * index + 1, reason) for index, (_, reason) in enumerate(BAD_LINES)
    ]
    assert reading.ids == [f"a.jsonl:{2 * index + 2}" for index in range(len(BAD_LINES))]


@pytest.mark.parametrize("part_bytes", [1, 20, 1 << 20])
def test_line_ends_of_all_kinds(tmp_path: Path, read_source: Read, part_bytes: int) -> None:
    """A byte order mark, CRLF, blank lines and a missing last line end change no document."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text":"1"}\r\n\n \t\n{"text":"4\\u0000"}\n\r\n{"text":"6"}')
    reading = read_source(type="jsonl", path=str(path), part_bytes=part_bytes)
    assert list(zip(reading.ids, reading.texts, strict=True)) == [
        ("a.jsonl:1", "1"),
        ("a.jsonl:4", "4\0"),
        ("a.jsonl:6", "6"),
    ]
    assert reading.rejects == []


def test_a_plain_file_is_cut_by_its_bytes(tmp_path: Path, read_source: Read) -> None:
    """Units are about as long as asked for, and give what one unit gives."""
    path = _write(tmp_path / "a.jsonl", *({"text": f"document {n}"} for n in range(1000)))
    whole = read_source(type="jsonl", path=str(path))
    cut = read_source(type="jsonl", path=str(path), part_bytes=3000)
    assert len(whole.units) == 1
    assert len(cut.units) == 9
    assert cut.documents == whole.documents
    assert sum(unit.num_bytes for unit in cut.units) == path.stat().st_size


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress, lzma.compress])
def test_compressed_files_are_streams(
    tmp_path: Path, read_source: Read, compress: Callable[[bytes], bytes]
) -> None:
    """A compressed file is one unit and gives the documents of the plain one."""
    suffix = {"gzip": "gz", "lzma": "xz"}.get(compress.__module__, "zst")
    data = b"".join(b'{"text":"document %d"}\n' % n for n in range(1000))
    path = tmp_path / f"a.jsonl.{suffix}"
    path.write_bytes(compress(data))
    reading = read_source(type="jsonl", path=str(path), part_bytes=100)
    assert len(reading.units) == 1
    assert reading.texts == [f"document {n}" for n in range(1000)]


def test_a_truncated_stream_keeps_what_stands_before_the_break(
    tmp_path: Path, read_source: Read
) -> None:
    """The whole lines are documents, and the break is one reject at its line."""
    data = b"".join(b'{"text":"document %d"}\n' % n for n in range(1000))
    whole = gzip.compress(data)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    reading = read_source(type="jsonl", path=str(path))
    assert 100 < len(reading.documents) < 900
    assert reading.texts == [f"document {n}" for n in range(len(reading.documents))]
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [
        (len(reading.documents) + 1, "truncated")
    ]


@pytest.mark.parametrize("max_rows", [1, 3, 4, 5, 7, 100])
def test_max_rows_counts_lines_over_all_files(
    tmp_path: Path, read_source: Read, max_rows: int
) -> None:
    """Exactly the first lines, however files are compressed and cut."""
    _write(tmp_path / "a.jsonl", *({"text": f"a{n}"} for n in range(3)))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text":"b0"}\n{"text":"b1"}'))
    _write(tmp_path / "c.jsonl", *({"text": f"c{n}"} for n in range(3)))
    for part_bytes in (1, 30, 1000):
        reading = read_source(
            type="jsonl", path=str(tmp_path), max_rows=max_rows, part_bytes=part_bytes
        )
        assert reading.texts == ["a0", "a1", "a2", "b0", "b1", "c0", "c1", "c2"][:max_rows]


def test_an_empty_file_is_a_reject(tmp_path: Path, read_source: Read) -> None:
    """A file of 0 bytes is counted."""
    (tmp_path / "a.jsonl").touch()
    reading = read_source(type="jsonl", path=str(tmp_path / "a.jsonl"))
    assert [(reject.path, reject.reason) for reject in reading.rejects] == [("a.jsonl", "empty")]


def test_a_text_over_the_limit_is_a_reject(tmp_path: Path, read_source: Read) -> None:
    """The limit is on the text in UTF-8: characters may take several bytes each."""
    path = _write(tmp_path / "a.jsonl", {"text": "é" * 50}, {"text": "é" * 51}, {"text": "e" * 101})
    reading = read_source(type="jsonl", path=str(path), max_document_bytes=100)
    assert reading.ids == ["a.jsonl:1"]
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [
        (2, "oversized"),
        (3, "oversized"),
    ]


def test_a_line_of_500_mb_takes_little_memory(
    tmp_path: Path, measure_source: Callable[..., tuple[dict[str, int], int]]
) -> None:
    """A line without an end is thrown away while it is read, and its neighbours are kept."""
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text":"before"}\n{"text":"')
        file.truncate(500 << 20)
        file.seek(0, 2)
        file.write(b'"}\n{"text":"after"}\n')
    reasons, grown_bytes = measure_source(type="jsonl", path=str(path))
    assert reasons == {"oversized": 1, "kept": 2}
    assert grown_bytes < 120 << 20


def test_equal_data_elsewhere_is_equal(tmp_path: Path, read_source: Read) -> None:
    """Neither documents nor checksums know the directory that a file stands in."""
    readings = []
    for directory in ("here", "there/deeper"):
        (tmp_path / directory).mkdir(parents=True)
        path = _write(tmp_path / directory / "a.jsonl", *({"text": f"{n}"} for n in range(50)))
        readings.append(read_source(type="jsonl", path=str(path), part_bytes=100))
    here, there = readings
    assert here.documents == there.documents
    assert [unit.checksum for unit in here.units] == [unit.checksum for unit in there.units]


def test_checksums_follow_the_content(tmp_path: Path, read_source: Read) -> None:
    """A change inside one range changes the checksum of that unit alone."""
    records = [{"text": f"{n:04}"} for n in range(50)]
    path = _write(tmp_path / "a.jsonl", *records)
    before = read_source(type="jsonl", path=str(path), part_bytes=200)
    records[20] = {"text": "abcd"}
    _write(path, *records)
    after = read_source(type="jsonl", path=str(path), part_bytes=200)
    changed = [
        old.checksum != new.checksum for old, new in zip(before.units, after.units, strict=True)
    ]
    assert changed.count(True) == 1


def test_a_missing_input_is_named(tmp_path: Path, read_source: Read) -> None:
    """The error says which path of the configuration is not there."""
    with pytest.raises(InputError, match="an input is missing") as caught:
        read_source(type="jsonl", path=str(tmp_path / "none.jsonl"))
    assert caught.value.where == str(tmp_path / "none.jsonl")
