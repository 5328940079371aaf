"""What networks need to know of any backbone."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

__all__ = ["feature_channels"]

_TRIAL = 64


def feature_channels(backbone: Any) -> tuple[int, ...]:
    """Return the channels of a backbone's maps: what it says as ``channels``, else what a small picture shows."""
    said = getattr(backbone, "channels", None)
    if said is not None:
        return tuple(said)
    training = isinstance(backbone, nn.Module) and backbone.training
    if isinstance(backbone, nn.Module):
        # Statistics of batches shall not learn from nothing.
        backbone.eval()
    with torch.no_grad():
        maps = backbone(torch.zeros(1, 3, _TRIAL, _TRIAL))
    if training:
        backbone.train()
    return tuple(each.shape[1] for each in maps)
