"""What the trackers' common package offers to experiments: the kind ``camera-motion`` and its components."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component, Kind
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_components", "vtcore_kinds"]

_PACKAGE = "vtrack_common_mot.camera_motion"
_BOTSORT = (
    "Aharon et al., BoT-SORT: Robust Associations Multi-Pedestrian Tracking, 2022, https://arxiv.org/abs/2206.14651"
)


@hookimpl
def vtcore_kinds() -> Iterable[Kind]:
    """Return the kind of what finds a camera's motion."""
    return (Kind("camera-motion", f"{_PACKAGE}.interfaces:CameraMotion", "Finds how the camera moves between frames."),)


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the estimators of camera motion."""
    return (
        _estimator("sparse-flow", "SparseFlowConfig", "sparse_flow:SparseFlow", "Follows corners.", _BOTSORT),
        _estimator(
            "ecc",
            "EccConfig",
            "ecc:Ecc",
            "Aligns whole pictures.",
            "Evangelidis and Psarakis, Parametric Image Alignment Using Enhanced Correlation Coefficient "
            "Maximization, IEEE TPAMI 2008",
        ),
        _estimator("orb", "FeatureMatchingConfig", "feature_matching:Orb", "Matches ORB features.", _BOTSORT),
        _estimator("sift", "FeatureMatchingConfig", "feature_matching:Sift", "Matches SIFT features.", _BOTSORT),
        _estimator("file", "FileConfig", "given:GivenWarps", "Reads warps from a file.", _BOTSORT),
        _estimator("none", "StillConfig", "given:Still", "Takes the camera to stand still; needs no images."),
    )


def _estimator(name: str, config: str, target: str, summary: str, paper: str = "") -> Component:
    return Component("camera-motion", name, f"{_PACKAGE}.config:{config}", f"{_PACKAGE}.{target}", summary, paper)
