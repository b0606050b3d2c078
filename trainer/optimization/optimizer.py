"""Weight updates: AdamW, or Muon for the matrices of the layers and AdamW for the rest."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field

from corpusforge.config import Frozen
from trainer.execution.sharding import scattered
from trainer.model.decoder import Decoder
from trainer.optimization.muon import Muon

_BETAS = (0.9, 0.95)  # GPT-3, arxiv.org/abs/2005.14165
_EPS = 1e-8
_MUON_MOMENTUM = 0.95  # kellerjordan.github.io/posts/muon


class OptimizerConfig(Frozen):
    """How weights are updated."""

    # muon: for the matrices of the layers, with adamw for the rest.
    type: Literal["adamw", "muon"] = "adamw"
    learning_rate: float = Field(gt=0)  # the peak
    # Learning rate of the embedding, which is the output matrix too, as a multiple of all others'.
    embedding_learning_rate_ratio: float = Field(1.0, gt=0)
    weight_decay: float = Field(0.1, ge=0)  # of matrices, not of norms: GPT-3


class Optimizer:
    """One or two optimizers behind one interface.

    The embedding, which is the output matrix too, and the norms are always updated by AdamW.
    """

    def __init__(self, model: Decoder, config: OptimizerConfig, dtype: torch.dtype) -> None:
        """`dtype` is that of Muon's matrix products."""
        embedding = model.embed_tokens.weight
        matrices = [p for p in model.layers.parameters() if p.ndim > 1]
        norms = [p for p in model.parameters() if p.ndim == 1]
        self._muon: Muon | None = None
        if config.type == "muon":
            self._muon = Muon(
                matrices, momentum=_MUON_MOMENTUM, weight_decay=config.weight_decay, dtype=dtype
            )
            matrices = []
        self._adamw = torch.optim.AdamW(
            [
                {
                    "params": [embedding],
                    "weight_decay": config.weight_decay,
                    "ratio": config.embedding_learning_rate_ratio,
                },
                {"params": matrices, "weight_decay": config.weight_decay},
                {"params": norms, "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
            betas=_BETAS,
            eps=_EPS,
            fused=True,
        )
        self._parts = [part for part in (self._adamw, self._muon) if part is not None]

    def step(self, learning_rate: float) -> None:
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = learning_rate * group.get("ratio", 1.0)
            part.step()

    def zero_grad(self) -> None:
        for part in self._parts:
            part.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """AdamW's state, and Muon's under `muon`."""
        state = self._adamw.state_dict()
        return state if self._muon is None else {**state, "muon": self._muon.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore moments and step counts; all other values come from the configuration, which may
        have changed."""
        _load(self._adamw, state["state"])
        if self._muon is not None:
            _load(self._muon, state["muon"]["state"])


def _load(optimizer: torch.optim.Optimizer, state: Mapping[int, Any]) -> None:
    groups = optimizer.state_dict()["param_groups"]
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    # Moments have the shape and the device of their parameter; step counts are scalars.
    moments = {
        number: {
            name: scattered(value, parameters[number]) if value.ndim else value
            for name, value in values.items()
        }
        for number, values in state.items()
    }
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
