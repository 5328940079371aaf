"""NanoTrack: small Siamese trackers for single objects.

HonglinChu, NanoTrack, https://github.com/HonglinChu/SiamTrackers/tree/master/NanoTrack (Apache-2.0), versions 1 to 3,
and OpenCV's TrackerNano (Apache-2.0), which takes the same files. With ``compat`` the boxes are theirs; without, they
are taken from where the crop truly lies (`vtrack_plugin_nanotrack.crops`).
"""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np

from vtcore.components import BuildContext
from vtcore.frames import Frame, Image
from vtcore.instances import BoolArray, Float32Array, Float64Array
from vtrack_common_sot.crops import shows_picture
from vtrack_common_sot.subwindow import context_size, mean_colour
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_plugin_nanotrack.config import NanoTrackConfig
from vtrack_plugin_nanotrack.crops import CUTTERS
from vtrack_plugin_nanotrack.decoding import Decoder
from vtrack_plugin_nanotrack.network import SEARCH_SIZE, TEMPLATE_SIZE, NanoNetwork
from vtrack_plugin_nanotrack.network_files import checked_file

__all__ = ["NanoTarget", "NanoTrack"]

_SMALLEST = 10.0
"""Pixels: no box becomes smaller."""


@attrs.define
class NanoTarget:
    """What is kept of a target.

    Attributes:
        template: float32 ``(C, 8, 8)``, features of the picture that it was started in.
        colour: float64 ``(3,)``, mean colour of that frame, blue first.
        centre: float64 ``(2,)``, x and y in pixels of the frame.
        size: float64 ``(2,)``, width and height in pixels of the frame.
    """

    template: Float32Array
    colour: Float64Array
    centre: Float64Array
    size: Float64Array

    @property
    def box(self) -> Float64Array:
        """Its box, ``x, y, width, height``."""
        return np.concatenate((self.centre - self.size / 2, self.size))


class NanoTrack(TargetTrackerBase[NanoTarget]):
    """Follows targets by NanoTrack; see `NanoTrackConfig` for the arguments.

    The centre of a box stays within the picture, and its sides between 10 pixels and those of the picture. Scores are
    the network's probability that the target is at the place taken; with ``compat = "opencv"`` what OpenCV gives.

    Attributes:
        config: The options.
    """

    _TARGET_CLASS: ClassVar[type[NanoTarget]] = NanoTarget

    def __init__(
        self,
        backbone: str = "",
        backbone_sha256: str = "",
        head: str = "",
        head_sha256: str = "",
        penalty_k: float = 0.15,
        window_influence: float = 0.49,
        lr: float = 0.385,
        channel_order: str = "bgr",
        compat: str = "",
        threads: int = 1,
        context: BuildContext | None = None,
    ) -> None:
        """Open the network.

        Args:
            backbone: File or address of the backbone.
            backbone_sha256: What the SHA-256 of its file must be, or begin with.
            head: File or address of the head.
            head_sha256: What the SHA-256 of its file must be, or begin with.
            penalty_k: How much a change of size or shape counts against a place.
            window_influence: Share of a cosine window in the score by which a place is chosen.
            lr: Share of the new size in the box, times the score.
            channel_order: Order of channels that the network is given.
            compat: Whose boxes to give: ``""``, ``"nanotrack"`` or ``"opencv"``.
            threads: Threads of the processor within one step of the network; 0 for all cores.
            context: Device of the run; the network computes in the type that it was exported with.

        Raises:
            ValueError: An option is out of bounds, or a file is not given.
            MissingPackageError: onnx or onnxruntime is not installed.
            NetworkFileError: A file is missing, damaged, or not of NanoTrack.
            VtcoreError: An address cannot be fetched, or there is no such device.
        """
        self.config = config = NanoTrackConfig(
            backbone=backbone,
            backbone_sha256=backbone_sha256,
            head=head,
            head_sha256=head_sha256,
            penalty_k=penalty_k,
            window_influence=window_influence,
            lr=lr,
            channel_order=channel_order,
            compat=compat,
            threads=threads,
        )
        for part in ("backbone", "head"):
            if not getattr(config, part):
                raise ValueError(f'{part}: no file is given; write {part} = "file or address"')
        self._network = NanoNetwork(
            checked_file(backbone, backbone_sha256),
            checked_file(head, head_sha256),
            device=(context or BuildContext()).device,
            threads=threads,
            rgb=channel_order == "rgb",
        )
        self._cutter = CUTTERS[compat]()
        self._opencv = compat == "opencv"
        self._decode = Decoder(
            self._network.grid, penalty_k=penalty_k, window_influence=window_influence, rooted=self._opencv
        )
        super().__init__(name="tracker 'nanotrack'")

    def _start(self, frame: Frame, ltwh: Float64Array) -> NanoTarget:
        image = self._image(frame)
        with self._timed("crop"):
            centre, size = self._cutter.centre(ltwh)
            colour = mean_colour(image)
            picture = self._cutter.template(image, centre, size, colour)
        with self._timed("forward"):
            template = self._network.features([picture])[0]
        return NanoTarget(template, colour, centre, size)

    def _follow(self, frame: Frame, targets: list[NanoTarget]) -> tuple[Float64Array, Float32Array]:
        image = self._image(frame)
        with self._timed("crop"):
            pieces = [self._cutter.search(image, each.centre, each.size, each.colour) for each in targets]
        with self._timed("forward"):
            features = self._network.features([piece.picture for piece in pieces])
            logits, distances = self._network.answers(np.stack([each.template for each in targets]), features)
        with self._timed("decode"):
            before = np.array([each.size for each in targets])
            scales = np.array([[piece.scale] for piece in pieces])
            # OpenCV compares the size of a box with where it lies, in place of its size.
            reference = np.array([each.centre for each in targets]) if self._opencv else None
            chosen = self._decode(logits, distances, before * scales, reference)
            rates = chosen.rates[:, None] * self.config.lr
            centres = np.array([piece.middle for piece in pieces]) + chosen.offsets / scales
            sizes = before * (1 - rates) + chosen.sizes / scales * rates
            scores = chosen.ranks if self._opencv else chosen.scores
            moved = self._moved(targets, centres, sizes, image)
            scores[~moved] = np.nan
            boxes = np.array([each.box for each in targets])
        # OpenCV answers whole pixels, and keeps the fractions to itself.
        return (np.trunc(boxes) if self._opencv else boxes), scores

    def _sees(self, image: Image, target: NanoTarget) -> bool:
        edge = context_size(*target.size.tolist()) * (SEARCH_SIZE / TEMPLATE_SIZE)
        return shows_picture(image.shape, (*(target.centre - edge / 2), edge, edge))

    @staticmethod
    def _moved(targets: list[NanoTarget], centres: Float64Array, sizes: Float64Array, image: Image) -> BoolArray:
        """Put targets to the places found, within the picture; those whose place is no number stay.

        Returns:
            bool ``(n,)``, which did not stay.
        """
        edges = np.array((image.shape[1], image.shape[0]), np.float64)
        within = np.maximum(0.0, np.minimum(centres, edges))
        bounded = np.maximum(_SMALLEST, np.minimum(sizes, edges))
        finite = np.asarray(np.isfinite(np.hstack((centres, sizes))).all(axis=1))
        for target, there, centre, size in zip(targets, finite, within, bounded, strict=True):
            if there:
                target.centre, target.size = centre, size
        return finite
