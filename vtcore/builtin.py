"""The core's own plugin: sources of frames, given detections, a protocol, and the files that results go to."""

from __future__ import annotations

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_components", "vtcore_datasets", "vtcore_detectors"]


@hookimpl
def vtcore_datasets() -> list[Component]:
    """Return the sources that need no reader of their own."""
    return [
        Component(
            "dataset",
            "video",
            "vtcore.sources.config:VideoConfig",
            "vtcore.sources.video:VideoDataset",
            "One or more video files, each a sequence.",
        ),
        Component(
            "dataset",
            "images",
            "vtcore.sources.config:ImagesConfig",
            "vtcore.sources.images:ImagesDataset",
            "A folder or a pattern of image files, as one sequence.",
        ),
        Component(
            "dataset",
            "camera",
            "vtcore.sources.config:CameraConfig",
            "vtcore.sources.camera:CameraDataset",
            "A camera of this computer, as one sequence without an end.",
        ),
        Component(
            "dataset",
            "stream",
            "vtcore.sources.config:StreamConfig",
            "vtcore.sources.stream:StreamDataset",
            "A network stream (RTSP, HTTP) that is connected again when it breaks off.",
        ),
    ]


@hookimpl
def vtcore_detectors() -> list[Component]:
    """Return the detectors that detect nothing themselves."""
    return [
        Component(
            "detector",
            "given",
            "vtcore.detectors.config:GivenConfig",
            "vtcore.detectors.given:GivenDetector",
            "The detections that come with the data, or from a file.",
        ),
        Component(
            "detector",
            "function",
            "vtcore.detectors.config:FunctionConfig",
            "vtcore.detectors.function:FunctionDetector",
            "Any Python function that takes an image and returns boxes.",
        ),
    ]


@hookimpl
def vtcore_components() -> list[Component]:
    """Return the protocol that trackers of targets are driven by, and the writers."""
    return [
        Component(
            "protocol",
            "one-pass",
            "vtcore.protocols.config:OnePassConfig",
            "vtcore.protocols.one_pass:OnePass",
            "Every target is shown once and then followed to the end.",
            "Wu, Lim, Yang: Object Tracking Benchmark, TPAMI 2015, https://doi.org/10.1109/TPAMI.2014.2388226",
        ),
        Component(
            "writer",
            "mot-text",
            "vtcore.results.config:MotTextConfig",
            "vtcore.results.mot_text:MotTextWriter",
            "MOT Challenge text, ten columns, as the official server takes it.",
        ),
        Component(
            "writer",
            "json-lines",
            "vtcore.results.config:JsonLinesConfig",
            "vtcore.results.json_lines:JsonLinesWriter",
            "One JSON object per frame, with every field of the instances.",
        ),
        Component(
            "writer",
            "coco-video",
            "vtcore.results.config:CocoVideoConfig",
            "vtcore.results.coco_video:CocoVideoWriter",
            "COCO-style JSON for video, with tracks and masks.",
        ),
        Component(
            "writer",
            "video",
            "vtcore.drawing.config:VideoWriterConfig",
            "vtcore.drawing.video_writer:VideoWriter",
            "The video with boxes, ids and trails drawn on it.",
        ),
    ]
