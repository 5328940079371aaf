"""Which places of a picture learn which of its objects: SimOTA, in the two published forms.

Ge et al., YOLOX, 2021, section 2.1; Megvii's YOLOX (Apache-2.0), whose main branch ``"megvii"`` equals, and ByteTrack
(MIT), from an earlier YOLOX, that ``"bytetrack"`` equals. They differ in the places that come into question.
"""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from vtrack_plugin_yolox.decoding import Places

__all__ = ["VARIANTS", "Assignment", "Variant", "assign", "class_costs", "overlaps"]

_OVERLAP_WEIGHT = 3.0
_MOST_CANDIDATES = 10
_TINY = 1e-8


@attrs.frozen
class Variant:
    """What the published forms differ in.

    Attributes:
        radius: Strides from an object's centre within which a place is near it, along either axis.
        within_boxes: Whether places within an object's box come into question too, however far from its centre.
        clip_centres: Whether a centre beyond the picture's edge counts as on it.
        outside: Added to the cost of a place that is not near (or, with `within_boxes`, not both near and within).
    """

    radius: float
    within_boxes: bool
    clip_centres: bool
    outside: float


VARIANTS = {
    "bytetrack": Variant(2.5, within_boxes=True, clip_centres=True, outside=1e5),
    "megvii": Variant(1.5, within_boxes=False, clip_centres=False, outside=1e6),
}


@attrs.frozen
class Assignment:
    """What the places of one picture learn.

    Attributes:
        places: int64 ``(F,)``, those that learn an object, in order.
        objects: int64 ``(F,)``, the object of each.
        overlaps: float32 ``(F,)``, intersection over union of what the place predicts now and its object.
    """

    places: Tensor
    objects: Tensor
    overlaps: Tensor


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Return intersection over union ``(N, M)`` of boxes ``(N, 4)`` and ``(M, 4)``: centre x and y, width, height."""
    low = torch.maximum((first[:, :2] - first[:, 2:] / 2)[:, None], second[:, :2] - second[:, 2:] / 2)
    high = torch.minimum((first[:, :2] + first[:, 2:] / 2)[:, None], second[:, :2] + second[:, 2:] / 2)
    shared = (high - low).prod(dim=2) * (low < high).all(dim=2)
    return shared / (first[:, 2:].prod(dim=1)[:, None] + second[:, 2:].prod(dim=1) - shared)


def class_costs(classes: Tensor, objectness: Tensor, labels: Tensor) -> Tensor:
    """Return ``(G, A)``, the binary cross entropy of all classes of each place against each object's one.

    Args:
        classes: ``(A, C)``, raw.
        objectness: ``(A, 1)``, raw.
        labels: int64 ``(G,)``.
    """
    scores = (classes.float().sigmoid() * objectness.float().sigmoid()).sqrt()
    hit, miss = -scores.log().clamp(min=-100), -(-scores).log1p().clamp(min=-100)
    # Of all classes those that the object is not, and the one that it is: no (G, A, C) is ever made.
    others: Tensor = miss.sum(dim=1, keepdim=True) - miss
    return (hit + others).t()[labels]


def assign(
    boxes: Tensor,
    objectness: Tensor,
    classes: Tensor,
    at: Places,
    objects: Tensor,
    labels: Tensor,
    size: tuple[int, int],
    variant: Variant,
) -> Assignment:
    """Choose the places of one picture that learn its objects.

    Args:
        boxes: ``(A, 4)``, decoded: centre and size in pixels.
        objectness: ``(A, 1)``, raw.
        classes: ``(A, C)``, raw.
        at: Where the places lie.
        objects: ``(G, 4)``, centre and size in pixels; at least one.
        labels: int64 ``(G,)``.
        size: Height and width of the picture in pixels.
        variant: The published form.
    """
    with torch.no_grad():
        possible, well_placed = _geometry(at, objects, size, variant)
        rows = possible.nonzero()[:, 0]
        shared = overlaps(objects, boxes[rows])
        cost = (
            class_costs(classes[rows], objectness[rows], labels)
            - _OVERLAP_WEIGHT * (shared + _TINY).log()
            + variant.outside * ~well_placed[:, rows]
        )
        matched = _matched(cost, shared)
        chosen = matched.any(dim=0)
        owner = matched[:, chosen].int().argmax(dim=0)
        return Assignment(rows[chosen], owner, (matched * shared).sum(dim=0)[chosen])


def _geometry(at: Places, objects: Tensor, size: tuple[int, int], variant: Variant) -> tuple[Tensor, Tensor]:
    """Return ``(A,)``, which places come into question, and ``(G, A)``, which of them lie well for each object."""
    grid, strides = at
    middle = (grid + 0.5) * strides
    centres = objects[:, None, :2]
    if variant.clip_centres:
        limit = objects.new_tensor((size[1], size[0]))
        centres = torch.minimum(centres.clamp(min=0), limit)
    low, high = centres - variant.radius * strides, centres + variant.radius * strides
    near = ((middle > low) & (middle < high)).all(dim=2)
    if not variant.within_boxes:
        return near.any(dim=0), near
    half = objects[:, None, 2:] / 2
    within = ((middle > objects[:, None, :2] - half) & (middle < objects[:, None, :2] + half)).all(dim=2)
    return (near | within).any(dim=0), near & within


def _matched(cost: Tensor, shared: Tensor) -> Tensor:
    """Return bool ``(G, K)``, which candidate learns which object; an object gets as many as overlap it well."""
    matched = torch.zeros_like(cost, dtype=torch.bool)
    if cost.shape[1] == 0:
        return matched
    best = shared.topk(min(_MOST_CANDIDATES, shared.shape[1]), dim=1).values
    wanted = best.sum(dim=1).int().clamp(min=1)
    cheapest = cost.topk(int(wanted.max()), dim=1, largest=False).indices
    taken = torch.arange(cheapest.shape[1], device=cost.device) < wanted[:, None]
    matched.scatter_(1, cheapest, taken)
    contested = matched.sum(dim=0) > 1
    # Of several objects the place takes the one that it costs least, be it one of these or not.
    owner = cost[:, contested].argmin(dim=0)
    matched[:, contested] = torch.arange(len(cost), device=cost.device)[:, None] == owner
    return matched
