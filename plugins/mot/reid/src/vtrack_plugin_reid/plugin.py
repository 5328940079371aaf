"""What this plugin offers: re-identification networks."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_components"]


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the re-identifications."""
    return (
        Component(
            "reid",
            "osnet",
            "vtrack_plugin_reid.config:OSNetConfig",
            "vtrack_plugin_reid.osnet_reid:OSNetReId",
            "OSNet of any width, also with instance normalisation (IBN, AIN), with torchreid's weights.",
            "Zhou et al., Omni-Scale Feature Learning for Person Re-Identification, ICCV 2019, "
            "https://arxiv.org/abs/1905.00953",
        ),
        Component(
            "reid",
            "resnet50-reid",
            "vtrack_plugin_reid.config:ResNet50ReIdConfig",
            "vtrack_plugin_reid.resnet50_reid:ResNet50ReId",
            "ResNet-50 with a linear head, as mmtracking and mmdetection use it in DeepSORT, StrongSORT and Tracktor.",
            "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, https://arxiv.org/abs/1512.03385",
        ),
        Component(
            "reid",
            "onnx-reid",
            "vtrack_plugin_reid.config:OnnxReIdConfig",
            "vtrack_plugin_reid.onnx_reid:OnnxReId",
            "Any network from crops to embeddings in an ONNX file, run by onnxruntime.",
        ),
    )
