"""What was found in one frame: boxes, scores, labels, ids, masks, embeddings, as arrays of equal length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import supervision

    from vtcore.frames import Frame
    from vtcore.masks import Masks

__all__ = ["BoolArray", "Float32Array", "Float64Array", "Instances", "Int64Array"]

BoolArray = npt.NDArray[np.bool_]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]


class Instances:
    """The instances of one frame: detections, or tracks when they carry ids.

    Fields that nobody set are None; every other has one entry per instance. Arrays are not copied when they
    already have the right type: do not change them in place.

    Attributes:
        boxes: float32 ``(N, 4)``, ``x1, y1, x2, y2`` in pixels of the original frame, continuous coordinates
            (``width = x2 - x1``), origin at the top-left corner. Boxes may reach beyond the frame.
        scores: float32 ``(N,)``, confidence; any finite number, higher is surer.
        labels: int64 ``(N,)``, index into the sequence's class names.
        ids: int64 ``(N,)``, identity, unique within a frame over all classes; None for detections.
        masks: `Masks` of N run-length encoded masks at the original frame's size.
        embeddings: float32 ``(N, D)``, appearance.
        detection_index: int64 ``(N,)``, row of the frame's detections that each track was matched to, -1 where
            the track was predicted without one; None for detections.
        ltwh: float64 ``(N, 4)``, left, top, width, height: the numbers that ``boxes`` was made from, with all their
            digits. Of targets that a tracker is started with (`vtcore.interfaces.TargetTracker`), since the size of
            what it looks at may hang on the last of them; None otherwise.
        frame: The frame they belong to, where who made them said so (``vtcore.track`` does).
    """

    __slots__ = ("boxes", "detection_index", "embeddings", "frame", "ids", "labels", "ltwh", "masks", "scores")

    boxes: Float32Array
    scores: Float32Array
    labels: Int64Array
    ids: Int64Array | None
    masks: Masks | None
    embeddings: Float32Array | None
    detection_index: Int64Array | None
    ltwh: Float64Array | None
    frame: Frame | None

    def __init__(
        self,
        boxes: npt.ArrayLike = (),
        scores: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        *,
        ids: npt.ArrayLike | None = None,
        masks: Masks | None = None,
        embeddings: npt.ArrayLike | None = None,
        detection_index: npt.ArrayLike | None = None,
        ltwh: npt.ArrayLike | None = None,
        frame: Frame | None = None,
    ) -> None:
        """Check and keep the fields.

        Args:
            boxes: ``(N, 4)``; converted to float32.
            scores: ``(N,)``; 1 for all when left out.
            labels: ``(N,)`` integers; 0 for all when left out.
            ids: ``(N,)`` integers.
            masks: N masks.
            embeddings: ``(N, D)``.
            detection_index: ``(N,)`` integers.
            ltwh: ``(N, 4)``; converted to float64.
            frame: The frame they belong to.

        Raises:
            ValueError: A field has another length or shape, a box is not finite or has ``x2 < x1`` or
                ``y2 < y1``, a score or embedding is not finite, a label is negative, or an id appears twice.
        """
        self.boxes = _boxes(boxes)
        count = len(self.boxes)
        self.scores = np.ones(count, np.float32) if scores is None else _floats("scores", scores, (count,))
        self.labels = np.zeros(count, np.int64) if labels is None else _integers("labels", labels, count)
        if count and self.labels.min() < 0:
            raise ValueError(f"labels must be >= 0, got {self.labels.min()}")
        self.ids = None if ids is None else _integers("ids", ids, count)
        if self.ids is not None and len(np.unique(self.ids)) != count:
            raise ValueError("ids must be unique within a frame")
        self.masks = masks
        if masks is not None and len(masks) != count:
            raise ValueError(f"masks must hold one mask per box: expected {count}, got {len(masks)}")
        self.embeddings = None if embeddings is None else _floats("embeddings", embeddings, (count, -1))
        self.detection_index = None if detection_index is None else _integers("detection_index", detection_index, count)
        self.ltwh = None if ltwh is None else _exact_boxes(ltwh, count)
        self.frame = frame

    @classmethod
    def trusted(
        cls,
        boxes: Float32Array,
        scores: Float32Array,
        labels: Int64Array,
        ids: Int64Array | None = None,
        detection_index: Int64Array | None = None,
        masks: Masks | None = None,
        embeddings: Float32Array | None = None,
    ) -> Instances:
        """Keep arrays that are already right, without looking at them.

        For what was computed from checked instances, on hot paths; the types and shapes are those of the
        class.
        """
        made = cls.__new__(cls)
        made.boxes = boxes
        made.scores = scores
        made.labels = labels
        made.ids = ids
        made.detection_index = detection_index
        made.masks = masks
        made.embeddings = embeddings
        made.ltwh = None
        made.frame = None
        return made

    @classmethod
    def empty(cls) -> Instances:
        """Return no instances at all."""
        return cls(np.zeros((0, 4), np.float32))

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.boxes)

    def __getitem__(self, index: Int64Array | BoolArray | slice | list[int]) -> Instances:
        """Return the instances at the given rows (indices, mask or slice), in that order.

        Raises:
            TypeError: A single number is given, where a list of one may be meant.
            IndexError: A row is not there, or a mask has another length.
        """
        rows = index if isinstance(index, slice) else np.asarray(index)
        if not isinstance(rows, slice):
            if rows.ndim == 0:
                raise TypeError(f"rows must be a slice, a mask or a list of indices, got {index!r}")
            if rows.size == 0:
                rows = np.zeros(0, np.int64)
        picked = Instances.trusted(
            self.boxes[rows],
            self.scores[rows],
            self.labels[rows],
            None if self.ids is None else self.ids[rows],
            None if self.detection_index is None else self.detection_index[rows],
            None if self.masks is None else self.masks[rows],
            None if self.embeddings is None else self.embeddings[rows],
        )
        picked.ltwh = None if self.ltwh is None else self.ltwh[rows]
        picked.frame = self.frame
        return picked

    def replace(self, **fields: Any) -> Instances:
        """Return a checked copy with some fields changed.

        Raises:
            TypeError: A name is not a field.
            ValueError: As the constructor.
        """
        kept = {name: getattr(self, name) for name in self.__slots__}
        unknown = fields.keys() - kept.keys()
        if unknown:
            raise TypeError(f"Instances has no field {', '.join(sorted(unknown))}")
        return Instances(**(kept | fields))

    @classmethod
    def from_ltwh(
        cls,
        ltwh: npt.ArrayLike,
        *,
        ids: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
    ) -> Instances:
        """Return instances whose boxes are given as ``left, top, width, height``, ``(N, 4)``, which stay in ``ltwh``.

        Raises:
            ValueError: As the constructor.
        """
        exact = np.asarray(ltwh, np.float64).reshape(-1, 4)
        corners = exact.copy()
        corners[:, 2:] += corners[:, :2]
        return cls(corners, scores, labels, ids=ids, ltwh=exact)

    def __repr__(self) -> str:
        """Name the fields that are set."""
        optional = ("ids", "masks", "embeddings", "detection_index", "ltwh")
        present = [name for name in optional if getattr(self, name) is not None]
        return f"<Instances: {len(self)} with boxes, scores, labels{''.join(', ' + name for name in present)}>"

    def to_supervision(self) -> supervision.Detections:
        """Convert to ``supervision.Detections`` (boxes, scores, labels, ids, masks).

        Raises:
            MissingPackageError: supervision is not installed.
        """
        from vtcore.interop import to_supervision

        return to_supervision(self)

    @classmethod
    def from_supervision(cls, detections: supervision.Detections) -> Instances:
        """Convert from ``supervision.Detections``; what it lacks takes the constructor's defaults."""
        from vtcore.interop import from_supervision

        return from_supervision(detections)


