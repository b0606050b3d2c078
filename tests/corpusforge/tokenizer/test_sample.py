"""The sample for training a tokenizer follows the weights and stays within its budget."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.config import CorpusExperiment, parse
from corpusforge.engine.progress import Progress
from corpusforge.engine.run import open_run
from corpusforge.pipeline import build
from corpusforge.tokenizer.sample import sample_texts, source_shares

sizes_and_weights = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(1, 10**9), st.floats(0.01, 100)),
    min_size=1,
)


@given(sizes_and_weights, st.integers(1, 10**9))
@settings(deadline=None)
def test_the_budget_is_used_and_not_exceeded(
    sources: dict[str, tuple[int, float]], budget: int
) -> None:
    """Everything is taken if it is less than the budget; shares are proportional to weights."""
    sizes = {name: size for name, (size, _) in sources.items()}
    weights = {name: weight for name, (_, weight) in sources.items()}
    drawn = source_shares(sizes, weights, budget)
    assert all(0 <= share <= 1 for share in drawn.values())
    taken = sum(sizes[name] * drawn[name] for name in sizes)
    assert taken == pytest.approx(min(budget, sum(sizes.values())), rel=1e-6)
    partial = [name for name in drawn if drawn[name] < 1 - 1e-9]
    for first in partial:
        for second in partial:
            expected = weights[first] / weights[second]
            assert drawn[first] / drawn[second] == pytest.approx(expected, rel=1e-6)


def test_a_long_document_is_drawn_piece_by_piece(tmp_path: Path) -> None:
    """It contributes its share, in whole characters and in order."""
    text = "".join(f"line {number} – größer\n" for number in range(600_000))
    short = [f"short document {number}" for number in range(5)]
    with (tmp_path / "rows.jsonl").open("w", encoding="utf-8") as rows:
        for one in (*short, text):
            rows.write(json.dumps({"text": one}, ensure_ascii=False) + "\n")
    source = {
        "type": "jsonl",
        "name": "rows",
        "path": str(tmp_path / "rows.jsonl"),
        "license": "MIT",
        "max_document_bytes": 64 << 20,
    }
    tree = {
        "output_dir": str(tmp_path / "run"),
        "corpus": {"train_sources": [source], "split": {"validation": 0.0}},
    }
    config = parse(tree, CorpusExperiment, where="test")
    with open_run(Path(config.output_dir), config, 1, Progress(quiet=True)) as run:
        build(run, until="split")
        parts = run.parts()
        whole = list(sample_texts(run.layout, parts, {"rows": 1.0}, seed=0))
        some = list(sample_texts(run.layout, parts, {"rows": 0.4}, seed=0))
    assert "".join(sorted(whole[:5])) == "".join(short)
    assert "".join(whole[5:]) == text
    assert max(len(piece.encode()) for piece in whole) <= (1 << 20) + 3
    drawn = [piece for piece in some if piece not in short]
    assert drawn == [piece for piece in whole if piece in drawn]
    assert 0.1 < sum(map(len, drawn)) / len(text) < 0.7
