"""Token files of other tools become shards, and what went out comes back."""

import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from corpusforge.errors import ConfigError, InputError, UserError
from corpusforge.exchange.exporter import export_shards
from corpusforge.exchange.importer import import_files
from corpusforge.inspection.verify_shards import verify_shards
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet
from corpusforge.tokenizer.load import load_tokenizer, save_whitespace
from corpusforge.tokenizer.whitespace import learn_words

END = 0


@pytest.fixture
def tokenizer(shards: ShardSet) -> Path:
    """A directory with the tokenizer alone."""
    return shards.directory.parent


def documents(directory: Path, split: str = "train") -> list[list[int]]:
    lookup = Lookup(ShardSet(directory / "shards"), split)
    numbers = range(lookup.num_documents)
    return [lookup.tokens_of(lookup.document(number)).tolist() for number in numbers]


def write_megatron(stem: Path, sequences: list[list[int]], code: int, entries: list[int]) -> None:
    kind = {4: "<i4", 8: "<u2", 6: "<f8"}[code]
    stem.parent.mkdir(parents=True, exist_ok=True)
    ids = np.array([id for sequence in sequences for id in sequence], kind)
    stem.with_suffix(".bin").write_bytes(ids.tobytes())
    lengths = np.array([len(sequence) for sequence in sequences])
    offsets = (np.cumsum(lengths) - lengths) * ids.itemsize
    header = struct.pack("<9sQBQQ", b"MMIDIDX\0\0", 1, code, len(sequences), len(entries))
    arrays = (lengths.astype("<i4"), offsets.astype("<i8"), np.array(entries, "<i8"))
    stem.with_suffix(".idx").write_bytes(header + b"".join(one.tobytes() for one in arrays))


@pytest.mark.parametrize("format", ["megatron", "datatrove"])
def test_what_went_out_comes_back(shards: ShardSet, tmp_path: Path, format: str) -> None:
    """Splits, sources, weights, ids and licences too: to a checkpoint these are the same shards."""
    export_shards(shards, format, tmp_path / "out")
    manifest = import_files([tmp_path / "out"], format, tmp_path / "back")
    assert manifest.fingerprint == shards.manifest.fingerprint
    assert manifest.tokenizer == shards.manifest.tokenizer
    for split, sources in shards.manifest.splits.items():
        before, after = Lookup(shards, split), Lookup(ShardSet(tmp_path / "back/shards"), split)
        assert [after.document(n) for n in range(after.num_documents)] == [
            before.document(n) for n in range(before.num_documents)
        ]
        for source, entry in sources.items():
            assert manifest.splits[split][source].weight == entry.weight
            assert manifest.splits[split][source].num_bytes == entry.num_bytes
    assert list(verify_shards(ShardSet(tmp_path / "back/shards"))) == []


@pytest.mark.parametrize("format", ["megatron", "datatrove"])
def test_the_way_back_links_too(shards: ShardSet, tmp_path: Path, format: str) -> None:
    """The same bytes are one file in all three places."""
    export_shards(shards, format, tmp_path / "out")
    import_files([tmp_path / "out"], format, tmp_path / "back")
    back = tmp_path / "back/shards/train/prose/00000.bin"
    assert os.path.samefile(back, shards.path("train", "prose", "00000"))


def test_nanogpts_two_files_come_back_as_two_splits(shards: ShardSet, tmp_path: Path) -> None:
    """Its sources are one run of tokens; ids and licences come back with the index beside it."""
    export_shards(shards, "nanogpt", tmp_path / "out")
    manifest = import_files([tmp_path / "out"], "nanogpt", tmp_path / "back", source="all")
    assert {name: list(sources) for name, sources in manifest.splits.items()} == {
        "train": ["all"],
        "validation": ["all"],
    }
    before, after = Lookup(shards, "train"), Lookup(ShardSet(tmp_path / "back/shards"), "train")
    assert documents(tmp_path / "back") == documents(tmp_path / "run")
    assert after.document(5).id == before.document(5).id == "prose:0.1"
    export_shards(ShardSet(tmp_path / "back/shards"), "nanogpt", tmp_path / "again")
    for name in ("train", "val"):
        first, second = ((tmp_path / d / f"{name}.bin").read_bytes() for d in ("out", "again"))
        assert first == second


