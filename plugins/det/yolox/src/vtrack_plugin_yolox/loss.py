"""What YOLOX is trained with.

Ge et al., YOLOX, 2021; Megvii's YOLOX (Apache-2.0) and ByteTrack (MIT), whose numbers and gradients these equal.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional

from vtrack_plugin_yolox.decoding import STRIDES, Places, decoded_boxes, flattened, places
from vtrack_plugin_yolox.simota import VARIANTS, Assignment, assign

__all__ = ["YoloxLoss", "YoloxLosses"]

_BOX_WEIGHT = 5.0


@attrs.frozen
class YoloxLosses:
    """Losses of a batch, each summed over places and divided by the number of places that learn an object.

    Attributes:
        total: What to minimise: the sum of the others.
        box: 1 - IoU squared, times 5.
        objectness: Binary cross entropy of all places.
        classes: Binary cross entropy against the overlap, for the object's class.
        l1: Absolute differences of the raw boxes; 0 where it is switched off.
        positives: Places that learn an object, per object; where there are none of either, one counts, as published.
        assignments: What was assigned, by picture.
    """

    total: Tensor
    box: Tensor
    objectness: Tensor
    classes: Tensor
    l1: Tensor
    positives: float
    assignments: tuple[Assignment, ...]


class YoloxLoss(nn.Module):
    """Losses of raw maps against labelled pictures; has no weights."""

    def __init__(self, *, variant: str = "megvii", l1: bool = False) -> None:
        """Choose the form.

        Args:
            variant: Which places come into question: ``"megvii"`` or ``"bytetrack"``.
            l1: Whether raw boxes are compared too, as in the last epochs, without augmentation.

        Raises:
            ValueError: There is no such variant.
        """
        super().__init__()
        if variant not in VARIANTS:
            raise ValueError(f"variant: must be one of {', '.join(map(repr, VARIANTS))}, got {variant!r}")
        self.variant = VARIANTS[variant]
        self.l1 = l1

    def forward(self, maps: Seq[Tensor], labels: Tensor) -> YoloxLosses:
        """Return the losses of a batch.

        Args:
            maps: As `Yolox.raw` gives them, finest first.
            labels: float32 ``(N, M, 5 or more)``: rows of class, centre x, centre y, width and height in pixels of the
                images, filled up with rows of zeros; what comes after (ByteTrack's identity) does not count.

        Raises:
            ValueError: As `of_places` raises it.
        """
        sizes = [(each.shape[2], each.shape[3]) for each in maps]
        return self.of_places(flattened(maps), labels, sizes)

    def of_places(self, raw: Tensor, labels: Tensor, sizes: Seq[tuple[int, int]]) -> YoloxLosses:
        """Return the losses of what `flattened` gives.

        Args:
            raw: ``(N, A, 4 + 1 + classes)``.
            labels: As for `forward`.
            sizes: Height and width of the map of each scale.

        Raises:
            ValueError: Labels are of another number of pictures, have too few columns, or a class that the network
                does not have.
        """
        at = places(sizes, raw.device)
        boxes = decoded_boxes(raw, at)
        picture = sizes[0][0] * STRIDES[0], sizes[0][1] * STRIDES[0]
        targets = _targets(raw, labels)
        assignments = tuple(
            self._assigned(boxes[index], raw[index], at, target, picture) for index, target in enumerate(targets)
        )
        positives = sum(len(each.places) for each in assignments)
        found = _Positives(raw, boxes, at, assignments, targets)
        norm = max(positives, 1)
        box = _BOX_WEIGHT * found.box_loss() / norm
        objectness = found.objectness_loss() / norm
        classes = found.class_loss() / norm
        l1 = found.l1_loss() / norm if self.l1 else raw.new_zeros(())
        total = box + objectness + classes + l1
        return YoloxLosses(total, box, objectness, classes, l1, norm / max(sum(map(len, targets)), 1), assignments)

    def _assigned(self, boxes: Tensor, raw: Tensor, at: Places, target: Tensor, picture: tuple[int, int]) -> Assignment:
        if not len(target):
            none = torch.zeros(0, dtype=torch.int64, device=raw.device)
            return Assignment(none, none, raw.new_zeros(0))
        return assign(boxes, raw[:, 4:5], raw[:, 5:], at, target[:, 1:], target[:, 0].long(), picture, self.variant)


def _targets(raw: Tensor, labels: Tensor) -> list[Tensor]:
    """Return class, centre and size ``(G, 5)`` of each picture's objects; rows whose sum is not positive fill up."""
    if labels.ndim != 3 or labels.shape[2] < 5 or len(labels) != len(raw):
        raise ValueError(f"labels: must be ({len(raw)} pictures, objects, 5 or more), got {tuple(labels.shape)}")
    counts = (labels[..., :5].sum(dim=2) > 0).sum(dim=1).tolist()
    targets = [each[:count, :5].to(raw) for each, count in zip(labels, counts, strict=True)]
    numbers, classes = torch.cat(targets)[:, 0], raw.shape[2] - 5
    unknown = numbers[~((numbers >= 0) & (numbers < classes))]
    if len(unknown):
        raise ValueError(f"labels: the network has the classes 0 to {classes - 1}, got {unknown[0].item():g}")
    return targets


class _Positives:
    """The places of a batch that learn an object, and what they shall say."""

    def __init__(
        self,
        raw: Tensor,
        boxes: Tensor,
        at: Places,
        assignments: Seq[Assignment],
        targets: Seq[Tensor],
    ) -> None:
        pictures = [torch.full_like(each.places, index) for index, each in enumerate(assignments)]
        self._where = torch.cat(pictures), torch.cat([each.places for each in assignments])
        learnt = [target[each.objects] for target, each in zip(targets, assignments, strict=True)]
        self._targets = torch.cat(learnt)
        self._overlaps = torch.cat([each.overlaps for each in assignments])
        self._raw, self._boxes, self._at = raw, boxes, at

    def box_loss(self) -> Tensor:
        found, wanted = self._boxes[self._where], self._targets[:, 1:]
        low = torch.maximum(found[:, :2] - found[:, 2:] / 2, wanted[:, :2] - wanted[:, 2:] / 2)
        high = torch.minimum(found[:, :2] + found[:, 2:] / 2, wanted[:, :2] + wanted[:, 2:] / 2)
        shared = (high - low).prod(dim=1) * (low < high).all(dim=1)
        union = found[:, 2:].prod(dim=1) + wanted[:, 2:].prod(dim=1) - shared
        return (1 - (shared / (union + 1e-16)) ** 2).sum()

    def objectness_loss(self) -> Tensor:
        wanted = torch.zeros_like(self._raw[..., 4])
        wanted[self._where] = 1
        return functional.binary_cross_entropy_with_logits(self._raw[..., 4], wanted, reduction="sum")

    def class_loss(self) -> Tensor:
        found = self._raw[self._where][:, 5:]
        wanted = functional.one_hot(self._targets[:, 0].long(), found.shape[1]) * self._overlaps[:, None]
        return functional.binary_cross_entropy_with_logits(found, wanted.to(found), reduction="sum")

    def l1_loss(self) -> Tensor:
        grid, strides = (each[self._where[1]] for each in self._at)
        centre = self._targets[:, 1:3] / strides - grid
        size = (self._targets[:, 3:5] / strides + 1e-8).log()
        difference = self._raw[self._where][:, :4] - torch.cat((centre, size), dim=1)
        return difference.abs().sum()
