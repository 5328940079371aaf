"""Frames and the sequences they belong to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vtcore.tables import TrackTable

__all__ = ["Frame", "Image", "Sequence"]

Image = npt.NDArray[np.uint8]


class Frame:
    """One image of a sequence, with its place in it.

    Attributes:
        index: 0-based place in the sequence. MOT Challenge text counts from 1: it writes ``index + 1``.
        time: Seconds since the sequence's first frame, None where unknown.
        image: uint8 ``(height, width, 3)``, blue-green-red as OpenCV decodes it; None when no component of the
            run needs pixels.
        sequence: The sequence it belongs to, None for a frame made by hand.
    """

    __slots__ = ("_shared", "image", "index", "sequence", "time")

    def __init__(
        self,
        index: int,
        image: Image | None = None,
        *,
        time: float | None = None,
        sequence: Sequence | None = None,
    ) -> None:
        """Make a frame from its parts.

        Raises:
            ValueError: The index is negative, or the image is not uint8 ``(height, width, 3)``.
        """
        if index < 0:
            raise ValueError(f"index must be >= 0, got {index}")
        if image is not None and (image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3):
            raise ValueError(f"image must be uint8 (height, width, 3), got {image.dtype} {image.shape}")
        self.index = index
        self.image = image
        self.time = time
        self.sequence = sequence
        self._shared: dict[Any, Any] | None = None

    @property
    def shared(self) -> dict[Any, Any]:
        """A place for what is computed once for a frame and used by several components; made on first use.

        A key says what was computed and how: a name with the config of the component that did it. Whoever reads a
        value leaves it as it is.
        """
        if self._shared is None:
            self._shared = {}
        return self._shared

    def __repr__(self) -> str:
        """Name sequence, index and size."""
        name = "" if self.sequence is None else f" of {self.sequence.name!r}"
        size = "" if self.image is None else f", {self.image.shape[1]}x{self.image.shape[0]}"
        return f"<Frame {self.index}{name}{size}>"


class Sequence(ABC):
    """An ordered set of frames, and what is known of them.

    Attributes:
        name: Unique within the data set, usable as a file name.
        length: Number of frames; None where only reading to the end tells.
        width, height: Size of the frames in pixels; None where only reading tells.
        frame_rate: Frames a second; None where unknown.
        classes: Names that labels index; empty where the detector brings its own.
        live: True for a camera or stream: no end, and no second reading.
        has_images: False where the images are not there, only detections or annotations.
        attributes: What makes the whole sequence hard, as the data set names it: ``("IV", "OCC")``.
        random_access: Whether `frame` gives any frame at the cost of one; set by the class.
    """

    random_access: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        *,
        length: int | None = None,
        width: int | None = None,
        height: int | None = None,
        frame_rate: float | None = None,
        classes: tuple[str, ...] = (),
        live: bool = False,
        has_images: bool = True,
        attributes: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.length = length
        self.width = width
        self.height = height
        self.frame_rate = frame_rate
        self.classes = classes
        self.live = live
        self.has_images = has_images
        self.attributes = attributes

    @abstractmethod
    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame in order, from the first.

        Args:
            images: False leaves ``Frame.image`` None and decodes nothing where the length is known without.

        Raises:
            DamagedSourceError: After the last readable frame, when more were promised.
            DataError: The source cannot be read at all.
        """

    def frame(self, index: int) -> Frame:
        """Return one frame with its image.

        Unless the class says `random_access`, the frames before it are read, too.

        Args:
            index: 0-based.

        Raises:
            IndexError: There is no such frame.
            DataError: It cannot be read; `DamagedSourceError` where the source ends before it, damaged.
        """
        found = next(islice(self.frames(), index, None), None) if index >= 0 else None
        if found is None:
            raise self._no_frame(index)
        return found

    def _no_frame(self, index: int) -> IndexError:
        return IndexError(f"sequence {self.name!r} has no frame {index} (counted from 0)")

    def annotations(self) -> TrackTable | None:
        """Return the ground truth, or None when there is none."""
        return None

    def frame_labels(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return what the data set tells of each frame, by its own names, none by default.

        Such as ``absence``, ``cover``, ``full_occlusion``, ``out_of_view``, or tags like ``camera_motion``; each an
        array of numbers or truth values with one entry per frame.
        """
        return {}

    def detections(self) -> TrackTable | None:
        """Return the detections that come with the data, or None when there are none."""
        return None

    def content(self) -> Iterable[Path | str] | None:
        """Return all that the images and times of its frames follow from, so that what is found in them can be kept.

        A `Path` stands for the content of a file, wherever it lies; a text for anything else: a size or a rate that
        files do not tell, which decoder is used, the options of pictures that are computed. None, the default, where
        that cannot be told: detections in this sequence are never cached (`vtcore.detection_cache`).
        """
        return None

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield what is wrong with the files, without decoding them (``file: message``), for the preflight.

        Args:
            needs: What the run needs of the sequence, in the words of `vtcore.interfaces`: what nobody needs is not
                looked at.
        """
        yield from ()

    def remarks(self) -> Iterator[str]:
        """Yield what is unusual about the files, but no obstacle (``file: message``), for the preflight."""
        yield from ()

    def __repr__(self) -> str:
        """Name, length and size."""
        return f"<{type(self).__name__} {self.name!r}: {self.length} frames, {self.width}x{self.height}>"
