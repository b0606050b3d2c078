"""Writes a checkpoint in a form that another program loads, with a model card beside it."""

import importlib.util
from pathlib import Path

from corpusforge.errors import InputError, RunError
from corpusforge.files import atomic_writer
from trainer.export.card import model_card
from trainer.export.gguf import write_gguf
from trainer.export.huggingface import write_huggingface
from trainer.export.release import read_release
from trainer.export.safetensors import write_safetensors

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
    directory.mkdir(parents=True, exist_ok=True)
    write(release, directory)
    with atomic_writer(directory / "README.md") as handle:
        handle.write(model_card(release, format).encode())
    return sorted(path for path in directory.iterdir() if not path.name.startswith("."))
