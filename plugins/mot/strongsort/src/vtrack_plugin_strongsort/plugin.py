"""What this plugin offers: the tracker StrongSORT."""

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
            "strongsort",
            "vtrack_plugin_strongsort.config:StrongSortConfig",
            "vtrack_plugin_strongsort.tracker:StrongSort",
            "Matches by a running mean of appearances and by motion, through the camera's motion, then by overlap.",
            "Du et al., StrongSORT: Make DeepSORT Great Again, IEEE Transactions on Multimedia 2023, "
            "https://arxiv.org/abs/2202.13514",
        ),
    )
