"""Finds documents of a corpus by id."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import require_manifest
from corpusforge.storage.parts import read_rows, read_some


def read_texts(layout: Layout, ids: Sequence[str]) -> dict[str, str]:
    """The texts of documents, by id.

    Raises:
        RunError: the dedup stage has not been run.
        InputError: there is no such document.
    """
    texts: dict[str, str] = {}
    for part in require_manifest(layout.manifest("dedup")).outputs:
        path = layout.document_file(part.name)
        matches = pc.is_in(read_rows(path, ["id"])["id"], pa.array(ids))
        for rows in read_some(path, ["id", "text"], np.flatnonzero(matches.to_numpy())):
            texts |= dict(zip(rows["id"].to_pylist(), rows["text"].to_pylist(), strict=True))
    for id in ids:
        if id not in texts:
            raise unknown_document(layout, id)
    return texts


def find_document(layout: Layout, id: str) -> tuple[str, int]:
    """The part and the row of a document.

    Raises:
        RunError: the license stage has not been run.
        InputError: there is no such document.
    """
    for part in require_manifest(layout.manifest("license")).outputs:
        ids = read_rows(layout.verdict_file("license", part.name), ["id"])["id"]
        row: int = pc.index(ids, id).as_py()
        if row >= 0:
            return part.name, row
    raise unknown_document(layout, id)


def unknown_document(layout: Layout, id: str) -> InputError:
    """The error for an id that is not in the corpus."""
    return InputError(
        "there is no such document",
        where=str(layout.root),
        got=id,
        expected="an id of the corpus: <source>:<path or row>",
        do="find ids by text with `corpusforge inspect`; look up ids of another corpus there",
    )
