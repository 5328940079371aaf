"""Batch norms made part of the convolutions before them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vtrack_nets.errors import CheckpointError
from vtrack_plugin_yolox.blocks import NORM_EPSILON

__all__ = ["fold", "fused_state"]

_PARTS = ("weight", "bias", "running_mean", "running_var")
"""Of a batch norm, in the order of `fold`."""


def fold(
    weight: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, epsilon: float = NORM_EPSILON
) -> tuple[Tensor, Tensor]:
    """Return weight and bias of the one convolution that does what a convolution and its batch norm do.

    Args:
        weight: ``(outputs, inputs, h, w)``, of a convolution without bias.
        scale: ``(outputs,)``, the norm's weight.
        shift: ``(outputs,)``, the norm's bias.
        mean: ``(outputs,)``, its running mean.
        variance: ``(outputs,)``, its running variance.
        epsilon: What it adds to the variance.
    """
    # In double precision: the folded network then differs from the other by its own rounding alone.
    factor = scale.double() / torch.sqrt(variance.double() + epsilon)
    folded = weight.double() * factor[:, None, None, None]
    return folded.to(weight.dtype), (shift.double() - mean.double() * factor).to(weight.dtype)


def fused_state(state: Mapping[str, Tensor], source: str | Path = "weights") -> dict[str, Tensor]:
    """Return the weights of the fused form of a network; those that are fused already stay as they are.

    Args:
        state: Weights by the names of `Yolox`.
        source: Where they come from, for messages.

    Raises:
        CheckpointError: A batch norm lacks a part, or has one that does not fit its convolution.
    """
    fused: dict[str, Tensor] = {}
    for name, value in state.items():
        if ".bn." in name:
            continue
        scale = f"{name.removesuffix('.conv.weight')}.bn.weight"
        if name.endswith(".conv.weight") and scale in state:
            unit = name.removesuffix(".conv.weight")
            norm = (_part(state, f"{unit}.bn.{part}", value, source) for part in _PARTS)
            factors, shift, mean, variance = norm
            fused[name], fused[f"{unit}.conv.bias"] = fold(value, factors, shift, mean, variance)
        else:
            fused[name] = value
    return fused


def _part(state: Mapping[str, Tensor], name: str, weight: Tensor, source: str | Path) -> Tensor:
    """Return a part of the batch norm behind a convolution."""
    found, wanted = state.get(name), tuple(weight.shape[:1])
    if found is None or found.shape != wanted or weight.ndim != 4:
        shapes = [tuple(each.shape) for each in (found, weight) if each is not None]
        told = "is missing" if found is None else f"has the shape {shapes[0]}, and its convolution's weight {shapes[1]}"
        raise CheckpointError(f"does not fit YOLOX: {name} {told}; give the weights of a whole network", file=source)
    return found
