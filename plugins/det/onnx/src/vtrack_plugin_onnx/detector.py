"""Networks in ONNX files as detectors of vtcore."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence as Seq
from pathlib import Path

import numpy as np

from vtcore.components import BuildContext
from vtcore.frames import Frame, Image
from vtcore.instances import Float32Array, Instances, Int64Array
from vtcore.processor import available_cores
from vtcore.side_by_side import MOST, SideBySide
from vtrack_common_det.detector import Found, NetworkDetector
from vtrack_common_det.nms import class_wise_nms
from vtrack_nets.errors import CheckpointError
from vtrack_nets.file_hash import checked_file
from vtrack_plugin_onnx.class_names import names_in
from vtrack_plugin_onnx.config import OnnxConfig
from vtrack_plugin_onnx.decoding import Rule, Scored, decoder
from vtrack_plugin_onnx.network import Array, OnnxNetwork
from vtrack_plugin_onnx.numbering import counted, numbering
from vtrack_plugin_onnx.outputs import Outputs, read_outputs
from vtrack_plugin_onnx.pictures import Pictures
from vtrack_plugin_onnx.presets import DECODINGS
from vtrack_plugin_onnx.session import on_processor, open_session

__all__ = ["OnnxDetector"]

_NAME = "detector 'onnx'"

_log = logging.getLogger("vtcore")

_MOST = 1.01
"""No probability exceeds this, in half precision either."""

_TURNED = 1.0
"""Pixels by which rounding may turn a box over."""


class OnnxDetector(NetworkDetector):
    """Finds what the network in an ONNX file finds; see `OnnxConfig` for the arguments.

    A blank picture goes through the network at once, so that all that is wrong with it is told before a run begins.

    Attributes:
        config: The options.
        input_size: Height and width of the network's pictures; with ``resize = "keep-ratio"``, bounds of their edges.
    """

    def __init__(
        self,
        weights: str = "",
        weights_sha256: str = "",
        decoding: str = "yolox",
        outputs: Seq[str] = (),
        activation: str = "",
        box_format: str = "",
        box_units: str = "auto",
        label_numbers: str = "from-zero",
        strides: Seq[int] = (8, 16, 32),
        input_size: Seq[int] = (),
        preset: str = "",
        resize: str = "",
        channel_order: str = "",
        mean: Seq[float] = (),
        std: Seq[float] = (),
        pad: int = -1,
        class_names: Seq[str] = (),
        classes: Seq[str] = (),
        min_score: float = 0.05,
        suppress: str = "auto",
        nms_threshold: float = 0.5,
        max_detections: int = 0,
        batch_size: int = 1,
        providers: Seq[str] = (),
        threads: int = 0,
        context: BuildContext | None = None,
    ) -> None:
        """Open the file.

        Args:
            weights: File or address of the network.
            weights_sha256: What the file's SHA-256 must be, or begin with.
            decoding: What the outputs mean.
            outputs: Names of the outputs, in the decoding's order.
            activation: What makes scores of the outputs.
            box_format: How the outputs hold a box.
            box_units: What coordinates count.
            label_numbers: How the network numbers its classes.
            strides: Of a raw YOLOX head.
            input_size: Height and width of the network's pictures; empty for what the file says.
            preset: How pictures are handed to the network.
            resize: How they are scaled.
            channel_order: Order of their channels.
            mean: Taken off each channel.
            std: What each channel is divided by.
            pad: Grey value of what no picture covers.
            class_names: What its classes are called; empty for the file's own names, or the usual ones.
            classes: Names of those to keep; empty for all.
            min_score: Least score of what is kept.
            suppress: Whether boxes that overlap are thinned out.
            nms_threshold: Greatest overlap that two boxes of a class then survive.
            max_detections: Most detections of a frame; 0 for any number.
            batch_size: Frames at once, where the file takes several.
            providers: Execution providers of onnxruntime; empty for those of the device.
            threads: Threads of the processor within one step.
            context: Device of the run; the network computes in the type that it was exported with.

        Raises:
            ValueError: An option is out of bounds, or no weights are given.
            MissingPackageError: onnxruntime is not installed.
            CheckpointError: The file is missing, damaged, or no network with such outputs.
            DownloadError: An address cannot be fetched.
            DeviceError: There is no such device.
        """
        self.config = config = OnnxConfig(
            weights=weights,
            weights_sha256=weights_sha256,
            decoding=decoding,
            outputs=tuple(outputs),
            activation=activation,
            box_format=box_format,
            box_units=box_units,
            label_numbers=label_numbers,
            strides=tuple(strides),
            input_size=tuple(input_size),
            preset=preset,
            resize=resize,
            channel_order=channel_order,
            mean=tuple(mean),
            std=tuple(std),
            pad=pad,
            class_names=tuple(class_names),
            classes=tuple(classes),
            min_score=min_score,
            suppress=suppress,
            nms_threshold=nms_threshold,
            max_detections=max_detections,
            batch_size=batch_size,
            providers=tuple(providers),
            threads=threads,
        )
        self._path = _file(config)
        self._device = (context or BuildContext()).device
        self._network = self._opened(threads)
        self.input_size = _size(config, self._network, self._path)
        self._outputs = self._probed()
        own = names_in(self._network.metadata)
        self._counted = counted(config, self._outputs.classes, len(own), self._path)
        self._label_map = numbering(config, self._counted, own)
        cores = available_cores()
        several = threads == 0 and cores > 1 and on_processor(self._network.session)
        super().__init__(
            self._label_map.names,
            classes=classes,
            max_detections=max_detections,
            batch_size=batch_size,
            name=_NAME,
            spread=SideBySide(min(cores, MOST), name="vtrack-onnx").spread if several else None,
        )
        self._beside: OnnxNetwork | None = None
        self._opening = threading.Lock()
        self._here = _Here(self._network, self._fitting())
        self._decode = decoder(decoding)
        usual = DECODINGS[decoding]
        self._activation = activation or usual.activation
        self._format = box_format or usual.box_format
        self._fractions = box_units == "fractions" or (box_units == "auto" and decoding == "detr")
        self._suppressed = suppress == "always" or (suppress == "auto" and usual.suppressed)

    def _opened(self, threads: int) -> OnnxNetwork:
        config = self.config
        session = open_session(self._path, device=self._device, providers=config.providers, threads=threads)
        return OnnxNetwork(session, self._path)

    def _fitting(self) -> Pictures:
        return Pictures(self.config.pictures, self.input_size, self._network.pictures.dtype)

    def _probed(self) -> Outputs:
        size = self.input_size
        if self.config.pictures.resize == "keep-ratio":
            size = tuple(-(-edge // 32) * 32 for edge in size)  # type: ignore[assignment]
        outputs = read_outputs(self.config, self._network.probe(*size), size, self._path)
        if not outputs.batched:
            self._network.one_by_one()
        return outputs

    def _detect_group(self, group: Seq[Seq[Frame]]) -> list[list[Instances]]:
        """Look at batches in one of several threads, which has a core to itself and pictures of its own."""
        if self._here.network is self._network:
            self._here.network, self._here.pictures = self._for_one_core(), self._fitting()
        return super()._detect_group(group)

    def _for_one_core(self) -> OnnxNetwork:
        """Return the network as all threads call it that have a core each; onnxruntime allows for that."""
        with self._opening:
            if self._beside is None:
                self._beside = self._opened(1)
                if not self._outputs.batched:
                    self._beside.one_by_one()
            return self._beside

    def _infer(self, images: Seq[Image]) -> list[Found]:
        with self._timed("preprocess"):
            batch, placed = self._here.pictures(images)
        answers = self._here.network(batch, self._outputs.names)
        found: list[Found] = []
        while True:
            with self._timed("forward"):
                answer = next(answers, None)
            if answer is None:
                return found
            with self._timed("postprocess"):
                self._look_at(answer[0])
                for each in self._scored(answer[0], batch.shape[2:]):
                    row = len(found)
                    boxes, scores, labels = self._chosen(each, batch.shape[2:])
                    original = (boxes - placed.offsets[row]) / placed.factors[row]
                    found.append((np.asarray(original, np.float32), scores, labels))

    def _look_at(self, outputs: Seq[Array]) -> None:
        # The greatest of numbers is none where one of them is none; comparisons would leave it out in silence.
        if any(each.dtype.kind == "f" and each.size and np.isnan(each.max()) for each in outputs):
            self._tell("numbers that are none (NaN)")

    def _tell(self, what: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("%s: gave %s; they are left out; the file is damaged, or overflows", self._path, what)

    def _scored(self, outputs: Seq[Array], size: tuple[int, ...]) -> list[Scored]:
        config = self.config
        rule = Rule(self._activation, config.min_score, (size[0], size[1]), config.strides, self._counted)
        return self._decode(outputs if self._outputs.batched else [each[None] for each in outputs], rule)

    def _chosen(self, scored: Scored, size: tuple[int, ...]) -> tuple[Float32Array, Float32Array, Int64Array]:
        """Return boxes as corners in pixels of the network's picture, scores, and labels as places in the names."""
        known, labels = self._label_map(scored.labels)
        if not known.all() and scored.labels.max() > self._label_map.last:
            raise CheckpointError(
                f"gave the label {scored.labels.max()}, but the last of its {len(self._label_map.names)} classes has "
                f"the number {self._label_map.last}; give class_names, or another value of label_numbers",
                file=self._path,
            )
        boxes, scores = self._corners(scored.boxes[known], size), scored.scores[known]
        if not self.config.activation and (scores > _MOST).any():
            raise CheckpointError(
                f"gave the score {scores.max():.4g}, which is no probability: give activation = 'sigmoid' where the "
                "file leaves that to you, another decoding, or activation = 'none' to take scores as they are",
                file=self._path,
            )
        finite = np.isfinite(boxes).all(axis=1)
        if not finite.all():
            self._tell("boxes that no number can hold")
        kept = finite & self._filter.kept(labels)
        if self._suppressed and self.config.nms_threshold < 1:
            rows = np.flatnonzero(kept)
            rows = rows[class_wise_nms(boxes[rows], scores[rows], labels[rows], self.config.nms_threshold)]
        else:
            rows = np.flatnonzero(kept)
        return boxes[rows], scores[rows], labels[rows]

    def _corners(self, boxes: Float32Array, size: tuple[int, ...]) -> Float32Array:
        edges = np.array([size[1], size[0]] if self._fractions else [1, 1], np.float32)
        first: Float32Array = boxes[:, :2] * edges
        second: Float32Array = boxes[:, 2:] * edges
        if self._format == "cxcywh":
            half = second * np.float32(0.5)
            first, second = first - half, first + half
        elif self._format == "xywh":
            second = first + second
        if ((first - second) > _TURNED).any():
            raise CheckpointError(
                f"gave boxes whose right edge is left of their left one: they are not {self._format}; give box_format, "
                "or another decoding",
                file=self._path,
            )
        return np.concatenate((first, np.maximum(first, second)), axis=1)


