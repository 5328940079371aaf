"""The network in its two files: features of pictures, and what the head says of template and search picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

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
        """Open the files, and try them on noise, so that all that is wrong with them is told before a run begins.

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
        random = np.random.default_rng(0)
        template, search = (
            self._batch(list(random.integers(0, 256, (2, size, size, 3), dtype=np.uint8)))
            for size in (TEMPLATE_SIZE, SEARCH_SIZE)
        )
        self._backbone = _Part(backbone, ("pictures",), device=device, threads=threads)
        features = [self._backbone.tried([each])[0] for each in (search, template)]
        self._head = _Part(head, ("template", "search picture"), device=device, threads=threads)
        self.grid = _grid(self._head.tried(features[::-1]), head)

    def features(self, crops: list[Image]) -> Float32Array:
        """Return features of pictures, float32 ``(n, C, h, w)``.

        Args:
            crops: uint8 ``(size, size, 3)`` each, blue first, all of one size.
        """
        return self._backbone([self._batch(crops)])[0]

    def answers(self, templates: Float32Array, searches: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return what the head says of search pictures.

        Args:
            templates: float32 ``(n, C, h, w)``.
            searches: float32 ``(n, C, H, W)``.

        Returns:
            Of each place, row by row: logits of background and target, float32 ``(n, 2, grid * grid)``, and distances
            to the left, upper, right and lower edge in pixels of the search picture, float32 ``(n, 4, grid * grid)``.
        """
        scores, distances = sorted(self._head([templates, searches]), key=lambda each: int(each.shape[1]))
        return scores.reshape(len(scores), 2, -1), distances.reshape(len(distances), 4, -1)

    def _batch(self, crops: list[Image]) -> Float32Array:
        batch = np.empty((len(crops), 3, *crops[0].shape[:2]), np.float32)
        for crop, planes in zip(crops, batch, strict=True):
            order = planes[::-1] if self._rgb else planes
            cv2.split(crop.astype(np.float32), list(order))
        return batch


class _Part:
    """One file, run on batches: as such where it takes them, else one after the other."""

    def __init__(self, path: Path, takes: tuple[str, ...], *, device: str, threads: int) -> None:
        self._path = path
        self._device, self._threads = device, threads
        self._batches = True
        self._open()
        if len(self._inputs) != len(takes):
            what = f"{'backbone' if len(takes) == 1 else 'head'} of NanoTrack: it must take {' and '.join(takes)}"
            raise NetworkFileError(f"is no {what}, and has {len(self._inputs)} inputs", file=path)

    def __call__(self, arrays: list[Float32Array]) -> list[Float32Array]:
        """Return the outputs for a batch."""
        if self._batches or len(arrays[0]) == 1:
            return self._run(arrays)
        rows = [self._run([each[row : row + 1] for each in arrays]) for row in range(len(arrays[0]))]
        return [np.concatenate(each) for each in zip(*rows, strict=True)]

    def tried(self, arrays: list[Float32Array]) -> list[Float32Array]:
        """Return the outputs for a batch of two; find out whether it goes through as one.

        Raises:
            NetworkFileError: The network does not run on such inputs.
        """
        together = self._attempt(arrays)
        self._batches = False
        self._open()
        try:
            alone = self(arrays)
        except Exception as error:
            # onnxruntime's own exceptions share no base class.
            shapes = " and ".join(str((1, *each.shape[1:])) for each in arrays)
            raise NetworkFileError(
                f"does not run on inputs of {shapes} ({first_line(error)})", file=self._path
            ) from error
        if together is not None and all(map(_alike, together, alone)):
            self._batches = True
            self._open()
        return alone

    def _attempt(self, arrays: list[Float32Array]) -> list[Float32Array] | None:
        try:
            return self._run(arrays)
        except Exception:  # noqa: BLE001 - onnxruntime's own exceptions share no base class
            return None

    def _open(self) -> None:
        self._session: Any = open_session(self._path, device=self._device, threads=self._threads, batches=self._batches)
        self._inputs = [each.name for each in self._session.get_inputs()]

    def _run(self, arrays: list[Float32Array]) -> list[Float32Array]:
        return list(self._session.run(None, dict(zip(self._inputs, arrays, strict=True))))


def _alike(one: Float32Array, other: Float32Array) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True)


def _grid(outputs: list[Float32Array], path: Path) -> int:
    """Return the edge of the head's maps."""
    shapes = sorted((each.shape for each in outputs), key=lambda shape: shape[1] if len(shape) > 1 else 0)
    grid = int(shapes[0][-1]) if shapes else 0
    if shapes != [(2, 2, grid, grid), (2, 4, grid, grid)]:
        told = " and ".join(str((1, *shape[1:])) for shape in shapes)
        raise NetworkFileError(
            f"is no head of NanoTrack: its outputs must be scores (1, 2, n, n) and boxes (1, 4, n, n), and are {told}",
            file=path,
        )
    return grid