def _boxes(value: npt.ArrayLike) -> Float32Array:
    array = np.asarray(value, np.float32)
    if array.size == 0:
        return array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes must have shape (N, 4), got {array.shape}")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ValueError(f"boxes must be finite, got {array[row].tolist()} in row {row}")
    turned = (array[:, 2] < array[:, 0]) | (array[:, 3] < array[:, 1])
    if turned.any():
        row = int(np.flatnonzero(turned)[0])
        raise ValueError(
            f"boxes must be x1, y1, x2, y2 with x1 <= x2 and y1 <= y2, got {array[row].tolist()} in row {row}"
        )
    return array


def _floats(name: str, value: npt.ArrayLike, shape: tuple[int, ...]) -> Float32Array:
    array = np.asarray(value, np.float32)
    if array.size == 0 and shape[0] == 0:
        # An empty list says nothing of a second dimension.
        return (
            array.reshape(0, *array.shape[1:]) if array.ndim == len(shape) else array.reshape(0, *[0] * len(shape[1:]))
        )
    fits = array.ndim == len(shape) and all(want in (-1, have) for want, have in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = ", ".join("D" if size == -1 else str(size) for size in shape)
        raise ValueError(f"{name} must have shape ({wanted}{',' if len(shape) == 1 else ''}), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return array


def _exact_boxes(value: npt.ArrayLike, count: int) -> Float64Array:
    array = np.asarray(value, np.float64)
    if array.size == 0 and count == 0:
        return array.reshape(0, 4)
    if array.shape != (count, 4):
        raise ValueError(f"ltwh must have shape ({count}, 4), got {array.shape}")
    if not np.isfinite(array).all() or array[:, 2:].min() < 0:
        raise ValueError("ltwh must be finite, with widths and heights >= 0")
    return array


def _integers(name: str, value: npt.ArrayLike, count: int) -> Int64Array:
    array = np.asarray(value)
    if array.size == 0 and count == 0:
        return np.zeros(0, np.int64)
    if array.shape != (count,):
        raise ValueError(f"{name} must have shape ({count},), got {array.shape}")
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be integers, got {array.dtype}")
    return array.astype(np.int64, copy=False)
