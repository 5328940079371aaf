"""Folders of numbered images, of which only the names are read, and kept in little memory."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import attrs

from vtcore.errors import DataError
from vtcore.sources.images import IMAGE_SUFFIXES

__all__ = ["FrameFolder"]


@attrs.frozen
class _Numbering:
    """The numbers of a folder's images, without a name for each where a pattern does.

    Attributes:
        first: Number of the first frame.
        last: Number of the last image there is.
        present: How many images there are from the first to the last.
        digits: Least number of digits.
        suffix: Ending of the names, with its dot.
        names: Names by number where they follow no pattern.
    """

    first: int
    last: int
    present: int
    digits: int
    suffix: str
    names: dict[int, str] | None = None


class FrameFolder:
    """Images named by their numbers; a number that is missing is a frame that is missing.

    Attributes:
        place: Their folder.
    """

    def __init__(self, folder: Path, *, first: int | None = None, last: int | None = None) -> None:
        """Name the folder; it is read when first asked.

        Args:
            folder: Of the images.
            first: Number of the first frame's image; the least there is when left out.
            last: Number of the last frame's image; the greatest there is when left out, and never beyond it.
        """
        self.place = folder
        self._first = first
        self._last = last

    @functools.cached_property
    def _numbering(self) -> _Numbering | None:
        names: dict[int, str] = {}
        try:
            with os.scandir(self.place) as entries:
                for entry in entries:
                    stem, dot, ending = entry.name.rpartition(".")
                    if stem.isdecimal() and f"{dot}{ending.lower()}" in IMAGE_SUFFIXES:
                        names[int(stem)] = entry.name
        except OSError:
            return None
        first = min(names, default=0) if self._first is None else self._first
        last = max(names, default=-1) if self._last is None else min(self._last, max(names, default=-1))
        kept = {number: name for number, name in names.items() if first <= number <= last}
        if not kept:
            return None
        example = next(iter(kept.values()))
        suffix = "." + example.rpartition(".")[2]
        digits = min(len(name) for name in kept.values()) - len(suffix)
        patterned = all(f"{number:0{digits}d}{suffix}" == name for number, name in kept.items())
        return _Numbering(first, last, len(kept), digits, suffix, None if patterned else kept)

    @property
    def count(self) -> int:
        """Number of frames from the first to the last image there is, missing ones in between included."""
        return 0 if self._numbering is None else self._numbering.last - self._numbering.first + 1

    @property
    def missing(self) -> int:
        """How many of the frames have no image."""
        return 0 if self._numbering is None else self.count - self._numbering.present

    @property
    def promised(self) -> int | None:
        """Number of frames that the data set's own list names, None where it names none."""
        return None if self._last is None or self._first is None else self._last - self._first + 1

    def path(self, index: int) -> Path:
        """Return the image of a frame, which may be missing.

        Raises:
            DataError: There are no images.
        """
        numbering = self._numbering
        if numbering is None:
            raise DataError(
                "no images here" if self.place.is_dir() else "no such folder; the images are looked for here",
                file=self.place,
            )
        number = numbering.first + index
        pattern = f"{number:0{numbering.digits}d}{numbering.suffix}"
        return self.place / (pattern if numbering.names is None else numbering.names.get(number, pattern))
