"""The network in its two files: features of pictures, and what the head says of template and search picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vtcore.frames import Image
from vtcore.instances import Float32Array
from vtrack_plugin_nanotrack.network_files import NetworkFileError
from vtrack_plugin_nanotrack.session import first_line, open_session

__all__ = ["SEARCH_SIZE", "TEMPLATE_SIZE", "NanoNetwork"]

TEMPLATE_SIZE = 127
SEARCH_SIZE = 255

_TOLERANCE = 1e-3
"""By how much an answer in a batch may differ from the one alone."""


class NanoNetwork:
    """Runs backbone and head.

    Attributes:
        grid: Edge of the head's maps: 16 for versions 1 and 2, 15 for version 3.
    """

    def __init__(
        self, backbone: Path, head: Path, *, device: str = "auto", threads: int = 1, rgb: bool = False
    ) -> None:
        """Open the files, and try them on blank pictures.

        Args:
            backbone: Pictures to features.
            head: Features of template and search picture to scores and boxes.
            device: As `BuildContext` has it.
            threads: Of the processor within one step; 0 for as many as there are cores.
            rgb: Whether the network is given red first.

        Raises:
            MissingPackageError: onnx or onnxruntime is not installed.
            NetworkFileError: A file is damaged, or not of NanoTrack.
            VtcoreError: There is no such device.
        """
        self._rgb = rgb
        self._files = backbone, head
        self._backbone = open_session(backbone, device=device, threads=threads)
        self._head = open_session(head, device=device, threads=threads)
        self._inputs = (
            [each.name for each in self._backbone.get_inputs()],
            [each.name for each in self._head.get_inputs()],
        )
        self._outputs = _output_order(self._head, head)
        if len(self._inputs[0]) != 1:
            raise NetworkFileError("is no backbone of NanoTrack: it must have one input", file=backbone)
        if len(self._inputs[1]) != 2:
            raise NetworkFileError("is no head of NanoTrack: it must have two inputs, template and search", file=head)
        self._batched = [True, True]
        self.grid = self._tried()

    def features(self, crops: list[Image]) -> Float32Array:
        """Return features of pictures, float32 ``(n, C, h, w)``.

        Args:
            crops: uint8 ``(size, size, 3)`` each, blue first, all of one size.
        """
        return self._run(0, [self._batch(crops)])[0]

    def answers(self, templates: Float32Array, searches: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return what the head says of search pictures.

        Args:
            templates: float32 ``(n, C, h, w)``.
            searches: float32 ``(n, C, H, W)``.

        Returns:
            Of each place, row by row: logits of background and target, float32 ``(n, 2, grid * grid)``, and distances
            to the left, upper, right and lower edge in pixels of the search picture, float32 ``(n, 4, grid * grid)``.
        """
        scores, distances = self._run(1, [templates, searches])
        return scores.reshape(len(scores), 2, -1), distances.reshape(len(distances), 4, -1)

    def _batch(self, crops: list[Image]) -> Float32Array:
        batch = np.empty((len(crops), 3, *crops[0].shape[:2]), np.float32)
        for crop, planes in zip(crops, batch, strict=True):
            order = planes[::-1] if self._rgb else planes
            cv2.split(crop.astype(np.float32), list(order))
        return batch

    def _run(self, part: int, arrays: list[Float32Array]) -> list[Float32Array]:
        if self._batched[part] or len(arrays[0]) == 1:
            return self._run_once(part, arrays)
        rows = [self._run_once(part, [each[row : row + 1] for each in arrays]) for row in range(len(arrays[0]))]
        return [np.concatenate(each) for each in zip(*rows, strict=True)]

    def _run_once(self, part: int, arrays: list[Float32Array]) -> list[Float32Array]:
        session: Any = (self._backbone, self._head)[part]
        names = None if part == 0 else self._outputs
        answer: list[npt.NDArray[Any]] = session.run(names, dict(zip(self._inputs[part], arrays, strict=True)))
        return [np.asarray(each, np.float32) for each in answer]

    def _tried(self) -> int:
        """Return the edge of the head's maps; find out what goes through as a batch."""
        random = np.random.default_rng(0)
        pictures = [
            list(random.integers(0, 256, (2, size, size, 3), dtype=np.uint8)) for size in (TEMPLATE_SIZE, SEARCH_SIZE)
        ]
        alone = [[self._first(0, [self._batch([each])]) for each in both] for both in pictures]
        templates, searches = (np.concatenate([each[0] for each in both]) for both in alone)
        self._batched[0] = self._same(0, [self._batch(pictures[1])], [searches])
        rows = [self._first(1, [templates[row : row + 1], searches[row : row + 1]]) for row in (0, 1)]
        self._batched[1] = self._same(
            1, [templates, searches], [np.concatenate(each) for each in zip(*rows, strict=True)]
        )
        scores, distances = rows[0]
        shapes = scores.shape, distances.shape
        grid = int(scores.shape[-1])
        if shapes != ((1, 2, grid, grid), (1, 4, grid, grid)):
            raise NetworkFileError(
                f"is no head of NanoTrack: its outputs must be (1, 2, n, n) and (1, 4, n, n), and are {shapes[0]} and "
                f"{shapes[1]}",
                file=self._files[1],
            )
        return grid

    def _first(self, part: int, arrays: list[Float32Array]) -> list[Float32Array]:
        try:
            return self._run_once(part, arrays)
        except Exception as error:
            # onnxruntime's own exceptions share no base class.
            wants = "pictures of 127 and 255 pixels" if part == 0 else f"features of {self._files[0]}"
            raise NetworkFileError(f"does not run on {wants} ({first_line(error)})", file=self._files[part]) from error

    def _same(self, part: int, arrays: list[Float32Array], alone: list[Float32Array]) -> bool:
        try:
            together = self._run_once(part, arrays)
        except Exception:  # noqa: BLE001 - onnxruntime's own exceptions share no base class
            return False
        return all(
            one.shape == other.shape and np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE)
            for one, other in zip(together, alone, strict=True)
        )


def _output_order(head: Any, path: Path) -> list[str]:
    """Return the names of the head's outputs, scores first."""
    channels = {each.shape[1] if len(each.shape) == 4 else 0: each.name for each in head.get_outputs()}
    if channels.keys() != {2, 4}:
        told = ", ".join(f"{each.name} {each.shape}" for each in head.get_outputs())
        raise NetworkFileError(
            f"is no head of NanoTrack: its outputs must be scores (N, 2, n, n) and boxes (N, 4, n, n), and are {told}",
            file=path,
        )
    return [channels[2], channels[4]]
