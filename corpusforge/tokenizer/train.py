"""Learns a vocabulary from texts, or adopts a ready SentencePiece model."""

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sentencepiece import SentencePieceTrainer

from corpusforge.config import TokenizerConfig
from corpusforge.errors import ConfigError, InputError, UserError
from corpusforge.tokenizer.load import save_sentencepiece, save_whitespace
from corpusforge.tokenizer.sentencepiece_model import SentencePieceTokenizer
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES
from corpusforge.tokenizer.whitespace import learn_words

# SentencePiece skips longer sentences.
_SENTENCE_CHARACTERS = 1 << 16
_SENTENCE_BYTES = 4 * _SENTENCE_CHARACTERS
# Characters that code cannot do without, however rare they are in the sample.
_REQUIRED = "\t\n" + "".join(chr(code) for code in range(0x21, 0x7F))
# A piece with a tab is never learned (it is the trainer's own boundary mark), and tabs indent
# whole languages, so runs of them are given.
_TAB_RUNS = ["\t" * length for length in range(2, 9)]
# What SentencePiece does not take as text: the end of a string, its sign for a space, and its sign
# for the unknown, for which it would skip the whole sentence.
_NOT_TEXT = str.maketrans({"\0": " ", "\u2581": " ", "\u2585": " "})


_SMALLEST = re.compile(r"required_chars\. \d+ vs (\d+)")


def train_tokenizer(config: TokenizerConfig, texts: Iterable[str], output_dir: Path) -> int:
    """Learn a tokenizer of at most `config.vocab_size` pieces and save it.

    Gives the bytes it was learned from. The same texts give the same bytes of a model.

    Raises:
        ConfigError: the vocabulary is too small for control tokens, bytes and characters.
        InputError: the texts are empty.
    """
    counted = _Counted(texts)
    if config.type == "whitespace":
        words = learn_words(counted, config.vocab_size)
        if not counted.num_bytes:
            raise _no_text(config)
        save_whitespace(output_dir, words)
    else:
        save_sentencepiece(output_dir, _train_sentencepiece(counted, config))
    return counted.num_bytes


def adopt_model(path: Path, output_dir: Path) -> None:
    """Use a ready SentencePiece model.

    Raises:
        InputError: it cannot be read or used.
    """
    save_sentencepiece(output_dir, ready_model(path))


def ready_model(path: Path) -> bytes:
    """A SentencePiece model that can be used.

    Raises:
        InputError: it cannot be read or used.
    """
    try:
        model = path.read_bytes()
        SentencePieceTokenizer(model)
    except OSError as error:
        raise InputError(
            f"the SentencePiece model cannot be read: {error.strerror}",
            where=str(path),
            do="mend tokenizer.model",
        ) from error
    except InputError as error:
        error.where = str(path)
        raise
    return model


class _Counted:
    """Texts, how many bytes went by, and what went wrong: SentencePiece reduces it to a string."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self.num_bytes = 0
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[str]:
        try:
            for text in self._texts:
                self.num_bytes += len(text.encode())
                yield text
        except BaseException as error:
            self.error = error
            raise


def _train_sentencepiece(texts: _Counted, config: TokenizerConfig) -> bytes:
    model = io.BytesIO()
    control = list(CONTROL_PIECES.values())
    try:
        SentencePieceTrainer.train(
            sentence_iterator=_sentences(texts),
            model_writer=model,
            model_type="bpe",
            vocab_size=config.vocab_size,
            hard_vocab_limit=False,
            # Lossless: nothing is normalised, added or removed; bytes stand for rare characters.
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            byte_fallback=True,
            required_chars=_REQUIRED,
            # Code: runs of spaces and tabs are pieces, every digit is one, and letters may stand
            # with punctuation (`▁self.`, `):\n`): a tenth fewer tokens than with borders there.
            allow_whitespace_only_pieces=True,
            user_defined_symbols=_TAB_RUNS,
            split_digits=True,
            split_by_unicode_script=False,
            max_sentence_length=_SENTENCE_BYTES,
            unk_id=0,
            eos_id=1,
            eos_piece=control[0],
            bos_id=-1,
            pad_id=-1,
            control_symbols=control[1:],
            # Written into the model, so one number everywhere; pieces do not depend on it.
            num_threads=4,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise texts.error or _explain(error, config) from None
    return model.getvalue()


def _explain(error: RuntimeError, config: TokenizerConfig) -> UserError:
    if "sentences_.empty()" in str(error):
        return _no_text(config)
    if smallest := _SMALLEST.search(str(error)):
        return ConfigError(
            "the vocabulary is too small for this text",
            where="tokenizer.vocab_size",
            got=f"{config.vocab_size:,}",
            expected=f"at least {int(smallest[1]):,}: control tokens, 256 bytes, every character "
            "that is not rare",
        )
    return ConfigError(
        "SentencePiece cannot make this vocabulary", where="tokenizer", got=str(error)
    )


def _no_text(config: TokenizerConfig) -> InputError:
    return InputError(
        "there is no text to learn a vocabulary from",
        where="tokenizer.sample_bytes",
        got=f"{config.sample_bytes:,}, by which no text was drawn from the kept documents",
        do="raise tokenizer.sample_bytes; or, if it is more than all of them have, see "
        "`corpusforge report` for what is replaced in them",
    )


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    """Texts in runs that SentencePiece does not skip, of whole lines where they can be.

    Line ends stay inside, so that pieces with one are learned.
    """
    for text in texts:
        text = text.translate(_NOT_TEXT)
        start = 0
        while start < len(text):
            end = start + _SENTENCE_CHARACTERS
            if end < len(text):
                end = text.rfind("\n", start, end) + 1 or end
            yield text[start:end]
            start = end
