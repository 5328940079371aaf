"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl


@hookimpl
def vtcore_detectors() -> Iterable[Component]:
    """Return the detector."""
    return (
        Component(
            kind="detector",
            name="yolox",
            config="vtrack_plugin_yolox.config:YoloxConfig",
            target="vtrack_plugin_yolox.detector:YoloxDetector",
            summary="YOLOX nano to x, with weights of Megvii, ByteTrack, MMDetection and MMTracking, or out of ONNX.",
            paper="Ge et al., YOLOX: Exceeding YOLO Series in 2021, 2021, https://arxiv.org/abs/2107.08430",
        ),
    )
