"""What this plugin offers: the tracker DeepSORT."""

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
            "deepsort",
            "vtrack_plugin_deepsort.config:DeepSortConfig",
            "vtrack_plugin_deepsort.tracker:DeepSort",
            "Matches by appearance within the gate of a Kalman filter, the latest seen tracks first, then by overlap.",
            "Wojke et al., Simple Online and Realtime Tracking with a Deep Association Metric, ICIP 2017, "
            "https://arxiv.org/abs/1703.07402",
        ),
    )