@pytest.mark.parametrize(
    ("format", "names"),
    [
        ("megatron", ("00000.bin", "00000.idx")),
        ("datatrove", ("00000.ds", "00000.ds.index", "00000.ds.metadata")),
    ],
)
def test_what_came_in_goes_out(
    shards: ShardSet, tmp_path: Path, format: str, names: tuple[str, ...]
) -> None:
    """Imported without our index, and exported again: their files, byte for byte."""
    export_shards(shards, format, tmp_path / "out")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in names:
        (theirs / name).write_bytes((tmp_path / "out/train/code" / name).read_bytes())
    import_files([theirs], format, tmp_path / "mine", tokenizer=tmp_path / "run")
    export_shards(ShardSet(tmp_path / "mine/shards"), format, tmp_path / "again")
    for name in names:
        again = tmp_path / "again/train/theirs" / name
        assert again.read_bytes() == (theirs / name).read_bytes()


def test_plain_tokens_are_cut_at_their_ends(tokenizer: Path, tmp_path: Path) -> None:
    """Ids, bytes and the given licence; an end that is missing at the last token is added."""
    ids = load_tokenizer(tokenizer).encode("one two")
    np.array([*ids, END, *ids, *ids], "<u2").tofile(tmp_path / "train.bin")
    import_files(
        [tmp_path / "train.bin"],
        "nanogpt",
        tmp_path / "mine",
        tokenizer=tokenizer,
        source="theirs",
        license="MIT",
    )
    assert documents(tmp_path / "mine") == [[*ids, END], [*ids, *ids, END]]
    lookup = Lookup(ShardSet(tmp_path / "mine/shards"), "train", "theirs")
    second = lookup.document(1)
    assert (second.id, second.license, second.file, second.row) == (
        "theirs:1",
        "MIT",
        "train.bin",
        1,
    )
    assert [lookup.document(n).num_bytes for n in (0, 1)] == [7, 14]
    assert list(verify_shards(ShardSet(tmp_path / "mine/shards"))) == []


def test_documents_are_numbered_over_the_files_of_a_source(tokenizer: Path, tmp_path: Path) -> None:
    """An id names one document; its row is that in its own file."""
    for name, ids in (("a", [30, END, 31]), ("b", [32, END, 33])):
        np.array(ids, "<u2").tofile(tmp_path / f"{name}.bin")
    import_files(
        [tmp_path / "a.bin", tmp_path / "b.bin"],
        "nanogpt",
        tmp_path / "mine",
        tokenizer=tokenizer,
        source="theirs",
    )
    lookup = Lookup(ShardSet(tmp_path / "mine/shards"), "train", "theirs")
    rows = [lookup.document(number) for number in range(4)]
    assert [row.id for row in rows] == [f"theirs:{number}" for number in range(4)]
    assert [(row.file, row.row) for row in rows[2:]] == [("b.bin", 0), ("b.bin", 1)]


def test_wide_tokens_without_ends_are_written_anew(tokenizer: Path, tmp_path: Path) -> None:
    """int32, documents of several sequences, an empty one, and an end inside a document."""
    sequences = [[30, 31], [32], [], [33, END, 34], [35, END]]
    write_megatron(tmp_path / "theirs", sequences, 4, [0, 2, 3, 4, 5])
    import_files([tmp_path / "theirs"], "megatron", tmp_path / "mine", tokenizer=tokenizer)
    expected = [[30, 31, 32, END], [33, END], [34, END], [35, END]]
    assert documents(tmp_path / "mine") == expected
    assert list(verify_shards(ShardSet(tmp_path / "mine/shards"))) == []


