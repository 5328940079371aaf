"""STARK as a tracker of vtcore.

Yan et al., Learning Spatio-Temporal Transformer for Visual Tracking, ICCV 2021, https://arxiv.org/abs/2103.17154.
Boxes, scores and renewed templates are those of https://github.com/researchmm/Stark (MIT): ``stark_s.py``,
``stark_st.py`` and ``stark_lightning_X_trt.py`` below ``lib/test/tracker``.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq

import numpy as np
from torch import Tensor

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtcore.frames import Frame, Image
from vtcore.instances import BoolArray, Float32Array, Float64Array
from vtrack_common_sot.crops import answered_box, crop_shows_picture, padding_mask, square_crop
from vtrack_common_sot.network_config import check_source
from vtrack_common_sot.normalisation import crop_batch
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_nets.device import resolve_device
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_stark import naming
from vtrack_plugin_stark.config import StarkConfig
from vtrack_plugin_stark.lightning import StarkLightning
from vtrack_plugin_stark.loading import load_network
from vtrack_plugin_stark.network import Stark
from vtrack_plugin_stark.packing import pack
from vtrack_plugin_stark.stages import SearchStage, TemplateStage
from vtrack_plugin_stark.target import Target
from vtrack_plugin_stark.token_rows import TokenRows

__all__ = ["StarkTracker"]

_NAME = "tracker 'stark'"


class StarkTracker(TargetTrackerBase[Target]):
    """Follows targets from the boxes that it is given; see `StarkConfig` for the arguments.

    Attributes:
        config: The options.
        variant: ``"s"``, ``"st1"``, ``"st2"`` or ``"lightning"``.
        network: The network, in evaluation mode, on its device.
    """

    _TARGET_CLASS = Target

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        variant: str = "",
        update_intervals: Seq[int] = (200,),
        update_threshold: float = 0.5,
        template_factor: float = 2.0,
        template_size: int = 128,
        search_factor: float = 5.0,
        search_size: int = 320,
        margin: float = 10.0,
        heads: int = 8,
        network: Stark | StarkLightning | None = None,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of its weights.
            weights_sha256: What the file's SHA-256 must be, or begin with.
            variant: How it is used; empty for what the weights are.
            update_intervals: After how many frames each further template is renewed.
            update_threshold: Score above which a template is renewed.
            template_factor: Side of the template in sides of the box.
            template_size: Pixels along the template's edge.
            search_factor: Side of the search region in sides of the box.
            search_size: Pixels along the search region's edge.
            margin: How far a box reaches into the picture at least.
            heads: Heads of each attention.
            network: A network in memory, in place of weights, fused or not. It is changed in place: put on the device,
                and laid out for the processor there, after which it can no longer be saved or trained.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: An option is out of bounds, or there are neither weights nor a network, or both.
            OptionError: An option does not go with the weights.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        self.config = StarkConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            variant=variant,
            update_intervals=tuple(update_intervals),
            update_threshold=update_threshold,
            template_factor=template_factor,
            template_size=template_size,
            search_factor=search_factor,
            search_size=search_size,
            margin=margin,
            heads=heads,
        )
        check_source(weights, network)
        context = context or BuildContext()
        device = resolve_device(context.device)
        self.network = network or load_network(weights, sha256=weights_sha256, heads=heads)
        self.variant = _variant(variant, self.network)
        _check_options(self.config, self.variant, self.network)
        if device.type == "cpu":
            pack(self.network, context)
        scored = self.variant == "st2"
        self._find = NetworkRunner(SearchStage(self.network, scored=scored), context, name=_NAME)
        self._encode = NetworkRunner(TemplateStage(self.network), context, name=_NAME)
        self._rows = TokenRows(*self.network.positions, self._find.device)
        self._intervals = self.config.update_intervals if self.variant in ("st1", "st2") else ()
        super().__init__(name=_NAME, device=self._find.device)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights under our networks' names; see `vtrack_plugin_stark.naming`."""
        return naming.convert_weights(state)

    def _start(self, frame: Frame, ltwh: Float64Array) -> Target:
        ((tokens, padding),) = self._templates(self._image(frame), [ltwh])
        count = 1 + len(self._intervals)
        return Target(ltwh.copy(), 0, (tokens,) * count, (padding,) * count)

    def _follow(self, frame: Frame, targets: list[Target]) -> tuple[Float64Array, Float32Array]:
        image, config = self._image(frame), self.config
        for target in targets:
            target.age += 1
        with self._timed("crop"):
            paddings = [self._padding(image, each.box, config.search_factor, config.search_size) for each in targets]
            cut = [square_crop(image, each.box, config.search_factor, config.search_size) for each in targets]
            crops, scales = crop_batch([crop for crop, _ in cut]), [scale for _, scale in cut]
        with self._timed("forward"):
            answers = self._find(crops, *self._rows(targets, paddings)).cpu().numpy()
        scores = answers[:, 4].copy()
        with self._timed("decode"):
            self._move(targets, answers[:, :4], scales, image)
        self._renew(image, [each for each, score in zip(targets, scores, strict=True) if self._due(each, score)])
        return np.array([target.box for target in targets]), scores

    def _sees(self, image: Image, target: Target) -> bool:
        config = self.config
        if not crop_shows_picture(image.shape, target.box, config.search_factor):
            return False
        # Where all tokens are padding there is nothing that the network could attend to.
        if not all(each.all() for each in target.paddings):
            return True
        return not self._padding(image, target.box, config.search_factor, config.search_size).all()

    def _wait(self, target: Target) -> None:
        target.age += 1

    def _move(self, targets: list[Target], answers: Float32Array, scales: list[float], image: Image) -> None:
        """Give targets the boxes that the network answered."""
        size, margin = self.config.search_size, self.config.margin
        for target, answer, scale in zip(targets, answers, scales, strict=True):
            if np.isfinite(answer).all():
                target.box = answered_box(answer, target.box, scale, size, image.shape, margin)

    def _due(self, target: Target, score: float) -> bool:
        renewed = self.variant == "st2" and score > self.config.update_threshold
        return renewed and any(target.age % interval == 0 for interval in self._intervals)

    def _renew(self, image: Image, targets: list[Target]) -> None:
        """Take new templates of targets, at the places whose time has come."""
        if not targets:
            return
        fresh = self._templates(image, [target.box for target in targets])
        for target, (tokens, padding) in zip(targets, fresh, strict=True):
            due = (False, *(target.age % interval == 0 for interval in self._intervals))
            target.templates = tuple(tokens if new else old for new, old in zip(due, target.templates, strict=True))
            target.paddings = tuple(padding if new else old for new, old in zip(due, target.paddings, strict=True))

    def _templates(self, image: Image, boxes: list[Float64Array]) -> list[tuple[Tensor, BoolArray]]:
        """Return the tokens of each box, and which of its cells are padding."""
        factor, size = self.config.template_factor, self.config.template_size
        with self._timed("crop"):
            paddings = [self._padding(image, box, factor, size) for box in boxes]
            crops = [square_crop(image, box, factor, size)[0] for box in boxes]
        with self._timed("forward"):
            return list(zip(self._encode(crop_batch(crops)), paddings, strict=True))

    def _padding(self, image: Image, box: Float64Array, factor: float, size: int) -> BoolArray:
        """Return which cells are padding, bool ``(h, w)``: those whose first pixel is."""
        count = -(-size // self.network.layout.stride)
        first = np.floor(np.arange(count, dtype=np.float32) * np.float32(size / count)).astype(np.int64)
        padding: BoolArray = padding_mask(image.shape, box, factor, size)[np.ix_(first, first)]
        return padding


def _variant(wanted: str, network: Stark | StarkLightning) -> str:
    """Return how the network is used."""
    if isinstance(network, StarkLightning):
        possible: tuple[str, ...] = ("lightning",)
    else:
        possible = ("st2", "st1", "s") if network.cls_head is not None else ("s",)
    if wanted and wanted not in possible:
        raise OptionError(f"variant: the weights are for {' or '.join(possible)}, not {wanted}; leave variant out")
    return wanted or possible[0]


def _check_options(config: StarkConfig, variant: str, network: Stark | StarkLightning) -> None:
    """Refuse what does not go with the weights: intervals, heads, sizes that were not learned."""
    layout = network.layout
    problem = config.interval_problem(variant)
    if problem:
        raise OptionError(problem)
    if layout.channels % config.heads:
        raise OptionError(f"heads: {config.heads} heads cannot share {layout.channels} channels evenly")
    if isinstance(network, StarkLightning):
        for name, cells in (
            ("template_size", network.layout.template_cells),
            ("search_size", network.layout.search_cells),
        ):
            given = getattr(config, name)
            if given != cells * layout.stride:
                raise OptionError(f"{name}: the weights are for {cells * layout.stride}, not {given}; leave {name} out")
