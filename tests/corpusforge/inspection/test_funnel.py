"""The funnel adds up and says why."""

from pathlib import Path

import pytest

from corpusforge.errors import RunError
from corpusforge.inspection.funnel import read_funnel
from corpusforge.inspection.funnel_text import funnel_text, size_text
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest, save_manifest


def test_documents_in_are_documents_kept_and_dropped(small_corpus: Path) -> None:
    """By stage, by reason, and down to the shards."""
    funnel = read_funnel(Layout(small_corpus))
    assert funnel.by_source["documents"] == 26
    assert funnel.ingested == sum(funnel.by_source.values())
    assert funnel.ingested == funnel.kept + sum(loss.dropped for loss in funnel.losses)
    dropped_bytes = sum(loss.dropped_bytes for loss in funnel.losses)
    assert funnel.ingested_bytes == funnel.kept_bytes + dropped_bytes
    assert funnel.kept == sum(entry.documents for entry in funnel.tokens)
    assert funnel.kept_bytes == sum(entry.bytes for entry in funnel.tokens)
    for loss in funnel.losses:
        assert loss.dropped == sum(loss.reasons.values())
    text = funnel_text(funnel)
    assert "2   exact duplicate" in text
    assert "1   license denied: CC-BY-NC-4.0 is non-commercial" in text


def test_a_funnel_that_does_not_add_up_is_an_error(small_corpus: Path, tmp_path: Path) -> None:
    """A manifest that lost a document is found when the funnel is read."""
    root = tmp_path / "copy"
    layout = Layout(root)
    for stage in ("ingest", "license", "dedup", "split"):
        manifest = load_manifest(Layout(small_corpus).manifest(stage))
        assert manifest is not None
        if stage == "dedup":
            counts = {**manifest.counts, "kept": manifest.counts["kept"] - 1}
            manifest = manifest.model_copy(update={"counts": counts})
        save_manifest(layout.manifest(stage), manifest)
    with pytest.raises(RunError, match="does not add up") as caught:
        read_funnel(layout)
    assert caught.value.where.endswith("dedup.json")


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (-1500, "-1.5 kB"), (2_345_678, "2.3 MB"), (10**12, "1,000.0 GB")],
)
def test_sizes_are_in_the_unit_a_person_would_choose(num_bytes: int, text: str) -> None:
    """Losses are negative."""
    assert size_text(num_bytes) == text
