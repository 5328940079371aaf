"""What the numbers of a network in an ONNX file stand for."""

from __future__ import annotations

import logging
from pathlib import Path

from vtcore.errors import OptionError
from vtrack_common_det.class_filter import network_class_names
from vtrack_common_det.class_names import COCO, COCO_IDS
from vtrack_common_det.label_map import LabelMap
from vtrack_plugin_onnx.config import OnnxConfig

__all__ = ["counted", "numbering"]

_log = logging.getLogger("vtcore")


def counted(config: OnnxConfig, count: int, own: int, path: Path) -> int:
    """Return how many of the network's numbers stand for classes.

    Args:
        config: The decoding.
        count: Numbers that the shapes tell of, 0 where they tell of none.
        own: How many names stand in the file: segmentation and pose have rows for more than classes.
        path: The file, for messages.
    """
    if not config.decoding.startswith("yolo") or not 0 < own < count:
        return count
    _log.warning("%s: names %d classes: %d more numbers of each box are left out", path, own, count - own)
    return own


def numbering(config: OnnxConfig, count: int, own: tuple[str, ...]) -> LabelMap:
    """Return the names of the network's numbers.

    Args:
        config: Names, and how classes are numbered.
        count: Numbers of the network, 0 where that is not known.
        own: Names in the file; they are left out of account where their number does not fit.

    Raises:
        OptionError: Names or numbering do not go with the network.
    """
    if config.label_numbers == "coco-ids":
        if 0 < count <= COCO_IDS[-1]:
            raise OptionError(f"label_numbers: the network has {count} classes, fewer than COCO's ids; leave it out")
        names = network_class_names(config.class_names, len(COCO)) if config.class_names else COCO
        return LabelMap(dict(zip(COCO_IDS, names, strict=True)))
    first = int(config.label_numbers == "from-one")
    classes = count - first if count > first else len(config.class_names) or len(own) or len(COCO)
    given = config.class_names or (own if len(own) == classes else ())
    return LabelMap(dict(enumerate(network_class_names(given, classes), first)))
