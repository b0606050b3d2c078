"""What a model thinks of given texts, and what it makes of them: what test suites ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.generate import SamplingConfig, generate_ids
from trainer.model.decoder import Decoder


@dataclass(frozen=True)
class TextModel:
    """A model over texts. In front of every text stands the end of a document, as in training."""

    model: Decoder
    tokenizer: Tokenizer

    def continuation(self, context: str, continuation: str) -> tuple[float, bool]:
        """Log-probability of a continuation in nats, and whether each of its tokens is the
        likeliest."""
        # White space goes with the word behind it, as in the pieces of the vocabulary.
        stripped = context.rstrip()
        continuation = context[len(stripped) :] + continuation
        whole = self._ids(stripped + continuation)
        return self._score(whole, min(len(self._ids(stripped)), len(whole) - 1))

    def whole(self, text: str) -> float:
        """Log-probability of a text in nats."""
        return self._score(self._ids(text), 1)[0]

    def until(self, prompt: str, stops: Sequence[str], sampling: SamplingConfig) -> str:
        """What follows a prompt, up to the first stop or the end of a document.

        Of a prompt that leaves no room, the end is read.
        """
        room = self.model.config.context - min(
            sampling.max_new_tokens, self.model.config.context // 2
        )
        written: list[int] = []
        ends = frozenset([self.tokenizer.end_of_document])
        ids = torch.tensor(self._ids(prompt)[-room:]).numpy()
        text = ""
        for token in generate_ids(self.model, ids, sampling, ends):
            written.append(token)
            text = self.tokenizer.decode(written)
            places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
            if places:
                return text[: min(places)]
        return text

    def _ids(self, text: str) -> list[int]:
        return [self.tokenizer.end_of_document, *self.tokenizer.encode(text).tolist()]

    @torch.inference_mode()
    def _score(self, ids: Sequence[int], first: int) -> tuple[float, bool]:
        """Of the ids from `first` on, each once, behind as much context as the model takes."""
        total, likeliest = 0.0, True
        context, device = self.model.config.context, self.model.head.device
        for start in range(first, len(ids), context):
            end = min(start + context, len(ids))
            inputs = torch.tensor([ids[max(0, end - 1 - context) : end - 1]], device=device)
            targets = torch.tensor(ids[start:end], device=device)
            hidden_TD = self.model(inputs)[0, -len(targets) :]
            logits_TV = self.model.logits(hidden_TD).float()
            chosen = logits_TV.log_softmax(-1).gather(1, targets[:, None])
            total += chosen.double().sum().item()
            likeliest &= bool((logits_TV.argmax(-1) == targets).all())
        return total, likeliest
