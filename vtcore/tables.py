"""Rows of a whole sequence as columns: annotations, given detections, results."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtcore.masks import Masks

__all__ = ["COUNTED", "DISTRACTOR", "IGNORED", "TrackTable", "frame_rows"]

COUNTED = 0
"""Role of an annotation that is scored."""
IGNORED = 1
"""Role of an annotation that is left out of the score; results on it count as false positives."""
DISTRACTOR = 2
"""Role of an annotation that is left out of the score together with the results matched to it."""

_WIDE = ("ltwh", "embeddings", "polygons")
"""Columns with more than one number a row."""


class TrackTable:
    """Boxes of one sequence, one row each, sorted by frame.

    Attributes:
        frames: int64 ``(M,)``, 0-based frame index, ascending; rows of one frame keep their given order.
        ids: int64 ``(M,)``, identity, -1 for detections.
        ltwh: float64 ``(M, 4)``, left, top, width, height in pixels of the original frame: the numbers as files
            write them, so that scores are computed from what was written.
        scores: float32 ``(M,)``, confidence; 1 for annotations.
        labels: int64 ``(M,)``, index into the sequence's class names; -1 for a class that is never scored.
        roles: uint8 ``(M,)``, `COUNTED`, `IGNORED` or `DISTRACTOR`; meaningful for annotations.
        visibility: float32 ``(M,)``, visible share of an annotation's box, 0 to 1.
        detection_index: int64 ``(M,)`` as in `Instances`, or None where not known.
        masks: `Masks` of M masks, or None.
        embeddings: float32 ``(M, D)`` or None.
        polygons: float64 ``(M, 8)``, the corners ``x1, y1, ..., x4, y4`` of rotated boxes in pixels of the original
            frame, of which ``ltwh`` is the enclosing rectangle; a row that is a plain box holds its corners. None
            where all rows are plain boxes.
    """

    __slots__ = (
        "_bounds",
        "detection_index",
        "embeddings",
        "frames",
        "ids",
        "labels",
        "ltwh",
        "masks",
        "polygons",
        "roles",
        "scores",
        "visibility",
    )

    def __init__(
        self,
        frames: npt.ArrayLike,
        ltwh: npt.ArrayLike,
        *,
        ids: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        roles: npt.ArrayLike | None = None,
        visibility: npt.ArrayLike | None = None,
        detection_index: npt.ArrayLike | None = None,
        masks: Masks | None = None,
        embeddings: npt.ArrayLike | None = None,
        polygons: npt.ArrayLike | None = None,
    ) -> None:
        """Keep the columns, sorted by frame (stable).

        Raises:
            ValueError: A column has another length or shape, a frame is negative, a frame, id or label is no
                integer, a number is not finite, or a width or height is negative.
        """
        frame_column = _integers("frames", frames).reshape(-1)
        count = len(frame_column)
        if count and frame_column.min() < 0:
            raise ValueError(f"frames must be >= 0, got {frame_column.min()}")
        in_order = bool((np.diff(frame_column) >= 0).all())
        order = slice(None) if in_order else np.argsort(frame_column, kind="stable")

        def column(name: str, value: npt.ArrayLike | None, dtype: npt.DTypeLike, default: float) -> npt.NDArray:  # type: ignore[type-arg]
            if value is None:
                return np.full(count, default, dtype)
            array = _integers(name, value) if dtype is np.int64 else np.asarray(value, dtype)
            if array.shape[:1] != (count,) or array.ndim != (2 if name in _WIDE else 1):
                raise ValueError(f"{name} must have {count} rows, got shape {array.shape}")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ValueError(f"{name} must be finite")
            return array[order]

        box_column = np.asarray(ltwh, np.float64).reshape(-1, 4)
        self.frames: Int64Array = frame_column[order]
        self.ltwh: Float64Array = column("ltwh", box_column, np.float64, 0)
        if count and self.ltwh[:, 2:].min() < 0:
            raise ValueError("widths and heights must be >= 0")
        self.ids: Int64Array = column("ids", ids, np.int64, -1)
        self.scores: Float32Array = column("scores", scores, np.float32, 1)
        self.labels: Int64Array = column("labels", labels, np.int64, 0)
        self.roles: npt.NDArray[np.uint8] = column("roles", roles, np.uint8, COUNTED)
        self.visibility: Float32Array = column("visibility", visibility, np.float32, 1)
        self.detection_index: Int64Array | None = (
            None if detection_index is None else column("detection_index", detection_index, np.int64, -1)
        )
        if masks is not None and len(masks) != count:
            raise ValueError(f"masks must have {count} rows, got {len(masks)}")
        self.masks = masks if masks is None or in_order else masks[np.asarray(order)]
        self.embeddings: Float32Array | None = (
            None if embeddings is None else column("embeddings", embeddings, np.float32, 0)
        )
        self.polygons: Float64Array | None = (
            None
            if polygons is None
            else column("polygons", np.asarray(polygons, np.float64).reshape(-1, 8), np.float64, 0)
        )
        self._bounds: dict[int, slice] | None = None

    @classmethod
    def empty(cls) -> TrackTable:
        """Return a table without rows."""
        return cls([], np.zeros((0, 4)))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frames)

    def select(self, rows: npt.NDArray[np.bool_] | Int64Array) -> TrackTable:
        """Return the rows picked by a mask or by ascending indices."""
        return TrackTable(
            self.frames[rows],
            self.ltwh[rows],
            ids=self.ids[rows],
            scores=self.scores[rows],
            labels=self.labels[rows],
            roles=self.roles[rows],
            visibility=self.visibility[rows],
            detection_index=None if self.detection_index is None else self.detection_index[rows],
            masks=None if self.masks is None else self.masks[rows],
            embeddings=None if self.embeddings is None else self.embeddings[rows],
            polygons=None if self.polygons is None else self.polygons[rows],
        )

    def rows(self, frame: int) -> slice:
        """Return where the rows of one frame stand; empty for a frame without rows."""
        if self._bounds is None:
            self._bounds = frame_rows(self.frames)
        return self._bounds.get(frame) or slice(len(self), len(self))

    def xyxy(self) -> Float32Array:
        """Return the boxes as float32 ``(M, 4)`` ``x1, y1, x2, y2``."""
        corners = self.ltwh.copy()
        corners[:, 2:] += corners[:, :2]
        boxes: Float32Array = corners.astype(np.float32)
        return boxes

    def instances(self, frame: int) -> Instances:
        """Return one frame's rows; ids are left out where the table holds none (-1)."""
        rows = self.rows(frame)
        corners = self.ltwh[rows].copy()
        corners[:, 2:] += corners[:, :2]
        ids = self.ids[rows]
        return Instances.trusted(
            corners.astype(np.float32),
            self.scores[rows],
            self.labels[rows],
            None if len(ids) == 0 or ids[0] < 0 else ids,
            None if self.detection_index is None else self.detection_index[rows],
            None if self.masks is None else self.masks[rows],
            None if self.embeddings is None else self.embeddings[rows],
        )


def frame_rows(frames: Int64Array) -> dict[int, slice]:
    """Return where the rows of each frame stand in an ascending column of frames.

    By the frames that have rows, not by all: a frame number may be huge, by mistake or as a time stamp.
    """
    present, starts = np.unique(frames, return_index=True)
    stops = [*starts.tolist(), len(frames)][1:]
    return dict(zip(present.tolist(), map(slice, starts.tolist(), stops), strict=True))


def _integers(name: str, value: npt.ArrayLike) -> Int64Array:
    array = np.asarray(value)
    if array.dtype.kind == "f" and not (array == np.rint(array)).all():
        raise ValueError(f"{name} must be integers, got {array[array != np.rint(array)].flat[0]}")
    return array.astype(np.int64, copy=False)
