"""Takes shards to another trainer: its layout, hard links where the bytes are the same."""

from collections.abc import Callable, Mapping
from pathlib import Path

from corpusforge.errors import InputError
from corpusforge.exchange import datatrove, llmc, megatron, nanogpt, olmo
from corpusforge.files import link_or_copy
from corpusforge.layout import Layout
from corpusforge.shards.reader import ShardSet

# The manifest of the shards that were exported.
DESCRIPTION = "shards.json"
FORMATS: Mapping[str, Callable[[ShardSet, Path], None]] = {
    "nanogpt": nanogpt.export,
    "llmc": llmc.export,
    "megatron": megatron.export,
    "datatrove": datatrove.export,
    "olmo": olmo.export,
}


def export_shards(shards: ShardSet, format: str, output: Path) -> list[Path]:
    """Write shards in another tool's layout; gives the files in `output`.

    The tokenizer, the manifest and every document index go with them, so that licences and origins
    are not lost, and `import_files` brings back what was taken away.

    Raises:
        InputError: a shard is damaged, or `output` is not a place of its own.
    """
    directory = shards.directory.resolve()
    if directory in (output.resolve(), *output.resolve().parents) or Layout(output).shards.is_dir():
        raise InputError(
            "an export needs a directory of its own", where=str(output), do="name a new one"
        )
    # The last file to appear says that all others are there.
    (output / DESCRIPTION).unlink(missing_ok=True)
    FORMATS[format](shards, output)
    run = Layout(directory.parent)
    for path in (run.tokenizer, run.sentencepiece_model):
        if path.is_file():
            link_or_copy(path, output / path.name)
    link_or_copy(directory / "manifest.json", output / DESCRIPTION)
    return sorted(path for path in output.rglob("*") if path.is_file())
