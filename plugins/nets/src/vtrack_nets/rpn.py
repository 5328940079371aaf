"""Region proposals: where in a picture something may be.

Paper: Ren et al., "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks", NeurIPS 2015,
https://arxiv.org/abs/1506.01497. Names of weights, the choice of proposals and the losses are those of MMDetection's
RPNHead (https://github.com/open-mmlab/mmdetection, Apache-2.0). It leaves out anchors in the padding of a picture that
is smaller than others of its batch; here all anchors of the batch's maps take part, so pictures of a batch should have
one size.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import NamedTuple

import attrs
import torch
import torch.nn.functional as F  # noqa: N812 - everyone calls it so
from torch import Tensor, nn

from vtcore.errors import OptionError
from vtrack_nets.anchors import AnchorGenerator
from vtrack_nets.assignment import UNUSED
from vtrack_nets.box_coding import DeltaBoxCoder
from vtrack_nets.head_config import RpnConfig
from vtrack_nets.losses import binary_cross_entropy
from vtrack_nets.sampling import Sample
from vtrack_nets.suppression import batched_nms
from vtrack_nets.training_rules import RpnRules

__all__ = ["Proposals", "RPNHead"]


class Proposals(NamedTuple):
    """Boxes of one picture that may hold something, best first.

    Attributes:
        boxes: float32 ``(N, 4)`` ``x1, y1, x2, y2`` in pixels of the network's picture.
        scores: float32 ``(N,)``, 0 to 1.
    """

    boxes: Tensor
    scores: Tensor


class RPNHead(nn.Module):
    """Proposes boxes from the maps of a pyramid.

    Weights are named as in MMDetection: ``rpn_conv``, ``rpn_cls``, ``rpn_reg``.

    Args:
        in_channels: Channels of the maps; 0 until `connect` is called.
        hidden_channels: Channels between the convolutions; 0 takes `in_channels`.
        strides: Of each map.
        scales: Sides of square anchors, in strides.
        ratios: Height by width of anchors.
        nms_pre: Anchors of each map that are looked at further; 0 for all.
        max_proposals: For a picture, at most.
        nms_threshold: Of two proposals of a map that overlap by more only the better one stays.
        min_size: Proposals must be wider and higher than this, in pixels.

    Attributes:
        anchors: Makes the anchors.
        coder: Makes boxes of anchors and what the network says.
    """

    def __init__(
        self,
        *,
        in_channels: int = 0,
        hidden_channels: int = 0,
        strides: Seq[int] = (4, 8, 16, 32, 64),
        scales: Seq[float] = (8.0,),
        ratios: Seq[float] = (0.5, 1.0, 2.0),
        nms_pre: int = 1000,
        max_proposals: int = 1000,
        nms_threshold: float = 0.7,
        min_size: float = 0.0,
    ) -> None:
        super().__init__()
        self._options = RpnConfig(
            in_channels=in_channels,
            hidden_channels=hidden_channels,
            strides=tuple(strides),
            scales=tuple(scales),
            ratios=tuple(ratios),
            nms_pre=nms_pre,
            max_proposals=max_proposals,
            nms_threshold=nms_threshold,
            min_size=min_size,
        )
        self.anchors = AnchorGenerator(strides, scales=scales, ratios=ratios)
        self.coder = DeltaBoxCoder()
        if in_channels:
            self.connect((in_channels,) * len(strides))

    def connect(self, channels: Seq[int]) -> None:
        """Make the convolutions for maps of so many channels, unless they are made.

        Raises:
            OptionError: The maps are not as many as the strides, differ in channels, or are others than expected.
        """
        expected = self._options.in_channels or channels[0]
        if tuple(channels) != (expected,) * len(self.anchors.strides):
            raise OptionError(
                f"rpn: expects {len(self.anchors.strides)} maps of {expected} channels, one for each of its strides, "
                f"got maps of {list(channels)} channels"
            )
        if hasattr(self, "rpn_conv"):
            return
        hidden = self._options.hidden_channels or expected
        self.rpn_conv = nn.Conv2d(expected, hidden, 3, padding=1)
        self.rpn_cls = nn.Conv2d(hidden, self.anchors.per_cell, 1)
        self.rpn_reg = nn.Conv2d(hidden, self.anchors.per_cell * 4, 1)
        for convolution in (self.rpn_conv, self.rpn_cls, self.rpn_reg):
            nn.init.normal_(convolution.weight, std=0.01)
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]

    def forward(self, maps: Seq[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Return what the network says of each anchor.

        Args:
            maps: ``(N, C, h, w)`` each, finest first.

        Returns:
            For each map the scores ``(N, A, h, w)`` before the sigmoid, and the differences ``(N, 4 * A, h, w)`` of
            boxes from A anchors.
        """
        hidden = [F.relu(self.rpn_conv(each)) for each in maps]
        return [self.rpn_cls(each) for each in hidden], [self.rpn_reg(each) for each in hidden]

    def propose(
        self,
        scores: Seq[Tensor],
        deltas: Seq[Tensor],
        sizes: Seq[tuple[int, int]] | Tensor | None = None,
        *,
        rules: RpnRules | None = None,
    ) -> list[Proposals]:
        """Return the proposals for each picture; nothing is learnt through them.

        Args:
            scores: As `forward` returns them.
            deltas: As `forward` returns them.
            sizes: Height and width of each picture, which boxes are cut to; None leaves them.
            rules: Where the second stage learns from them: as many as these say, instead of the head's own numbers.
        """
        options = self._options
        if rules is not None:
            options = attrs.evolve(options, nms_pre=rules.nms_pre, max_proposals=rules.max_proposals)
        anchors = self._anchors(scores)
        levels = [
            (_flat(score, 1).detach().float().squeeze(-1).sigmoid(), _flat(delta, 4).detach(), anchor)
            for score, delta, anchor in zip(scores, deltas, anchors, strict=True)
        ]
        return [
            self._of_picture([(score[index], delta[index], anchor) for score, delta, anchor in levels], size, options)
            for index, size in enumerate([None] * len(scores[0]) if sizes is None else sizes)
        ]

    def _of_picture(
        self,
        levels: list[tuple[Tensor, Tensor, Tensor]],
        size: Tensor | tuple[int, int] | None,
        options: RpnConfig,
    ) -> Proposals:
        kept = []
        for level, (scores, deltas, anchors) in enumerate(levels):
            if 0 < options.nms_pre < len(scores):
                # Not topk: of equal scores the first anchor shall stay, everywhere.
                scores, rows = scores.sort(descending=True, stable=True)
                scores, rows = scores[: options.nms_pre], rows[: options.nms_pre]
                deltas, anchors = deltas[rows], anchors[rows]
            kept.append((scores, deltas, anchors, torch.full_like(scores, level, dtype=torch.int64)))
        scores, deltas, anchors, groups = (torch.cat(column) for column in zip(*kept, strict=True))
        boxes = self.coder.decode(anchors, deltas, size)
        large = ((boxes[:, 2:] - boxes[:, :2]) > options.min_size).all(dim=1)
        boxes, scores, groups = boxes[large], scores[large], groups[large]
        best = batched_nms(boxes, scores, groups, options.nms_threshold)[: options.max_proposals]
        return Proposals(boxes[best], scores[best])

    def loss(
        self,
        scores: Seq[Tensor],
        deltas: Seq[Tensor],
        objects: Seq[Tensor],
        rules: RpnRules,
        *,
        ignored: Seq[Tensor] | None = None,
        sizes: Seq[tuple[int, int]] | Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the losses of each map.

        Args:
            scores: As `forward` returns them.
            deltas: As `forward` returns them.
            objects: Boxes ``(M, 4)`` of the objects in each picture.
            rules: What is learnt from.
            ignored: Boxes ``(K, 4)`` in each picture that are neither.
            sizes: Height and width of each picture; needed where `rules` bound how far anchors reach beyond it.

        Returns:
            ``loss_rpn_cls`` and ``loss_rpn_bbox``, each ``(levels,)``.
        """
        anchors = self._anchors(scores)
        every, lengths = torch.cat(anchors), [len(each) for each in anchors]
        samples = [
            rules.sampler(
                self._assigned(
                    every,
                    boxes,
                    rules,
                    None if ignored is None else ignored[index],
                    None if sizes is None else sizes[index],
                )
            )
            for index, boxes in enumerate(objects)
        ]
        # As in the reference: each picture counts at least one of either, there or not.
        count = sum(max(len(each.positives), 1) + max(len(each.negatives), 1) for each in samples)
        wanted = [self._wanted(every, boxes, sample) for boxes, sample in zip(objects, samples, strict=True)]
        columns = (torch.split(torch.stack(column), lengths, dim=1) for column in zip(*wanted, strict=True))
        classification, regression = [], []
        for score, delta, label, weight, target in zip(scores, deltas, *columns, strict=True):
            flat, positive = _flat(score, 1).reshape(-1), label.reshape(-1, 1)
            classification.append(
                binary_cross_entropy(flat, label.reshape(-1).float(), weights=weight.reshape(-1), average=count)
            )
            found = _flat(delta, 4).reshape(-1, 4)
            regression.append(rules.box_loss(found, target.reshape(-1, 4), weights=positive, average=count))
        return {"loss_rpn_cls": torch.stack(classification), "loss_rpn_bbox": torch.stack(regression)}

    @staticmethod
    def _assigned(
        anchors: Tensor,
        objects: Tensor,
        rules: RpnRules,
        ignored: Tensor | None,
        size: Tensor | tuple[int, int] | None,
    ) -> Tensor:
        """Return which object each anchor of one picture is to find."""
        if rules.allowed_border < 0 or size is None:
            return rules.assigner(anchors, objects, ignored)
        rows = _inside(anchors, size, rules.allowed_border).nonzero()[:, 0]
        assigned = torch.full((len(anchors),), UNUSED, dtype=torch.int64, device=anchors.device)
        assigned[rows] = rules.assigner(anchors[rows], objects, ignored)
        return assigned

    def _wanted(self, anchors: Tensor, objects: Tensor, sample: Sample) -> tuple[Tensor, Tensor, Tensor]:
        """Return for each anchor whether it finds something, whether it counts, and the differences of its box."""
        labels = torch.zeros(len(anchors), dtype=torch.bool, device=anchors.device)
        labels[sample.positives] = True
        weights = labels.float()
        weights[sample.negatives] = 1.0
        targets = torch.zeros_like(anchors)
        targets[sample.positives] = self.coder.encode(anchors[sample.positives], objects[sample.objects])
        return labels, weights, targets

    def _anchors(self, scores: Seq[Tensor]) -> list[Tensor]:
        sizes = [(each.shape[-2], each.shape[-1]) for each in scores]
        return self.anchors(sizes, scores[0].device)


def _flat(values: Tensor, per_anchor: int) -> Tensor:
    """Return ``(N, h * w * A, per_anchor)`` of ``(N, A * per_anchor, h, w)``, in the order of the anchors."""
    return values.permute(0, 2, 3, 1).reshape(len(values), -1, per_anchor)


def _inside(boxes: Tensor, size: Tensor | tuple[int, int], border: float) -> Tensor:
    height, width = (float(edge) for edge in size)
    low, high = (boxes[:, :2] >= -border).all(dim=1), boxes[:, 2:] < boxes.new_tensor([width, height]) + border
    return low & high.all(dim=1)
