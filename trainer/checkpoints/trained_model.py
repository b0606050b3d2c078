"""A trained model with its tokenizer, for inference."""

from dataclasses import dataclass
from pathlib import Path

import torch

from corpusforge.errors import InputError
from corpusforge.storage.layout import Layout
from corpusforge.tokenizer.load import load_tokenizer
from corpusforge.tokenizer.tokenizer import Tokenizer
from trainer.checkpoints.checkpoint import Checkpoint, layout_of, load, require_tokenizer
from trainer.model.decoder import Decoder


@dataclass(frozen=True)
class TrainedModel:
    """The model of a checkpoint and the tokenizer it was trained with."""

    checkpoint: Checkpoint
    layout: Layout  # of its run, with the corpus that has the tokenizer
    tokenizer: Tokenizer
    model: Decoder


def open_model(path: Path, tokenizer: Path | None, device: torch.device) -> TrainedModel:
    """Load a checkpoint and its tokenizer, by default that of its run.

    Raises:
        InputError: a file is missing, or they do not belong together.
    """
    checkpoint = load(path)
    layout = layout_of(path, checkpoint, tokenizer)
    if tokenizer is None:
        _require_corpus(layout)
    text_codec = load_tokenizer(layout.data_root)
    require_tokenizer(checkpoint, text_codec.fingerprint, str(layout.data_root))
    return TrainedModel(checkpoint, layout, text_codec, load_model(checkpoint, device))


def load_model(checkpoint: Checkpoint, device: torch.device) -> Decoder:
    """Build the model of a checkpoint, for inference.

    Raises:
        InputError: its weights are not those of the model that its configuration describes.
    """
    model = Decoder(checkpoint.experiment.model, checkpoint.tokenizer["vocab_size"])
    try:
        model.load_state_dict(checkpoint.model, assign=True)
    except RuntimeError as error:
        raise InputError(
            "the checkpoint's weights are not those of its model", got=str(error).splitlines()[-1]
        ) from None
    return model.to(device).requires_grad_(False)


def _require_corpus(layout: Layout) -> None:
    """Raises InputError if a run was trained on the corpus of another one, which is missing."""
    if layout.data is None or layout.tokenizer.is_file():
        return
    raise InputError(
        "the corpus that the model was trained on is missing",
        where=str(layout.tokenizer.absolute()),
        got=f"training.data.corpus_dir: {layout.data}",
        expected="the directory of its tokenizer; a relative path starts at the directory of the "
        "command",
        do="run the command where the training was run; or name the tokenizer with --tokenizer "
        "(evaluate: the shards with --shards)",
    )
