"""Ingests a tree of files and detects licences, as a build does."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpusforge.storage.layout import Layout

Facts = dict[str, dict[str, Any]]


@pytest.fixture
def detect(tmp_path: Path, build_tree: Callable[..., Path]) -> Callable[..., Facts]:
    """Return the license fact of each document of a tree, by path."""

    def run(files: Mapping[str, str | bytes], **source: Any) -> Facts:
        root = tmp_path / "tree"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        config = {"type": "code", "name": "s", "path": str(root), **source}
        tree = {"output_dir": str(tmp_path / "run"), "corpus": {"train_sources": [config]}}
        layout = Layout(build_tree(tree, until="license"))
        facts: Facts = {}
        for path in layout.documents.glob("*.parquet"):
            paths = pq.read_table(path)["path"].to_pylist()
            rows = pq.read_table(layout.fact("license") / path.name).to_pylist()
            facts |= dict(zip(paths, rows, strict=True))
        return facts

    return run
