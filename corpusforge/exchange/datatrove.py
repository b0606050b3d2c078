"""datatrove: raw tokens in `.ds`, document ends in `.ds.index`, three lines of metadata.

github.com/huggingface/datatrove, pipeline/tokens/tokenizer.py
"""

from pathlib import Path

import numpy as np

from corpusforge.errors import InputError
from corpusforge.exchange.token_file import ForeignTokenFile, check_ends, map_file
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import TOKEN, ShardSet
from corpusforge.storage.files import atomic_writer, link_or_copy

SUFFIX = ".ds"
_UNITS = ("", "k", "M", "G", "T", "P")


def export(shards: ShardSet, output: Path) -> None:
    """Write three files per shard."""
    for split in shards.manifest.splits:
        lookup = Lookup(shards, split)
        for shard in lookup.shards:
            ends = lookup.ends(shard)
            path = output / split / shard.source / f"{shard.entry.name}{SUFFIX}"
            link_or_copy(lookup.path(shard), path)
            link_or_copy(lookup.index_path(shard), path.with_suffix(".docs.arrow"))
            with atomic_writer(Path(f"{path}.index")) as handle:
                handle.write(ends.astype("<u8").tobytes())
            with atomic_writer(Path(f"{path}.metadata")) as handle:
                name = f"tokenizer.json|{TOKEN.itemsize}"
                handle.write(f"{name}\n{ends[-1]}\n{_readable(int(ends[-1]))}".encode())


def read(path: Path) -> ForeignTokenFile:
    """Read the tokens of a `.ds` file and the ends of its documents.

    Raises:
        InputError: a file is missing, or the files do not belong together.
    """
    metadata = Path(f"{path}.metadata")
    size = "2"
    if metadata.is_file():
        head = metadata.read_text(encoding="utf-8", errors="replace").splitlines()[:1]
        size = "".join(head).rpartition("|")[2]
    if size not in ("2", "4"):
        raise InputError(
            "datatrove's metadata does not give the size of a token",
            where=str(metadata),
            got=size,
            expected="a first line that ends in |2 or |4",
        )
    tokens = map_file(path, f"<u{size}")
    index = Path(f"{path}.index")
    ends = np.asarray(map_file(index, "<u8")).astype(np.int64)
    check_ends(index, ends, len(tokens))
    return ForeignTokenFile(path, tokens, ends)


def _readable(count: int) -> str:
    """Format a token count as datatrove does: three digits and a unit."""
    # Round to three digits first, so that 999,999 is 1.00 MT.
    exponent = int(f"{count:.2e}".partition("e")[2])
    power = exponent // 3
    return f"{count / 1000**power:.{2 - exponent % 3}f} {_UNITS[power]}T"
