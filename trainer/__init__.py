"""Token shards to a trained model, and the model to text.

    model = trainer.load_model("runs/quickstart/checkpoints/best.pt")

docs/api.md has examples.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.api import generate, load_model

__all__ = ["generate", "load_model"]


def __getattr__(name: str) -> Any:
    # Imported on first use: `python -m trainer --help` must not wait for torch.
    if name in __all__:
        from trainer import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
