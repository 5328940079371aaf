"""Names of weights, from those of https://github.com/researchmm/Stark (MIT) to ours."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

__all__ = ["convert_weights"]

_PREFIXES = (("backbone.0.body.", "backbone."), ("backbone.body.", "backbone."), ("backbone.1.", "position."))
"""Of STARK-S and ST, of Lightning, and of a position embedding that is learned."""


def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under our networks' names; those that have them already stay as they are.

    Args:
        state: Tensors by the names of a checkpoint, of ``net`` in it (``STARKST_ep0050.pth.tar``) or of the network
            trained on several devices (``module.`` before each name).
    """
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        ours = name.removeprefix("net.").removeprefix("module.")
        for theirs, prefix in _PREFIXES:
            if ours.startswith(theirs):
                ours = prefix + ours.removeprefix(theirs)
                break
        found[ours] = value
    return found
