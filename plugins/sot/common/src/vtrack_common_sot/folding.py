"""Batch norms made part of the convolutions before them, for networks that no longer learn."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

__all__ = ["fold_norm", "fold_norms"]


def fold_norm(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Return the one convolution that does what a convolution and its batch norm in evaluation mode do.

    Args:
        convolution: With or without bias; it stays as it is.
        norm: Of its outputs.
    """
    outputs, kernel = convolution.out_channels, tuple(convolution.kernel_size)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    folded = nn.Conv2d(
        convolution.in_channels,
        outputs,
        kernel,  # type: ignore[arg-type]
        stride=convolution.stride,  # type: ignore[arg-type]
        padding=convolution.padding,  # type: ignore[arg-type]
        dilation=convolution.dilation,  # type: ignore[arg-type]
        groups=convolution.groups,
    ).to(convolution.weight)
    with torch.no_grad():
        # In double precision: the folded network then differs from the other by its own rounding alone.
        factor = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        bias = torch.zeros(outputs).to(factor) if convolution.bias is None else convolution.bias.double()
        folded.weight.copy_(convolution.weight.double() * factor[:, None, None, None])
        assert folded.bias is not None
        folded.bias.copy_((bias - norm.running_mean.double()) * factor + norm.bias.double())
    return folded.requires_grad_(requires_grad=False)


def fold_norms(network: nn.Module) -> None:
    """Fold every batch norm of a network that stands right behind a convolution, in the order in which both are kept.

    Args:
        network: Changed in place; an `torch.nn.Identity` is left where a norm was.
    """
    for module in list(network.modules()):
        for (name, convolution), (norm_name, norm) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, name, fold_norm(convolution, norm))
                setattr(module, norm_name, nn.Identity())
