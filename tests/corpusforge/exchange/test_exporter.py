"""What other tools find in an export, byte by byte where their layout is written down."""

import csv
import gzip
import json
import os
import shutil
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import humanize
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.errors import InputError
from corpusforge.exchange import datatrove
from corpusforge.exchange.exporter import FORMATS, export_shards
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.manifest import shard_manifest
from corpusforge.shards.reader import ShardSet
from corpusforge.storage.files import file_checksum, write_json


def documents(shards: ShardSet, split: str) -> dict[str, list[list[int]]]:
    """Ids of every document by the shard's place under a split."""
    lookup = Lookup(shards, split)
    found = {}
    for shard in lookup.shards:
        bounds = np.split(lookup.tokens(shard), lookup.ends(shard)[:-1])
        found[f"{split}/{shard.source}/{shard.entry.name}"] = [one.tolist() for one in bounds]
    return found


def every_document(shards: ShardSet) -> dict[str, list[list[int]]]:
    return documents(shards, "train") | documents(shards, "validation")


def read_megatron(stem: Path) -> list[list[int]]:
    """A reader written from the layout alone."""
    index = stem.with_suffix(".idx").read_bytes()
    assert index[:9] == b"MMIDIDX\x00\x00"
    version, code, num_sequences, num_entries = struct.unpack_from("<QBQQ", index, 9)
    assert (version, code) == (1, 8)
    place = 34
    lengths = struct.unpack_from(f"<{num_sequences}i", index, place)
    place += 4 * num_sequences
    offsets = struct.unpack_from(f"<{num_sequences}q", index, place)
    place += 8 * num_sequences
    entries = struct.unpack_from(f"<{num_entries}q", index, place)
    assert place + 8 * num_entries == len(index)
    tokens = stem.with_suffix(".bin").read_bytes()
    sequences = [
        list(struct.unpack_from(f"<{length}H", tokens, offset))
        for length, offset in zip(lengths, offsets, strict=True)
    ]
    return [
        [id for sequence in sequences[first:last] for id in sequence]
        for first, last in pairwise(entries)
    ]


def test_nanogpt_maps_one_file_a_split(shards: ShardSet, tmp_path: Path) -> None:
    """train.bin and val.bin, raw uint16, all sources end to end."""
    export_shards(shards, "nanogpt", tmp_path / "out")
    for name, split in (("train", "train"), ("val", "validation")):
        mapped = np.memmap(tmp_path / "out" / f"{name}.bin", dtype=np.uint16, mode="r")
        parts = documents(shards, split).values()
        assert mapped.tolist() == [id for part in parts for document in part for id in document]


def test_llmc_reads_its_header_and_the_tokens(shards: ShardSet, tmp_path: Path) -> None:
    """256 int32: magic, version, count; then the tokens."""
    export_shards(shards, "llmc", tmp_path / "out")
    for name, parts in every_document(shards).items():
        content = (tmp_path / "out" / f"{name}.bin").read_bytes()
        header = struct.unpack("<256i", content[:1024])
        ids = [id for document in parts for id in document]
        assert header == (20240520, 1, len(ids), *[0] * 253)
        assert list(struct.unpack(f"<{len(ids)}H", content[1024:])) == ids


def test_megatron_reads_the_documents(shards: ShardSet, tmp_path: Path) -> None:
    """Every document is one sequence; the blend weighs tokens as the manifest does."""
    export_shards(shards, "megatron", tmp_path / "out")
    for name, parts in every_document(shards).items():
        assert read_megatron(tmp_path / "out" / name) == parts
    sizes = {name: sum(map(len, parts)) for name, parts in documents(shards, "train").items()}
    code = [f"train/code/{number:05}" for number in (0, 1)]
    assert json.loads((tmp_path / "out" / "blend.json").read_text()) == {
        "train": [
            *(str(2 * sizes[code[0]]), code[0], str(2 * sizes[code[1]]), code[1]),
            *(str(3 * sizes["train/prose/00000"]), "train/prose/00000"),
        ],
        "valid": [
            str(2 * sum(map(len, documents(shards, "validation")["validation/code/00000"]))),
            "validation/code/00000",
        ],
        "test": None,
    }


def test_datatroves_own_reader_gives_the_tokens_and_positions(
    shards: ShardSet, tmp_path: Path
) -> None:
    """Windows of one token and its target, and each token's place in its document."""
    from datatrove.utils.dataset import DatatroveFileDataset, DatatroveFolderDataset

    export_shards(shards, "datatrove", tmp_path / "out")
    for name, parts in every_document(shards).items():
        ids = [id for document in parts for id in document]
        path = str(tmp_path / "out" / f"{name}.ds")
        data = DatatroveFileDataset(path, seq_len=len(ids) - 1, return_positions=True)
        assert len(data) == 1
        assert data[0]["input_ids"].tolist() == ids
        # Its reader ends a document of the window where the next one begins, the last one never.
        positions = [place for document in parts for place in range(len(document))]
        assert data[0]["positions"].tolist() == positions
    folder = str(tmp_path / "out" / "train")
    whole = DatatroveFolderDataset(folder, seq_len=1, filename_pattern="**/*.ds")
    assert len(whole.files) == 3


