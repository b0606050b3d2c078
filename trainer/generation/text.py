"""Generated text as a stream of whole characters that ends before a stop string."""

import codecs
from collections.abc import Collection, Iterable, Iterator, Sequence

from corpusforge.tokenizer.chat import end_ids
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.generation.prompt import Prompt
from trainer.generation.sampling import SamplingConfig, generate_ids
from trainer.model.decoder import Decoder


def generate_text(
    model: Decoder,
    tokenizer: Tokenizer,
    prompt: Prompt,
    config: SamplingConfig,
    *,
    stops: Sequence[str] = (),
    ends: Collection[int] | None = None,
) -> Iterator[str]:
    """Yield the text that follows a prompt, piece by piece.

    It ends before the first stop string, or at one of the ids `ends`, by default those that end a
    document or a message.
    """
    ids = generate_ids(model, prompt, config, end_ids(tokenizer) if ends is None else ends)
    # The space that begins the first id is the end of the prompt.
    return until_stop(_characters(tokenizer, ids, 0 if prompt.first_ids is None else 1), stops)


def until_stop(pieces: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """Yield text up to the first stop string that is complete.

    The end of a text is held back while it may be the beginning of a stop string. Of stop strings
    that one piece completes, the one that begins first counts. An empty stop string never matches.
    """
    held = ""
    for piece in pieces:
        held += piece
        places = [place for stop in stops if stop and (place := held.find(stop)) >= 0]
        if places:
            held = held[: min(places)]
            break
        safe = _possible_stop(held, stops)
        if safe:
            yield held[:safe]
        held = held[safe:]
    if held:
        yield held


def _possible_stop(text: str, stops: Sequence[str]) -> int:
    """The first place at which a stop string may have begun; the length of the text if none has."""
    first = len(text) + 1 - max(map(len, stops), default=1)
    places = range(max(0, first), len(text))
    return next((p for p in places if any(s.startswith(text[p:]) for s in stops)), len(text))


def _characters(tokenizer: Tokenizer, ids: Iterable[int], skipped: int) -> Iterator[str]:
    """Whole characters after the `skipped` first bytes; bytes that are not UTF-8 become U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for id in ids:
        yield decoder.decode(tokenizer.decode_bytes([id])[skipped:])
        skipped = 0
    yield decoder.decode(b"", final=True)
