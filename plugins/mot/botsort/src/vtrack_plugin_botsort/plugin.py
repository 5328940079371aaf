"""What this plugin offers: the tracker BoT-SORT."""

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
            "botsort",
            "vtrack_plugin_botsort.config:BotSortConfig",
            "vtrack_plugin_botsort.tracker:BotSort",
            "Matches as ByteTrack does, through the camera's motion, and by appearance where there are embeddings.",
            "Aharon et al., BoT-SORT: Robust Associations Multi-Pedestrian Tracking, 2022, "
            "https://arxiv.org/abs/2206.14651",
        ),
    )
