"""Saves and loads tokenizers; `tokenizer.json` describes either type."""

from pathlib import Path
from typing import Any

from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_writer, file_checksum, read_json, write_json
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from corpusforge.tokenizer.whitespace import WhitespaceTokenizer

# The key of tokenizer.json that each type needs.
_REQUIRED_KEYS = {"sentencepiece": "model_checksum", "whitespace": "words"}


def save_sentencepiece(output_dir: Path, model: bytes) -> None:
    """Write a serialized SentencePiece model and its description.

    Raises:
        InputError: it is not a SentencePiece model, or cannot be used.
    """
    layout = Layout(output_dir)
    tokenizer = SentencePieceTokenizer(model)
    with atomic_writer(layout.sentencepiece_model) as handle:
        handle.write(model)
    checksum = file_checksum(layout.sentencepiece_model)
    write_json(layout.tokenizer, {**_description(tokenizer), "model_checksum": checksum})


def save_whitespace(output_dir: Path, tokenizer: WhitespaceTokenizer) -> None:
    """Write a white-space tokenizer, and remove the model of an earlier SentencePiece tokenizer."""
    layout = Layout(output_dir)
    layout.sentencepiece_model.unlink(missing_ok=True)
    write_json(layout.tokenizer, {**_description(tokenizer), "words": tokenizer.words})


def load_tokenizer(output_dir: Path) -> Tokenizer:
    """Load the tokenizer of a run.

    Raises:
        InputError: there is none, or its files do not belong together.
    """
    layout = Layout(output_dir)
    if not layout.tokenizer.is_file():
        raise InputError(
            "there is no tokenizer here",
            where=str(layout.tokenizer),
            do="run `corpusforge tokenizer`, or `corpusforge build`",
        )
    description = read_json(layout.tokenizer)
    kind = str(description.get("type")) if isinstance(description, dict) else "none"
    key = _REQUIRED_KEYS.get(kind)
    if key is None or key not in description:
        raise InputError(
            "this version cannot read this type of tokenizer",
            where=str(layout.tokenizer),
            got=f"type {kind}" + (f" without {key}" if key else ""),
            expected=" or ".join(f"{type} with {key}" for type, key in _REQUIRED_KEYS.items()),
        )
    if kind == "whitespace":
        return WhitespaceTokenizer(description[key])
    path = layout.sentencepiece_model
    # Checked before parsing: SentencePiece trusts the lengths in a damaged file.
    if not path.is_file() or file_checksum(path) != description[key]:
        raise InputError(
            "the SentencePiece model is missing, or is not the one that tokenizer.json describes",
            where=str(path),
            do="run `corpusforge tokenizer` again",
        )
    return SentencePieceTokenizer(path.read_bytes())


def load_sentencepiece(path: Path) -> SentencePieceTokenizer:
    """Load a SentencePiece model that another program may have trained.

    Raises:
        InputError: it cannot be read or used.
    """
    try:
        return SentencePieceTokenizer(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"the SentencePiece model cannot be read: {error.strerror}",
            where=str(path),
            do="check the path and its permissions",
        ) from error
    except InputError as error:
        error.where = str(path)
        raise


def _description(tokenizer: SentencePieceTokenizer | WhitespaceTokenizer) -> dict[str, Any]:
    return {
        "type": tokenizer.type,
        "vocab_size": tokenizer.vocab_size,
        "fingerprint": tokenizer.fingerprint,
        "control": dict(tokenizer.control),
        "lossless": tokenizer.lossless,
    }
