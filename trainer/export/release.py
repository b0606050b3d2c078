"""What an exported model is made of, whatever the format: weights, configuration, tokenizer."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.model_file import Piece, read_model
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import Checkpoint
from trainer.checkpoints.trained_model import open_model
from trainer.config import TrainExperiment
from trainer.model.config import ModelConfig, num_parameters

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

# `corpusforge.tokenizer.chat.encode_chat`, as other programs spell it; training begins every
# document behind the end of another one, so a dialogue begins with that token here.
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
    """A checkpoint with the tokenizer it was trained with; `dtype` is that of exported matrices."""

    path: Path
    checkpoint: Checkpoint
    experiment: TrainExperiment
    tokenizer: Tokenizer
    layout: Layout  # of the checkpoint's run, with the corpus that the tokenizer stands in
    dtype: torch.dtype

    @property
    def model(self) -> ModelConfig:
        return self.experiment.model

    @property
    def num_parameters(self) -> int:
        return num_parameters(self.model, self.tokenizer.vocab_size)

    @property
    def has_chat(self) -> bool:
        """Whether the vocabulary has the control tokens of dialogues."""
        return {"system", "user", "assistant", "end"} <= self.tokenizer.control.keys()

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The vocabulary of a SentencePiece model by id; adopted models have names of their own."""
        return read_model(self.layout.sentencepiece_model.read_bytes()).pieces

    @property
    def stop_ids(self) -> list[int]:
        """Ids at which generation ends: of a document, and of a turn in a dialogue."""
        ends = (self.tokenizer.control.get(name) for name in ("end_of_document", "end"))
        return [id for id in ends if id is not None]

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters by the checkpoint's names; norms stay float32, as every reader wants them."""
        for name, tensor in self.checkpoint.model.items():
            yield name, tensor if tensor.ndim == 1 else tensor.to(self.dtype)


def read_release(path: Path, tokenizer: Path | None, dtype: str) -> Release:
    """A checkpoint file and its tokenizer, by default that of its run.

    Raises:
        InputError: a file is missing, or they do not belong together.
    """
    trained = open_model(path, tokenizer, torch.device("cpu"))
    checkpoint = trained.checkpoint
    return Release(
        path, checkpoint, checkpoint.experiment, trained.tokenizer, trained.layout, DTYPES[dtype]
    )
