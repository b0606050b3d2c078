"""Lines that many documents repeat are cut, and nothing else."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.cli import cli
from corpusforge.redaction.apply import read_spans, redact_texts
from corpusforge.redaction.lines.find import LineCounter, find_lines, spans_of
from corpusforge.storage.layout import Layout

HEADER = "# All of this was written by hand; see the file that stands beside.\n"
# A dozen lines, so that they repeat: long ones by bytes only, with space around, at the limit.
LINES = st.sampled_from(
    [
        "",
        "short",
        "exactly eight",
        "a line that is long enough",
        "  a line that is long enough\t",
        "another one, just as long",
        "é" * 10,
        "é" * 13,
        "漢字" * 8,
        "x" * 12,
        "x" * 13,
        "\r",
    ]
)
TEXTS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\n\n", "\r\n", ""])), max_size=8).map(
    lambda lines: "".join(map("".join, lines))
)
LEAST = 13


def _expected(texts: list[str], limit: int) -> list[str]:
    """Apply the definition with Python's strings."""
    white = "".join(map(chr, range(33)))
    documents = [text.split("\n") for text in texts]
    stripped = [{line.strip(white) for line in lines} for lines in documents]
    counts = Counter(line for lines in stripped for line in lines if len(line) >= LEAST)
    left = []
    for lines in documents:
        ends = ["\n"] * (len(lines) - 1) + [""]
        left.append(
            "".join(
                line + end
                for line, end in zip(lines, ends, strict=True)
                if counts[line.strip(white)] <= limit
            )
        )
    return left


@given(st.lists(TEXTS, max_size=8), st.integers(1, 3), st.integers(1, 3))
@settings(deadline=None, max_examples=300)
def test_what_is_left_is_what_the_definition_leaves(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], limit: int, cut: int
) -> None:
    """In one batch or two, with any number of partitions."""
    batches = [pa.array(some, pa.string()) for some in (texts[:cut], texts[cut:])]
    with closing(LineCounter(tmp_path_factory.getbasetemp(), text_bytes=cut << 30)) as counter:
        for batch in batches:
            counter.add(find_lines(batch, LEAST).distinct())
        repeated = counter.above(limit)
    spans, cut_lines = spans_of([find_lines(batch, LEAST) for batch in batches], repeated)
    assert len(spans) == len(texts)
    left = redact_texts(pa.array(texts, pa.string()), [spans])
    left.validate(full=True)
    assert left.to_pylist() == _expected(texts, limit)
    assert (cut_lines > 0) == (left.to_pylist() != texts)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve documents under one header, three of them dialogues or by themselves."""
    rows: list[dict[str, Any]] = [
        {"id": f"{n}", "text": f"{HEADER}def f{n}():\n    return {n * n}\n"} for n in range(10)
    ]
    rows.append({"id": "alone", "text": "Nothing that anybody else says, in a line of its own.\n"})
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_shards_hold_documents_without_the_lines(
    corpus: Path,
    tmp_path: Path,
    build_tree: Callable[..., Path],
    tokenized_texts: Callable[[Path], list[str]],
) -> None:
    """Documents do not change, shards verify, and a run without the option has every line."""
    source = {"type": "jsonl", "name": "s", "path": str(corpus), "id_key": "id", "license": "MIT"}
    tree: dict[str, Any] = {
        "output_dir": str(tmp_path / "run"),
        "corpus": {
            "train_sources": [source],
            "dedup": {"exact_only": True, "lines": {"min_characters": 40, "max_documents": 5}},
        },
        "tokenizer": {"vocab_size": 400},
    }
    root = build_tree(tree)
    layout = Layout(root)
    assert read_spans(layout, "s-00000", ["lines"])[0].to_pylist() == [
        *[[{"start": 0, "end": len(HEADER)}]] * 10,
        [],
    ]
    texts = tokenized_texts(root)
    assert not any(HEADER.strip() in text for text in texts)
    assert texts[0].startswith("Nothing that anybody else says")
    manifest = json.loads(layout.fact_manifest("lines").read_text())
    assert manifest["counts"] == {
        "documents": 11,
        "cut_documents": 10,
        "cut_lines": 10,
        "cut_bytes": 10 * len(HEADER),
    }
    verified = CliRunner().invoke(cli, ["verify", str(root)])
    assert verified.exit_code == 0, verified.output
    shards = json.loads((root / "shards" / "manifest.json").read_text())
    sizes = [entry["num_bytes"] for split in shards["splits"].values() for entry in split.values()]
    assert sum(sizes) == sum(len(text.encode()) for text in texts)

    del tree["corpus"]["dedup"]["lines"]
    assert sum(HEADER in text for text in tokenized_texts(build_tree(tree))) == 10


def test_the_command_line_asks_for_two_numbers(
    corpus: Path, tmp_path: Path, build_tree: Callable[..., Path]
) -> None:
    """`--lines N K` is stored in the configuration of the corpus."""
    source = {"type": "jsonl", "name": "s", "path": str(corpus), "id_key": "id", "license": "MIT"}
    tree = {"output_dir": str(tmp_path / "run"), "corpus": {"train_sources": [source]}}
    root = build_tree(tree, until="license")
    result = CliRunner().invoke(cli, ["dedup", str(root), "--lines", "40", "5"])
    assert result.exit_code == 0, result.output
    kept = json.loads(Layout(root).config.read_text())["corpus"]["dedup"]["lines"]
    assert kept == {"min_characters": 40, "max_documents": 5}
    report = CliRunner().invoke(cli, ["report", str(root)]).output
    assert f"10 repeated lines cut from 10 documents when tokenizing, {10 * len(HEADER)}" in report
