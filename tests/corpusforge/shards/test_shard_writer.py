"""Writing and reading shards: token files that any program can map, and their indexes."""

import resource
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.errors import InputError
from corpusforge.shards.index import open_index
from corpusforge.shards.reader import TokenFile, TokenStream, allow_open_files, map_tokens
from corpusforge.shards.writer import ShardWriter, WrittenShard, finished_shard

END = 0
documents = st.lists(st.lists(st.integers(1, 65_535), max_size=30), min_size=1, max_size=20)


def origin(num_documents: int) -> pa.Table:
    numbers = range(num_documents)
    return pa.table(
        {
            "id": pa.array([f"mine:{number}" for number in numbers], pa.string()),
            "path": pa.nulls(num_documents, pa.string()),
            "repository": pa.nulls(num_documents, pa.string()),
            "license": pa.array(["MIT"] * num_documents, pa.string()),
            "file": pa.array(["corpus/documents/mine-00000.parquet"] * num_documents, pa.string()),
            "row": pa.array(numbers, pa.int64()),
            "num_bytes": pa.array([7] * num_documents, pa.int64()),
        }
    )


def write(directory: Path, texts: list[list[int]], fingerprint: str = "one") -> WrittenShard:
    with ShardWriter(directory, "00000", 65_536, END) as shard:
        lengths = np.array([len(ids) for ids in texts])
        shard.append(np.array([id for ids in texts for id in ids], np.uint16), lengths)
        return shard.close(origin(len(texts)), fingerprint)


@given(texts=documents)
@settings(deadline=None, max_examples=50)
def test_documents_come_back(texts: list[list[int]]) -> None:
    """The index splits the tokens into the appended documents, each with its end."""
    with tempfile.TemporaryDirectory() as name:
        written = write(Path(name), texts)
        tokens = map_tokens(Path(name) / "00000.bin", written.entry.num_tokens)
        rows = open_index(Path(name) / "00000.docs.arrow").to_pylist()
        read = [tokens[row["start"] : row["start"] + row["length"]].tolist() for row in rows]
        assert read == [[*ids, END] for ids in texts]
        assert written.entry.num_documents == len(texts)
        assert written.num_bytes == 7 * len(texts)


def test_beginnings_are_written_if_requested(tmp_path: Path) -> None:
    """Every document has its beginning and end, also empty ones and over several calls."""
    with ShardWriter(tmp_path, "00000", 300, END, 9) as shard:
        shard.append(np.array([1, 2, 3]), np.array([2, 0, 1]))
        shard.append(np.array([4]), np.array([1]))
        shard.close(origin(4), "one")
    tokens = np.fromfile(tmp_path / "00000.bin", np.uint16).tolist()
    assert tokens == [9, 1, 2, END, 9, END, 9, 3, END, 9, 4, END]
    assert open_index(tmp_path / "00000.docs.arrow")["length"].to_pylist() == [4, 2, 3, 3]


def test_any_tool_reads_the_tokens(tmp_path: Path) -> None:
    """The file is little-endian uint16 and nothing else, as nanoGPT maps it."""
    write(tmp_path, [[1, 2, 65_535], [258]])
    assert (tmp_path / "00000.bin").read_bytes() == bytes.fromhex("01000200ffff0000 02010000")
    assert np.fromfile(tmp_path / "00000.bin", np.uint16).tolist() == [1, 2, 65_535, 0, 258, 0]
    mapped = np.memmap(tmp_path / "00000.bin", dtype=np.uint16, mode="r")
    assert len(mapped) == 6


@pytest.mark.parametrize("id", [300, 65_536, 70_000, -1])
def test_an_id_outside_the_vocabulary_is_an_error(tmp_path: Path, id: int) -> None:
    """It is never truncated (70,000 would become 4,464), and no file appears."""
    with (
        pytest.raises(InputError, match="outside the vocabulary") as error,
        ShardWriter(tmp_path, "00000", 300, END) as shard,
    ):
        shard.append(np.array([1, 299]), np.array([1, 1]))
        shard.append(np.array([1, 2, id]), np.array([1, 2]))
    assert error.value.where == f"{tmp_path / '00000'}.bin, document 3"
    assert list(tmp_path.iterdir()) == []


