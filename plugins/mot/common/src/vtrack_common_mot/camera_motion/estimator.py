"""What the estimators that look at pictures share: one estimate per frame for all, and failing gracefully."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Float64Array, Instances
from vtcore.state import State, Stateful
from vtrack_common_mot.camera_motion.look import Look

if TYPE_CHECKING:
    import numpy.typing as npt

    from vtcore.frames import Frame, Image, Sequence

__all__ = ["IDENTITY", "Look", "PictureEstimator", "foreground_mask", "grey_picture", "original_size", "partial_affine"]

_log = logging.getLogger("vtcore")

IDENTITY: Float64Array = np.eye(2, 3)
IDENTITY.setflags(write=False)

_FEWEST_POINTS = 5


_KEPT = 8
"""Estimates that a frame keeps: they differ where boxes are left out, or frames before it."""

_Mark = tuple[object, "bytes | None"]
"""What a look follows from: a frame, and the boxes that were left out."""


class _Estimates:
    """What was estimated for one frame by estimators with the same options: warps, and no pictures.

    Attributes:
        frame: Stands for the frame; nothing else is equal to it.
    """

    __slots__ = ("_warps", "frame")

    def __init__(self) -> None:
        self.frame = object()
        self._warps: dict[tuple[_Mark | None, bytes | None], Float64Array] = {}

    def get(self, before: _Mark | None, boxes: bytes | None) -> Float64Array | None:
        """Return the warp from what was looked at before, None where it is not known."""
        return self._warps.get((before, boxes))

    def keep(self, before: _Mark | None, boxes: bytes | None, warp: Float64Array) -> None:
        """Note a warp, and forget the oldest of too many."""
        if len(self._warps) >= _KEPT:
            del self._warps[next(iter(self._warps))]
        self._warps[before, boxes] = warp


class PictureEstimator(Stateful, ABC):
    """Compares each picture with the one before it that was given, however long ago.

    A frame's estimate is put into `Frame.shared`, so that any number of components with the same config cost as much
    as one. It is a few numbers: where an estimate was found there, the picture is looked at only once it is needed, for
    a next frame without one.

    Attributes:
        failures: How many frames of the sequence had no estimate; for them the camera is taken to stand still.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_before", "failures")

    def __init__(self, name: str, config: Any) -> None:
        """Start without a picture.

        Args:
            name: Of the component.
            config: Its options; estimators of one name and equal options share what they find.
        """
        self.config = config
        self._name = name
        self._key = (f"camera-motion {name}", config)
        self.reset()

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget the last picture."""
        self._mark: _Mark | None = None
        self._seen = Look()
        self._unseen: tuple[Frame, npt.NDArray[np.float32] | None] | None = None
        self.failures = 0
        self._where = "" if sequence is None else f"{sequence.name}: "

    def proceed(self, sequence: Sequence) -> None:
        """Go on with the frames of another sequence; its first picture is compared with the last one seen."""
        self._where = f"{sequence.name}: "

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        """Return the warp from the frame before to this one, float64 ``(2, 3)``; not to be changed.

        Args:
            frame: The next frame, with its image.
            detections: Boxes of what moves by itself.

        Raises:
            DataError: There is no image to look at.
        """
        boxes = detections.boxes if detections is not None and self._masks() else None
        if frame is None:
            raise self._nothing_to_see()
        shared: _Estimates = frame.shared.setdefault(self._key, _Estimates())
        left_out = None if boxes is None else blake2b(boxes.tobytes(), digest_size=16).digest()
        mark, self._mark = self._mark, (shared.frame, left_out)
        warp = shared.get(mark, left_out)
        if warp is not None:
            self._unseen = frame, boxes
            return warp
        # Only now: a sweep decodes pictures when they are asked for, the earlier one first.
        before = self._before
        self._seen = self._looked(self._picture(frame), boxes)
        warp = IDENTITY if before.blank or self._seen.blank else self._warp(before, self._seen)
        shared.keep(mark, left_out, warp)
        return warp

    @property
    def _before(self) -> Look:
        """The last picture, looked at by now."""
        if self._unseen is not None:
            frame, boxes = self._unseen
            self._seen = self._looked(self._picture(frame), boxes)
            self._unseen = None
        return self._seen

    def _picture(self, frame: Frame) -> Image:
        if frame.image is None:
            raise self._nothing_to_see()
        return frame.image

    def _nothing_to_see(self) -> DataError:
        return DataError(
            f"camera motion {self._name!r} looks at images, and was given none; give frames with images, "
            "or set camera_motion to type 'none'"
        )

    def _looked(self, image: Image, boxes: npt.NDArray[np.float32] | None) -> Look:
        try:
            return self._look(image, boxes)
        except cv2.error as error:
            # SIFT cannot do with a picture of a few pixels.
            self._failed(error)
            return Look()

    def _warp(self, before: Look, now: Look) -> Float64Array:
        try:
            found = self._compare(before, now) if (before.sizes == now.sizes).all() else None
        except cv2.error as error:
            return self._failed(error)
        if found is None or not np.isfinite(found).all():
            return self._failed()
        warp: Float64Array = np.array(found, np.float64)
        warp.setflags(write=False)
        return warp

    def _failed(self, error: cv2.error | None = None) -> Float64Array:
        """Count a frame without an estimate, tell of the first, and return the warp of a camera that stands still."""
        self.failures += 1
        if self.failures == 1:
            problem = "too few points in common" if error is None else str(getattr(error, "err", "") or error).strip()
            _log.warning(
                "%scamera motion '%s' found no estimate for a frame (%s); the camera is taken to stand still there",
                self._where,
                self._name,
                problem,
            )
        return IDENTITY

    def _masks(self) -> bool:
        """Return whether detections are left out."""
        return bool(getattr(self.config, "mask_detections", False))

    def _put(self, state: State) -> None:
        self._seen, self._unseen = Look(), None
        super()._put(state)
        # Of which frame it is, nobody knows; a blank one is as before the first.
        self._mark = None if self._seen.blank else (object(), None)

    @abstractmethod
    def _look(self, image: Image, boxes: npt.NDArray[np.float32] | None) -> Look:
        """Return what is kept of a picture.

        Args:
            image: uint8 ``(height, width, 3)``, blue-green-red.
            boxes: float32 ``(n, 4)``, places to leave out.
        """

    @abstractmethod
    def _compare(self, before: Look, now: Look) -> npt.NDArray[Any] | None:
        """Return the warp ``(2, 3)`` in original pixels, None where there is none; both pictures are of one size.

        Raises:
            cv2.error: OpenCV gives up, as when an alignment does not converge.
        """


def grey_picture(image: npt.NDArray[Any], downscale: int, *, blurred: bool = False) -> npt.NDArray[Any]:
    """Return the picture in grey, in its own type, smaller by a whole factor.

    Args:
        image: uint8 or float32 ``(height, width, 3)``, blue-green-red.
        downscale: The factor; a picture smaller than that becomes one pixel wide or high.
        blurred: Smooth it before it is made smaller.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if downscale > 1:
        height, width = grey.shape
        if blurred:
            grey = cv2.GaussianBlur(grey, (3, 3), 1.5)
        grey = cv2.resize(grey, (max(width // downscale, 1), max(height // downscale, 1)))
    return np.asarray(grey)


def original_size(warp: npt.NDArray[Any], look: Look) -> Float64Array:
    """Return a warp between small pictures as one between the originals, float64 ``(2, 3)``.

    Args:
        warp: ``(2, 3)``.
        look: At either picture.
    """
    vertical, horizontal = look.sizes[:2] / look.sizes[2:]
    full = np.array(warp, np.float64)
    full[0, 1] *= horizontal / vertical
    full[1, 0] *= vertical / horizontal
    full[:, 2] *= horizontal, vertical
    return full


def foreground_mask(
    shape: tuple[int, int], boxes: npt.NDArray[np.float32] | None, size: tuple[int, int], border: float = 0.0
) -> Image | None:
    """Return 255 where features may be taken and 0 elsewhere, uint8 of the given shape; None for everywhere.

    Args:
        shape: Height and width of the small picture.
        boxes: float32 ``(n, 4)``, in original pixels, to be left out.
        size: Height and width of the original picture.
        border: Share of the picture along each side that is left out.
    """
    if not border and boxes is None:
        return None
    height, width = shape
    mask = np.zeros(shape, np.uint8)
    mask[int(border * height) : int((1 - border) * height), int(border * width) : int((1 - border) * width)] = 255
    if boxes is not None:
        limits = np.array([width, height, width, height])
        factors = limits / np.array([size[1], size[0], size[1], size[0]])
        for left, top, right, bottom in np.clip(boxes * factors, 0, limits).astype(int).tolist():
            mask[top:bottom, left:right] = 0
    return mask


def partial_affine(before: npt.NDArray[Any], now: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """Return the shift, turn and scaling that most of the pairs of points agree on, ``(2, 3)``, None where none is.

    Args:
        before: ``(n, 2)``, points.
        now: ``(n, 2)``, the same points in the next picture.
    """
    if len(before) < _FEWEST_POINTS:
        return None
    warp: npt.NDArray[Any] | None = cv2.estimateAffinePartial2D(before, now, method=cv2.RANSAC)[0]
    return warp
