"""The second stage of Faster R-CNN: a class and a better box for each proposal.

Paper: Ren et al., "Faster R-CNN", NeurIPS 2015, https://arxiv.org/abs/1506.01497. Order and averages are those of
MMDetection's StandardRoIHead (https://github.com/open-mmlab/mmdetection, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import NamedTuple

import attrs
import torch
from torch import Tensor, nn

from vtcore.errors import OptionError
from vtrack_nets.box_coding import DeltaBoxCoder
from vtrack_nets.box_head import BoxHead
from vtrack_nets.head_config import BoxHeadConfig
from vtrack_nets.losses import cross_entropy, top1_accuracy
from vtrack_nets.roi_features import RoIExtractor
from vtrack_nets.sampling import Sample
from vtrack_nets.training_rules import RoIRules

__all__ = ["Regressed", "RoIHead", "RoISamples"]


class Regressed(NamedTuple):
    """What the second stage says of given boxes of one picture.

    Attributes:
        boxes: float32 ``(N, C, 4)`` ``x1, y1, x2, y2``, the better box for each class, in pixels of the network's
            picture.
        scores: float32 ``(N, C + 1)``, 0 to 1, the background last; each row adds up to 1.
    """

    boxes: Tensor
    scores: Tensor


@attrs.frozen
class RoISamples:
    """The boxes of one picture that the second stage learns from, those that find something first.

    Attributes:
        boxes: ``(P + Q, 4)``.
        objects: int64 ``(P,)``, the object that each of the first P finds.
    """

    boxes: Tensor
    objects: Tensor


class RoIHead(nn.Module):
    """Looks at boxes in the maps of a pyramid.

    Weights are named as in MMDetection: ``bbox_head.shared_fcs.0``, ``bbox_head.fc_cls``, ...

    Args:
        in_channels: Channels of the maps; 0 until `connect` is called.
        num_classes: Classes without the background; 0 until `connect` is called.
        strides: Of each map that is looked at.
        roi_size: Cells along each side of what is cut out.
        sampling_ratio: Points per cell and side; 0 takes as many as the cell covers.
        finest_scale: Boxes with a side below twice this look at the first map.
        hidden_features: Outputs of each hidden layer.
        class_agnostic: One box for all classes instead of one for each.
        stds: What differences of boxes are divided by.

    Attributes:
        extractor: Cuts boxes out of maps.
        coder: Makes boxes of boxes and what the network says.
        bbox_head: The layers; there once both numbers are known.
    """

    bbox_head: BoxHead

    def __init__(
        self,
        *,
        in_channels: int = 0,
        num_classes: int = 0,
        strides: Seq[int] = (4, 8, 16, 32),
        roi_size: int = 7,
        sampling_ratio: int = 0,
        finest_scale: float = 56.0,
        hidden_features: int = 1024,
        class_agnostic: bool = False,
        stds: tuple[float, float, float, float] = (0.1, 0.1, 0.2, 0.2),
    ) -> None:
        super().__init__()
        self._options = BoxHeadConfig(
            in_channels=in_channels,
            num_classes=num_classes,
            strides=tuple(strides),
            roi_size=roi_size,
            sampling_ratio=sampling_ratio,
            finest_scale=finest_scale,
            hidden_features=hidden_features,
            class_agnostic=class_agnostic,
            stds=stds,
        )
        self.extractor = RoIExtractor(strides, size=roi_size, sampling_ratio=sampling_ratio, finest_scale=finest_scale)
        self.coder = DeltaBoxCoder(stds=stds)
        if in_channels and num_classes:
            self.connect((in_channels,) * len(strides), num_classes)

    def connect(self, channels: Seq[int], num_classes: int = 0) -> None:
        """Make the layers for maps of so many channels and so many classes, unless they are made.

        Args:
            channels: Of each map.
            num_classes: Classes without the background; 0 takes those that the head was made for.

        Raises:
            OptionError: The maps are fewer than the strides or differ, or a number is not the one expected.
        """
        options = self._options
        count = options.num_classes or num_classes
        if not count or num_classes not in (0, count):
            expected = f"{options.num_classes}" if options.num_classes else "at least 1"
            raise OptionError(f"roi_head: num_classes: must be {expected}, got {num_classes}")
        used = tuple(channels[: len(options.strides)])
        expected_channels = options.in_channels or used[0]
        if used != (expected_channels,) * len(options.strides):
            raise OptionError(
                f"roi_head: expects {len(options.strides)} maps of {expected_channels} channels, one for each of its "
                f"strides, got maps of {list(channels)} channels"
            )
        if not hasattr(self, "bbox_head"):
            inputs = expected_channels * options.roi_size**2
            self.bbox_head = BoxHead(
                inputs, count, hidden=options.hidden_features, class_agnostic=options.class_agnostic
            )

    def forward(self, maps: Seq[Tensor], boxes: Seq[Tensor]) -> tuple[Tensor, Tensor]:
        """Return scores ``(sum of n, C + 1)`` and differences ``(sum of n, 4 * C)``, picture after picture.

        Args:
            maps: ``(N, C, h, w)``, finest first.
            boxes: ``(n, 4)`` ``x1, y1, x2, y2`` of each picture.
        """
        found: tuple[Tensor, Tensor] = self.bbox_head(self.extractor(maps, boxes))
        return found

    def regress(
        self, maps: Seq[Tensor], boxes: Seq[Tensor], sizes: Seq[tuple[int, int]] | Tensor | None = None
    ) -> list[Regressed]:
        """Return better boxes and scores for given boxes of each picture.

        Args:
            maps: ``(N, C, h, w)``, finest first.
            boxes: ``(n, 4)`` ``x1, y1, x2, y2`` of each picture.
            sizes: Height and width of each picture, which boxes are cut to; None leaves them.
        """
        counts = [len(each) for each in boxes]
        scores, deltas = self(maps, boxes)
        found = zip(scores.float().softmax(dim=-1).split(counts), deltas.split(counts), boxes, strict=True)
        limits = [None] * len(boxes) if sizes is None else list(sizes)
        return [
            Regressed(self._boxes(given, delta, size), score)
            for (score, delta, given), size in zip(found, limits, strict=True)
        ]

    def _boxes(self, given: Tensor, deltas: Tensor, size: Tensor | tuple[int, int] | None) -> Tensor:
        boxes = self.coder.decode(given, deltas.reshape(len(given), deltas.shape[1] // 4, 4), size)
        return boxes.expand(-1, self.bbox_head.num_classes, -1) if self.bbox_head.class_agnostic else boxes

    def sample(self, proposals: Tensor, objects: Tensor, rules: RoIRules, ignored: Tensor | None = None) -> RoISamples:
        """Choose the boxes of one picture to learn from.

        Args:
            proposals: ``(N, 4)``.
            objects: ``(M, 4)``.
            rules: How.
            ignored: ``(K, 4)`` regions that are neither.
        """
        assigned = rules.assigner(proposals, objects, ignored)
        if rules.add_objects:
            own = torch.arange(len(objects), device=assigned.device)
            proposals, assigned = torch.cat((objects, proposals)), torch.cat((own, assigned))
        chosen: Sample = rules.sampler(assigned)
        return RoISamples(torch.cat((proposals[chosen.positives], proposals[chosen.negatives])), chosen.objects)

    def loss(
        self,
        maps: Seq[Tensor],
        samples: Seq[RoISamples],
        objects: Seq[Tensor],
        labels: Seq[Tensor],
        rules: RoIRules,
    ) -> dict[str, Tensor]:
        """Return ``loss_cls``, ``loss_bbox`` and ``acc`` (percent), each a single number.

        Args:
            maps: ``(N, C, h, w)``, finest first.
            samples: Of each picture, as `sample` returns them.
            objects: Boxes ``(M, 4)`` of the objects in each picture.
            labels: int64 ``(M,)``, classes of the objects.
            rules: How.
        """
        scores, deltas = self(maps, [sample.boxes for sample in samples])
        background = self.bbox_head.num_classes
        wanted = torch.cat(
            [
                torch.cat(
                    (label[sample.objects], label.new_full((len(sample.boxes) - len(sample.objects),), background))
                )
                for sample, label in zip(samples, labels, strict=True)
            ]
        )
        targets = torch.cat(
            [
                self.coder.encode(sample.boxes[: len(sample.objects)], boxes[sample.objects])
                for sample, boxes in zip(samples, objects, strict=True)
            ]
        )
        positive = wanted != background
        boxes = deltas.reshape(len(deltas), deltas.shape[1] // 4, 4)[positive]
        if not self.bbox_head.class_agnostic:
            boxes = boxes[torch.arange(len(boxes), device=boxes.device), wanted[positive]]
        return {
            "loss_cls": cross_entropy(scores, wanted, average=max(len(wanted), 1)),
            "loss_bbox": rules.box_loss(boxes, targets, average=max(len(wanted), 1)),
            "acc": top1_accuracy(scores, wanted),
        }
