"""A release: the weights, configuration and tokenizer that every export format is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from corpusforge.dialogues import ROLES
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.model_file import Piece, read_model
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import Checkpoint
from trainer.checkpoints.trained_model import open_model
from trainer.model.config import ModelConfig, num_parameters

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

# `corpusforge.tokenizer.chat.encode_request` for other programs. An end of document precedes every
# document in training, so here a dialogue begins with one.
CHAT_TEMPLATE = """\
{{- bos_token }}
{%- for message in messages %}
    {{- '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|assistant|>' }}
{%- endif %}
"""


@dataclass(frozen=True)
class Release:
    """A checkpoint with its tokenizer; `dtype` is the type of the exported matrices."""

    checkpoint: Checkpoint
    tokenizer: Tokenizer
    layout: Layout  # of the checkpoint's run, with the corpus that has the tokenizer
    dtype: torch.dtype

    @property
    def model(self) -> ModelConfig:
        return self.checkpoint.experiment.model

    @property
    def num_parameters(self) -> int:
        return num_parameters(self.model, self.tokenizer.vocab_size)

    @property
    def has_chat(self) -> bool:
        """Whether the vocabulary has the control tokens of dialogues."""
        return {*ROLES, "end"} <= self.tokenizer.control.keys()

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of a SentencePiece model by id. In a foreign model, control pieces may have
        other names than in `CONTROL_PIECES`."""
        return read_model(self.layout.sentencepiece_model.read_bytes()).pieces

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        """Yield parameters by the checkpoint's names. Norms stay float32, as readers expect."""
        for name, tensor in self.checkpoint.model.items():
            yield name, tensor if tensor.ndim == 1 else tensor.to(self.dtype)


def read_release(path: Path, tokenizer: Path | None, dtype: str) -> Release:
    """Read a checkpoint file and its tokenizer, by default that of the checkpoint's run.

    Raises:
        InputError: a file is missing, or the files do not belong together.
    """
    trained = open_model(path, tokenizer, torch.device("cpu"))
    return Release(trained.checkpoint, trained.tokenizer, trained.layout, DTYPES[dtype])
