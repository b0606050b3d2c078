"""Whether what a model writes is Python: parsed, never run."""

import ast
import warnings

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.generate import SamplingConfig, generate_ids, read_prompt
from trainer.model.decoder import Decoder

# What the standard library's codeop asks the parser with, to tell unfinished input from wrong one.
_ALLOW_INCOMPLETE = 0x4000


def is_python(text: str) -> bool:
    """Whether a whole text parses."""
    return _fault(text, ast.PyCF_ONLY_AST) is None


def is_python_so_far(text: str) -> bool:
    """Whether the whole lines of a text that was cut short could go on to be Python."""
    lines = text[: text.rfind("\n") + 1]
    fault = _fault(lines, ast.PyCF_ONLY_AST | _ALLOW_INCOMPLETE)
    return fault is None or fault.startswith("incomplete input")


def valid_share(
    model: Decoder, tokenizer: Tokenizer, prompt: str, sampling: SamplingConfig, num_samples: int
) -> float:
    """The share of samples after a prompt that are Python; seeds count on from the sampling's.

    A sample that comes to its end must be, one that is cut short must be so far.

    Raises:
        InputError: the prompt leaves no room in the context.
    """
    context = model.config.context
    ids = read_prompt(tokenizer, prompt, context)
    room = min(sampling.max_new_tokens, context - len(ids))
    stop = frozenset([tokenizer.end_of_document])
    valid = 0
    for number in range(num_samples):
        config = sampling.model_copy(update={"seed": sampling.seed + number})
        written = list(generate_ids(model, ids, config, stop))
        text = prompt + tokenizer.decode(written)
        valid += is_python(text) if len(written) < room else is_python_so_far(text)
    return valid / num_samples


def _fault(text: str, flags: int) -> str | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # such as an invalid escape in a string
            compile(text, "sample", "exec", flags)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return str(error) or type(error).__name__
    return None