def test_datatroves_metadata_is_as_it_writes_it(shards: ShardSet, tmp_path: Path) -> None:
    """Token size, count, and the count for people."""
    export_shards(shards, "datatrove", tmp_path / "out")
    lines = (tmp_path / "out/train/code/00001.ds.metadata").read_text().splitlines()
    assert lines == ["tokenizer.json|2", "3", "3.00 T"]
    ends = np.fromfile(tmp_path / "out/train/prose/00000.ds.index", np.uint64)
    parts = documents(shards, "train")["train/prose/00000"]
    assert ends.tolist() == np.cumsum([len(part) for part in parts]).tolist()


@given(count=st.integers(1, 10**15))
def test_counts_for_people_are_datatroves(count: int) -> None:
    """As the package that datatrove uses writes them."""
    assert datatrove._readable(count) == humanize.metric(count, unit="T")


def test_olmo_finds_each_documents_source_file_and_row(shards: ShardSet, tmp_path: Path) -> None:
    """Rows of start, end, id, file and row from 1; the token file has no NumPy header."""
    export_shards(shards, "olmo", tmp_path / "out")
    for name, parts in every_document(shards).items():
        tokens = np.memmap(tmp_path / "out" / f"{name}.npy", dtype=np.uint16, mode="r")
        with gzip.open(tmp_path / "out" / f"{name}.csv.gz", "rt", newline="") as text:
            rows = list(csv.reader(text))
        assert [tokens[int(row[0]) : int(row[1])].tolist() for row in rows] == parts
        _, source, number = name.split("/")
        assert [row[2] for row in rows] == [f"{source}:{int(number)}.{n}" for n in range(len(rows))]
        assert [row[4] for row in rows] == [str(n + 1) for n in range(len(rows))]


@pytest.mark.parametrize("format", ["megatron", "datatrove", "olmo"])
def test_equal_bytes_are_linked(shards: ShardSet, tmp_path: Path, format: str) -> None:
    """An export of raw tokens takes no space."""
    export_shards(shards, format, tmp_path / "out")
    tokens = shards.path("train", "prose", "00000")
    copies = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert any(os.path.samefile(tokens, path) for path in copies)


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_can_be_repeated(shards: ShardSet, tmp_path: Path, format: str) -> None:
    """The same files with the same bytes, and nothing half-written."""
    paths = export_shards(shards, format, tmp_path / "out")
    before = {path: path.read_bytes() for path in paths}
    assert export_shards(shards, format, tmp_path / "out") == paths
    assert {path: path.read_bytes() for path in paths} == before
    assert {"shards.json", "tokenizer.json"} <= {path.name for path in paths}


