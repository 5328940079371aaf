"""What this plugin offers: the tracker Tracktor, and the camera motion that mmtracking's looks for."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_components", "vtcore_trackers"]


@hookimpl
def vtcore_trackers() -> Iterable[Component]:
    """Return the tracker."""
    return (
        Component(
            "tracker",
            "tracktor",
            "vtrack_plugin_tracktor.config:TracktorConfig",
            "vtrack_plugin_tracktor.tracker:Tracktor",
            "Lets the detector's second stage carry boxes from frame to frame; finds again by looks who was lost.",
            "Bergmann et al., Tracking without Bells and Whistles, ICCV 2019, https://arxiv.org/abs/1903.05625",
        ),
    )


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the estimator of camera motion."""
    return (
        Component(
            "camera-motion",
            "ecc-normalised",
            "vtrack_plugin_tracktor.config:NormalisedEccConfig",
            "vtrack_plugin_tracktor.normalised_ecc:NormalisedEcc",
            "Aligns whole pictures whose colours are normalised as for a network.",
            "Evangelidis and Psarakis, Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization, "
            "IEEE TPAMI 2008",
        ),
    )
