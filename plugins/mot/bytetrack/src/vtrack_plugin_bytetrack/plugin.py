"""What this plugin offers: the tracker ByteTrack."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_trackers"]


@hookimpl
def vtcore_trackers() -> Iterable[Component]:
    """Return the tracker."""
    return (
        Component(
            "tracker",
            "bytetrack",
            "vtrack_plugin_bytetrack.config:ByteTrackConfig",
            "vtrack_plugin_bytetrack.tracker:ByteTrack",
            "Matches confident detections first, then continues tracks with the unsure ones.",
            "Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022, "
            "https://arxiv.org/abs/2110.06864",
        ),
    )
