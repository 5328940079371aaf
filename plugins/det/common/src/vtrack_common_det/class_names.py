"""Names of classes that published weights were trained with, in the order of the networks' outputs."""

from __future__ import annotations

__all__ = ["COCO", "COCO_IDS", "default_class_names"]

COCO: tuple[str, ...] = (
    *("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light"),
    *("fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow"),
    *("elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee"),
    *("skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard"),
    *("tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple"),
    *("sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch"),
    *("potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone"),
    *("microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear"),
    *("hair drier", "toothbrush"),
)
"""The 80 classes of COCO (Lin et al., Microsoft COCO, ECCV 2014), numbered without gaps as detectors count them."""

COCO_IDS: tuple[int, ...] = tuple(
    number for number in range(1, 91) if number not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
)
"""COCO's own numbers of these classes, 1 to 90 with gaps, as torchvision's and DETR's networks give them."""


def default_class_names(count: int) -> tuple[str, ...]:
    """Return names for a network with so many classes, where nobody gave any.

    Args:
        count: Classes of the network. 80 are taken for COCO's, 90 for COCO's own numbers less 1, as in torchvision's
            weights without their background, a single one for a ``"person"``, as in weights for pedestrian tracking;
            others, and COCO's gaps, are named ``"class-0"``, ``"class-1"`` and so on.
    """
    if count == len(COCO):
        return COCO
    if count == 1:
        return ("person",)
    known = dict(zip(COCO_IDS, COCO, strict=True)) if count == COCO_IDS[-1] else {}
    return tuple(known.get(number + 1, f"class-{number}") for number in range(count))
