"""What this plugin offers: the tracker SORT."""

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
            "sort",
            "vtrack_plugin_sort.config:SortConfig",
            "vtrack_plugin_sort.tracker:Sort",
            "Matches detections to predicted boxes by overlap: no more, and fast.",
            "Bewley et al., Simple Online and Realtime Tracking, ICIP 2016, https://arxiv.org/abs/1602.00763",
        ),
    )
