"""What this plugin offers: the trackers of QDTrack, and the detector that describes what it finds."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_detectors", "vtcore_trackers"]

_PAPER = (
    "Pang et al., Quasi-Dense Similarity Learning for Multiple Object Tracking, CVPR 2021, "
    "https://arxiv.org/abs/2006.06664"
)


@hookimpl
def vtcore_trackers() -> Iterable[Component]:
    """Return the trackers."""
    return (
        Component(
            "tracker",
            "qdtrack",
            "vtrack_plugin_qdtrack.config:QDTrackConfig",
            "vtrack_plugin_qdtrack.tracker:QDTrack",
            "Matches by embeddings alone, in both directions, and against what was no track before.",
            _PAPER,
        ),
        Component(
            "tracker",
            "qdtrack-tao",
            "vtrack_plugin_qdtrack.config:QDTrackTaoConfig",
            "vtrack_plugin_qdtrack.tao:QDTrackTao",
            "QDTrack for hundreds of classes with low scores, as on TAO.",
            _PAPER,
        ),
    )


@hookimpl
def vtcore_detectors() -> Iterable[Component]:
    """Return the detector."""
    return (
        Component(
            "detector",
            "qdtrack",
            "vtrack_plugin_qdtrack.config:QDTrackDetectorConfig",
            "vtrack_plugin_qdtrack.detector:QDTrackDetector",
            "Finds boxes with Faster R-CNN, and describes each out of the same feature maps, for the tracker qdtrack.",
            _PAPER,
        ),
    )
