"""What this plugin offers: the tracker BoostTrack."""

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
            "boosttrack",
            "vtrack_plugin_boosttrack.config:BoostTrackConfig",
            "vtrack_plugin_boosttrack.tracker:BoostTrack",
            "One matching by boosted similarity, of detections whose scores are boosted by what is known of tracks.",
            "Stanojevic and Todorovic, BoostTrack: boosting the similarity measure and detection confidence for "
            "improved multiple object tracking, Machine Vision and Applications 2024, "
            "https://doi.org/10.1007/s00138-024-01531-5; the same, BoostTrack++: using tracklet information to detect "
            "more objects in multiple object tracking, 2024, https://arxiv.org/abs/2408.13003",
        ),
    )
