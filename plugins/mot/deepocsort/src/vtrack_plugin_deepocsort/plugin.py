"""What this plugin offers: the tracker Deep OC-SORT."""

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
            "deepocsort",
            "vtrack_plugin_deepocsort.config:DeepOcSortConfig",
            "vtrack_plugin_deepocsort.tracker:DeepOcSort",
            "OC-SORT through the camera's motion, and by appearance as far as it tells tracks apart.",
            "Maggiolino et al., Deep OC-SORT: Multi-Pedestrian Tracking by Adaptive Re-Identification, ICIP 2023, "
            "https://arxiv.org/abs/2302.11813",
        ),
    )