def contents(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def fewer(shards: ShardSet, tmp_path: Path) -> ShardSet:
    """The same run after it was built without its source of code."""
    run = tmp_path / "fewer"
    shutil.copytree(shards.directory.parent, run)
    shutil.rmtree(run / "shards/train/code")
    splits = {"train": {"prose": shards.manifest.splits["train"]["prose"]}}
    manifest = shard_manifest(shards.manifest.tokenizer, splits)
    write_json(run / "shards/manifest.json", manifest.model_dump(mode="json"))
    return ShardSet(run / "shards")


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_an_earlier_export_stays(
    shards: ShardSet, fewer: ShardSet, tmp_path: Path, format: str
) -> None:
    """Neither a source that is gone, nor another format's files."""
    export_shards(fewer, format, tmp_path / "fresh")
    export_shards(shards, "llmc", tmp_path / "out")
    export_shards(fewer, format, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")
    assert not (tmp_path / "out/train/code").exists()


@pytest.mark.parametrize("name", ["train.bin", "notes.txt", "train/a.txt", ".hidden"])
@pytest.mark.parametrize("description", [None, "{}", "[", '{"files": {"notes.txt": ""}}'])
def test_files_of_others_are_never_touched(
    shards: ShardSet, tmp_path: Path, name: str, description: str | None
) -> None:
    """Nor where another tool's file is called shards.json."""
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    if description is not None:
        (tmp_path / "out/shards.json").write_text(description)
    before = contents(tmp_path / "out")
    with pytest.raises(InputError, match="cannot export into") as error:
        export_shards(shards, "nanogpt", tmp_path / "out")
    assert error.value.got.endswith("not written by an export")
    assert contents(tmp_path / "out") == before


def test_a_file_of_ones_own_in_an_export_stays(shards: ShardSet, tmp_path: Path) -> None:
    """An export with it is replaced only after it has moved."""
    export_shards(shards, "nanogpt", tmp_path / "out")
    (tmp_path / "out/meta.pkl").write_text("mine")
    with pytest.raises(InputError, match="cannot export into") as error:
        export_shards(shards, "nanogpt", tmp_path / "out")
    assert error.value.got == "meta.pkl, not written by an export"
    (tmp_path / "out/meta.pkl").rename(tmp_path / "meta.pkl")
    export_shards(shards, "nanogpt", tmp_path / "out")


def test_an_export_does_not_go_into_a_file(shards: ShardSet, tmp_path: Path) -> None:
    """One message, and the file is as it was."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="cannot export into"):
        export_shards(shards, "nanogpt", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


class Killed(BaseException):
    """The process has ended: nothing that it would still do happens."""


def _killed_export(shards: ShardSet, output: Path, after: int) -> bool:
    """Export until files have been renamed or removed so often; gives whether that came."""
    left = [after]

    def counted(change: Callable[..., object]) -> Callable[..., object]:
        def changing(*arguments: object, **options: object) -> object:
            if left[0] <= 0:
                raise Killed
            left[0] -= 1
            return change(*arguments, **options)

        return changing

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (Path, "replace"),
            (Path, "unlink"),
            (Path, "rmdir"),
            (shutil, "rmtree"),
        ):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        try:
            export_shards(shards, "datatrove", output)
        except Killed:
            return True
    return False


def test_a_killed_export_can_be_repeated(
    shards: ShardSet, fewer: ShardSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it ended, once or twice, and whatever it was to replace."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    out = tmp_path / "out"
    export_shards(fewer, "datatrove", tmp_path / "fresh")
    expected = contents(tmp_path / "fresh")
    after = 0
    export_shards(shards, "llmc", out)
    while _killed_export(fewer, out, after):
        _killed_export(fewer, out, after // 3)
        export_shards(fewer, "datatrove", out)
        assert contents(out) == expected
        assert sorted(path.name for path in out.iterdir()) == [
            "shards.json",
            "tokenizer.json",
            "train",
        ]
        shutil.rmtree(out)
        export_shards(shards, "llmc", out)
        after += 1
    assert after > 20
    assert contents(out) == expected


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("file", ["train/code/00000.bin", "validation/code/00000.docs.arrow"])
def test_a_changed_byte_is_not_exported(
    shards: ShardSet, tmp_path: Path, format: str, file: str
) -> None:
    """Lengths and starts are as they were; an earlier export stays as it is."""
    export_shards(shards, format, tmp_path / "out")
    before = contents(tmp_path / "out")
    path = shards.directory / file
    content = path.read_bytes()
    path.unlink()  # the export has a link to it
    place = content.index(b"MIT") if path.suffix == ".arrow" else 0
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    for output in ("out", "new"):
        with pytest.raises(InputError, match="changed since it was written") as error:
            export_shards(shards, format, tmp_path / output)
        assert error.value.where == str(path)
    assert contents(tmp_path / "out") == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_lists_its_files(shards: ShardSet, tmp_path: Path, format: str) -> None:
    """With the checksums of what can be read there."""
    paths = export_shards(shards, format, tmp_path / "out")
    listed = json.loads((tmp_path / "out/shards.json").read_text())["files"]
    assert listed == {
        path.relative_to(tmp_path / "out").as_posix(): file_checksum(path)
        for path in paths
        if path.name != "shards.json"
    }


@pytest.mark.parametrize("format", FORMATS)
def test_damaged_shards_are_not_exported(shards: ShardSet, tmp_path: Path, format: str) -> None:
    """A truncated token file, and an index of another shard."""
    tokens = shards.path("train", "code", "00000")
    content = tokens.read_bytes()
    tokens.write_bytes(content[:-2])
    with pytest.raises(InputError, match="another length than in its manifest"):
        export_shards(shards, format, tmp_path / "out")
    tokens.write_bytes(content)
    index = shards.index_path("train", "code", "00000")
    index.write_bytes(shards.index_path("train", "prose", "00000").read_bytes())
    with pytest.raises(InputError, match="does not match its tokens"):
        export_shards(shards, format, tmp_path / "out")


@pytest.mark.parametrize("place", ["run", "run/shards", "run/shards/export"])
def test_an_export_does_not_go_into_a_run(shards: ShardSet, tmp_path: Path, place: str) -> None:
    """Its files would be taken for shards, or take their place."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="cannot export into"):
        export_shards(shards, "megatron", tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before
