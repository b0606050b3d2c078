"""Exports a checkpoint to a format of another program, with a model card."""

import importlib.util
import pkgutil
import shutil
from pathlib import Path

from corpusforge.errors import InputError, RunError
from corpusforge.storage.files import atomic_writer
from trainer.export.card import front_matter, model_card
from trainer.export.formats import FORMATS
from trainer.export.release import read_release

_CARD = "README.md"
_UNFINISHED = ".unfinished-export"


def export(
    checkpoint: Path, tokenizer: Path | None, format: str, dtype: str, output: Path | None
) -> list[Path]:
    """Write the files of a format and return their paths.

    They go to `output`, by default `export/<format>` of the checkpoint's run. The files of an
    earlier export are replaced after all new ones are written.

    Raises:
        UserError: a file or package is missing, the model does not fit the format, or the
            directory holds something else.
    """
    kind = FORMATS[format]
    missing = [package for package in kind.packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RunError(
            f"exporting to {format} needs {' and '.join(missing)}",
            do="pip install 'corpusforge[export]'",
        )
    release = read_release(checkpoint, tokenizer, dtype)
    if kind.is_llama and (options := release.model.beyond_llama):
        raise InputError(
            f"{format} has no model of Llama's architecture with {' and '.join(options)}",
            where=str(checkpoint),
            do="export only the weights, with --format safetensors; or train without "
            + " and ".join(f"model.{name}" for name in options),
        )
    directory = release.layout.export(format) if output is None else output
    _require_ours(directory, format)
    # The card moves first: it marks the directory as an export, so that the same command can
    # replace what a killed one has left.
    unfinished = directory / _UNFINISHED
    _make_empty(unfinished)
    try:
        pkgutil.resolve_name(kind.writer)(release, unfinished)
        names = sorted(path.name for path in unfinished.iterdir())
        with atomic_writer(unfinished / _CARD) as handle:
            handle.write(model_card(release, format).encode())
        for name in (_CARD, *names):
            (unfinished / name).replace(directory / name)
    finally:
        shutil.rmtree(unfinished)
    return sorted(directory / name for name in (_CARD, *names))


def _require_ours(directory: Path, format: str) -> None:
    """Raise an InputError if a directory holds anything but an export in the format."""
    if not directory.is_dir():
        return
    names = sorted(path.name for path in directory.iterdir() if path.name != _UNFINISHED)
    card = directory / _CARD
    if not names or (
        card.is_file() and card.read_bytes().startswith(front_matter(format).encode())
    ):
        return
    raise InputError(
        "the directory holds something other than an earlier export",
        where=str(directory),
        got=", ".join(names[:5]) + (", …" if len(names) > 5 else ""),
        expected=f"a new or empty directory, or one with the {_CARD} of an export to {format}",
        do="name another directory with --output, or empty this one",
    )


def _make_empty(directory: Path) -> None:
    """Make an empty directory, in place of the one that a killed export has left."""
    try:
        if directory.is_dir():
            shutil.rmtree(directory)
        directory.mkdir(parents=True)
    except OSError as error:
        raise RunError(
            f"cannot make the directory of the export: {error.strerror}",
            where=str(directory.parent),
            do="name another directory with --output, or fix the permissions",
        ) from error
