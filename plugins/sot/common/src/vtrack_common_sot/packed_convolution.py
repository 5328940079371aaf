"""Convolutions of 1x1 as packed linear layers; needs torch.

In single precision torch makes a matrix product of such a convolution and hands it to MKL, as it does with linear
layers; see `vtrack_common_sot.packed_linear`. In a ResNet-50 half of all products are of this kind.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtrack_common_sot.packed_linear import pack_linears

__all__ = ["PackedPointwise", "pack_pointwise"]


class PackedPointwise(nn.Module):
    """A convolution of 1x1 that no longer learns and stays on the processor; channels are best last in memory."""

    def __init__(self, product: nn.Module, stride: tuple[int, int]) -> None:
        """Keep what is done at every place.

        Args:
            product: From ``(..., inputs)`` to ``(..., outputs)``.
            stride: Of the convolution.
        """
        super().__init__()
        self.product = product
        self.stride = stride

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``(N, outputs, h, w)`` of float32 ``(N, inputs, H, W)``, channels last in memory."""
        down, across = self.stride
        places = maps[:, :, ::down, ::across].permute(0, 2, 3, 1).contiguous()
        answer: Tensor = self.product(places)
        return answer.permute(0, 3, 1, 2)


def pack_pointwise(network: nn.Module, context: BuildContext | None = None) -> int:
    """Put `PackedPointwise` in the place of a network's convolutions of 1x1, where `pack_linears` packs layers.

    Args:
        network: Changed in place; in evaluation mode, on the processor.
        context: Where and how the run has networks compute.

    Returns:
        How many convolutions were replaced.
    """
    replaced = 0
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if type(child) is not nn.Conv2d or not _is_pointwise(child):
                continue
            holder = nn.Sequential(_as_linear(child))
            if pack_linears(holder, context):
                setattr(module, name, PackedPointwise(holder[0], (child.stride[0], child.stride[1])))
                replaced += 1
    return replaced


def _is_pointwise(convolution: nn.Conv2d) -> bool:
    return convolution.kernel_size == (1, 1) and convolution.groups == 1 and convolution.padding in ((0, 0), 0)


def _as_linear(convolution: nn.Conv2d) -> nn.Linear:
    with torch.device("meta"):
        layer = nn.Linear(convolution.in_channels, convolution.out_channels, bias=convolution.bias is not None)
    layer.weight = nn.Parameter(convolution.weight.detach().flatten(1).contiguous(), requires_grad=False)
    if convolution.bias is not None:
        layer.bias = nn.Parameter(convolution.bias.detach(), requires_grad=False)
    return layer
