"""Targets that annotations tell: where each of them is first seen, and its box there."""

from __future__ import annotations

import numpy as np

from vtcore.errors import DataError
from vtcore.frames import Sequence
from vtcore.instances import Float64Array, Instances, Int64Array
from vtcore.protocols.config import HOW_TO_TELL
from vtcore.tables import COUNTED, TrackTable

__all__ = ["annotated_targets", "annotations_of", "plain_boxes", "targets_at"]


def annotations_of(sequence: Sequence) -> TrackTable:
    """Return a sequence's annotations, which tell its targets.

    Raises:
        DataError: It has none.
    """
    table = sequence.annotations()
    if table is None:
        raise DataError(f"sequence {sequence.name!r} has no annotations to tell its targets; {HOW_TO_TELL}")
    return table


def annotated_targets(sequence: Sequence, polygon_box: str = "enclosing", shift: float = 0.0) -> dict[int, Instances]:
    """Return the targets of a sequence by the index of the frame in which each is first seen.

    That is the first row of an id that is scored (its role counts, its label is that of a class) and has an area; of
    these the first with a visibility above 0, where there is one.

    Args:
        sequence: A sequence with annotations.
        polygon_box: As `plain_boxes` takes it.
        shift: How far boxes that are not rotated are moved to the right and down, in pixels.

    Raises:
        DataError: It has none, or none that can be followed.
    """
    table = annotations_of(sequence)
    usable = (table.roles == COUNTED) & (table.labels >= 0) & (table.ids >= 0) & (table.ltwh[:, 2:] > 0).all(axis=1)
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise DataError(
            f"sequence {sequence.name!r} has no annotation that a target can be started from; leave it out with "
            f"run.sequences, or {HOW_TO_TELL}"
        )
    visible = rows[table.visibility[rows] > 0]
    first = _first_rows(table, rows) | _first_rows(table, visible)
    chosen = np.sort(np.array(list(first.values()), np.int64))
    frames = table.frames[chosen]
    return {int(frame): targets_at(table, chosen[frames == frame], polygon_box, shift) for frame in np.unique(frames)}


def _first_rows(table: TrackTable, rows: Int64Array) -> dict[int, int]:
    """Return the first of some rows of every id."""
    ids, places = np.unique(table.ids[rows], return_index=True)
    return dict(zip(ids.tolist(), rows[places].tolist(), strict=True))


def targets_at(table: TrackTable, rows: Int64Array, polygon_box: str = "enclosing", shift: float = 0.0) -> Instances:
    """Return rows of annotations as a tracker is started with them: with ids, labels, exact boxes and a score of 1.

    Args:
        table: Annotations.
        rows: Which of them.
        polygon_box: As `plain_boxes` takes it.
        shift: How far boxes that are not rotated are moved to the right and down, in pixels.
    """
    boxes = plain_boxes(table, rows, polygon_box)
    if shift and table.polygons is None:
        boxes = boxes + np.array([shift, shift, 0.0, 0.0])
    return Instances.from_ltwh(boxes, ids=table.ids[rows], labels=table.labels[rows])


def plain_boxes(table: TrackTable, rows: Int64Array, polygon_box: str = "enclosing") -> Float64Array:
    """Return the boxes ``(n, 4)``, left, top, width, height, that rows of annotations are started from.

    Of rows with `TrackTable.polygons` it is made by one of these rules; of others it is the row's own.

    - ``"enclosing"``: the smallest that holds the corners, ``ltwh`` as the table has it.
    - ``"equal-area"``: around the mean of the corners, with the proportions of the enclosing one and the area of the
      rotated one, which is the product of its first two sides; as mmtracking has it (Apache-2.0, ``quad2bbox``).
    - ``"pysot"``: the same, its width and height one pixel larger, to the right and below; as pysot has it
      (Apache-2.0, ``get_axis_aligned_bbox``), where a box of one pixel ends where it begins.

    Args:
        table: Annotations.
        rows: Which of them.
        polygon_box: One of `vtcore.protocols.config.POLYGON_BOXES`.
    """
    boxes: Float64Array = table.ltwh[rows]
    if polygon_box == "enclosing" or table.polygons is None or not len(boxes):
        return boxes
    corners = table.polygons[rows].reshape(-1, 4, 2)
    sizes = corners.max(axis=1) - corners.min(axis=1)
    sides = np.linalg.norm(corners[:, :2] - corners[:, 1:3], axis=2)
    enclosed = sizes.prod(axis=1)
    shrink = np.sqrt(np.divide(sides.prod(axis=1), enclosed, out=np.ones(len(boxes)), where=enclosed > 0))
    sizes = sizes * shrink[:, None]
    origins = corners.mean(axis=1) - sizes / 2
    made: Float64Array = np.concatenate([origins, sizes + 1 if polygon_box == "pysot" else sizes], axis=1)
    return made
