"""Writes a checkpoint in a form that another program loads, with a model card beside it."""

import importlib.util
import shutil
from pathlib import Path

from corpusforge.errors import InputError, RunError
from corpusforge.storage.files import atomic_writer
from trainer.export.card import front_matter, model_card
from trainer.export.gguf import write_gguf
from trainer.export.huggingface import write_huggingface
from trainer.export.release import read_release
from trainer.export.safetensors import write_safetensors

_CARD = "README.md"
_UNFINISHED = ".unfinished-export"

# The writer of each format, and the package that it needs.
FORMATS = {
    "huggingface": (write_huggingface, ("safetensors", "tokenizers")),
    "safetensors": (write_safetensors, ("safetensors",)),
    "gguf": (write_gguf, ("gguf",)),
}


def export(
    checkpoint: Path, tokenizer: Path | None, format: str, dtype: str, output: Path | None
) -> list[Path]:
    """Write the files of one format; gives their paths. By default `export/<format>` of the run.

    Raises:
        UserError: a file or a package is missing, or the model does not fit the format.
    """
    write, packages = FORMATS[format]
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RunError(
            f"exporting to {format} needs {' and '.join(missing)}",
            do="pip install 'corpusforge[export]'",
        )
    release = read_release(checkpoint, tokenizer, dtype)
    if format != "safetensors" and (options := release.model.beyond_llama):
        raise InputError(
            f"{format} has no model of Llama's architecture with {' and '.join(options)}",
            where=str(checkpoint),
            do="export the weights alone, with --format safetensors; or train without "
            + " and ".join(f"model.{name}" for name in options),
        )
    directory = release.layout.export(format) if output is None else output
    _require_ours(directory, format)
    # Files come into the directory when all are written, the card first: it is what a repetition
    # knows a killed export by.
    unfinished = directory / _UNFINISHED
    _make_anew(unfinished)
    try:
        write(release, unfinished)
        names = sorted(path.name for path in unfinished.iterdir())
        with atomic_writer(unfinished / _CARD) as handle:
            handle.write(model_card(release, format).encode())
        for name in (_CARD, *names):
            (unfinished / name).replace(directory / name)
    finally:
        shutil.rmtree(unfinished)
    return sorted(directory / name for name in (_CARD, *names))


def _require_ours(directory: Path, format: str) -> None:
    """Raises InputError where a directory holds what is no export in the format."""
    if not directory.is_dir():
        return
    names = sorted(path.name for path in directory.iterdir() if path.name != _UNFINISHED)
    card = directory / _CARD
    if not names or (
        card.is_file() and card.read_bytes().startswith(front_matter(format).encode())
    ):
        return
    raise InputError(
        "the directory holds something else than an earlier export",
        where=str(directory),
        got=", ".join(names[:5]) + (", …" if len(names) > 5 else ""),
        expected=f"no directory, an empty one, or one with the {_CARD} of an export to {format}",
        do="name another one with --output, or empty this one",
    )


def _make_anew(directory: Path) -> None:
    """Make a directory, without what a killed export has left in it.

    Raises:
        RunError: there can be none.
    """
    try:
        if directory.is_dir():
            shutil.rmtree(directory)
        directory.mkdir(parents=True)
    except OSError as error:
        raise RunError(
            f"cannot make the directory of the export: {error.strerror}",
            where=str(directory.parent),
            do="name another one with --output, or mend the permissions",
        ) from error
