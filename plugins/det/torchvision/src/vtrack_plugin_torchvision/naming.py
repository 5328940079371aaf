"""Names of weights in files that older versions of torchvision wrote, as its published ones are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

__all__ = ["convert_weights"]


def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names of today's torchvision; those that have these already pass unchanged.

    Before version 0.13 each convolution of the pyramid and the heads stood alone; since then it is the first of a pair
    with its norm and activation.

    Args:
        state: Tensors by name.
    """
    # FCOS has norms in between, and names of its own that look like those of an older RetinaNet.
    dense = _NORM not in state
    return {_renamed(name, dense=dense): value for name, value in state.items()}


_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(.*\bfpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)"), r"\1.0.\2"),
    (re.compile(r"(rpn\.head\.conv)\.(weight|bias)"), r"\1.0.0.\2"),
)
_MASK = re.compile(r"(roi_heads\.mask_head)\.mask_fcn(\d)\.(weight|bias)")
_DENSE = re.compile(r"(head\.(?:classification|regression)_head\.conv)\.([0246])\.(weight|bias)")


_NORM = "head.classification_head.conv.1.weight"


def _renamed(name: str, *, dense: bool) -> str:
    for pattern, replacement in _RULES:
        if pattern.fullmatch(name):
            return pattern.sub(replacement, name)
    if found := _MASK.fullmatch(name):
        return f"{found[1]}.{int(found[2]) - 1}.0.{found[3]}"
    if dense and (found := _DENSE.fullmatch(name)):
        return f"{found[1]}.{int(found[2]) // 2}.0.{found[3]}"
    return name
