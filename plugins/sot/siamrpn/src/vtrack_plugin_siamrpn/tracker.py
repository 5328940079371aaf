"""SiamRPN++ as a tracker of vtcore.

Li et al., SiamRPN++: Evolution of Siamese Visual Tracking with Very Deep Networks, CVPR 2019,
https://arxiv.org/abs/1812.11703. What becomes of a target equals, by the convention, pysot's SiamRPNTracker and
SiamRPNLTTracker (https://github.com/STVIR/pysot, Apache-2.0) or MMTracking's SiamRPN (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import torch
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtcore.errors import OptionError
from vtcore.instances import Float32Array, Float64Array
from vtrack_common_sot.network_config import check_source
from vtrack_common_sot.tracker import TargetTrackerBase
from vtrack_nets.device import resolve_device
from vtrack_nets.running import NetworkRunner
from vtrack_plugin_siamrpn import naming
from vtrack_plugin_siamrpn.config import SiamRpnConfig
from vtrack_plugin_siamrpn.cutting import Piece, Scissors
from vtrack_plugin_siamrpn.decoding import Decoder
from vtrack_plugin_siamrpn.loading import load_network
from vtrack_plugin_siamrpn.network import SiamRpn

if TYPE_CHECKING:
    from vtcore.frames import Frame, Image

__all__ = ["SiamRpnTracker", "Target"]

_NAME = "tracker 'siamrpn'"

_LOST_INFLUENCE = 0.001
"""Share of the window while a target is looked for in more of the picture."""

_SMALLEST = 10.0
"""Pixels: least width and height of a box."""


@attrs.define(eq=False)
class Target:
    """What is known of a target.

    Attributes:
        centre: float64 ``(2,)``, ``x, y`` in pixels of the frame.
        size: float64 ``(2,)``, width and height.
        colour: float64 ``(3,)``, what fills up pieces that reach beyond the frame: the mean of the first frame.
        kernels: What the network needs of its template, on the network's device.
        lost: Whether it is looked for in more of the picture.
    """

    centre: Float64Array
    size: Float64Array
    colour: Float64Array
    kernels: tuple[Tensor, ...]
    lost: bool = False


class SiamRpnTracker(TargetTrackerBase[Target]):
    """Follows targets that it is shown once; see `SiamRpnConfig` for the arguments.

    Attributes:
        config: The options.
        network: The network, in evaluation mode, on its device.
    """

    _TARGET_CLASS = Target

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        penalty_k: float = 0.05,
        window_influence: float = 0.42,
        lr: float = 0.38,
        template_size: int = 127,
        search_size: int = 255,
        context_amount: float = 0.5,
        stride: int = 8,
        ratios: Seq[float] = (0.33, 0.5, 1.0, 2.0, 3.0),
        scales: Seq[float] = (8.0,),
        center_size: int = 7,
        convention: str = "pysot",
        long_term: bool = False,
        lost_search_size: int = 831,
        confidence_low: float = 0.85,
        confidence_high: float = 0.998,
        fuse: bool = True,
        network: SiamRpn | None = None,
        context: BuildContext | None = None,
    ) -> None:
        """Load the network.

        Args:
            weights: File or address of its weights.
            weights_sha256: What the file's SHA-256 must be, or begin with.
            penalty_k: How much a change of size and shape counts against a box.
            window_influence: Share of the window that prefers the middle.
            lr: Share of the new size for a sure box that fits.
            template_size: Edge of the template picture, in pixels.
            search_size: Edge of the search picture, in pixels.
            context_amount: Margin around the target, as a share of the sum of its width and height.
            stride: Pixels of the search picture between anchors.
            ratios: Height by width of the anchors.
            scales: Edge of a square anchor, in strides.
            center_size: Edge of what the neck leaves of a template, in cells.
            convention: Whose crops and anchors: ``"pysot"`` or ``"mmtracking"``.
            long_term: Look for a target that was lost in more of the picture.
            lost_search_size: Edge of the search picture for a lost target, in pixels.
            confidence_low: Long term: with a lower score a target is lost.
            confidence_high: Long term: with a higher score a lost target is found again.
            fuse: Make batch norms part of the convolutions.
            network: A network in memory, in place of weights; it is taken as it is, folded or not.
            context: Device, type and memory layout of the run.

        Raises:
            ValueError: An option is out of bounds, or there are neither weights nor a network, or both.
            OptionError: Ratios and scales are not as many as the anchors of the weights.
            CheckpointError: The weights are missing, damaged, or another network's.
            DeviceError: There is no such device.
        """
        self.config = config = SiamRpnConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            penalty_k=penalty_k,
            window_influence=window_influence,
            lr=lr,
            template_size=template_size,
            search_size=search_size,
            context_amount=context_amount,
            stride=stride,
            ratios=tuple(ratios),
            scales=tuple(scales),
            center_size=center_size,
            convention=convention,
            long_term=long_term,
            lost_search_size=lost_search_size,
            confidence_low=confidence_low,
            confidence_high=confidence_high,
            fuse=fuse,
        )
        check_source(weights, network)
        context = context or BuildContext()
        device = resolve_device(context.device)
        self.network = network or load_network(weights, sha256=weights_sha256, center_size=center_size, fuse=fuse)
        self.decoder = Decoder(stride=stride, ratios=ratios, scales=scales, penalty_k=penalty_k, convention=convention)
        if self.decoder.anchors != self.network.layout.anchors:
            raise OptionError(
                f"ratios, scales: make {self.decoder.anchors} anchors, and the weights have "
                f"{self.network.layout.anchors}; give those that they were trained with"
            )
        self._scissors = Scissors(config)
        # On the processor faster, whatever the run says.
        channels_last = device.type == "cpu" or context.channels_last
        if channels_last:
            self.network.to(memory_format=torch.channels_last)
        self._runner = NetworkRunner(_Step(self.network, channels_last=channels_last), context, name=_NAME)
        self._precise = torch.float32 if device.type == "mps" else torch.float64
        super().__init__(name=_NAME, device=self._runner.device)

    @staticmethod
    def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights under our network's names; see `vtrack_plugin_siamrpn.naming`."""
        return naming.convert_weights(state)

    def _start(self, frame: Frame, ltwh: Float64Array) -> Target:
        image = self._image(frame)
        with self._timed("crop"):
            centre, size, colour = self._scissors.centre(ltwh), ltwh[2:].copy(), self._scissors.colour(image)
            pixels = self._scissors.template(image, centre, size, colour)
        with self._timed("forward"):
            kernels = self._runner(_batch([pixels]))
        return Target(centre, size, colour, tuple(kernel.clone() for kernel in kernels))

    def _follow(self, frame: Frame, targets: list[Target]) -> tuple[Float64Array, Float32Array]:
        boxes, scores = np.empty((len(targets), 4)), np.empty(len(targets), np.float32)
        for edge, rows in self._by_edge(targets):
            group = [targets[row] for row in rows]
            pieces, answers = self._search(frame, group, edge)
            for row, target, piece, answer in zip(rows, group, pieces, answers, strict=True):
                boxes[row] = self._settle(target, piece.scale, answer, frame)
                scores[row] = answer[4]
        return boxes, scores

    def _by_edge(self, targets: Seq[Target]) -> list[tuple[int, list[int]]]:
        """Return the edges of search pictures, and the rows of the targets that need them: one batch each."""
        rows: dict[int, list[int]] = {}
        for row, target in enumerate(targets):
            rows.setdefault(self._edge(target), []).append(row)
        return sorted(rows.items())

    def _edge(self, target: Target) -> int:
        return self.config.lost_search_size if target.lost else self.config.search_size

    def _sees(self, image: Image, target: Target) -> bool:
        return self._scissors.shows(image, target.centre, target.size, self._edge(target))

    def _wait(self, target: Target) -> None:
        target.lost = self.config.long_term

    def _search(self, frame: Frame, targets: Seq[Target], edge: int) -> tuple[list[Piece], Float64Array]:
        """Return the pieces that were searched, and the network's answers, float64 ``(n, 6)``; see `Decoder.best`."""
        with self._timed("crop"):
            image = self._image(frame)
            pieces = [self._scissors.search(image, each.centre, each.size, each.colour, edge) for each in targets]
        with self._timed("forward"):
            kernels = [torch.cat(parts) if len(parts) > 1 else parts[0] for parts in _levels(targets)]
            scores, boxes = self._runner(_batch([piece.pixels for piece in pieces]), *kernels)
        with self._timed("decode"), torch.inference_mode():
            known = [
                (*(each.size * piece.scale), _LOST_INFLUENCE if each.lost else self.config.window_influence)
                for each, piece in zip(targets, pieces, strict=True)
            ]
            sizes = torch.tensor(known, dtype=self._precise).to(scores.device)
            answers = self.decoder.best(scores, boxes, sizes[:, :2], sizes[:, 2])
            return pieces, answers.cpu().numpy().astype(np.float64, copy=False)

    def _settle(self, target: Target, scale: float, answer: Float64Array, frame: Frame) -> Float64Array:
        """Move a target to where it was found, and return its box ``x, y, width, height``."""
        if not np.isfinite(answer).all():
            # The target stays as it is, and the box is replaced by the one before.
            return np.full(4, np.nan)
        score, penalty = float(answer[4]), float(answer[5])
        sure = not self.config.long_term or score >= self.config.confidence_low
        centre, size = target.centre, target.size
        if sure:
            share = penalty * score * self.config.lr
            centre = answer[:2] / scale + centre
            size = size * (1 - share) + answer[2:4] / scale * share
        height, width = self._image(frame).shape[:2]
        limits = np.array((width, height), np.float64)
        clipped = np.minimum(centre, limits).clip(min=0), np.minimum(size, limits).clip(min=_SMALLEST)
        target.centre, target.size = (centre, size) if self.config.long_term else clipped
        if not sure:
            target.lost = True
        elif score > self.config.confidence_high:
            target.lost = False
        return np.concatenate((clipped[0] - clipped[1] / 2, clipped[1]))


class _Step(nn.Module):
    """The network, from pictures as they were cut."""

    def __init__(self, network: SiamRpn, *, channels_last: bool) -> None:
        super().__init__()
        self._network = network
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def forward(self, pixels: Tensor, *kernels: Tensor) -> Any:
        """Return scores and boxes, or without kernels those of templates.

        Args:
            pixels: ``(N, H, W, 3)``.
            kernels: As `SiamRpn.template` returns them.
        """
        images = pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=self._format)
        return self._network(images, *kernels) if kernels else self._network.template(images)


def _batch(pictures: Seq[Any]) -> Tensor:
    return torch.from_numpy(np.stack(pictures))


def _levels(targets: Seq[Target]) -> list[list[Tensor]]:
    return [list(parts) for parts in zip(*(target.kernels for target in targets), strict=True)]
