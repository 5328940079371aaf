"""What this distribution offers to vtcore."""

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
            "nanotrack",
            "vtrack_plugin_nanotrack.config:NanoTrackConfig",
            "vtrack_plugin_nanotrack.tracker:NanoTrack",
            "NanoTrack, versions 1 to 3: a small network in two ONNX files that follows targets it is shown once.",
            "HonglinChu, NanoTrack, 2022, https://github.com/HonglinChu/SiamTrackers/tree/master/NanoTrack",
        ),
    )
