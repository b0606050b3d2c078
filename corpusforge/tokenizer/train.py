"""Learns a vocabulary from texts, or adopts an existing SentencePiece model."""

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sentencepiece import SentencePieceTrainer

from corpusforge.config import TokenizerConfig
from corpusforge.errors import ConfigError, InputError, UserError
from corpusforge.tokenizer.load import load_sentencepiece, save_sentencepiece, save_whitespace
from corpusforge.tokenizer.tokenizer import CONTROL_PIECES
from corpusforge.tokenizer.whitespace import learn_words

# SentencePiece skips longer sentences, so texts are cut.
_SENTENCE_CHARACTERS = 1 << 16
_SENTENCE_BYTES = 4 * _SENTENCE_CHARACTERS
# Characters that code needs, even if they are rare in the sample.
_REQUIRED = "\t\n" + "".join(chr(code) for code in range(0x21, 0x7F))
# Some languages are indented with tabs. The trainer uses the tab as its own boundary mark and never
# learns a piece with one, so runs of tabs are user-defined.
_TAB_RUNS = ["\t" * length for length in range(2, 9)]
# Characters that SentencePiece does not read as text: the end of a string, its mark of a space, and
# its mark of an unknown piece, which makes it skip the whole sentence.
_NOT_TEXT = str.maketrans({"\0": " ", "\u2581": " ", "\u2585": " "})
_SMALLEST = re.compile(r"required_chars\. \d+ vs (\d+)")


def train_tokenizer(config: TokenizerConfig, texts: Iterable[str], output_dir: Path) -> int:
    """Train a tokenizer of at most `config.vocab_size` pieces and save it.

    Returns the number of bytes it was trained on. Equal texts result in equal files.

    Raises:
        ConfigError: the vocabulary is too small for control tokens, bytes and characters.
        InputError: there is no text.
    """
    counted = _CountedTexts(texts)
    if config.type == "whitespace":
        words = learn_words(counted, config.vocab_size)
        if not counted.num_bytes:
            raise _no_text_error(config)
        save_whitespace(output_dir, words)
    else:
        save_sentencepiece(output_dir, _train_sentencepiece(counted, config))
    return counted.num_bytes


def adopt_model(path: Path, output_dir: Path) -> None:
    """Make an existing SentencePiece model the tokenizer of `output_dir`.

    Raises:
        InputError: it cannot be read or used.
    """
    save_sentencepiece(output_dir, load_sentencepiece(path).model)


class _CountedTexts:
    """Counts the bytes of texts, and keeps an error that SentencePiece would turn into a string."""

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


def _train_sentencepiece(texts: _CountedTexts, config: TokenizerConfig) -> bytes:
    model = io.BytesIO()
    control = list(CONTROL_PIECES.values())
    try:
        SentencePieceTrainer.train(
            sentence_iterator=_sentences(texts),
            model_writer=model,
            model_type="bpe",
            vocab_size=config.vocab_size,
            hard_vocab_limit=False,
            # Lossless: nothing is normalised, added or removed, and rare characters become bytes.
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            byte_fallback=True,
            required_chars=_REQUIRED,
            # For code: runs of spaces are pieces, digits are single pieces, and pieces may mix
            # letters and punctuation (`▁self.`, `):\n`), which makes a tenth fewer tokens.
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
            # Fixed, because it is written into the model. The pieces do not depend on it.
            num_threads=4,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise texts.error or _training_error(error, config) from None
    return model.getvalue()


def _training_error(error: RuntimeError, config: TokenizerConfig) -> UserError:
    if "sentences_.empty()" in str(error):
        return _no_text_error(config)
    if smallest := _SMALLEST.search(str(error)):
        return ConfigError(
            "the vocabulary is too small for this text",
            where="tokenizer.vocab_size",
            got=f"{config.vocab_size:,}",
            expected=f"at least {int(smallest[1]):,}: control tokens, 256 bytes, and every "
            "character that is not rare",
        )
    return ConfigError(
        "SentencePiece cannot train this vocabulary", where="tokenizer", got=str(error)
    )


def _no_text_error(config: TokenizerConfig) -> InputError:
    return InputError(
        "there is no text to learn a vocabulary from",
        where="tokenizer.sample_bytes",
        got=f"{config.sample_bytes:,}, so that no text was drawn from the kept documents",
        do="raise tokenizer.sample_bytes; or, if it is more than all of them have, see "
        "`corpusforge report` for what is replaced in them",
    )


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    """Cut texts into sentences that SentencePiece does not skip, at line ends where possible.

    Sentences keep their line ends, so that pieces with line ends are learned.
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
