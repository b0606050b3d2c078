"""Tokenizing: every kept document is in the shards once, and can be traced back."""

import dataclasses
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.config import FillInTheMiddleConfig
from corpusforge.dialogues import parse_messages
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import open_run
from corpusforge.errors import InputError
from corpusforge.pipeline import build
from corpusforge.shards.fim import restore_order
from corpusforge.shards.index import open_index
from corpusforge.shards.reader import ShardSet
from corpusforge.shards.tokenize import TokenizeTask, tokenize_part
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest
from corpusforge.tokenizer.chat import encode_chat
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.train import adopt_model


def function(number: int) -> str:
    """The text of a document of the fixture."""
    return f"def function_{number}(value):\n    return value + {number}\n"


def task(layout: Layout, name: str = "code-00001", seed: int = 0) -> TokenizeTask:
    manifest = load_manifest(layout.manifest("ingest"))
    assert manifest is not None
    part = next(part for part in manifest.outputs if part.name == name)
    tokenizer = load_tokenizer(layout.root)
    whole = FillInTheMiddleConfig()
    return TokenizeTask(
        layout, part, ("made", "of", "these"), tokenizer.fingerprint, seed, whole, False
    )


def bytes_of_shards(layout: Layout) -> dict[str, bytes]:
    return {
        layout.relative(path): path.read_bytes()
        for path in layout.shards.rglob("*")
        if path.is_file()
    }


def test_every_kept_document_is_in_its_split_once(shard_run: Path) -> None:
    """Each index row names a document row, and the tokens are decoded to its text."""
    layout = Layout(shard_run)
    shards, tokenizer = ShardSet(layout.shards), load_tokenizer(shard_run)
    seen: list[str] = []
    for split, sources in shards.manifest.splits.items():
        for source, entry in sources.items():
            stream = shards.stream(split, source)
            tokens = np.empty(stream.num_tokens, np.uint16)
            stream.read(0, tokens)
            before = 0
            for shard in entry.shards:
                for row in open_index(shards.index_path(split, source, shard.name)).to_pylist():
                    document = pq.read_table(shard_run / row["file"]).slice(row["row"], 1)
                    verdict = pq.read_table(layout.verdict("split") / Path(row["file"]).name).slice(
                        row["row"], 1
                    )
                    origin = document.to_pylist()[0]
                    assert verdict.to_pylist()[0]["split"] == split
                    assert (row["id"], row["path"]) == (origin["id"], origin["path"])
                    assert row["license"] == origin["license"]
                    assert row["num_bytes"] == len(origin["text"].encode())
                    start = before + row["start"]
                    *ids, end = tokens[start : start + row["length"]].tolist()
                    assert end == tokenizer.end_of_document
                    if source == "code":
                        assert tokenizer.decode(ids) == origin["text"]
                    else:
                        messages = parse_messages(origin["messages"])
                        assert ids == encode_chat(tokenizer, messages).tolist()
                    seen.append(row["id"])
                before += shard.num_tokens
    assert sorted(seen) == sorted(
        [f"code:f{n}" for n in range(60)] + [f"chat:d{n}" for n in range(5)]
    )


def test_documents_are_shuffled_by_the_seed(damaged_run: Layout) -> None:
    """The order within a shard depends only on the seed."""
    orders = {}
    for seed in (0, 1, 0):
        tokenize_part(task(damaged_run, seed=seed))
        index = open_index(damaged_run.shards / "train" / "code" / "00001.docs.arrow")
        order = index["row"].to_pylist()
        assert orders.setdefault(seed, order) == order
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != sorted(orders[0])


