"""The centre head: where the target's middle is, how large the target is, and where within its cell the middle lies.

Of Ye et al., ECCV 2022, section 3.4; numbers and names of parameters are those of botaoye/OSTrack (MIT). That code has
a corner head and a perceptron, too, which its own network cannot be built with.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vtrack_common_sot.folding import fold_norms

__all__ = ["CentreHead", "Maps", "boxes_at_best"]

_LEAST = 1e-4
_BRANCHES = {"ctr": 1, "offset": 2, "size": 2}
_TOWER = 4


class Maps(NamedTuple):
    """What the centre head answers of each cell of the search region.

    Attributes:
        score: ``(N, 1, h, w)``, how likely the middle of the target is there, 0.0001 to 0.9999.
        size: ``(N, 2, h, w)``, width and height, in fractions of the search region, within the same bounds.
        offset: ``(N, 2, h, w)``, where the middle is in x and y, in cells from the cell's first corner.
    """

    score: Tensor
    size: Tensor
    offset: Tensor


class CentreHead(nn.Module):
    """Three towers of convolutions. Parameters: ``conv1_ctr.0``, ``.1`` (norm), ... ``conv5_ctr``, and so on."""

    def __init__(self, width: int = 768, channels: int = 256) -> None:
        """Make the towers.

        Args:
            width: Channels that come in.
            channels: Of the first convolution; each of the next three has half as many as the one before.
        """
        super().__init__()
        for branch, answers in _BRANCHES.items():
            inside = width
            for number in range(_TOWER):
                outside = channels >> number
                layers = (nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside), nn.ReLU(inplace=True))
                self.add_module(f"conv{number + 1}_{branch}", nn.Sequential(*layers))
                inside = outside
            self.add_module(f"conv{_TOWER + 1}_{branch}", nn.Conv2d(inside, answers, 1))

    def forward(self, features: Tensor) -> Maps:
        """Return the maps of features ``(N, width, h, w)``."""
        return Maps(
            self._tower(features, "ctr").sigmoid().clamp(_LEAST, 1 - _LEAST),
            self._tower(features, "size").sigmoid().clamp(_LEAST, 1 - _LEAST),
            self._tower(features, "offset"),
        )

    def fuse(self) -> CentreHead:
        """Make batch norms part of the convolutions before them; it can then learn no more."""
        fold_norms(self)
        # As the features come: each cell's numbers lie side by side.
        return self.to(memory_format=torch.channels_last)

    def _tower(self, features: Tensor, branch: str) -> Tensor:
        for number in range(_TOWER + 1):
            features = self.get_submodule(f"conv{number + 1}_{branch}")(features)
        return features


def boxes_at_best(maps: Maps, response: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the box of the likeliest cell.

    Args:
        maps: Of the head.
        response: ``(N, 1, h, w)``, what says which cell is the likeliest; None for the score.

    Returns:
        Boxes ``(N, 4)``, middle x, middle y, width, height in fractions of the search region; and the cells, int64
        ``(N, 1)``, counted row by row.
    """
    response = maps.score if response is None else response
    side = response.shape[-1]
    best = response.flatten(1).argmax(dim=1, keepdim=True)
    there = best.unsqueeze(1).expand(-1, 2, 1)
    size, offset = (values.flatten(2).gather(2, there).squeeze(-1) for values in (maps.size, maps.offset))
    cell = torch.cat((best % side, best // side), dim=1)
    return torch.cat(((cell.to(offset.dtype) + offset) / side, size), dim=1), best
