"""What changes the weights: AdamW; or Muon for the matrices of the layers, AdamW for the rest."""

from collections.abc import Mapping
from typing import Any

import torch

from trainer.config import TrainingConfig
from trainer.execution.sharding import scattered
from trainer.model.decoder import Decoder
from trainer.optimization.muon import Muon


class Optimizer:
    """One or two optimizers as one.

    The embedding, which is the output matrix too, and the norms stay with AdamW in any case.
    """

    def __init__(self, model: Decoder, config: TrainingConfig, dtype: torch.dtype) -> None:
        """`dtype` is that of Muon's matrix products."""
        embedding = model.embed_tokens.weight
        matrices = [p for p in model.layers.parameters() if p.ndim > 1]
        norms = [p for p in model.parameters() if p.ndim == 1]
        self._muon: Muon | None = None
        if config.optimizer == "muon":
            self._muon = Muon(
                matrices,
                momentum=config.muon_momentum,
                weight_decay=config.weight_decay,
                dtype=dtype,
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
            betas=(config.beta1, config.beta2),
            eps=config.adam_eps,
            fused=True,
        )

    @property
    def _parts(self) -> list[torch.optim.Optimizer]:
        return [self._adamw] if self._muon is None else [self._adamw, self._muon]

    def step(self, learning_rate: float) -> None:
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = learning_rate * group.get("ratio", 1.0)
            part.step()

    def zero_grad(self) -> None:
        for part in self._parts:
            part.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """AdamW's state; Muon's beside it under `muon`."""
        state = self._adamw.state_dict()
        return state if self._muon is None else {**state, "muon": self._muon.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take on momenta and counts; the rest is as the configuration says, which may be new."""
        _load(self._adamw, state["state"])
        if self._muon is not None:
            _load(self._muon, state["muon"]["state"])


def _load(optimizer: torch.optim.Optimizer, state: Mapping[int, Any]) -> None:
    groups = optimizer.state_dict()["param_groups"]
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    # Momenta have the shape of their parameter, and lie where it does; counts have none.
    moments = {
        number: {
            name: scattered(value, parameters[number]) if value.ndim else value
            for name, value in values.items()
        }
        for number, values in state.items()
    }
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
