"""Detectors: Faster R-CNN on a feature pyramid, and YOLOX."""

from __future__ import annotations

from collections.abc import Callable

from vtcore.migration.detector import Detector
from vtcore.migration.faster_rcnn import map_faster_rcnn
from vtcore.migration.yolox import map_yolox

__all__ = ["DETECTORS", "map_detector"]


def map_detector(detector: Detector) -> str:
    """Map a detector.

    Returns:
        Its name here; empty where it has no counterpart, which is told.
    """
    section = detector.section
    kind = section.type
    mapping = DETECTORS.get(kind)
    if mapping is None:
        what = kind or "a detector without a type"
        section.cannot(
            "type", f"detector {what} has no counterpart here; vtcore describe detector lists those there are"
        )
        return ""
    name = mapping(detector)
    if not name:
        return ""
    section.ignore("init_cfg", "data_preprocessor", "pretrained", "neck")
    section.finish(f"detector {name}")
    if detector.classes:
        section.draft.put((*detector.path, "class_names"), list(detector.classes))
    return name


DETECTORS: dict[str, Callable[[Detector], str]] = {"FasterRCNN": map_faster_rcnn, "YOLOX": map_yolox}
"""What maps each of their detectors; it returns the name of ours."""
