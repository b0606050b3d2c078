"""Who asked not to be trained on: entries of a list, and the documents that each one names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.errors import ConfigError
from corpusforge.licensing.globs import compile_globs

KINDS = ("repository", "owner", "path", "id", "hash")
_HASH = re.compile(r"[0-9a-fA-F]{32}")
COLUMNS = ("id", "path", "repository", "content_hash")


@dataclass(frozen=True)
class OptOut:
    """Entries by kind, as written."""

    entries: dict[str, tuple[str, ...]]

    @property
    def all_reasons(self) -> list[str]:
        """What each entry gives as a reason, in the order in which they are asked."""
        return [_reason(kind, entry) for kind, entries in self.entries.items() for entry in entries]

    def reasons(self, rows: pa.Table) -> pa.Array:
        """For each row, why it is out, or null; rows have `COLUMNS`."""
        found = pa.nulls(rows.num_rows, pa.string())
        for kind, entries in self.entries.items():
            match kind:
                case "id" | "repository":
                    places = _places(rows[kind], entries)
                case "hash":
                    places = _places(rows["content_hash"], [bytes.fromhex(one) for one in entries])
                case "owner":
                    owners = [entry.lower() for entry in entries]
                    places = _asked(rows["repository"], partial(_owner, owners))
                case _:
                    places = _asked(rows["path"], partial(_first_fit, entries))
            shown = pa.array([_reason(kind, entry) for entry in entries], pa.string())
            found = pc.coalesce(found, shown.take(places))
        return found


def parse_opt_out(lines: Sequence[str]) -> OptOut:
    """The entries of a list.

    Raises:
        ConfigError: a line is no entry.
    """
    entries: dict[str, list[str]] = {}
    for line in lines:
        kind, _, value = line.partition(" ")
        value = value.strip()
        if kind not in KINDS or not value or (kind == "hash" and not _HASH.fullmatch(value)):
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


def _places(column: pa.ChunkedArray, entries: Sequence[str | bytes]) -> pa.Array:
    """The entry that each value is, or null."""
    return pc.index_in(_whole(column), pa.array(entries, column.type))


def _asked(column: pa.ChunkedArray, place: Callable[[str], int | None]) -> pa.Array:
    """The entry that names each value, asked once for each distinct one."""
    encoded = _whole(column).dictionary_encode()
    places = [place(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(places, pa.int32()).take(encoded.indices)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _owner(owners: Sequence[str], repository: str) -> int | None:
    """The owner of `owner/name`, with or without a host before it."""
    steps = repository.lower().strip("/").split("/")
    return owners.index(steps[-2]) if len(steps) > 1 and steps[-2] in owners else None


def _first_fit(globs: Sequence[str], path: str) -> int | None:
    for index, glob in enumerate(globs):
        if compile_globs((glob,), crosses_folders=False).fullmatch(path):
            return index
    return None