def test_a_finished_part_is_not_written_again(damaged_run: Layout) -> None:
    """Finished shards are reused; missing ones, or ones of other inputs, are written."""
    first = tokenize_part(task(damaged_run))
    before = {path: path.stat().st_mtime_ns for path in damaged_run.shards.rglob("00001.*")}
    assert tokenize_part(task(damaged_run)) == first
    after = {path: path.stat().st_mtime_ns for path in damaged_run.shards.rglob("00001.*")}
    assert after == before
    tokens = damaged_run.shards / "train" / "code" / "00001.bin"
    content = tokens.read_bytes()
    tokens.unlink()
    assert tokenize_part(task(damaged_run)) == first
    assert tokens.read_bytes() == content
    other = dataclasses.replace(task(damaged_run), inputs=("made", "of", "others"))
    assert tokenize_part(other)["train"].entry.index_checksum != first["train"].entry.index_checksum


def test_only_train_documents_of_code_are_cut(damaged_run: Layout) -> None:
    """Each can be restored; held-out documents and dialogues are not cut."""
    tokenizer = load_tokenizer(damaged_run.root)
    cuts = FillInTheMiddleConfig(rate=1.0)
    for name in ("code-00001", "chat-00000"):
        number = name[-5:]
        train, held_out = (
            damaged_run.shards / split / name[:4] / number for split in ("train", "validation")
        )
        before = {path: path.with_suffix(".bin").read_bytes() for path in (train, held_out)}
        written = tokenize_part(dataclasses.replace(task(damaged_run, name), fim=cuts))
        assert written == tokenize_part(dataclasses.replace(task(damaged_run, name), fim=cuts))
        assert held_out.with_suffix(".bin").read_bytes() == before[held_out]
        if name == "chat-00000":
            assert train.with_suffix(".bin").read_bytes() == before[train]
            continue
        tokens = np.fromfile(train.with_suffix(".bin"), np.uint16)
        rows = open_index(train.with_suffix(".docs.arrow")).to_pylist()
        assert len(rows) > 5
        for row in rows:
            ids = tokens[row["start"] : row["start"] + row["length"]]
            assert ids[0] == tokenizer.control["fim_prefix"]
            text = function(int(row["id"].removeprefix("code:f")))
            assert tokenizer.decode(restore_order(ids, tokenizer.control)) == text


def test_beginnings_are_marked_if_configured(damaged_run: Layout) -> None:
    """Every document begins with the control token; nothing else changes."""
    marked = dataclasses.replace(task(damaged_run, "chat-00000"), mark_beginnings=True)
    path = damaged_run.shards / "train" / "chat" / "00000.bin"
    before = np.fromfile(path, np.uint16)
    tokenize_part(marked)
    after = np.fromfile(path, np.uint16)
    begin = load_tokenizer(damaged_run.root).control["beginning_of_document"]
    starts = open_index(path.with_suffix(".docs.arrow"))["start"].to_numpy()
    assert np.flatnonzero(after == begin).tolist() == starts.tolist()
    assert after[after != begin].tolist() == before.tolist()


def test_a_split_without_documents_gets_no_shard(damaged_run: Layout) -> None:
    """A split that the verdicts leave empty has no files."""
    path = damaged_run.verdict("split") / "chat-00000.parquet"
    verdict = pq.read_table(path)
    only_train = verdict.set_column(
        verdict.schema.get_field_index("split"), "split", [["train"] * verdict.num_rows]
    )
    pq.write_table(only_train, path)
    assert list(tokenize_part(task(damaged_run, "chat-00000"))) == ["train"]


def test_the_manifest_adds_up(shard_run: Path) -> None:
    """Totals of documents, tokens and bytes match the files."""
    layout = Layout(shard_run)
    manifest = json.loads(layout.shard_manifest.read_text())
    assert manifest["tokenizer"] == {
        "type": "sentencepiece",
        "vocab_size": 500,
        "fingerprint": load_tokenizer(shard_run).fingerprint,
        "end_of_document": 1,
    }
    for split, sources in manifest["splits"].items():
        for source, entry in sources.items():
            directory = layout.shards / split / source
            sizes = [path.stat().st_size for path in directory.glob("*.bin")]
            assert entry["num_tokens"] == sum(sizes) // 2
            indexes = [open_index(path) for path in directory.glob("*.docs.arrow")]
            assert entry["num_documents"] == sum(index.num_rows for index in indexes)
            assert entry["num_bytes"] == sum(sum(i["num_bytes"].to_pylist()) for i in indexes)


