"""What is kept of a target: its box and its templates as tokens."""

from __future__ import annotations

import attrs
from torch import Tensor

from vtcore.instances import BoolArray, Float64Array

__all__ = ["Target"]


@attrs.define(eq=False)
class Target:
    """A target.

    Attributes:
        box: ``(4,)``, ``x, y, width, height`` in pixels.
        age: Frames since it was started.
        templates: Tokens of each template, float32 ``(n, C)``; the first is of the frame in which it was started.
        paddings: Cells of each template that are padding, bool ``(h, w)``.
    """

    box: Float64Array
    age: int
    templates: tuple[Tensor, ...]
    paddings: tuple[BoolArray, ...]
