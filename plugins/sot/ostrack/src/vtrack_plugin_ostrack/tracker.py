"""OSTrack as a tracker of vtcore.

Ye et al., Joint Feature Learning and Relation Modeling for Tracking: A One-Stream Framework, ECCV 2022,
https://arxiv.org/abs/2203.11991. Boxes equal those of botaoye/OSTrack (MIT).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any, ClassVar

import attrs
import numpy as np
import torch
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtcore.frames import Frame, Image
from vtcore.instances import BoolArray, Float32Array, Float64Array
from vtrack_common_sot.crops import answered_box, crop_shows_picture, square_crop
from vtrack_common_sot.network_config import check_source
from vtrack_common_sot.normalisation import CropNormaliser, crop_batch
from vtrack_common_sot.packed_linear import pack_linears
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_common_sot.windows import outer_window
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_ostrack import loading
from vtrack_plugin_ostrack.config import OstrackConfig
from vtrack_plugin_ostrack.elimination import Focus, box_range, fixed_range, focus_of
from vtrack_plugin_ostrack.head import boxes_at_best
from vtrack_plugin_ostrack.network import Ostrack

__all__ = ["OstrackTarget", "OstrackTracker"]

_NAME = "tracker 'ostrack'"
_FAR_FROM = 320
"""Side of the search region from which on the published weights see 5 times the target, and not 4 times."""


@attrs.define(eq=False)
class OstrackTarget:
    """A target of OSTrack.

    Attributes:
        box: float64 ``(4,)``, ``x, y, width, height`` in the last frame.
        template: Tokens of the template, float32 ``(1, L, width)``, on the network's device.
        focus: bool ``(L,)``, squares of the template that decide which candidates are dropped; None for all.
    """

    box: Float64Array
    template: Tensor
    focus: BoolArray | None


class Stepper(nn.Module):
    """What is computed on the device in each frame: from bytes to a box, without going back in between."""

    window: Tensor

    def __init__(self, network: Ostrack, influence: float) -> None:
        super().__init__()
        self.network = network
        self.normalise = CropNormaliser()
        side = network.layout.search_grid
        window = 1 - influence + influence * torch.from_numpy(outer_window(side, side))
        self.register_buffer("window", window, persistent=False)

    def forward(self, crops: Tensor, templates: Tensor, rows: tuple[Tensor, ...], weights: Tensor | None) -> Tensor:
        """Return ``(N, 5)``: middle x, middle y, width, height in fractions of the search region, and the score.

        Args:
            crops: uint8 ``(N, H, W, 3)``, blue first.
            templates: ``(N, L, width)``.
            rows: The first part of a `Focus`, where there is one.
            weights: The second part.
        """
        focus = None if weights is None else (rows[0], weights)
        maps = self.network(templates, self.normalise(crops), focus)
        boxes, best = boxes_at_best(maps, maps.score * self.window)
        return torch.cat((boxes, maps.score.flatten(1).gather(1, best)), dim=1).float()


class OstrackTracker(TargetTrackerBase[OstrackTarget]):
    """Follows targets by OSTrack; see `OstrackConfig` for the arguments.

    Attributes:
        config: The options.
        network: The network, in evaluation mode, on its device.
    """

    _TARGET_CLASS: ClassVar[type[Any]] = OstrackTarget

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        template_factor: float = 2.0,
        search_factor: float = 0.0,
        elimination_blocks: Seq[int] = (3, 6, 9),
        elimination_keep: Seq[float] = (0.7,),
        elimination_range: str = "CTR_POINT",
        window_influence: float = 1.0,
        margin: float = 10.0,
        fuse: bool = True,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network; the context tells of device, type and compilation, None for the defaults of a run.

        Raises:
            ValueError: An option is out of bounds, or no weights are given.
            CheckpointError: The weights are missing, damaged, refused, or of another network.
            DeviceError: There is no such device.
            OptionError: An option does not go with the weights.
        """
        self.config = OstrackConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            template_factor=template_factor,
            search_factor=search_factor,
            elimination_blocks=tuple(elimination_blocks),
            elimination_keep=tuple(elimination_keep),
            elimination_range=elimination_range,
            window_influence=window_influence,
            margin=margin,
            fuse=fuse,
        )
        check_source(weights)
        context = context or BuildContext()
        keep = loading.shares(elimination_blocks, elimination_keep) if elimination_blocks else {}
        self.network = loading.load_network(weights, sha256=weights_sha256, keep=keep).eval()
        layout = self.network.layout
        self._search_factor = search_factor or (5.0 if layout.search_size >= _FAR_FROM else 4.0)
        self._range = None if elimination_range == "GT_BOX" else fixed_range(elimination_range, layout.template_grid)
        if fuse:
            self.network.box_head.fuse()
            pack_linears(self.network, context)
        self._runner = NetworkRunner(Stepper(self.network, window_influence), context, name=_NAME)
        self._batch: tuple[list[OstrackTarget], Tensor, Focus | None] | None = None
        super().__init__(name=_NAME, device=self._runner.device)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights under our network's names; see `vtrack_plugin_ostrack.loading`."""
        return loading.convert_weights(state)

    def _start(self, frame: Frame, ltwh: Float64Array) -> OstrackTarget:
        layout = self.network.layout
        crop, scale = square_crop(self._image(frame), ltwh, self.config.template_factor, layout.template_size)
        focus = self._range
        if self.config.elimination_range == "GT_BOX":
            focus = box_range(ltwh, scale, layout.template_size, layout.patch)
        return OstrackTarget(ltwh.copy(), self._template_tokens(crop), focus)

    def _template_tokens(self, crop: Image) -> Tensor:
        with torch.inference_mode():
            crops = crop_batch([crop]).to(self._runner.device)
            stepper = self._runner.network
            return self.network.backbone.template_tokens(stepper.get_submodule("normalise")(crops))

    def _follow(self, frame: Frame, targets: list[OstrackTarget]) -> tuple[Float64Array, Float32Array]:
        image, size = self._image(frame), self.network.layout.search_size
        with self._timed("crop"):
            cut = [square_crop(image, target.box, self._search_factor, size) for target in targets]
            crops, scales = crop_batch([crop for crop, _ in cut]), [scale for _, scale in cut]
        templates, focus = self._batched(targets)
        with self._timed("forward"):
            rows, weights = ((), None) if focus is None else ((focus[0],), focus[1])
            found = self._runner(crops, templates, rows, weights).cpu().numpy()
        with self._timed("decode"):
            margin = self.config.margin
            boxes = np.array(
                [
                    answered_box(row[:4], target.box, scale, size, image.shape, margin)
                    for row, target, scale in zip(found, targets, scales, strict=True)
                ]
            )
            for target, box in zip(targets, boxes, strict=True):
                if np.isfinite(box).all():
                    target.box = box
        return boxes, found[:, 4].copy()

    def _sees(self, image: Image, target: OstrackTarget) -> bool:
        return crop_shows_picture(image.shape, target.box, self._search_factor)

    def _batched(self, targets: list[OstrackTarget]) -> tuple[Tensor, Focus | None]:
        """Return templates and focus of all targets; they change only when one is started."""
        batch = self._batch
        if batch is None or len(batch[0]) != len(targets) or any(map(_differ, batch[0], targets)):
            templates = torch.cat([target.template for target in targets])
            focus = focus_of([target.focus for target in targets], self._runner.device)
            self._batch = batch = (list(targets), templates, focus)
        return batch[1], batch[2]


def _differ(one: OstrackTarget, other: OstrackTarget) -> bool:
    return one is not other