def test_a_changed_manifest_is_written_again(damaged_run: Layout) -> None:
    """Its weights come from the configuration; the shards are not written again."""
    before = bytes_of_shards(damaged_run)
    times = {path: path.stat().st_mtime_ns for path in damaged_run.shards.rglob("*.bin")}
    text = damaged_run.shard_manifest.read_text()
    damaged_run.shard_manifest.write_text(text.replace('"weight": 1.0', '"weight": 7.0'))
    with open_run(damaged_run.root, None, 1, Progress(quiet=True)) as run:
        build(run)
    assert bytes_of_shards(damaged_run) == before
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_dialogue_needs_a_vocabulary_with_roles(damaged_run: Layout) -> None:
    """A document that cannot be encoded is named, not skipped."""
    model = damaged_run.root / "their.model"
    content = damaged_run.sentencepiece_model.read_bytes()
    model.write_bytes(content.replace(b"<|assistant|>", b"<|assixtant|>"))
    adopt_model(model, damaged_run.root)
    with pytest.raises(InputError, match="no control tokens for dialogues") as error:
        tokenize_part(task(damaged_run, "chat-00000"))
    assert "chat:d" in error.value.where


def test_texts_and_dialogues_of_one_file_keep_their_order(damaged_run: Layout) -> None:
    """Texts and dialogues in one file keep their own ids and order."""
    path = damaged_run.documents / "chat-00000.parquet"
    documents = pq.read_table(path)
    messages = documents["messages"].to_pylist()
    messages[1::2] = [None] * len(messages[1::2])
    column = documents.schema.get_field_index("messages")
    documents = documents.set_column(column, "messages", pa.array(messages, pa.string()))
    pq.write_table(documents, path)
    tokenizer = load_tokenizer(damaged_run.root)
    seen = 0
    for split, written in tokenize_part(task(damaged_run, "chat-00000")).items():
        directory = damaged_run.shards / split / "chat"
        tokens = np.fromfile(directory / f"{written.entry.name}.bin", np.uint16)
        for row in open_index(directory / f"{written.entry.name}.docs.arrow").to_pylist():
            document = documents.slice(row["row"], 1).to_pylist()[0]
            expected = (
                encode_chat(tokenizer, parse_messages(document["messages"]))
                if document["messages"]
                else tokenizer.encode(document["text"])
            )
            found = tokens[row["start"] : row["start"] + row["length"] - 1]
            assert found.tolist() == expected.tolist()
            seen += 1
    assert seen == len(documents)


@pytest.mark.soak
def test_killed_at_any_instant_the_shards_have_the_same_bytes(damaged_run: Layout) -> None:
    """SIGKILL at 20 random instants of `tokenize` with two worker processes, then once more to the
    end; test_tokenize_kill.py does it within one process, in a tenth of the time."""
    expected = bytes_of_shards(damaged_run)
    shutil.rmtree(damaged_run.shards)
    damaged_run.manifest("tokenize").unlink()
    command = [sys.executable, "-m", "corpusforge", "tokenize", str(damaged_run.root)]
    draw = random.Random(5)
    for _ in range(20):
        process = subprocess.Popen(
            [*command, "--workers", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # From before the first shard to behind the last one, wherever this machine has them.
        time.sleep(draw.uniform(0.3, 2.0))
        process.kill()
        process.wait()
        if damaged_run.manifest("tokenize").is_file():  # it came to the end: begin anew
            damaged_run.manifest("tokenize").unlink()
            shutil.rmtree(damaged_run.shards)
    subprocess.run([*command, "--workers", "1"], check=True, capture_output=True)
    assert bytes_of_shards(damaged_run) == expected