class _Here(threading.local):
    """What the present thread looks with.

    Attributes:
        network: The network.
        pictures: Makes its pictures, in memory that is used again.
    """

    def __init__(self, network: OnnxNetwork, pictures: Pictures) -> None:
        """Begin in any thread with those of the detector."""
        self.network = network
        self.pictures = pictures


def _file(config: OnnxConfig) -> Path:
    if not config.weights:
        raise ValueError('weights: none are given; write weights = "file or address"')
    return checked_file(config.weights, config.weights_sha256)


def _size(config: OnnxConfig, network: OnnxNetwork, path: Path) -> tuple[int, int]:
    """Return the size of pictures, from the option or the file, which must not contradict each other."""
    has, wanted = network.pictures.size, config.input_size
    if config.pictures.resize == "keep-ratio" and has != (0, 0):
        raise CheckpointError(
            f"wants pictures of {has[0]} x {has[1]} (0: any): resize = 'keep-ratio' needs a file that leaves both open",
            file=path,
        )
    if not wanted:
        if 0 in has:
            raise CheckpointError(
                "leaves the size of pictures open: write it, such as input_size = [640, 640]", file=path
            )
        return has
    if any(own not in (0, given) for own, given in zip(has, wanted, strict=True)):
        raise CheckpointError(
            f"wants pictures of {has[0]} x {has[1]} (0: any), not {wanted[0]} x {wanted[1]}: leave input_size out",
            file=path,
        )
    return wanted[0], wanted[1]
