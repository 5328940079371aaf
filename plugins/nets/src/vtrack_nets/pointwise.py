"""Convolutions of single pixels, where each core of a processor has a batch of its own."""

from __future__ import annotations

from torch import nn

__all__ = ["hasten_pointwise"]


def hasten_pointwise(network: nn.Module) -> None:
    """Have the convolutions of single pixels done by oneDNN, also by one thread and for few images.

    There torch takes loops of its own, twice as slow where channels are many (``ConvParams::use_mkldnn`` in its
    ``Convolution.cpp``). It always leaves convolutions with a dilation to oneDNN, and to a single pixel a dilation
    means nothing: the answers stay the same but for rounding.

    Not for maps of a few pixels, such as gates have: there oneDNN's start costs more than it gains.

    Args:
        network: Its convolutions are changed in place; weights and their names stay.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.padding == (0, 0):
            module.dilation = (2, 2)
