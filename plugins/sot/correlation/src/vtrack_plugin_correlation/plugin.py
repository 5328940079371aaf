"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_trackers"]


@hookimpl
def vtcore_trackers() -> Iterable[Component]:
    """Return the trackers."""
    return (
        Component(
            "tracker",
            "kcf",
            "vtrack_plugin_correlation.config:KcfConfig",
            "vtrack_plugin_correlation.kcf:Kcf",
            "Kernelized correlation filter: follows targets it is shown once, without any weights.",
            "Henriques et al., High-Speed Tracking with Kernelized Correlation Filters, PAMI 2015, "
            "https://arxiv.org/abs/1404.7584",
        ),
        Component(
            "tracker",
            "mosse",
            "vtrack_plugin_correlation.config:MosseConfig",
            "vtrack_plugin_correlation.mosse:Mosse",
            "Correlation filter on brightness, the fastest: follows targets, and tells when one is lost.",
            "Bolme et al., Visual Object Tracking using Adaptive Correlation Filters, CVPR 2010, "
            "https://doi.org/10.1109/CVPR.2010.5539960",
        ),
    )
