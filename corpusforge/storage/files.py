"""Files appear whole or not at all, and are known by their xxh3 checksums."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from errno import EISDIR
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, Self

import xxhash

from corpusforge.errors import InputError, RunError

_READ_BYTES = 1 << 20


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`. On success, the file is synced and renamed to `path`.

    If the block raises, the temporary file is removed and `path` is unchanged. A process killed
    inside the block leaves only a file that `sweep_temporaries` removes.

    Raises:
        RunError: it cannot be written.
    """
    with _write_errors(path), _owned_temporary(path) as temporary:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)


def require_writable(path: Path) -> None:
    """Check that `path` can be written, before long work.

    Raises:
        RunError: it cannot be written.
    """
    with _write_errors(path), _owned_temporary(path):
        pass


@contextmanager
def _owned_temporary(path: Path) -> Iterator[Path]:
    """Yield an empty temporary file next to `path`, locked until the block ends.

    Its name is random: process ids repeat across containers that share a directory. The lock, which
    a killed process loses, tells `sweep_temporaries` that a writer is alive.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    while True:
        temporary = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
        with temporary.open("xb") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
            if not temporary.exists():
                continue  # swept before it was locked
            try:
                yield temporary
            finally:
                # If even this fails, the earlier error says why.
                with suppress(OSError):
                    temporary.unlink()
            return


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a message that says why `path` cannot be written."""
    try:
        yield
    except OSError as error:
        there = next(filter(os.path.exists, path.absolute().parents), path)
        raise RunError(
            f"cannot write {path.name or path}: {error.strerror or error}",
            where=str(path),
            got=f"{shutil.disk_usage(there).free:,} bytes free on the disk",
            do="free some space or fix the path or its permissions, then run the same command "
            "again; finished files are kept",
        ) from error


@contextmanager
def atomic_writer(path: Path) -> Iterator[BinaryIO]:
    """Like `atomic_path`, with the temporary file opened for writing bytes."""
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        yield handle


class UnfinishedFiles:
    """Base of what writes files that appear when `_files` is closed, and never after an error.

    Within a `with` block, `_files` takes the context managers above.
    """

    def __init__(self) -> None:
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same bytes as `source`: a hard link where the file system has them."""
    with atomic_path(target) as temporary:
        link = temporary.with_suffix(".link.tmp")
        try:
            os.link(source, link)
            link.replace(temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys, so that equal values are equal bytes."""
    with atomic_writer(path) as handle:
        handle.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).encode())
        handle.write(b"\n")


def read_json(path: Path) -> Any:
    """Read a JSON file that a run wrote.

    Raises:
        RunError: the file is there and is not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise RunError(
            f"{path.name} is not JSON: {error}",
            where=str(path),
            do="remove the file and run the stage that writes it again",
        ) from error


def file_checksum(path: Path) -> str:
    """The xxh3-128 of a file's bytes, as 32 hexadecimal digits."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as handle:
        while block := handle.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def checksum_problem(
    path: Path, checksum: str, *, since: str = "written", do: str
) -> InputError | None:
    """What is to be said where a file has another checksum than it had; else None."""
    if (now := file_checksum(path)) == checksum:
        return None
    return InputError(
        f"a file has changed since it was {since}",
        where=str(path),
        got=f"checksum {now}",
        expected=checksum,
        do=do,
    )


class Serialized(str):
    """JSON text of a large value that is part of many fingerprints."""


def serialized(value: Any) -> Serialized:
    return Serialized(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def fingerprint(*parts: Any) -> str:
    """Return the xxh3-128 of JSON-able values. Equal values have equal fingerprints everywhere."""
    texts = (part if isinstance(part, Serialized) else serialized(part) for part in parts)
    return xxhash.xxh3_128_hexdigest(f"[{','.join(texts)}]".encode("utf-8", "surrogatepass"))


def sweep_temporaries(directory: Path) -> None:
    """Remove the temporary files of killed processes under `directory`, not those of live ones."""
    for temporary in directory.rglob(".*.tmp"):
        with suppress(OSError), temporary.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while a writer is alive
            temporary.unlink()


def _sync_directory(directory: Path) -> None:
    # The rename itself must reach the disk; Windows has no such call and needs none.
    if os.name == "posix":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
