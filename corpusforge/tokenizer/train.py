"""Learns a vocabulary from texts, or adopts a ready SentencePiece model."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from sentencepiece import SentencePieceTrainer

from corpusforge.config import TokenizerConfig
from corpusforge.errors import ConfigError, InputError
from corpusforge.tokenizer.load import save_sentencepiece, save_whitespace
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES
from corpusforge.tokenizer.whitespace import learn_words

# SentencePiece skips longer sentences; a piece never spans white space, so cuts there are free.
_SENTENCE_CHARACTERS = 4000
_SENTENCE_BYTES = 4 * _SENTENCE_CHARACTERS
# Characters that code cannot do without, however rare they are in the sample.
_REQUIRED = "\t\n" + "".join(chr(code) for code in range(0x21, 0x7F))
# What SentencePiece does not take as text: the end of a string, and its sign for a space.
_NOT_TEXT = str.maketrans({"\0": " ", "\u2581": " "})


def train_tokenizer(config: TokenizerConfig, texts: Iterable[str], output_dir: Path) -> int:
    """Learn a tokenizer of at most `config.vocab_size` pieces and save it.

    Gives the bytes it was learned from. The same texts give the same bytes of a model.

    Raises:
        ConfigError: the vocabulary is too small for control tokens, bytes and characters.
    """
    counted = _Counted(texts)
    if config.type == "whitespace":
        save_whitespace(output_dir, learn_words(counted, config.vocab_size))
    else:
        save_sentencepiece(output_dir, _train_sentencepiece(counted, config.vocab_size))
    return counted.num_bytes


def adopt_model(path: Path, output_dir: Path) -> None:
    """Use a ready SentencePiece model.

    Raises:
        InputError: it cannot be read or used.
    """
    try:
        save_sentencepiece(output_dir, path.read_bytes())
    except InputError as error:
        error.where = str(path)
        raise


class _Counted:
    """Texts, and how many bytes went by."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self.num_bytes = 0

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            self.num_bytes += len(text.encode())
            yield text


def _train_sentencepiece(texts: Iterable[str], vocab_size: int) -> bytes:
    model = io.BytesIO()
    control = list(CONTROL_PIECES.values())
    try:
        SentencePieceTrainer.train(
            sentence_iterator=_sentences(texts),
            model_writer=model,
            model_type="bpe",
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            # Lossless: nothing is normalised, added or removed; bytes stand for rare characters.
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            byte_fallback=True,
            required_chars=_REQUIRED,
            # Code: runs of spaces are pieces, every digit is one.
            allow_whitespace_only_pieces=True,
            split_digits=True,
            max_sentence_length=_SENTENCE_BYTES,
            unk_id=0,
            eos_id=1,
            eos_piece=control[0],
            bos_id=-1,
            pad_id=-1,
            control_symbols=control[1:],
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise ConfigError(
            "SentencePiece cannot make this vocabulary",
            where="tokenizer.vocab_size",
            got=f"{vocab_size:,}; {error}",
            expected="control tokens, 256 bytes, every character in use, and places for pieces",
            do="choose a larger vocab_size",
        ) from None
    return model.getvalue()


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    """Texts in pieces that SentencePiece does not skip, cut behind white space where it can be."""
    for text in texts:
        text = text.translate(_NOT_TEXT)
        start = 0
        while start < len(text):
            end = start + _SENTENCE_CHARACTERS
            if end < len(text):
                cut = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1
                end = cut if cut > start else end
            yield text[start:end]
            start = end
