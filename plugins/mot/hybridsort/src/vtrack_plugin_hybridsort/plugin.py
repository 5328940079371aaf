"""What this plugin offers: the tracker Hybrid-SORT."""

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
            "hybridsort",
            "vtrack_plugin_hybridsort.config:HybridSortConfig",
            "vtrack_plugin_hybridsort.tracker:HybridSort",
            "OC-SORT with weak cues: confidence over time, overlap in height, directions of all corners.",
            "Yang et al., Hybrid-SORT: Weak Cues Matter for Online Multi-Object Tracking, AAAI 2024, "
            "https://arxiv.org/abs/2308.00783",
        ),
    )
