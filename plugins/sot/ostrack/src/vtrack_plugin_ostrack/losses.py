"""What OSTrack learns by: the place of the target on a map, and its box.

Of Ye et al., ECCV 2022, section 3.4; numbers equal those of botaoye/OSTrack (MIT). The focal loss and the gaussians are
CornerNet's (Law and Deng, ECCV 2018), with the radius as its first code had it, which OSTrack keeps.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vtrack_nets.overlap import generalised_overlap, pairwise_overlap
from vtrack_plugin_ostrack.head import Maps, boxes_at_best

__all__ = ["OstrackLoss", "OstrackLosses", "gaussian_maps", "gaussian_radius", "place_loss"]

_OVERLAP = 0.7
"""How well a box overlaps whose corners lie within the radius."""

_LEAST = 1e-12


class OstrackLosses(NamedTuple):
    """Losses of a batch, each a number with a gradient, but for the overlap.

    Attributes:
        total: What is learnt from: the weighted sum of the next three.
        place: Focal loss of the map of scores.
        giou: 1 less the generalised overlap of the boxes, their mean.
        l1: Mean difference of the corners.
        overlap: Mean intersection over union.
    """

    total: Tensor
    place: Tensor
    giou: Tensor
    l1: Tensor
    overlap: Tensor


class OstrackLoss(nn.Module):
    """The losses of the network's maps, weighted."""

    def __init__(self, *, place: float = 1.0, giou: float = 2.0, l1: float = 5.0) -> None:
        """Keep the weights of the three losses."""
        super().__init__()
        self.place, self.giou, self.l1 = place, giou, l1

    def forward(self, maps: Maps, targets: Tensor) -> OstrackLosses:
        """Return the losses.

        Args:
            maps: What the network answers; the box is that of its likeliest cell.
            targets: ``(N, 4)``, ``x, y, width, height`` in fractions of the search region.
        """
        boxes, _ = boxes_at_best(maps)
        found = torch.cat((boxes[:, :2] - 0.5 * boxes[:, 2:], boxes[:, :2] + 0.5 * boxes[:, 2:]), dim=1)
        wanted = torch.cat((targets[:, :2], targets[:, :2] + targets[:, 2:]), dim=1).clamp(0, 1)
        place = place_loss(maps.score, gaussian_maps(targets, maps.score.shape[-1]).unsqueeze(1))
        giou = (1 - generalised_overlap(found, wanted, least=_LEAST)).mean()
        l1 = (found - wanted).abs().mean()
        overlap = pairwise_overlap(found.detach(), wanted).diagonal().mean()
        total = self.giou * giou + self.l1 * l1 + self.place * place
        return OstrackLosses(total, place, giou, l1, overlap)


def gaussian_maps(targets: Tensor, side: int) -> Tensor:
    """Return what the map of scores should be: a gaussian around the cell that holds the target's middle.

    Args:
        targets: ``(N, 4)``, ``x, y, width, height`` in fractions of the search region.
        side: Cells along a side of the map.

    Returns:
        float32 ``(N, side, side)``; 1 in the cell of the middle, all 0 where that lies beyond the map.
    """
    cells = targets.detach() * side
    middle = (cells[:, :2] + cells[:, 2:] / 2).round()
    radius = gaussian_radius(cells[:, 2:]).clamp(min=0).to(torch.int64)[:, None].double()
    spread = (2 * radius + 1) / 6
    places = torch.arange(side, device=targets.device, dtype=torch.float64)
    across, down = (places - middle[:, axis : axis + 1].double() for axis in (0, 1))
    square = down[:, :, None] ** 2 + across[:, None, :] ** 2
    gaussian = torch.exp(-square / (2 * spread[:, :, None] ** 2))
    near = (across.abs() <= radius)[:, None, :] & (down.abs() <= radius)[:, :, None]
    return torch.where(near & (gaussian >= torch.finfo(torch.float64).eps), gaussian, 0).float()


def gaussian_radius(extents: Tensor) -> Tensor:
    """Return how far corners may be off for boxes that still overlap by 0.7, as CornerNet's first code has it.

    Args:
        extents: ``(N, 2)``, widths and heights.

    Returns:
        ``(N,)``.
    """
    total, area = extents.sum(dim=-1), extents.prod(dim=-1)
    both_inside = (total + (total**2 - 4 * area * (1 - _OVERLAP) / (1 + _OVERLAP)).sqrt()) / 2
    within = (2 * total + (4 * total**2 - 16 * (1 - _OVERLAP) * area).sqrt()) / 2
    around = -2 * _OVERLAP * total
    around = (around + (around**2 - 16 * _OVERLAP * (_OVERLAP - 1) * area).sqrt()) / 2
    return torch.minimum(both_inside, torch.minimum(within, around))


def place_loss(scores: Tensor, wanted: Tensor) -> Tensor:
    """Return the focal loss of maps of scores, over the number of cells that hold a middle.

    Args:
        scores: ``(N, 1, h, w)``, 0 to 1.
        wanted: Of the same shape; 1 where a middle is.
    """
    scores = scores.clamp(min=_LEAST)
    hit = wanted == 1
    on = torch.where(hit, scores.log() * (1 - scores) ** 2, 0).sum()
    off = torch.where(hit, 0, (1 - scores).log() * scores**2 * (1 - wanted) ** 4).sum()
    count = hit.sum()
    return torch.where(count == 0, -off, -(on + off) / count.clamp(min=1))
