"""What the numbers of torchvision's models stand for."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from vtrack_common_det.class_filter import network_class_names
from vtrack_common_det.class_names import COCO, COCO_IDS
from vtrack_common_det.label_map import LabelMap

__all__ = ["numbering"]

_COCO_NUMBERS = 91
"""COCO's ids to 90, and 0 for the background: what torchvision's published models count."""


def numbering(names: Seq[str], count: int, *, background: bool) -> LabelMap:
    """Return the classes that a model's numbers stand for.

    Args:
        names: As the option ``class_names`` has them, without a background; empty for the usual ones.
        count: Numbers of the model. 91 are taken for COCO's ids, as in torchvision's published models.
        background: Whether 0 stands for nothing. Where that is not sure (RetinaNet and FCOS can be trained either
            way), one name less than numbers says so.

    Raises:
        ValueError: There are more or fewer names than classes, or a name stands twice.
    """
    if count == _COCO_NUMBERS and (not names or len(names) == len(COCO)):
        coco = network_class_names(names, len(COCO)) if names else COCO
        return LabelMap(dict(zip(COCO_IDS, coco, strict=True)))
    first = int(background or len(names) == count - 1)
    return LabelMap(dict(enumerate(network_class_names(names, count - first), first)))
