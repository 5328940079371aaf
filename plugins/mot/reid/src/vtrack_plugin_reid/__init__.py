"""Re-identification: networks that describe the looks of what was detected, so that trackers know it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_reid.evaluation import ReIdScores, evaluate_reid
    from vtrack_plugin_reid.linear_head import LinearReIdHead
    from vtrack_plugin_reid.network_image import network_image_crops, renormalized
    from vtrack_plugin_reid.onnx_reid import OnnxReId
    from vtrack_plugin_reid.osnet import OSNet
    from vtrack_plugin_reid.osnet_ain import OSNetAin
    from vtrack_plugin_reid.osnet_reid import OSNetReId
    from vtrack_plugin_reid.resnet50 import ResNet50ReIdNetwork
    from vtrack_plugin_reid.resnet50_reid import ResNet50ReId
    from vtrack_plugin_reid.triplet import batch_hard_triplet_loss

_MODULES = {
    "LinearReIdHead": "linear_head",
    "OSNet": "osnet",
    "OSNetAin": "osnet_ain",
    "OSNetReId": "osnet_reid",
    "OnnxReId": "onnx_reid",
    "ReIdScores": "evaluation",
    "ResNet50ReId": "resnet50_reid",
    "ResNet50ReIdNetwork": "resnet50",
    "batch_hard_triplet_loss": "triplet",
    "evaluate_reid": "evaluation",
    "network_image_crops": "network_image",
    "renormalized": "network_image",
}

__all__ = [
    "LinearReIdHead",
    "OSNet",
    "OSNetAin",
    "OSNetReId",
    "OnnxReId",
    "ReIdScores",
    "ResNet50ReId",
    "ResNet50ReIdNetwork",
    "batch_hard_triplet_loss",
    "evaluate_reid",
    "network_image_crops",
    "renormalized",
]


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
