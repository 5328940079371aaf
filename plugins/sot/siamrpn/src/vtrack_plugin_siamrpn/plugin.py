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
            name="siamrpn",
            config="vtrack_plugin_siamrpn.config:SiamRpnConfig",
            target="vtrack_plugin_siamrpn.tracker:SiamRpnTracker",
            summary="SiamRPN++ and SiamRPN (ResNet, MobileNetV2, AlexNet), with weights of pysot and MMTracking.",
            paper="Li et al., SiamRPN++: Evolution of Siamese Visual Tracking with Very Deep Networks, CVPR 2019, "
            "https://arxiv.org/abs/1812.11703",
        ),
    )
