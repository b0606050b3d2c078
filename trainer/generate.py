"""Text from a checkpoint file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from corpusforge.dialogues import Message
from trainer.checkpoints.trained_model import open_model
from trainer.device import choose_device
from trainer.generation.prompt import messages_prompt, trusted_prompt
from trainer.generation.sampling import SamplingConfig
from trainer.generation.text import generate_text


def continue_prompt(
    checkpoint: Path,
    tokenizer: Path | None,
    prompt: str | Sequence[Message],
    config: SamplingConfig,
    device: str,
) -> Iterator[str]:
    """Yield the text that follows a trusted prompt, or the answer to messages.

    By default, the tokenizer is that of the checkpoint's run.

    Raises:
        InputError: a file is missing, the files do not belong together, or the prompt cannot be
            used.
    """
    trained = open_model(checkpoint, tokenizer, choose_device(device))
    context = trained.model.config.context
    if isinstance(prompt, str):
        encoded = trusted_prompt(trained.tokenizer, prompt, context)
    else:
        encoded = messages_prompt(trained.tokenizer, prompt, context)
    return generate_text(trained.model, trained.tokenizer, encoded, config)
