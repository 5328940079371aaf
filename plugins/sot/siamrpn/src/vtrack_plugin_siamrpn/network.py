"""SiamRPN and SiamRPN++: a template, and where it is in a picture.

Li et al., SiamRPN++: Evolution of Siamese Visual Tracking with Very Deep Networks, CVPR 2019,
https://arxiv.org/abs/1812.11703. Weights are named as in pysot (https://github.com/STVIR/pysot, Apache-2.0).
"""

from __future__ import annotations

from torch import Tensor, nn

from vtrack_common_sot.folding import fold_norms
from vtrack_plugin_siamrpn.alexnet import AlexNet
from vtrack_plugin_siamrpn.layout import SiamRpnLayout
from vtrack_plugin_siamrpn.mobilenet import MobileNetV2
from vtrack_plugin_siamrpn.neck import Neck
from vtrack_plugin_siamrpn.resnet import ResNet
from vtrack_plugin_siamrpn.rpn import DepthwiseRpn, Maps, MultiRpn, UpChannelRpn

__all__ = ["SiamRpn"]


class SiamRpn(nn.Module):
    """Backbone, neck and heads.

    Args:
        layout: Which network of the family.
        center_size: Edge of what the neck leaves of a template, in cells.

    Attributes:
        layout: As given.
    """

    def __init__(self, layout: SiamRpnLayout | None = None, *, center_size: int = 7) -> None:
        super().__init__()
        self.layout = layout = layout or SiamRpnLayout()
        self.backbone = _backbone(layout)
        inside = layout.neck or self.backbone.channels
        self.neck = Neck(self.backbone.channels, layout.neck, center_size) if layout.neck else None
        self.rpn_head: DepthwiseRpn | MultiRpn | UpChannelRpn
        if layout.head == "multi":
            self.rpn_head = MultiRpn(
                layout.anchors, inside, layout.hidden, weighted=layout.weighted, kernel=layout.kernel
            )
        elif layout.head == "depthwise":
            self.rpn_head = DepthwiseRpn(layout.anchors, inside[0], layout.hidden[0], layout.kernel)
        else:
            self.rpn_head = UpChannelRpn(layout.anchors, inside[0], layout.kernel)

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the maps that the heads take, level by level; those of a template are cut to their middle.

        Args:
            images: float ``(N, 3, H, W)``, blue first, 0 to 255.
        """
        maps: tuple[Tensor, ...] = self.backbone(images)
        if self.neck is not None:
            maps = self.neck(maps)
        return maps

    def template(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return all that `forward` needs of templates, which is computed once for each.

        Args:
            images: float ``(N, 3, H, W)``, blue first, 0 to 255; 127x127 as published.

        Returns:
            Kernels ``(N, C, h, w)``, level by level, for scores and for boxes.
        """
        return self.rpn_head.kernels(self.features(images))

    def forward(self, images: Tensor, *kernels: Tensor) -> Maps:
        """Return where templates are in pictures.

        Args:
            images: float ``(N, 3, H, W)``, blue first, 0 to 255; 255x255 as published, 287x287 for AlexNet.
            kernels: Of as many templates, as `template` returns them.

        Returns:
            Scores ``(N, 2 * A, h, w)``, not normalised, all anchors' of the background before all of the target, and
            boxes ``(N, 4 * A, h, w)``: shift and logarithmic change of size of each anchor, all shifts in x first.
        """
        scores, boxes = self.rpn_head(self.features(images), kernels)
        return scores, boxes

    def fold(self) -> SiamRpn:
        """Make batch norms, and what levels count, part of the convolutions; the network learns no more.

        Returns:
            The network itself.
        """
        fold_norms(self)
        if isinstance(self.rpn_head, MultiRpn):
            self.rpn_head.fold()
        return self.eval().requires_grad_(requires_grad=False)


def _backbone(layout: SiamRpnLayout) -> AlexNet | MobileNetV2 | ResNet:
    if layout.backbone.startswith("resnet"):
        return ResNet(int(layout.backbone.removeprefix("resnet")), layout.layers, layout.stages)
    if layout.backbone == "mobilenetv2":
        return MobileNetV2(layout.channels, layout.layers)
    return AlexNet(layout.channels, legacy=layout.backbone == "alexnetlegacy")
