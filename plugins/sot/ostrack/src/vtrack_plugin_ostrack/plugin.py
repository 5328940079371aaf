"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl


@hookimpl
def vtcore_trackers() -> Iterable[Component]:
    """Return the tracker."""
    return (
        Component(
            kind="tracker",
            name="ostrack",
            config="vtrack_plugin_ostrack.config:OstrackConfig",
            target="vtrack_plugin_ostrack.tracker:OstrackTracker",
            summary="One transformer over template and search region, which drops what is background on its way.",
            paper="Ye et al., Joint Feature Learning and Relation Modeling for Tracking: A One-Stream Framework, "
            "ECCV 2022, https://arxiv.org/abs/2203.11991",
        ),
    )
