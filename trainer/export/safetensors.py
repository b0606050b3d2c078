"""Writer of the weights as one safetensors file."""

import json
from pathlib import Path

from corpusforge.storage.files import atomic_path
from trainer.export.release import Release


def write_safetensors(release: Release, directory: Path) -> None:
    """Write `model.safetensors`: parameters by the trainer's names, and metadata."""
    from safetensors.torch import save_file

    metadata = {
        "model": json.dumps(release.model.model_dump()),
        "tokenizer": json.dumps(dict(release.checkpoint.tokenizer)),
        "step": str(release.checkpoint.step),
    }
    with atomic_path(directory / "model.safetensors") as temporary:
        save_file(dict(release.weights()), temporary, metadata=metadata)
