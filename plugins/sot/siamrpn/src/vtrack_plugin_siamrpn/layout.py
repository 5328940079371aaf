"""Which network of the family."""

from __future__ import annotations

import attrs

__all__ = ["SiamRpnLayout"]


@attrs.frozen
class SiamRpnLayout:
    """What decides the shapes of all weights; ``SiamRpnLayout()`` is that of siamrpn_r50_l234_dwxcorr.

    Attributes:
        backbone: resnet18, resnet34, resnet50, mobilenetv2, alexnet or alexnetlegacy, which differ in names only.
        layers: Whose maps are used, of ResNet and MobileNetV2.
        stages: Those that a ResNet has; with them it computes what nobody uses, as the published networks do not.
        channels: Of MobileNetV2's stem and stages, and of AlexNet's convolutions.
        neck: Channels of the heads' maps, level by level; empty where there is no neck.
        head: ``"multi"``, ``"depthwise"`` (of one level) or ``"up-channel"``.
        hidden: Channels that are compared, level by level.
        kernel: Edge of the heads' first convolutions.
        anchors: Per cell.
        weighted: Whether the levels of a ``"multi"`` head have learnt weights.
    """

    backbone: str = "resnet50"
    layers: tuple[int, ...] = (2, 3, 4)
    stages: tuple[int, ...] = (1, 2, 3, 4)
    channels: tuple[int, ...] = ()
    neck: tuple[int, ...] = (256, 256, 256)
    head: str = "multi"
    hidden: tuple[int, ...] = (256, 256, 256)
    kernel: int = 3
    anchors: int = 5
    weighted: bool = True

    def __str__(self) -> str:
        """``resnet50, layers 2, 3 and 4, multi head``."""
        layers = f", layers {', '.join(map(str, self.layers))}" if self.layers else ""
        return f"{self.backbone}{layers}, {self.head} head, {self.anchors} anchors"
