"""What a two-stage detector learns from, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs
from torch import Tensor

from vtrack_nets.assignment import MaxOverlapAssigner
from vtrack_nets.losses import l1_loss, smooth_l1_loss
from vtrack_nets.sampling import Sampler

__all__ = ["BoxLoss", "RoIRules", "RpnRules", "TwoStageRules"]

BoxLoss = Callable[..., Tensor]
"""Takes what was found and what was wanted ``(N, 4)``, ``weights`` and ``average``, as `vtrack_nets.losses.l1_loss`."""


@attrs.frozen(kw_only=True)
class RpnRules:
    """Rules of the proposals.

    Attributes:
        assigner: Which anchor finds which object.
        sampler: Which anchors are learnt from.
        box_loss: Of the differences of boxes.
        allowed_border: Farthest that anchors may reach beyond the picture, in pixels; below 0 any anchor counts.
        nms_pre: Anchors of each map that the second stage's proposals are chosen from while it learns; 0 for all.
        max_proposals: Proposals of a picture that the second stage learns from, at most.
    """

    assigner: MaxOverlapAssigner = attrs.field(factory=MaxOverlapAssigner)
    sampler: Sampler = attrs.field(factory=lambda: Sampler(256, fraction=0.5))
    box_loss: BoxLoss = l1_loss
    allowed_border: float = -1.0
    nms_pre: int = 2000
    max_proposals: int = 1000


@attrs.frozen(kw_only=True)
class RoIRules:
    """Rules of the second stage.

    Attributes:
        assigner: Which proposal finds which object.
        sampler: Which proposals are learnt from.
        box_loss: Of the differences of boxes.
        add_objects: Count the objects' own boxes among the proposals, before them.
    """

    assigner: MaxOverlapAssigner = attrs.field(
        factory=lambda: MaxOverlapAssigner(positive=0.5, negative=0.5, low_quality=False, least_best=0.5)
    )
    sampler: Sampler = attrs.field(factory=lambda: Sampler(512, fraction=0.25))
    box_loss: BoxLoss = l1_loss
    add_objects: bool = True


@attrs.frozen(kw_only=True)
class TwoStageRules:
    """Rules of both stages; the defaults are those of MMDetection's Faster R-CNN on COCO.

    Attributes:
        rpn: Of the proposals.
        roi: Of the second stage.
    """

    rpn: RpnRules = attrs.field(factory=RpnRules)
    roi: RoIRules = attrs.field(factory=RoIRules)

    @classmethod
    def mmtracking(cls, *, seed: int = 0, sample: bool = True) -> TwoStageRules:
        """Return the rules of MMTracking's detectors.

        Args:
            seed: Of what is drawn.
            sample: Whether boxes are drawn; otherwise all are learnt from.
        """
        return cls(
            rpn=RpnRules(sampler=Sampler(256 * sample, seed=seed), box_loss=partial(smooth_l1_loss, beta=1 / 9)),
            roi=RoIRules(sampler=Sampler(512 * sample, fraction=0.25, seed=seed), box_loss=smooth_l1_loss),
        )
