"""Finds documents of a corpus by id."""

import pyarrow.compute as pc

from corpusforge.errors import InputError
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import require_manifest
from corpusforge.storage.parts import read_records, read_rows


def read_text(layout: Layout, id: str) -> str:
    """Read the text of a document.

    Raises:
        RunError: the license stage has not been run.
        InputError: there is no such document.
    """
    part, row = find_document(layout, id)
    text: str = read_records(layout.document_file(part), [row])[0]["text"]
    return text


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
    raise InputError(
        "there is no such document",
        where=str(layout.root),
        got=id,
        expected="an id of the corpus: <source>:<path or row>",
        do="find ids by text with `corpusforge inspect`; look up ids of another corpus there",
    )
