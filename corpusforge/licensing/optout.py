"""Opt-outs: the entries of a list, and the documents that they name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import ConfigError
from corpusforge.licensing.globs import compile_globs

_KINDS = ("repository", "owner", "path", "id", "hash")
_HASH = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True)
class OptOut:
    """The entries of an opt-out list by kind, as written."""

    entries: dict[str, tuple[str, ...]]

    @property
    def all_reasons(self) -> list[str]:
        """The reason that each entry gives, in the order in which they apply."""
        return [_reason(kind, entry) for kind, entries in self.entries.items() for entry in entries]

    def reasons(self, rows: pa.Table) -> pa.Array:
        """Return the reason why each row is left out, or null.

        Rows have the columns id, path, repository and content_hash.
        """
        found = pa.nulls(rows.num_rows, pa.string())
        for kind, entries in self.entries.items():
            match kind:
                case "id" | "repository":
                    indices = _equal_entries(rows[kind], entries)
                case "hash":
                    hashes = [bytes.fromhex(entry) for entry in entries]
                    indices = _equal_entries(rows["content_hash"], hashes)
                case "owner":
                    owners = [entry.lower() for entry in entries]
                    indices = _map_distinct(rows["repository"], partial(_owner_index, owners))
                case _:
                    indices = _map_distinct(rows["path"], partial(_glob_index, entries))
            reasons = pa.array([_reason(kind, entry) for entry in entries], pa.string())
            found = pc.coalesce(found, reasons.take(indices))
        return found


def parse_opt_out(lines: Sequence[str]) -> OptOut:
    """Parse an opt-out list.

    Raises:
        ConfigError: a line is not an entry.
    """
    entries: dict[str, list[str]] = {}
    for line in lines:
        kind, _, value = line.partition(" ")
        value = value.strip()
        if kind not in _KINDS or not value or (kind == "hash" and not _HASH.fullmatch(value)):
            raise ConfigError(
                "an opt-out that cannot be read",
                where="license.opt_out",
                got=line,
                expected="repository NAME, owner NAME, path GLOB, id ID, or hash and the 32 "
                "hexadecimal digits of the text's xxh3-128",
            )
        entries.setdefault(kind, []).append(value)
    return OptOut({kind: tuple(values) for kind, values in entries.items()})


def _reason(kind: str, entry: str) -> str:
    return f"opted out: {kind} {entry}"


def _equal_entries(column: pa.ChunkedArray, entries: Sequence[str | bytes]) -> pa.Array:
    """Return the index of the entry that equals each value, or null."""
    return pc.index_in(column.combine_chunks(), pa.array(entries, column.type))


def _map_distinct(column: pa.ChunkedArray, index: Callable[[str], int | None]) -> pa.Array:
    """Return the index of the entry that names each value, or null; once per distinct value."""
    encoded = column.combine_chunks().dictionary_encode()
    indices = [index(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(indices, pa.int32()).take(encoded.indices)


def _owner_index(owners: Sequence[str], repository: str) -> int | None:
    """Find the owner of `owner/name`, with or without a host before it."""
    steps = repository.lower().strip("/").split("/")
    return owners.index(steps[-2]) if len(steps) > 1 and steps[-2] in owners else None


def _glob_index(globs: Sequence[str], path: str) -> int | None:
    for index, glob in enumerate(globs):
        if compile_globs((glob,), crosses_directories=False).fullmatch(path):
            return index
    return None
