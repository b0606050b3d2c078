"""Checks whether text is valid Python. It is parsed, never run."""

import ast
import warnings

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.generation.prompt import text_prompt
from trainer.generation.sampling import SamplingConfig, generate_ids
from trainer.model.decoder import Decoder

# The flag by which the standard library's codeop tells incomplete input from invalid input.
_ALLOW_INCOMPLETE = 0x4000


def is_python(text: str) -> bool:
    """Whether a complete text parses."""
    return _fault(text, ast.PyCF_ONLY_AST) is None


def is_python_so_far(text: str) -> bool:
    """Whether the complete lines of a truncated text could be the beginning of a program."""
    lines = text[: text.rfind("\n") + 1]
    fault = _fault(lines, ast.PyCF_ONLY_AST | _ALLOW_INCOMPLETE)
    return fault is None or fault.startswith("incomplete input")


def valid_share(
    model: Decoder, tokenizer: Tokenizer, prompt: str, sampling: SamplingConfig, num_samples: int
) -> float:
    """Return the share of samples after a prompt that are valid Python.

    A sample that ends by itself must parse; a truncated one must parse so far. The first seed is
    that of `sampling`, and each sample takes the next one.

    Raises:
        InputError: the prompt does not fit the context.
    """
    context = model.config.context
    # Not healed, as in earlier versions, so that shares compare.
    encoded = text_prompt(tokenizer, prompt, context, heal=False)
    room = min(sampling.max_new_tokens, context - len(encoded.ids))
    valid = 0
    for config in sampling.series(num_samples):
        written = list(generate_ids(model, encoded, config, [tokenizer.end_of_document]))
        text = prompt + tokenizer.decode(written)
        valid += is_python(text) if len(written) < room else is_python_so_far(text)
    return valid / num_samples


def _fault(text: str, flags: int) -> str | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # for example of an invalid escape sequence
            compile(text, "sample", "exec", flags)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return str(error) or type(error).__name__
    return None
