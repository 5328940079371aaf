"""Faster R-CNN on a feature pyramid: proposals, then a class and a better box for each.

Papers: Ren et al., "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks", NeurIPS 2015,
https://arxiv.org/abs/1506.01497; Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017,
https://arxiv.org/abs/1612.03144. It equals MMDetection's (https://github.com/open-mmlab/mmdetection, Apache-2.0), whose
weights load as they are; other names are the matter of `vtrack_nets.faster_rcnn_names`.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any, NamedTuple

import attrs
import torch
from torch import Tensor, nn

from vtcore.errors import OptionError
from vtrack_nets.backbones import feature_channels
from vtrack_nets.fpn import FPN
from vtrack_nets.resnet import ResNet
from vtrack_nets.roi_head import Regressed, RoIHead
from vtrack_nets.rpn import Proposals, RPNHead
from vtrack_nets.suppression import multiclass_nms
from vtrack_nets.training_rules import TwoStageRules

__all__ = ["Detections", "FasterRcnn", "Sizes", "Targets"]

Sizes = Seq[tuple[int, int]] | Tensor
"""Height and width of each picture of a batch, without its padding."""


class Detections(NamedTuple):
    """What was found in one picture, best first.

    Attributes:
        boxes: float32 ``(n, 4)`` ``x1, y1, x2, y2``.
        scores: float32 ``(n,)``, 0 to 1.
        labels: int64 ``(n,)``, classes.
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor


@attrs.frozen
class Targets:
    """What is in one picture.

    Attributes:
        boxes: float32 ``(M, 4)`` ``x1, y1, x2, y2`` in pixels of the network's picture.
        labels: int64 ``(M,)``, classes.
        ignored: float32 ``(K, 4)``, regions that are neither object nor background; None for none.
    """

    boxes: Tensor
    labels: Tensor
    ignored: Tensor | None = None


