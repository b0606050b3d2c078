"""The Python interface to a trained model."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from corpusforge.dialogues import Message
from trainer.checkpoints.trained_model import TrainedModel, open_model
from trainer.execution.device import choose_device
from trainer.generation.prompt import messages_prompt, trusted_prompt
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text


def load_model(
    checkpoint: str | Path, tokenizer: str | Path | None = None, device: str = "cpu"
) -> TrainedModel:
    """Load the model of a checkpoint file and its tokenizer.

    `tokenizer` is the directory of `tokenizer.json`, by default that of the checkpoint's run.

    Raises:
        InputError: a file is missing, or the files do not belong together.
        ConfigError: this machine does not have the device.
    """
    directory = None if tokenizer is None else Path(tokenizer)
    return open_model(Path(checkpoint), directory, choose_device(device))


def generate(
    model: TrainedModel, prompt: str | Sequence[Message], **sampling: Any
) -> Iterator[str]:
    """Yield the answer to messages, or the text that follows a trusted prompt, piece by piece.

    In a prompt, role markers such as `<|user|>` are control tokens; in messages they stay text.
    `sampling` are fields of `SamplingConfig`, such as `temperature` and `max_new_tokens`.

    Raises:
        InputError: the prompt cannot be used, for example because it is longer than the context.
    """
    context = model.model.config.context
    if isinstance(prompt, str):
        encoded = trusted_prompt(model.tokenizer, prompt, context)
    else:
        encoded = messages_prompt(model.tokenizer, prompt, context)
    return generate_text(model.model, model.tokenizer, encoded, SamplingConfig(**sampling))
