"""What the files of a single-object sequence say of its target, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.instances import BoolArray, Float32Array, Float64Array
from vtcore.masks import Masks
from vtcore.tables import TrackTable

__all__ = ["TargetTruth", "corners_of", "enclosing_boxes", "visible_shares"]

COVER_LEVELS = 8
"""GOT-10k tells the visible share in steps from 0 (nothing) to 8 (all of it)."""


@attrs.frozen(eq=False)
class TargetTruth:
    """One target's annotation.

    Attributes:
        ltwh: float64 ``(N, 4)``, left, top, width, height in pixels of the original frame, as the file has them; NaN
            where nothing is annotated.
        polygons: float64 ``(N, 8)``, corners ``x1, y1, ..., x4, y4``, of which ``ltwh`` is the enclosing rectangle;
            None where all regions are plain boxes.
        masks: N run-length encodings as in `Masks`, None for a frame without one; None where there are no masks.
        labels: What the data set tells of each frame, by its own names, ``(N,)`` each.
        first_only: Whether only the first frame's box is given, as in test splits that a server evaluates.
    """

    ltwh: Float64Array
    polygons: Float64Array | None = None
    masks: tuple[dict[str, Any] | None, ...] | None = None
    labels: Mapping[str, npt.NDArray[Any]] = attrs.field(factory=dict)
    first_only: bool = False

    def __len__(self) -> int:
        """Return the number of annotated frames, those without a valid box included."""
        return len(self.ltwh)

    def valid(self) -> BoolArray:
        """Return which frames have a box, bool ``(N,)``: its numbers are there, width and height above 0."""
        with np.errstate(invalid="ignore"):
            numbers = np.concatenate([np.isfinite(self.ltwh), self.ltwh[:, 2:] > 0], axis=1)
        return np.asarray(numbers.all(axis=1), bool)

    def visibility(self) -> Float32Array:
        """Return the visible share of the target in each frame, float32 ``(N,)``."""
        return visible_shares(self.labels, len(self))

    def table(self, length: int, label: int = 0) -> TrackTable:
        """Return the rows of the frames that have a box, up to a length; the target's id is 0."""
        rows = np.flatnonzero(self.valid()[:length])
        masks = None
        if self.masks is not None:
            rows = np.array([row for row in rows.tolist() if self.masks[row] is not None], np.int64)
            masks = Masks(self.masks[row] or {} for row in rows.tolist())
        return TrackTable(
            rows,
            self.ltwh[rows],
            ids=np.zeros(len(rows), np.int64),
            labels=np.full(len(rows), label),
            visibility=self.visibility()[rows],
            polygons=None if self.polygons is None else self.polygons[rows],
            masks=masks,
        )


def visible_shares(labels: Mapping[str, npt.NDArray[Any]], length: int) -> Float32Array:
    """Return visible shares that labels of frames imply, float32 ``(length,)``.

    ``cover`` tells the share in eighths; what is in ``absence``, ``full_occlusion`` or ``out_of_view`` is not seen at
    all; everything else is seen.
    """
    shares = np.ones(length, np.float32)
    if "cover" in labels:
        shares = np.clip(labels["cover"][:length] / COVER_LEVELS, 0, 1).astype(np.float32)
    for name in ("absence", "full_occlusion", "out_of_view"):
        if name in labels:
            shares[labels[name][:length].astype(bool)] = 0
    return shares


def corners_of(ltwh: Float64Array) -> Float64Array:
    """Return the corners of plain boxes, float64 ``(N, 8)``: top left, then clockwise."""
    left, top, width, height = ltwh.T
    right, bottom = left + width, top + height
    return np.stack([left, top, right, top, right, bottom, left, bottom], axis=1)


def enclosing_boxes(polygons: Float64Array) -> Float64Array:
    """Return the enclosing rectangles of polygons ``(N, 2 * corners)``, float64 ``(N, 4)`` left, top, width, height."""
    points = polygons.reshape(len(polygons), -1, 2)
    low, high = points.min(axis=1), points.max(axis=1)
    return np.concatenate([low, high - low], axis=1)
