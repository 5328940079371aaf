"""Candidate elimination: which tokens of the search region go on, and who decides that.

Of Ye et al., ECCV 2022, section 3.3; numbers equal those of botaoye/OSTrack (MIT). In a block that eliminates, the
attention which chosen squares of the template pay to each candidate, averaged over these squares and the heads, says
how likely it is the target; the least likely are dropped and take part in nothing that follows.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vtcore.errors import OptionError
from vtcore.instances import BoolArray, Float64Array
from vtrack_common_sot.crops import box_in_crop

__all__ = ["Focus", "attention_paid", "box_range", "fixed_range", "focus_of", "keep_rate", "kept_candidates"]

Focus = tuple[Tensor, Tensor]
"""Squares of the template that decide: int64 ``(K,)`` their places, row by row, and float32 ``(N, K)`` what each counts
in each of the batch, 1 in sum."""

_CENTRES = {
    "CTR_POINT": {7: (3, 4), 8: (3, 4), 12: (5, 6), 14: (6, 7)},
    "CTR_REC": {7: (3, 4), 8: (3, 5), 12: (5, 7)},
}
"""First row and column, and the one behind the last, by the tokens along a side of the template."""


def fixed_range(name: str, grid: int) -> BoolArray | None:
    """Return the squares of the template that decide, where the target's box says nothing of it.

    Args:
        name: ``"ALL"``, ``"CTR_POINT"`` or ``"CTR_REC"``.
        grid: Tokens along a side of the template.

    Returns:
        bool ``(grid * grid,)``, None for all.

    Raises:
        OptionError: The original says nothing of templates of that size.
    """
    if name == "ALL":
        return None
    known = _CENTRES[name]
    if grid not in known:
        sizes = ", ".join(map(str, known))
        raise OptionError(
            f"elimination_range: {name} is defined for templates of {sizes} tokens, and these weights have {grid}; "
            'write "ALL" or "GT_BOX"'
        )
    chosen = np.zeros((grid, grid), bool)
    chosen[slice(*known[grid]), slice(*known[grid])] = True
    return chosen.ravel()


def box_range(ltwh: Float64Array, scale: float, size: int, patch: int) -> BoolArray:
    """Return the squares of the template that show the target's box: ``GT_BOX``.

    Of each square the four pixels in the middle are looked at. A box that reaches beyond the template on the left or
    above is cut as the original cuts it, which counts a negative place from the other end. Where a box is so thin that
    it meets no middle, the centre decides; the original then has no number at all.

    Args:
        ltwh: The target's box in the picture.
        scale: Pixels of the template for each pixel of the picture.
        size: Side of the template, pixels.
        patch: Side of a square, pixels.

    Returns:
        bool ``(n * n,)``, row by row.
    """
    box = np.asarray(ltwh, np.float32)
    # In single precision, since whole pixels are cut off below.
    x, y, width, height = (float(value) for value in box_in_crop(box, box, scale, size) * np.float32(size))
    pixels = np.zeros((size, size), bool)
    pixels[int(y) : int(y + height - 1), int(x) : int(x + width - 1)] = True
    grid, middle = size // patch, patch // 2
    squares = pixels[: grid * patch, : grid * patch].reshape(grid, patch, grid, patch)
    shown: BoolArray = np.any(squares[:, middle - 1 : middle + 1, :, middle - 1 : middle + 1], axis=(1, 3))
    if not shown.any():
        shown[(grid - 1) // 2, (grid - 1) // 2] = True
    return shown.ravel()


def attention_paid(queries: Tensor, keys: Tensor, scale: float, template: int, focus: Focus | None) -> Tensor:
    """Return how much attention the template pays to each candidate.

    Only the rows of the attention that decide are computed.

    Args:
        queries: ``(N, heads, L, d)``, template first.
        keys: ``(N, heads, L, d)``.
        scale: What their products are multiplied with.
        template: Tokens of the template.
        focus: Who decides; None for all of the template alike.

    Returns:
        ``(N, L - template)``.
    """
    asked = queries[:, :, :template] if focus is None else queries[:, :, focus[0]]
    paid = (asked @ keys.transpose(-2, -1) * scale).softmax(dim=-1)[..., template:]
    if focus is None:
        return paid.mean(dim=(1, 2))
    return (paid.mean(dim=1) * focus[1].to(paid.dtype).unsqueeze(-1)).sum(dim=1)


def kept_candidates(count: int, keep: float) -> int:
    """Return how many of `count` candidates stay."""
    return min(math.ceil(keep * count), count)


def keep_rate(epoch: int, *, start: int = 20, warm: int = 80, keep: float = 0.7) -> float:
    """Return the share of candidates that stays in an epoch of training.

    Args:
        epoch: Counted from 0.
        start: Epochs in which all stay.
        warm: Epochs in which the share then falls, along a cosine.
        keep: The share in the end.
    """
    if epoch < start:
        return 1.0
    if epoch >= start + warm:
        return keep
    return keep + (1 - keep) * (math.cos((epoch - start) / warm * math.pi) + 1) * 0.5


def focus_of(ranges: list[BoolArray | None], device: torch.device | str = "cpu") -> Focus | None:
    """Return what a batch looks at, of what each of it looks at.

    Args:
        ranges: For each of the batch bool ``(L,)``, or None for all in each.
        device: Where the network computes.
    """
    if any(chosen is None for chosen in ranges):
        return None
    chosen: npt.NDArray[np.bool_] = np.array(ranges)
    rows = np.flatnonzero(chosen.any(axis=0))
    weights = chosen[:, rows] / chosen.sum(axis=1, keepdims=True)
    return torch.from_numpy(rows).to(device), torch.from_numpy(weights.astype(np.float32)).to(device)