def test_blocks_do_not_show(
    tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a file in pieces gives what reading it whole does."""
    sequences = [[30 + n] * (n % 7 + 1) for n in range(100)]
    write_megatron(tmp_path / "theirs", sequences, 4, list(range(101)))
    monkeypatch.setattr("corpusforge.exchange.conversion._BLOCK", 10)
    import_files([tmp_path / "theirs"], "megatron", tmp_path / "mine", tokenizer=tokenizer)
    assert documents(tmp_path / "mine") == [[*sequence, END] for sequence in sequences]


def test_a_second_import_adds_a_split(tokenizer: Path, tmp_path: Path) -> None:
    """The tokenizer is there by then; the same source of the same split is refused."""
    for name in ("a", "b"):
        np.array([30, END], "<u2").tofile(tmp_path / f"{name}.bin")
    mine = tmp_path / "mine"
    import_files([tmp_path / "a.bin"], "nanogpt", mine, tokenizer=tokenizer, source="x")
    import_files([tmp_path / "b.bin"], "nanogpt", mine, source="x", split="validation")
    assert list(ShardSet(mine / "shards").manifest.splits) == ["train", "validation"]
    with pytest.raises(InputError, match="the source x already exists"):
        import_files([tmp_path / "b.bin"], "nanogpt", mine, source="x")


def test_tokens_of_another_tokenizer_are_refused(shards: ShardSet, tmp_path: Path) -> None:
    """Beside an export of ours, and beside what was imported before."""
    export_shards(shards, "megatron", tmp_path / "out")
    save_whitespace(tmp_path / "other", learn_words(["other", " words"], 300))
    with pytest.raises(InputError, match="made by another tokenizer"):
        import_files([tmp_path / "out"], "megatron", tmp_path / "x", tokenizer=tmp_path / "other")
    import_files([tmp_path / "out"], "megatron", tmp_path / "mine")
    np.array([30, END], "<u2").tofile(tmp_path / "a.bin")
    with pytest.raises(InputError, match="made by another tokenizer"):
        import_files(
            [tmp_path / "a.bin"], "nanogpt", tmp_path / "mine", tokenizer=tmp_path / "other"
        )
    with pytest.raises(InputError, match="made by another tokenizer"):
        import_files([tmp_path / "out"], "megatron", tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["tokenizer.json"]


@pytest.mark.parametrize("id", [300, 4464 + 65_536, -1])
def test_an_id_outside_the_vocabulary_is_never_cut(
    tokenizer: Path, tmp_path: Path, id: int
) -> None:
    """The message names file, token and id; nothing appears."""
    write_megatron(tmp_path / "theirs", [[30, id]], 4, [0, 1])
    with pytest.raises(InputError, match="outside the vocabulary") as error:
        import_files([tmp_path / "theirs"], "megatron", tmp_path / "mine", tokenizer=tokenizer)
    assert error.value.where == f"{tmp_path / 'theirs.bin'}, token 1"
    assert error.value.got == f"id {id}"
    assert not (tmp_path / "mine").exists()


def test_a_failed_import_leaves_nothing_behind(shards: ShardSet, tmp_path: Path) -> None:
    """Neither a tokenizer nor the shards of files that were read before the wrong one."""
    write_megatron(tmp_path / "theirs" / "a", [[30, END]], 8, [0, 1])
    write_megatron(tmp_path / "theirs" / "b", [[300]], 8, [0, 1])
    with pytest.raises(InputError, match="outside the vocabulary"):
        import_files(
            [tmp_path / "theirs"], "megatron", tmp_path / "mine", tokenizer=tmp_path / "run"
        )
    export_shards(shards, "megatron", tmp_path / "out")
    save_whitespace(tmp_path / "other", learn_words(["other", " words"], 300))
    with pytest.raises(InputError, match="made by another tokenizer"):
        import_files(
            [tmp_path / "out"], "megatron", tmp_path / "mine", tokenizer=tmp_path / "other"
        )
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("format", "file"),
    [
        ("datatrove", "train/code/00000.ds"),
        ("megatron", "validation/code/00000.bin"),
        ("megatron", "train/prose/00000.docs.arrow"),
        ("nanogpt", "train.bin"),
        ("nanogpt", "val.docs.arrow"),
    ],
)
def test_a_byte_that_changed_after_the_export_is_refused(
    shards: ShardSet, tmp_path: Path, format: str, file: str
) -> None:
    """Ids within the vocabulary and documents of the same lengths do not make it pass."""
    export_shards(shards, format, tmp_path / "out")
    path = tmp_path / "out" / file
    content = path.read_bytes()
    path.unlink()  # it is a link to the run's
    path.write_bytes(content)
    _overwrite(path, content.index(b"MIT") if path.suffix == ".arrow" else 0, b"\x21")
    with pytest.raises(InputError, match="changed since it was exported") as error:
        import_files([tmp_path / "out"], format, tmp_path / "back")
    assert error.value.where == str(path)
    assert not (tmp_path / "back").exists()


def test_a_file_that_an_export_lost_is_missed(shards: ShardSet, tmp_path: Path) -> None:
    """What comes back is never less than what went out."""
    export_shards(shards, "datatrove", tmp_path / "out")
    (tmp_path / "out/train/code/00001.ds").unlink()
    with pytest.raises(InputError, match="a token file is missing") as error:
        import_files([tmp_path / "out"], "datatrove", tmp_path / "back")
    assert error.value.where == str(tmp_path / "out/train/code/00001.ds")


def test_what_a_killed_export_left_is_not_imported(shards: ShardSet, tmp_path: Path) -> None:
    """Alone, and beside an export that it was to replace."""
    export_shards(shards, "megatron", tmp_path / "out")
    shutil.copytree(tmp_path / "out/train", tmp_path / "out/.export.tmp/train")
    manifest = import_files([tmp_path / "out"], "megatron", tmp_path / "back")
    assert manifest.fingerprint == shards.manifest.fingerprint
    (tmp_path / "killed").mkdir()
    shutil.move(tmp_path / "out/.export.tmp", tmp_path / "killed")
    with pytest.raises(InputError, match="no token files"):
        import_files([tmp_path / "killed"], "megatron", tmp_path / "x", tokenizer=tmp_path / "run")


@pytest.mark.parametrize("license", ["NOPE", "MIT OR Foo", "my own", "", "LicenseRef-a b"])
def test_a_licence_that_there_is_not_is_refused(
    tokenizer: Path, tmp_path: Path, license: str
) -> None:
    """As a policy's names are."""
    np.array([30, END], "<u2").tofile(tmp_path / "a.bin")
    with pytest.raises(ConfigError, match="no such licence") as error:
        import_files(
            [tmp_path / "a.bin"],
            "nanogpt",
            tmp_path / "mine",
            tokenizer=tokenizer,
            license=license,
        )
    assert error.value.where == "--license"
    assert not (tmp_path / "mine").exists()


def _cut(path: Path, count: int) -> None:
    path.write_bytes(path.read_bytes()[:-count])


def _overwrite(path: Path, place: int, value: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[place : place + len(value)] = value
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: _cut(d / "t.bin", 1), "empty or cut short"),
        (lambda d: _cut(d / "t.bin", 2), "does not match its tokens"),
        (lambda d: (d / "t.bin").write_bytes(b""), "empty or cut short"),
        (lambda d: _cut(d / "t.idx", 1), "not a Megatron index"),
        (lambda d: _cut(d / "t.idx", 60), "not a Megatron index"),
        (lambda d: (d / "t.idx").unlink(), "not a Megatron index"),
        (lambda d: _overwrite(d / "t.idx", 0, b"X"), "not a Megatron index"),
        (lambda d: _overwrite(d / "t.idx", 9, b"\x02"), "not a Megatron index"),
        (lambda d: _overwrite(d / "t.idx", 17, b"\x06"), "not a Megatron index"),
        (lambda d: _overwrite(d / "t.idx", 42, b"\x02"), "gaps between its sequences"),
        (lambda d: _overwrite(d / "t.idx", 58, b"\x01"), "not a Megatron index"),
        (lambda d: _overwrite(d / "t.idx", 66, b"\x03"), "not a Megatron index"),
        (lambda d: _overwrite(d / "t.idx", 74, b"\x09"), "not a Megatron index"),
    ],
)
def test_damaged_megatron_files_are_one_message(
    tokenizer: Path, tmp_path: Path, damage: object, message: str
) -> None:
    """Cut short, of another kind, or not belonging together."""
    write_megatron(tmp_path / "in" / "t", [[30, END], [31, END]], 8, [0, 1, 2])
    damage(tmp_path / "in")  # type: ignore[operator]
    with pytest.raises(UserError, match=message):
        import_files([tmp_path / "in"], "megatron", tmp_path / "mine", tokenizer=tokenizer)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: _cut(d / "t.ds", 2), "does not match its tokens"),
        (lambda d: _cut(d / "t.ds.index", 8), "does not match its tokens"),
        (lambda d: _cut(d / "t.ds.index", 3), "empty or cut short"),
        (lambda d: (d / "t.ds.index").unlink(), "a token file is missing"),
        (lambda d: (d / "t.ds.metadata").write_text("gpt2|8\n"), "the size of a token"),
    ],
)
def test_damaged_datatrove_files_are_one_message(
    tokenizer: Path, tmp_path: Path, damage: object, message: str
) -> None:
    """Cut short, missing, or of tokens of eight bytes."""
    folder = tmp_path / "in"
    folder.mkdir()
    np.array([30, END, 31, END], "<u2").tofile(folder / "t.ds")
    np.array([2, 4], "<u8").tofile(folder / "t.ds.index")
    damage(folder)  # type: ignore[operator]
    with pytest.raises(UserError, match=message):
        import_files([folder], "datatrove", tmp_path / "mine", tokenizer=tokenizer)


