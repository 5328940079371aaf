"""Writers of the texts that toolkits and servers of single-object tracking take.

Their files lie in folders of their own below the run's, beside ``results/``, whose numbers they repeat.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TextIO

import numpy as np

from vtcore.errors import OutputError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.runs.pipeline import TRACK_SECONDS
from vtrack_plugin_sot_metrics.config import BoxTextConfig, VotTextConfig
from vtrack_plugin_sot_metrics.target_text import SEPARATORS, box_line

__all__ = ["BoxTextWriter", "TrackTimesWriter", "VotTextWriter"]


class _LineWriter(ABC):
    """Writes one line a frame."""

    folder: str
    suffix: str

    def __init__(self) -> None:
        self._file: TextIO | None = None
        self._name = ""
        self._lines = 0

    def open(self, sequence: Sequence, path: Path) -> None:
        """Start the file of a sequence."""
        self._file = path.open("w", encoding="ascii", newline="\n")
        self._name = sequence.name
        self._lines = 0

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Write the frame's line."""
        if self._file is not None:
            self._file.write(self._line(frame, tracks) + "\n")
            self._lines += 1

    def close(self, *, complete: bool) -> None:
        """Close the file, which is valid after every frame."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @abstractmethod
    def _line(self, frame: Frame, tracks: Instances) -> str:
        """Return the frame's line."""

    def _box(self, frame: Frame, tracks: Instances) -> list[float] | None:
        """Return the frame's only box, left, top, width, height; None where there is none.

        Raises:
            OutputError: There are several.
        """
        if len(tracks) > 1:
            raise OutputError(
                f"sequence {self._name!r}: frame {frame.index + 1} has {len(tracks)} targets, but this format holds "
                "one: write mot-text instead"
            )
        if not len(tracks):
            return None
        left, top, right, bottom = tracks.boxes[0].astype(np.float64).tolist()
        return [left, top, right - left, bottom - top]


class TrackTimesWriter(_LineWriter):
    """Writes the seconds that each frame took to track: ``times/<sequence>_time.txt``."""

    folder = "times"
    suffix = "_time.txt"

    def _line(self, frame: Frame, tracks: Instances) -> str:
        seconds = frame.shared.get(TRACK_SECONDS, math.nan)
        if not math.isfinite(seconds):
            raise OutputError(
                f"sequence {self._name!r}: frame {frame.index + 1} has no time: track-times is for trackers of "
                "targets, which are driven by a protocol"
            )
        return f"{seconds:.8f}"


class BoxTextWriter(_LineWriter):
    """Writes one box a line, NaN where there is none: ``boxes/<sequence>.txt``."""

    folder = "boxes"
    suffix = ".txt"

    def __init__(self, *, decimals: int = 2, separator: str = "comma") -> None:
        """Choose how numbers are written.

        Args:
            decimals: Decimals of a pixel.
            separator: ``"comma"`` or ``"tab"``.

        Raises:
            ValueError: An option is out of bounds.
        """
        super().__init__()
        self.config = BoxTextConfig(decimals=decimals, separator=separator)

    def _line(self, frame: Frame, tracks: Instances) -> str:
        box = self._box(frame, tracks) or [math.nan] * 4
        return box_line(box, decimals=self.config.decimals, separator=SEPARATORS[self.config.separator])


class VotTextWriter(_LineWriter):
    """Writes text of the VOT toolkit: ``vot/<sequence>_001.txt``.

    A frame in which the target was started is ``1``, one in which it was lost ``2``, one in which it was not tracked
    ``0``; every other is left, top, width, height.
    """

    folder = "vot"
    suffix = "_001.txt"

    def __init__(self) -> None:
        super().__init__()
        self.config = VotTextConfig()
        self._was_there = False

    def open(self, sequence: Sequence, path: Path) -> None:
        """Start the file of a sequence."""
        super().open(sequence, path)
        self._was_there = False

    def _line(self, frame: Frame, tracks: Instances) -> str:
        box = self._box(frame, tracks)
        was_there, self._was_there = self._was_there, box is not None
        if box is None:
            return "2" if was_there else "0"
        return box_line(box, decimals=4) if was_there else "1"
