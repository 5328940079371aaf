"""Layers one behind the other, as trackers have them for scores and boxes; needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Perceptron"]


class Perceptron(nn.Module):
    """Linear layers with a ReLU between each two; the weights are named ``layers.0``, ``layers.1``, ...

    Args:
        widths: Numbers that come in, between each two layers, and that go out.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(..., last width)`` of ``(..., first width)``."""
        for layer in self.layers[:-1]:
            x = functional.relu(layer(x))
        answer: Tensor = self.layers[-1](x)
        return answer
