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
            name="stark",
            config="vtrack_plugin_stark.config:StarkConfig",
            target="vtrack_plugin_stark.tracker:StarkTracker",
            summary="STARK-S, -ST and -Lightning: a transformer finds a given target; templates are renewed by score.",
            paper="Yan et al., Learning Spatio-Temporal Transformer for Visual Tracking, ICCV 2021, "
            "https://arxiv.org/abs/2103.17154",
        ),
    )
