"""What the networks' common package offers: parts of detectors and trackers, and the command ``weights``."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Command, Component, Kind
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_backbones", "vtcore_commands", "vtcore_components", "vtcore_heads", "vtcore_kinds"]


@hookimpl
def vtcore_kinds() -> Iterable[Kind]:
    """Return the kind of what stands between a backbone and heads."""
    return (Kind("neck", "vtrack_nets.interfaces:Neck", "Makes feature maps for heads of those of a backbone."),)


@hookimpl
def vtcore_backbones() -> Iterable[Component]:
    """Return the backbones."""
    return (
        Component(
            "backbone",
            "resnet",
            "vtrack_nets.backbone_config:ResNetConfig",
            "vtrack_nets.resnet:ResNet",
            "Residual blocks in four stages, 18 to 152 layers.",
            "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, https://arxiv.org/abs/1512.03385",
        ),
        Component(
            "backbone",
            "timm",
            "vtrack_nets.backbone_config:TimmConfig",
            "vtrack_nets.timm_backbone:TimmBackbone",
            "Any convolutional model of the package timm.",
        ),
    )


@hookimpl
def vtcore_heads() -> Iterable[Component]:
    """Return the heads."""
    return (
        Component(
            "head",
            "rpn",
            "vtrack_nets.head_config:RpnConfig",
            "vtrack_nets.rpn:RPNHead",
            "Proposes boxes in which something may be: the first stage of Faster R-CNN.",
            "Ren et al., Faster R-CNN, NeurIPS 2015, https://arxiv.org/abs/1506.01497",
        ),
        Component(
            "head",
            "box",
            "vtrack_nets.head_config:BoxHeadConfig",
            "vtrack_nets.roi_head:RoIHead",
            "Tells what is in given boxes, and corrects them: the second stage of Faster R-CNN.",
            "Ren et al., Faster R-CNN, NeurIPS 2015, https://arxiv.org/abs/1506.01497",
        ),
    )


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the necks."""
    return (
        Component(
            "neck",
            "fpn",
            "vtrack_nets.backbone_config:FpnConfig",
            "vtrack_nets.fpn:FPN",
            "A feature pyramid: maps of all scales that know what the coarsest one saw.",
            "Lin et al., Feature Pyramid Networks for Object Detection, CVPR 2017, https://arxiv.org/abs/1612.03144",
        ),
    )


@hookimpl
def vtcore_commands() -> Iterable[Command]:
    """Return the command that looks after weights."""
    return (
        Command(
            "weights",
            "Look at files of weights, convert them to a component's names, publish them, and fetch them from the web.",
            "vtrack_nets.weights_command:execute",
            "vtrack_nets.weights_command:add_arguments",
        ),
    )
