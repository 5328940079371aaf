"""What the MixFormer trackers have in common: templates in, boxes out."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtcore.frames import Frame, Image
from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.crops import answered_box, crop_shows_picture, square_crop
from vtrack_common_sot.network_config import check_source
from vtrack_common_sot.normalisation import crop_batch
from vtrack_common_sot.packed_linear import pack_linears
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_nets.device import resolve_device
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_mixformer.attention import stacked
from vtrack_plugin_mixformer.config import MixFormerOptions
from vtrack_plugin_mixformer.loading import COMPONENTS, load_network
from vtrack_plugin_mixformer.network import MixFormer, SearchNetwork, TemplateNetwork
from vtrack_plugin_mixformer.templates import MixFormerTarget, TemplateRule

__all__ = ["MixFormerTrackerBase"]

_MARGIN = 10
"""Pixels by which a box reaches into the picture at least, and its least width and height."""

_OWN_UPDATE = {"cvt": "interval", "vit": "interval", "v2": "never"}
"""What the originals do with weights that cannot score."""


class MixFormerTrackerBase(TargetTrackerBase[MixFormerTarget]):
    """A tracker with a MixFormer network.

    Attributes:
        config: The options.
        network: The network, in evaluation mode, on its device.
        rule: When a later look of a target is taken up.
    """

    _TARGET_CLASS = MixFormerTarget

    def __init__(
        self,
        config: MixFormerOptions,
        *,
        family: str,
        sizes: tuple[int, int] | None,
        network: MixFormer | None,
        context: BuildContext | None,
    ) -> None:
        """Load the network.

        Args:
            config: The options.
            family: Which network it must be; see `vtrack_plugin_mixformer.layout`.
            sizes: Edges of search regions and templates in pixels; None where the network tells.
            network: A network in memory, in place of weights.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: There are neither weights nor a network, or both, or the network is of another family.
            OptionError: The weights cannot score, and should.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        check_source(config.weights, network)
        if network is None:
            network = load_network(config.weights, family=family, sha256=config.weights_sha256, fuse=config.fuse).eval()
            if config.fuse:
                pack_linears(network, context)
        layout = network.layout
        if layout.family != family:
            raise ValueError(f"network: is one of {COMPONENTS[layout.family]!r}, not of {COMPONENTS[family]!r}")
        if config.update == "score" and not layout.scored:
            raise OptionError('update: the weights cannot score; write update = "interval" or "never", or leave it out')
        name = f"tracker {COMPONENTS[family]!r}"
        self.config = config
        self.network = network
        own = "score" if layout.scored else _OWN_UPDATE[family]
        self.rule = TemplateRule(
            own if config.update == "auto" else config.update,
            config.update_interval,
            config.online_size,
            config.min_score,
            config.max_score_decay,
        )
        self._search_size, self._template_size = sizes or layout.sizes
        if resolve_device((context or BuildContext()).device).type == "cpu":
            # On the processor faster, whatever the run says.
            network.to(memory_format=torch.channels_last)
        self._search = NetworkRunner(SearchNetwork(network), context, name=name)
        self._remember = NetworkRunner(TemplateNetwork(network), context, name=name)
        self._batch: tuple[tuple[Any, ...], list[Tensor], Tensor | None] = ((), [], None)
        super().__init__(name=name, device=self._search.device)

    def _start(self, frame: Frame, ltwh: Float64Array) -> MixFormerTarget:
        return MixFormerTarget.started(ltwh, self._look(frame, ltwh))

    def _follow(self, frame: Frame, targets: list[MixFormerTarget]) -> tuple[Float64Array, Float32Array]:
        image, size = self._image(frame), self._search_size
        with self._timed("crop"):
            crops, scales = zip(
                *(square_crop(image, each.ltwh, self.config.search_factor, size) for each in targets), strict=True
            )
        with self._timed("forward"):
            memory, absent = self._memory(targets)
            found: Float32Array = self._search(crop_batch(crops), absent, *memory).cpu().numpy()
        with self._timed("decode"):
            places = [
                self._moved(frame, target, answer, scale)
                for target, answer, scale in zip(targets, found, scales, strict=True)
            ]
            return np.stack(places), found[:, 4].copy()

    def _sees(self, image: Image, target: MixFormerTarget) -> bool:
        return crop_shows_picture(image.shape, target.ltwh, self.config.search_factor)

    def _wait(self, target: MixFormerTarget) -> None:
        # No look of it is taken up.
        self.rule.apply(target, 0.0, lambda: target.templates[-1])

    def _moved(self, frame: Frame, target: MixFormerTarget, answer: Float32Array, scale: float) -> Float64Array:
        """Return a target's new box in the picture, after it took note of it and perhaps of its looks."""
        if not np.isfinite(answer).all():
            self._wait(target)
            # The base tells of it, and answers the last box.
            return np.full(4, np.nan)
        shape = self._image(frame).shape
        target.ltwh = answered_box(answer[:4], target.ltwh, scale, self._search_size, shape, _MARGIN)
        self.rule.apply(target, float(answer[4]), lambda: self._look(frame, target.ltwh))
        return target.ltwh

    def _look(self, frame: Frame, ltwh: Float64Array) -> Image:
        return square_crop(self._image(frame), ltwh, self.config.template_factor, self._template_size)[0]

    def _memory(self, targets: Seq[MixFormerTarget]) -> tuple[list[Tensor], Tensor | None]:
        """Return what is remembered of all targets' templates, as one batch; what has not changed is there already."""
        self._fill(targets)
        memories = tuple(each.memory for each in targets if each.memory is not None)
        known, parts, absent = self._batch
        if len(known) != len(memories) or any(one is not other for one, other in zip(known, memories, strict=True)):
            with torch.inference_mode():
                parts, absent = stacked(memories, [len(each.templates) for each in targets])
            self._batch = (memories, parts, absent)
        return parts, absent

    def _fill(self, targets: Seq[MixFormerTarget]) -> None:
        """Look at the templates of targets of which nothing is remembered; those of equal number at once."""
        waiting = [each for each in targets if each.memory is None]
        for count in sorted({len(each.templates) for each in waiting}):
            alike = [each for each in waiting if len(each.templates) == count]
            parts = self._remember(torch.from_numpy(np.stack([each.templates for each in alike])))
            # In the type that the network computes in, so that it is not changed in every frame.
            parts = [part.to(self._remember.dtype) for part in parts]
            for place, target in enumerate(alike):
                target.memory = tuple(part[place : place + 1] for part in parts)
