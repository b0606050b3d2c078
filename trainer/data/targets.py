"""Inputs and targets of a model, from windows of tokens."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from corpusforge.shards.reader import Tokens
from corpusforge.tokenizer.chat import loss_mask

NOT_COUNTED = -1  # a target that is not learned


def inputs_and_targets(
    windows: Tokens, control: Mapping[str, int], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Split windows of tokens [B, T + 1] into inputs and targets, int64 [B, T] each.

    Targets that are not learned, such as the words of users in dialogues, are `NOT_COUNTED`.
    """
    tokens = windows.astype(np.int64)
    targets = np.where(loss_mask(windows, control), tokens, NOT_COUNTED)
    inputs, targets = tokens[:, :-1], targets[:, 1:]
    return torch.from_numpy(inputs).to(device), torch.from_numpy(targets).to(device)