class FasterRcnn(nn.Module):
    """A backbone, a pyramid, and two stages.

    Attributes:
        backbone: From pictures to maps.
        neck: From the backbone's maps to a pyramid.
        rpn_head: The first stage.
        roi_head: The second stage.
        rules: What `loss` learns from; may be replaced.
        clip_border: Whether boxes are cut to the picture.
        min_score: Scores of detections exceed it.
        nms_threshold: Of two detections of a class that overlap by more only the better one stays.
        max_detections: Most detections of a picture; 0 for any number.
    """

    backbone: Any
    neck: Any
    rpn_head: RPNHead
    roi_head: RoIHead

    def __init__(
        self,
        num_classes: int,
        *,
        backbone: nn.Module | None = None,
        neck: nn.Module | None = None,
        rpn_head: RPNHead | None = None,
        roi_head: RoIHead | None = None,
        clip_border: bool = True,
        min_score: float = 0.05,
        nms_threshold: float = 0.5,
        max_detections: int = 100,
        rules: TwoStageRules | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            num_classes: Classes without the background.
            backbone: Any `vtcore.interfaces.Backbone`; None for ResNet-50.
            neck: Any `vtrack_nets.interfaces.Neck`; None for a feature pyramid of five maps.
            rpn_head: The first stage; None for one with the usual options.
            roi_head: The second stage; None for one with the usual options.
            clip_border: Cut boxes to the picture; MMTracking's trackers leave them.
            min_score: Scores of detections exceed it.
            nms_threshold: Of two detections of a class that overlap by more only the better one stays.
            max_detections: Most detections of a picture; 0 for any number.
            rules: What is learnt from; None for MMDetection's on COCO.

        Raises:
            OptionError: The parts do not fit together.
        """
        super().__init__()
        self.backbone = ResNet() if backbone is None else backbone
        self.neck = FPN() if neck is None else neck
        self.rpn_head = RPNHead() if rpn_head is None else rpn_head
        self.roi_head = RoIHead() if roi_head is None else roi_head
        self.neck.connect(feature_channels(self.backbone))
        self.rpn_head.connect(self.neck.channels)
        self.roi_head.connect(self.neck.channels, num_classes)
        self._check_strides()
        self.clip_border = clip_border
        self.min_score = min_score
        self.nms_threshold = nms_threshold
        self.max_detections = max_detections
        self.rules = TwoStageRules() if rules is None else rules

    def _check_strides(self) -> None:
        """Refuse heads that take the pyramid's maps for coarser or finer ones than the backbone says they are."""
        strides = getattr(self.backbone, "strides", None)
        if strides is None or not isinstance(self.neck, FPN):
            return
        made = tuple(strides)[self.neck.start_level :]
        heads = {"rpn": getattr(self.rpn_head, "anchors", None), "roi_head": getattr(self.roi_head, "extractor", None)}
        for option, part in heads.items():
            given = made if part is None else part.strides
            if given[: len(made)] != made[: len(given)]:
                raise OptionError(
                    f"{option}: strides: the pyramid is built on maps of strides {list(made)}, got {list(given)}"
                )

    def extract_features(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the pyramid ``(N, C, h, w)``, finest first, of pictures ``(N, 3, H, W)``, normalised."""
        return tuple(self.neck(self.backbone(images)))

    def propose(self, features: Seq[Tensor], sizes: Sizes | None = None) -> list[Proposals]:
        """Return the proposals for each picture.

        Args:
            features: As `extract_features` returns them.
            sizes: Of each picture, for `clip_border`.
        """
        scores, deltas = self.rpn_head(features)
        return self.rpn_head.propose(scores, deltas, self._limits(sizes))

    def regress(self, features: Seq[Tensor], boxes: Seq[Tensor], sizes: Sizes | None = None) -> list[Regressed]:
        """Return better boxes and scores for given boxes ``(n, 4)`` of each picture, as Tracktor asks for them.

        Args:
            features: As `extract_features` returns them.
            boxes: ``x1, y1, x2, y2`` in pixels of the network's picture.
            sizes: Of each picture, for `clip_border`.
        """
        return self.roi_head.regress(features, boxes, self._limits(sizes))

    def detect(
        self,
        features: Seq[Tensor],
        boxes: Seq[Tensor],
        sizes: Sizes | None = None,
        factors: Tensor | None = None,
    ) -> list[Detections]:
        """Return what is found at given boxes of each picture, as a rule its proposals.

        Args:
            features: As `extract_features` returns them.
            boxes: ``(n, 4)`` ``x1, y1, x2, y2`` of each picture, in pixels of the network's picture.
            sizes: Of each picture, for `clip_border`.
            factors: ``(N, 4)``, what boxes in the original pictures were multiplied with; detections are divided by
                them before overlaps are measured. None leaves them.
        """
        found = []
        for index, each in enumerate(self.regress(features, boxes, sizes)):
            better = each.boxes if factors is None else each.boxes / factors[index]
            chosen = multiclass_nms(
                better,
                each.scores[:, :-1],
                min_score=self.min_score,
                threshold=self.nms_threshold,
                most=self.max_detections,
            )
            found.append(Detections(*chosen))
        return found

    def forward(self, images: Tensor, sizes: Sizes | None = None, factors: Tensor | None = None) -> list[Detections]:
        """Return what is found in each picture.

        Args:
            images: float ``(N, 3, H, W)``, normalised, padded at the right and the bottom.
            sizes: Of each picture, without its padding; None for the whole.
            factors: As for `detect`.
        """
        if sizes is None:
            sizes = [(images.shape[-2], images.shape[-1])] * len(images)
        features = self.extract_features(images)
        proposals = [each.boxes for each in self.propose(features, sizes)]
        return self.detect(features, proposals, sizes, factors)

    def loss(
        self,
        images: Tensor,
        targets: Seq[Targets],
        *,
        sizes: Sizes | None = None,
        proposals: Seq[Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Return the losses of both stages; their sum is what training makes small.

        Args:
            images: float ``(N, 3, H, W)``, normalised.
            targets: What is in each picture.
            sizes: Of each picture, without its padding; None for the whole.
            proposals: ``(n, 4)`` for each picture; None takes those of the first stage.

        Returns:
            ``loss_rpn_cls`` and ``loss_rpn_bbox`` ``(levels,)``, ``loss_cls``, ``loss_bbox``; and ``acc``, the share of
            the second stage's right classes in percent, which is no loss.
        """
        if sizes is None:
            sizes = [(images.shape[-2], images.shape[-1])] * len(images)
        features = self.extract_features(images)
        scores, deltas = self.rpn_head(features)
        objects, ignored = [each.boxes for each in targets], [_ignored(each) for each in targets]
        losses = self.rpn_head.loss(scores, deltas, objects, self.rules.rpn, ignored=ignored, sizes=sizes)
        if proposals is None:
            found = self.rpn_head.propose(scores, deltas, self._limits(sizes), rules=self.rules.rpn)
            proposals = [each.boxes for each in found]
        with torch.no_grad():
            samples = [
                self.roi_head.sample(boxes, target.boxes, self.rules.roi, target.ignored)
                for boxes, target in zip(proposals, targets, strict=True)
            ]
        labels = [each.labels for each in targets]
        return losses | self.roi_head.loss(features, samples, objects, labels, self.rules.roi)

    def _limits(self, sizes: Sizes | None) -> Sizes | None:
        return sizes if self.clip_border else None


def _ignored(targets: Targets) -> Tensor:
    return targets.boxes.new_zeros((0, 4)) if targets.ignored is None else targets.ignored
