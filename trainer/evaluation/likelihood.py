"""A model as test suites use it: log-probabilities of texts, and generated text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from corpusforge.tokenizer.tokenizer import Ids, Tokenizer
from trainer.generation.prompt import Prompt, document_ids
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text
from trainer.model.decoder import Decoder


@dataclass(frozen=True)
class TextModel:
    """A model over texts. An end of document precedes every text, as in training."""

    model: Decoder
    tokenizer: Tokenizer

    def continuation(self, context: str, continuation: str) -> tuple[float, bool]:
        """Return the log-probability of a continuation in nats, and whether it is the greedy one.

        It is greedy if each of its tokens is the most likely one.
        """
        # White space belongs to the word after it, as in the pieces of the vocabulary.
        stripped = context.rstrip()
        continuation = context[len(stripped) :] + continuation
        whole = self._ids(stripped + continuation)
        return self._score(whole, min(len(self._ids(stripped)), len(whole) - 1))

    def whole(self, text: str) -> float:
        """Return the log-probability of a text in nats."""
        return self._score(self._ids(text), 1)[0]

    def until(self, prompt: str, stops: Sequence[str], sampling: SamplingConfig) -> str:
        """Return the text that follows a prompt, up to a stop string or an end of document.

        A prompt that is too long loses its beginning.
        """
        context = self.model.config.context
        room = context - min(sampling.max_new_tokens, context // 2)
        ids = Prompt(self._ids(prompt)[-room:])
        ends = [self.tokenizer.end_of_document]
        return "".join(
            generate_text(self.model, self.tokenizer, ids, sampling, stops=stops, ends=ends)
        )

    def _ids(self, text: str) -> Ids:
        return document_ids(self.tokenizer, self.tokenizer.encode(text))

    @torch.inference_mode()
    def _score(self, ids: Ids, first: int) -> tuple[float, bool]:
        """Score the ids from `first` on, each once, after as much context as the model takes."""
        total, is_greedy = 0.0, True
        context, device = self.model.config.context, self.model.head.device
        ids_T = torch.from_numpy(ids.astype(np.int64)).to(device)
        for start in range(first, len(ids), context):
            end = min(start + context, len(ids))
            targets_T = ids_T[start:end]
            hidden_TD = self.model(ids_T[None, max(0, end - 1 - context) : end - 1])[0]
            logits_TV = self.model.logits(hidden_TD[-len(targets_T) :]).float()
            chosen = logits_TV.log_softmax(-1).gather(1, targets_T[:, None])
            total += chosen.double().sum().item()
            is_greedy &= bool((logits_TV.argmax(-1) == targets_T).all())
        return total, is_greedy
