"""Batch norms made part of the convolutions before them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vtrack_plugin_yolox.blocks import NORM_EPSILON

__all__ = ["fold", "fused_state"]


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


def fused_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of the fused form of a network; those that are fused already stay as they are.

    Args:
        state: Weights by the names of `Yolox`.
    """
    fused: dict[str, Tensor] = {}
    for name, value in state.items():
        if ".bn." in name:
            continue
        scale = f"{name.removesuffix('.conv.weight')}.bn.weight"
        if name.endswith(".conv.weight") and scale in state:
            unit = name.removesuffix(".conv.weight")
            shift, mean, variance = (state[f"{unit}.bn.{part}"] for part in ("bias", "running_mean", "running_var"))
            fused[name], fused[f"{unit}.conv.bias"] = fold(value, state[scale], shift, mean, variance)
        else:
            fused[name] = value
    return fused
