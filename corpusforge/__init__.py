"""Raw data to licence-clean, deduplicated, traceable token shards.

    corpus = corpusforge.open_corpus("runs/quickstart")

docs/api.md has examples.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpusforge.api import Corpus, Shard, open_corpus

__version__ = "0.1.0"
__all__ = ["Corpus", "Shard", "__version__", "open_corpus"]


def __getattr__(name: str) -> Any:
    # Imported on first use: `corpusforge --help` must not wait for pyarrow.
    if name in ("Corpus", "Shard", "open_corpus"):
        from corpusforge import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
