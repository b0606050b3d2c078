"""`tokenizer.json`: describes either tokenizer; written and read here."""

from pathlib import Path
from typing import Any

from corpusforge.errors import InputError
from corpusforge.storage.files import atomic_writer, file_checksum, read_json, write_json
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from corpusforge.tokenizer.whitespace import WhitespaceTokenizer

# What tokenizer.json must hold besides its type.
_NEEDS = {"sentencepiece": "model_checksum", "whitespace": "words"}


def save_sentencepiece(output_dir: Path, model: bytes) -> None:
    """Write a serialized model and the file that describes it.

    Raises:
        InputError: it is no model, or one that cannot be used.
    """
    layout = Layout(output_dir)
    tokenizer = SentencePieceTokenizer(model)
    with atomic_writer(layout.sentencepiece_model) as handle:
        handle.write(model)
    checksum = file_checksum(layout.sentencepiece_model)
    write_json(layout.tokenizer, {**_description(tokenizer), "model_checksum": checksum})


def save_whitespace(output_dir: Path, tokenizer: WhitespaceTokenizer) -> None:
    """Write the words and the rest of the description."""
    layout = Layout(output_dir)
    layout.sentencepiece_model.unlink(missing_ok=True)
    write_json(layout.tokenizer, {**_description(tokenizer), "words": tokenizer.words})


def load_tokenizer(output_dir: Path) -> Tokenizer:
    """The tokenizer of a run.

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
    described = read_json(layout.tokenizer)
    kind = str(described.get("type")) if isinstance(described, dict) else "none"
    needs = _NEEDS.get(kind)
    if needs is None or needs not in described:
        raise InputError(
            "a tokenizer of a kind this version does not read",
            where=str(layout.tokenizer),
            got=f"type {kind}" + (f" without {needs}" if needs else ""),
            expected=" or ".join(f"{type} with {key}" for type, key in _NEEDS.items()),
        )
    if kind == "whitespace":
        return WhitespaceTokenizer(described[needs])
    path = layout.sentencepiece_model
    # Before it is parsed: SentencePiece believes what a damaged file says of itself.
    if not path.is_file() or file_checksum(path) != described[needs]:
        raise InputError(
            "the SentencePiece model is missing, or is not the one that tokenizer.json describes",
            where=str(path),
            do="run `corpusforge tokenizer` again",
        )
    return SentencePieceTokenizer(path.read_bytes())


def _description(tokenizer: SentencePieceTokenizer | WhitespaceTokenizer) -> dict[str, Any]:
    return {
        "type": tokenizer.type,
        "vocab_size": tokenizer.vocab_size,
        "fingerprint": tokenizer.fingerprint,
        "control": dict(tokenizer.control),
        "lossless": tokenizer.lossless,
    }