def test_equal_documents_make_equal_bytes(tmp_path: Path) -> None:
    """The files depend only on the documents and the fingerprint."""
    assert write(tmp_path / "one", [[1, 2]]) == write(tmp_path / "two", [[1, 2]])
    for file in ("00000.bin", "00000.docs.arrow"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_finished_shard_is_recognised(tmp_path: Path) -> None:
    """By its fingerprint, if all its tokens are there."""
    written = write(tmp_path, [[1, 2], [3]])
    assert finished_shard(tmp_path, "00000", "one") == written
    assert finished_shard(tmp_path, "00000", "two") is None
    assert finished_shard(tmp_path, "00001", "one") is None
    tokens = tmp_path / "00000.bin"
    tokens.write_bytes(tokens.read_bytes()[:-2])
    assert finished_shard(tmp_path, "00000", "one") is None


def test_an_old_index_does_not_vouch_for_new_tokens(tmp_path: Path) -> None:
    """A shard that was stopped between its two files is unfinished for any fingerprint."""
    write(tmp_path, [[1, 2], [3]], "old")
    with ShardWriter(tmp_path, "00000", 65_536, END) as shard:
        shard.append(np.array([3], np.uint16), np.array([1]))
        shard.append(np.array([1, 2], np.uint16), np.array([2]))
        with pytest.raises(KeyError):
            shard.close(origin(2).drop_columns("row"), "new")
    assert np.fromfile(tmp_path / "00000.bin", np.uint16).tolist() == [3, 0, 1, 2, 0]
    assert finished_shard(tmp_path, "00000", "old") is None
    assert finished_shard(tmp_path, "00000", "new") is None


@pytest.mark.parametrize("content", [b"", b"ARROW1\x00\x00", b"no index at all"])
def test_a_damaged_index_is_an_error(tmp_path: Path, content: bytes) -> None:
    """The message names the file, whatever it contains."""
    path = tmp_path / "00000.docs.arrow"
    path.write_bytes(content)
    with pytest.raises(InputError, match="missing or damaged") as error:
        open_index(path)
    assert error.value.where == str(path)


def test_an_index_with_other_columns_is_an_error(tmp_path: Path) -> None:
    """An Arrow file with other columns is not an index."""
    path = tmp_path / "00000.docs.arrow"
    table = pa.table({"start": [0]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(InputError, match="missing or damaged") as error:
        open_index(path)
    assert error.value.got == "columns start"


@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    ends=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_a_stream_reads_across_shards(lengths: list[int], ends: tuple[int, int]) -> None:
    """A run is read from the concatenated shards; a run past their end is an error."""
    whole = np.arange(sum(lengths), dtype=np.uint16)
    with tempfile.TemporaryDirectory() as folder:
        shards = []
        for number, tokens in enumerate(np.split(whole, np.cumsum(lengths)[:-1])):
            path = Path(folder) / f"{number}.bin"
            tokens.astype("<u2").tofile(path)
            shards.append(TokenFile(str(path), len(tokens)))
        _check_read(TokenStream(shards), whole, min(ends), max(ends))


def _check_read(stream: TokenStream, whole: np.ndarray, start: int, end: int) -> None:
    out = np.zeros(end - start, np.uint16)
    if end > len(whole):
        with pytest.raises(IndexError):
            stream.read(start, out)
    else:
        stream.read(start, out)
        assert out.tolist() == list(range(start, end))


def test_a_shard_that_has_become_shorter_is_an_error(tmp_path: Path) -> None:
    """A read never returns earlier contents of the buffer."""
    path = tmp_path / "00000.bin"
    np.arange(8, dtype="<u2").tofile(path)
    file = TokenFile(str(path), 8)
    path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(InputError, match="length"):
        file.read(2, np.zeros(6, np.uint16))


def test_more_shards_than_open_files_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is raised as far as the system allows; the error names it otherwise."""
    raised = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    allow_open_files(100)
    allow_open_files(3000)
    assert [hard for _, hard in raised] == [4096]
    assert 3000 < raised[0][0] <= 4096
    with pytest.raises(InputError, match="more shards than files"):
        allow_open_files(5000)
