"""Linear layers with their weights in the order in which the processor reads them; needs torch.

torch hands a linear layer in single precision to MKL, whose kernels are slow on processors of other makers, and has
oneDNN only for compiled networks. oneDNN's, with weights laid out once for its blocks, took 0.42 of the time on an AMD
EPYC with AVX-512, for 16 to 1280 tokens of a ViT-B. The answers are the same but for the order of summation.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtrack_nets.device import resolve_device

__all__ = ["PackedLinear", "pack_linears"]

_SMALLEST = 64
"""Inputs or outputs of a layer that is worth it."""


class PackedLinear(nn.Module):
    """A linear layer that no longer learns and stays on the processor."""

    def __init__(self, linear: nn.Linear) -> None:
        """Lay out a layer's weights; the layer stays as it is."""
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        # Plain attributes: what oneDNN laid out is no tensor that could be saved or moved.
        self._weight = _operators()._reorder_linear_weight(linear.weight.detach())
        self._bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return ``(..., out_features)`` of float32 ``(..., in_features)``."""
        answer: Tensor = _operators()._linear_pointwise(inputs, self._weight, self._bias, "none", [], "")
        return answer

    def extra_repr(self) -> str:
        """Sizes, as of a linear layer."""
        return f"in_features={self.in_features}, out_features={self.out_features}"


def pack_linears(network: nn.Module, context: BuildContext | None = None) -> int:
    """Put `PackedLinear` in the place of a network's linear layers, where that is of use; else change nothing.

    It is on the processor, in single precision, where the network is not compiled and torch has oneDNN. The network's
    weights can then neither be saved nor moved nor learnt any more.

    Args:
        network: Changed in place; in evaluation mode, on the processor.
        context: Where and how the run has networks compute.

    Returns:
        How many layers were replaced.
    """
    context = context or BuildContext()
    if resolve_device(context.device).type != "cpu" or context.dtype != "float32" or context.compile:
        return 0
    if not _works():
        return 0
    replaced = 0
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if (
                type(child) is nn.Linear
                and min(child.weight.shape) >= _SMALLEST
                and child.weight.dtype == torch.float32
            ):
                setattr(module, name, PackedLinear(child))
                replaced += 1
    return replaced


def _operators() -> Any:
    return torch.ops.mkldnn


def _works() -> bool:
    """Whether this torch has the operators, and they answer what a linear layer answers."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    layer = nn.Linear(_SMALLEST, _SMALLEST)
    with torch.no_grad():
        inputs = torch.ones(1, 2, _SMALLEST)
        try:
            found = PackedLinear(layer)(inputs)
        except (AttributeError, NotImplementedError, RuntimeError, TypeError):
            # They belong to torch's compiler and may change from one release to the next.
            return False
        return torch.allclose(found, F.linear(inputs, layer.weight, layer.bias), atol=1e-4)
