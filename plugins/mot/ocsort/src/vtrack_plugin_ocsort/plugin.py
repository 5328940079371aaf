"""What this plugin offers: the tracker OC-SORT."""

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
            "ocsort",
            "vtrack_plugin_ocsort.config:OcSortConfig",
            "vtrack_plugin_ocsort.tracker:OcSort",
            "SORT that trusts observations: steady directions, recovery where last seen, a filter put right.",
            "Cao et al., Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking, CVPR 2023, "
            "https://arxiv.org/abs/2203.14360",
        ),
    )