def test_what_is_missing_is_asked_for(tokenizer: Path, tmp_path: Path) -> None:
    """A tokenizer, a file, and a place that is no corpus."""
    np.array([30, END], "<u2").tofile(tmp_path / "a.bin")
    with pytest.raises(InputError, match="the tokenizer of these tokens"):
        import_files([tmp_path / "a.bin"], "nanogpt", tmp_path / "mine")
    with pytest.raises(InputError, match="no token files"):
        import_files([tmp_path / "b.bin"], "nanogpt", tmp_path / "mine", tokenizer=tokenizer)
    with pytest.raises(InputError, match="there is no tokenizer here"):
        import_files([tmp_path / "a.bin"], "nanogpt", tmp_path / "mine", tokenizer=tmp_path / "no")
    for wrong in ({"source": "../x"}, {"split": "a/b"}, {"license": "my own"}):
        with pytest.raises(UserError):
            import_files(
                [tmp_path / "a.bin"], "nanogpt", tmp_path / "mine", tokenizer=tokenizer, **wrong
            )
    (tmp_path / "corpus/corpus").mkdir(parents=True)
    (tmp_path / "corpus/corpus/corpus.json").write_text("{}")
    with pytest.raises(InputError, match="into a corpus"):
        import_files([tmp_path / "a.bin"], "nanogpt", tmp_path / "corpus", tokenizer=tokenizer)
    assert not (tmp_path / "mine").exists()


def test_an_index_of_other_tokens_is_refused(shards: ShardSet, tmp_path: Path) -> None:
    """Licences are never given to the wrong documents, without shards.json either."""
    export_shards(shards, "megatron", tmp_path / "out")
    (tmp_path / "out/shards.json").unlink()
    index = tmp_path / "out/train/code/00000.docs.arrow"
    os.replace(tmp_path / "out/train/prose/00000.docs.arrow", index)
    with pytest.raises(InputError, match="does not belong") as error:
        import_files([tmp_path / "out"], "megatron", tmp_path / "back")
    assert error.value.where == str(index)
