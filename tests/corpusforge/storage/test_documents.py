"""Rows of documents are completed from what a source gives."""

import pyarrow as pa
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.storage.documents import SCHEMA, DocumentBuilder, complete, draws


@given(st.lists(st.text(max_size=40), min_size=1, max_size=12), st.integers(0, 3))
@settings(deadline=None)
def test_length_and_hash_are_those_of_the_utf8_text(texts: list[str], skip: int) -> None:
    """Also for a slice of a batch, whose buffers begin elsewhere."""
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    builder = DocumentBuilder()
    for number, text in enumerate(texts):
        builder.add(str(number), text)
    batch = builder.flush()
    assert batch is not None
    rows = complete(batch.slice(min(skip, len(texts) - 1)), "s").to_pylist()
    for row, text in zip(rows, texts[min(skip, len(texts) - 1) :], strict=True):
        assert row["num_bytes"] == len(text.encode())
        assert row["content_hash"] == xxhash.xxh3_128_digest(text.encode())


def test_defaults_fill_only_what_is_missing() -> None:
    """A document's own licence and language stay."""
    builder = DocumentBuilder()
    builder.add("a.py", "x", license="MIT", language="python", path="a.py")
    builder.add("b", "y")
    batch = builder.flush()
    assert batch is not None
    rows = complete(batch, "mine", license="ISC", language="en")
    assert rows.schema == SCHEMA
    assert rows["id"].to_pylist() == ["mine:a.py", "mine:b"]
    assert rows["license"].to_pylist() == ["MIT", "ISC"]
    assert rows["language"].to_pylist() == ["python", "en"]
    assert rows["source"].to_pylist() == ["mine", "mine"]


def test_a_builder_gives_a_batch_when_one_is_full() -> None:
    """Memory is bounded by a few megabytes of text."""
    builder = DocumentBuilder()
    batches = [builder.add(str(number), "x" * 1_000_000) for number in range(10)]
    assert [batch.num_rows for batch in batches if batch is not None] == [5, 5]
    assert builder.flush() is None


def test_draws_are_uniform_and_independent_by_purpose_and_seed() -> None:
    """The same text draws the same number; another purpose another one."""
    hashes = pa.array([xxhash.xxh3_128_digest(str(n).encode()) for n in range(4000)], pa.binary(16))
    split, again, seeded, other = (
        draws(hashes, "split", 0),
        draws(hashes, "split", 0),
        draws(hashes, "split", 1),
        draws(hashes, "sample", 0),
    )
    assert (split == again).all()
    assert (split >= 0).all()
    assert (split < 1).all()
    for drawn in (split, seeded, other):
        assert abs((drawn < 0.25).mean() - 0.25) < 0.03
    for drawn in (seeded, other):
        assert abs(((split < 0.5) & (drawn < 0.5)).mean() - 0.25) < 0.03
