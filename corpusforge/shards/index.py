"""The document index of a shard: an Arrow file with a row for each document, in token order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_path

INDEX = pa.schema(
    [
        pa.field("start", pa.int64(), nullable=False),  # first token, counted in the shard
        pa.field("length", pa.int64(), nullable=False),  # tokens, the end of document included
        pa.field("num_bytes", pa.int64(), nullable=False),  # of the text
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string()),
        pa.field("repository", pa.string()),
        pa.field("license", pa.string()),  # the expression that was decided about
        pa.field("file", pa.string(), nullable=False),  # document file, under output_dir
        pa.field("row", pa.int64(), nullable=False),  # in that file
    ]
)
# What a writer must be told; the rest follows from the tokens.
ORIGIN = tuple(name for name in INDEX.names if name not in ("start", "length"))


def write_index(
    path: Path, lengths: npt.NDArray[np.int64], origin: pa.Table, stamp: Mapping[bytes, str]
) -> None:
    """Write the index of documents that lie end to end, whole or not at all.

    `lengths` counts each document's end, `origin` has the columns of `ORIGIN`, `stamp` goes into
    the file's metadata.
    """
    columns = {name: origin[name] for name in ORIGIN}
    columns |= {"start": pa.array(np.cumsum(lengths) - lengths), "length": pa.array(lengths)}
    schema = INDEX.with_metadata(dict(stamp))
    index = pa.table([columns[name] for name in INDEX.names], schema=schema)
    write_mapped(path, index)


def write_mapped(path: Path, table: pa.Table) -> None:
    """Write a table for `open_mapped`, whole or not at all."""
    with (
        atomic_path(path) as temporary,
        pa.OSFile(str(temporary), "wb") as file,
        pa.ipc.new_file(file, table.schema) as writer,
    ):
        # One batch, so that a column is one mapped array.
        writer.write_table(table.combine_chunks())


def open_mapped(path: Path) -> Any:
    """A table whose columns are mapped: nothing is read until it is looked at.

    Raises:
        OSError, pyarrow.ArrowInvalid: the file is missing or damaged.
    """
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def open_index(path: Path) -> Any:
    """The document index of a shard, memory-mapped: nothing is read until it is looked at.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        index = open_mapped(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(path, str(error).splitlines()[0]) from None
    if not index.schema.equals(INDEX):
        raise _damaged(path, f"columns {', '.join(index.schema.names)}")
    return index


def _damaged(path: Path, got: str) -> InputError:
    return InputError(
        "a document index is missing or damaged",
        where=str(path),
        got=got,
        expected=f"an Arrow file with the columns {', '.join(INDEX.names)}",
        do="remove it and run `corpusforge tokenize` (or `import`) again",
    )
