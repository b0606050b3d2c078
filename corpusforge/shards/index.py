"""The document index of a shard: an Arrow file with one row per document, in token order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpusforge.arrays import Integers
from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_path

INDEX_SCHEMA = pa.schema(
    [
        pa.field("start", pa.int64(), nullable=False),  # first token, counted within the shard
        pa.field("length", pa.int64(), nullable=False),  # tokens, including the end of document
        pa.field("num_bytes", pa.int64(), nullable=False),  # of the text
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string()),
        pa.field("repository", pa.string()),
        pa.field("license", pa.string()),  # the expression that the license stage judged
        pa.field("file", pa.string(), nullable=False),  # document file, relative to output_dir
        pa.field("row", pa.int64(), nullable=False),  # in that file
    ]
)
# The columns that describe where a document comes from; the others follow from the tokens.
ORIGIN_COLUMNS = tuple(name for name in INDEX_SCHEMA.names if name not in ("start", "length"))


def write_index(
    path: Path, lengths: Integers, origin: pa.Table, metadata: Mapping[bytes, str]
) -> None:
    """Write the index of the documents of a shard, atomically.

    `lengths` includes the end of each document; `origin` has the columns of `ORIGIN_COLUMNS`;
    `metadata` becomes that of the file's schema.
    """
    columns = {name: origin[name] for name in ORIGIN_COLUMNS}
    columns |= {"start": pa.array(np.cumsum(lengths) - lengths), "length": pa.array(lengths)}
    schema = INDEX_SCHEMA.with_metadata(dict(metadata))
    index = pa.table([columns[name] for name in INDEX_SCHEMA.names], schema=schema)
    write_arrow_file(path, index)


def write_arrow_file(path: Path, table: pa.Table) -> None:
    """Write a table for `map_arrow_file`, atomically."""
    with (
        atomic_path(path) as temporary,
        pa.OSFile(str(temporary), "wb") as file,
        pa.ipc.new_file(file, table.schema) as writer,
    ):
        # One batch, so that each column is mapped as one array.
        writer.write_table(table.combine_chunks())


def map_arrow_file(path: Path) -> Any:
    """Memory-map the table of an Arrow file.

    Raises:
        OSError, pyarrow.ArrowInvalid: the file is missing or damaged.
    """
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def open_index(path: Path) -> Any:
    """Memory-map the document index of a shard.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        index = map_arrow_file(path)
        got = f"columns {', '.join(index.schema.names)}"
        if index.schema.equals(INDEX_SCHEMA):
            return index
    except (OSError, pa.ArrowInvalid) as error:
        got = str(error).splitlines()[0]
    raise InputError(
        "a document index is missing or damaged",
        where=str(path),
        got=got,
        expected=f"an Arrow file with the columns {', '.join(INDEX_SCHEMA.names)}",
        do="remove it and run `corpusforge tokenize` (or `import`) again",
    )
