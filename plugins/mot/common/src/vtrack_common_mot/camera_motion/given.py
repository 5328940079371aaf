"""Camera motion that is known: from a file, or none at all.

The format is that of the files that come with BoT-SORT (https://github.com/NirAharon/BoT-SORT, MIT licence): for each
frame, from the first, a line of seven numbers separated by blanks, the first of which is not looked at; the others are
the warp, row by row.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Float64Array, Instances
from vtcore.state import Stateful
from vtrack_common_mot.camera_motion.config import FileConfig, StillConfig
from vtrack_common_mot.camera_motion.estimator import IDENTITY

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["GivenWarps", "Still", "read_warps"]

_DETECTOR = re.compile(r"-(DPM|FRCNN|SDP)$")


def read_warps(path: str | Path) -> Float64Array:
    """Read the warps of a sequence, float64 ``(frames, 2, 3)``.

    Raises:
        DataError: The file cannot be read, or a line is not of seven finite numbers.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no text"
        raise DataError(f"cannot read the camera's motion: {reason}", file=path) from error
    warps = np.empty((len(lines), 2, 3))
    for number, line in enumerate(lines, 1):
        try:
            numbers = np.array([float(word) for word in line.split()])
        except ValueError:
            numbers = np.empty(0)
        if len(numbers) != 7 or not np.isfinite(numbers).all():
            message = f"must be seven numbers, one and then the two rows of a warp, got {line.strip()!r}"
            raise DataError(message, file=path, line=number)
        warps[number - 1] = numbers[1:].reshape(2, 3)
    warps.setflags(write=False)
    return warps


class GivenWarps(Stateful):
    """Gives the warps of a file; those of frames that were dropped go into the next one's.

    Args:
        path: The file; ``{sequence}`` stands for the sequence's name, ``{scene}`` for the name without a public
            detector's.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_path", "_last")

    def __init__(self, *, path: str) -> None:
        self.config = FileConfig(path=path)
        self._warps: Float64Array | None = None
        self._path = path
        self._last = -1

    def reset(self, sequence: Sequence | None = None) -> None:
        """Read the sequence's file.

        Raises:
            DataError: It is wrong, has no line for each frame, or which file to read depends on a sequence.
        """
        self._last = -1
        self._warps = None
        self._path = self.config.path
        if sequence is not None:
            scene = _DETECTOR.sub("", sequence.name)
            self._path = self._path.replace("{sequence}", sequence.name).replace("{scene}", scene)
        elif "{" in self._path:
            # Known with the first sequence: a tracker is reset when it is made.
            return
        self._warps = read_warps(self._path)
        length = None if sequence is None else sequence.length
        if length is not None and len(self._warps) < length:
            message = f"has warps for {len(self._warps)} frames, and the sequence has {length}"
            raise DataError(message, file=self._path)

    def proceed(self, sequence: Sequence) -> None:
        """Read the next sequence's file, as `reset` does."""
        self.reset(sequence)

    def _restored(self) -> None:
        # Read again when it is needed.
        self._warps = None

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        """Return the warp from the frame before to this one, float64 ``(2, 3)``; not to be changed.

        Args:
            frame: The frame, whose index counts; None for the next of them.
            detections: Not looked at.

        Raises:
            DataError: There is none for the frame.
        """
        if self._warps is None:
            if "{" in self._path:
                message = f"which file of warps to read depends on the sequence ({self._path}); reset with one first"
                raise DataError(message)
            self._warps = read_warps(self._path)
        last, index = self._last, self._last + 1 if frame is None else frame.index
        if index >= len(self._warps):
            raise DataError(f"has warps for {len(self._warps)} frames, none for frame {index + 1}", file=self._path)
        self._last = index
        warp: Float64Array = self._warps[index]
        # Nothing is known of a frame before the first that was given.
        return warp if last < 0 or index <= last + 1 else _joined(self._warps[last + 1 : index + 1])


def _joined(warps: Float64Array) -> Float64Array:
    """Return one warp ``(2, 3)`` that does what several, one after the other, do."""
    whole = np.eye(3)
    for warp in warps:
        whole[:2] = warp @ whole
    joined: Float64Array = whole[:2]
    joined.setflags(write=False)
    return joined


class Still(Stateful):
    """A camera that stands still."""

    def __init__(self) -> None:
        self.config = StillConfig()

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget nothing."""

    def proceed(self, sequence: Sequence) -> None:
        """Go on."""

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        """Return the identity, float64 ``(2, 3)``; not to be changed."""
        return IDENTITY
