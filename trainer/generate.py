"""Text from a model: a prompt is read once, then one token at a time is drawn."""

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from corpusforge.config import Frozen
from corpusforge.errors import InputError
from corpusforge.tokenizer.chat import encode_prompt
from corpusforge.tokenizer.tokenizer import Ids, Tokenizer
from trainer.checkpoints.trained_model import open_model
from trainer.execution.device import choose_device
from trainer.model.decoder import Cache, Decoder


class SamplingConfig(Frozen):
    """How the next token is drawn from what the model gives."""

    max_new_tokens: int = Field(160, gt=0)
    temperature: float = Field(0.8, ge=0)  # 0: always the likeliest
    top_k: int | None = Field(None, gt=0)  # arxiv.org/abs/1805.04833
    top_p: float = Field(0.95, gt=0, le=1)  # arxiv.org/abs/1904.09751
    seed: int = Field(0, ge=0, lt=1 << 63)


def draw(logits_V: Tensor, config: SamplingConfig, generator: torch.Generator) -> int:
    """The next token. `logits_V` is float32 [V] on the CPU, as is the generator."""
    if config.temperature == 0:
        return int(logits_V.argmax())
    # From the largest down, and in float64: no temperature makes an infinity of the likeliest.
    logits_V = ((logits_V - logits_V.max()).double() / config.temperature).float()
    ordered_V, ids_V = logits_V.sort(descending=True, stable=True)
    if config.top_k is not None:
        ordered_V = ordered_V[: config.top_k]
    probabilities = ordered_V.softmax(-1)
    # The smallest set whose probability reaches top_p: a token stays while those before it do not.
    before = probabilities.cumsum(-1) - probabilities
    probabilities = probabilities.masked_fill(before >= config.top_p, 0.0)
    probabilities[0] = torch.clamp(probabilities[0], min=torch.finfo().tiny)
    return int(ids_V[torch.multinomial(probabilities, 1, generator=generator)])


def read_prompt(tokenizer: Tokenizer, prompt: str, context: int) -> Ids:
    """Ids of a prompt; role markers in it (`<|user|> …`) are control tokens, as typed.

    Raises:
        InputError: the prompt is no text, or leaves no room in the context.
    """
    try:
        prompt.encode()
    except UnicodeEncodeError:  # bytes that were no characters, on the command line
        raise InputError(
            "the prompt is no text",
            where=f"the prompt {prompt[:40]!r}",
            expected="characters in the encoding of the terminal, which is UTF-8 mostly",
        ) from None
    # In training, too, an end of document stands before whatever begins.
    start = np.array([tokenizer.end_of_document], np.uint16)
    ids = np.concatenate([start, encode_prompt(tokenizer, prompt)])
    if len(ids) >= context:
        raise InputError(
            "the prompt is longer than the model's context",
            where=f"the prompt {prompt[:40]!r}",
            got=f"{len(ids):,} tokens",
            expected=f"fewer than {context:,}",
            do="shorten the prompt",
        )
    return ids


@torch.inference_mode()
def generate_ids(
    model: Decoder,
    prompt: Ids,
    config: SamplingConfig,
    stop: frozenset[int],
    first: Sequence[int] | None = None,
) -> Iterator[int]:
    """New tokens after a prompt, up to the first that is in `stop`, which is left out.

    Ends as well where the context is full. `first` are the only ids that may come first.
    """
    device = model.head.device
    generator = torch.Generator().manual_seed(config.seed)
    cache = Cache(model.config, device=device)
    unread = prompt.tolist()
    for _ in range(min(config.max_new_tokens, model.config.context - len(prompt))):
        hidden_1TD = model(torch.tensor([unread], device=device), cache)
        logits_V = model.logits(hidden_1TD[0, -1]).float().cpu()
        if first is not None:
            allowed_V = torch.full_like(logits_V, -torch.inf)
            allowed_V[list(first)] = 0.0
            logits_V, first = logits_V + allowed_V, None
        token = draw(logits_V, config, generator)
        if token in stop:
            return
        yield token
        unread = [token]


def generate_text(
    model: Decoder, tokenizer: Tokenizer, prompt: str, config: SamplingConfig
) -> Iterator[str]:
    """What follows a prompt, piece by piece; each piece is whole characters.

    Raises:
        InputError: the prompt leaves no room in the context.
    """
    context = model.config.context
    ids, first = read_prompt(tokenizer, prompt, context), None
    if _ends_in_one_space(prompt):
        # Most pieces are a word with the space before it, and none of them can follow a space that
        # stands by itself. So it is taken back, and the first piece is a word with its space.
        without, words = read_prompt(tokenizer, prompt[:-1], context), _words(tokenizer)
        if words and not np.array_equal(ids, without):
            ids, first = without, words
    stop = {tokenizer.end_of_document, tokenizer.control.get("end", tokenizer.end_of_document)}
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    taken_back = int(first is not None)
    for token in generate_ids(model, ids, config, frozenset(stop), first):
        new_bytes = tokenizer.decode_bytes([token])[taken_back:]
        taken_back = 0
        if piece := decoder.decode(new_bytes):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest


def _ends_in_one_space(prompt: str) -> bool:
    return prompt.endswith(" ") and not prompt[:-1].endswith((" ", "\t", "\n")) and prompt != " "


def _words(tokenizer: Tokenizer) -> list[int]:
    """Ids of pieces that are more than the space that they begin with."""
    pieces = ((id, tokenizer.decode_bytes([id])) for id in range(tokenizer.vocab_size))
    return [id for id, piece in pieces if piece[:1] == b" " != piece]


def continue_prompt(
    checkpoint: Path, tokenizer: Path | None, prompt: str, config: SamplingConfig, device: str
) -> Iterator[str]:
    """`generate_text` from files; the tokenizer is by default that of the checkpoint's run.

    Raises:
        InputError: a file is missing, or they do not belong together.
    """
    trained = open_model(checkpoint, tokenizer, choose_device(device))
    return generate_text(trained.model, trained.tokenizer, prompt, config)
