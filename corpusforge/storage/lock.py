"""A lock file, so that one process at a time works in a directory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from corpusforge.errors import RunError


@contextmanager
def locked(path: Path, program: str) -> Iterator[None]:
    """Hold the lock file `path` within the block; its directory is created if it is missing.

    The system releases the lock of a killed process. Directories that this call created are removed
    if the block wrote nothing, so that a command that fails early leaves no trace.

    Raises:
        RunError: another process of `program` holds the lock, or the directory cannot be written.
    """
    directory, root = path.parent, path.parent.parent
    created = [folder for folder in (directory, root) if not folder.exists()]
    lock = FileLock(path, timeout=0)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise RunError(
            f"another {program} is at work here",
            where=str(root),
            do="wait for it to end, or use another output_dir; a killed process leaves no lock",
        ) from None
    except OSError as error:
        _remove_empty(created)
        raise RunError(
            f"the output directory cannot be written: {error.strerror or error}",
            where=str(directory),
            do="fix the path or its permissions, free some space, or use another output_dir",
        ) from error
    try:
        yield
    finally:
        if directory in created and list(directory.iterdir()) == [path]:
            path.unlink()
        _remove_empty(created)
        lock.release()


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
