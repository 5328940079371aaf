"""What this plugin offers: a detector."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_detectors"]


@hookimpl
def vtcore_detectors() -> Iterable[Component]:
    """Return the detector."""
    return (
        Component(
            "detector",
            "faster-rcnn",
            "vtrack_plugin_faster_rcnn.config:FasterRcnnConfig",
            "vtrack_plugin_faster_rcnn.detector:FasterRcnnDetector",
            "Proposes boxes, then tells what is in each: MMDetection's two-stage detector on a feature pyramid.",
            "Ren et al., Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks, NeurIPS 2015, "
            "https://arxiv.org/abs/1506.01497",
        ),
    )
