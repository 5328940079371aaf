"""Results in memory as they would come back from a file: the same numbers, without the file.

Scoring a sweep's trials from here gives what a run gives, which writes its results and reads them back.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Float32Array, Float64Array, Instances
from vtcore.results.rounding import rounded_ltwh, rounded_scores
from vtcore.tables import TrackTable

__all__ = ["as_written", "written_tracks"]


def written_tracks(tracks: Iterable[tuple[int, Instances]], classes: tuple[str, ...]) -> TrackTable:
    """Return the table that MOT text of these tracks holds.

    Args:
        tracks: Index of each frame and the tracks in it, in order.
        classes: Names that labels index.

    Raises:
        DataError: A label is that of no class.
    """
    found = [(index, instances) for index, instances in tracks if len(instances)]
    if not found:
        return TrackTable.empty()
    frames = np.repeat([index for index, _ in found], [len(instances) for _, instances in found])
    ltwh: Float64Array = np.concatenate([instances.boxes for _, instances in found]).astype(np.float64)
    ltwh[:, 2:] -= ltwh[:, :2]
    ids = [np.full(len(each), -1, np.int64) if each.ids is None else each.ids for _, each in found]
    return as_written(
        TrackTable(
            frames,
            ltwh,
            ids=np.concatenate(ids),
            scores=np.concatenate([instances.scores for _, instances in found]),
            labels=np.concatenate([instances.labels for _, instances in found]),
        ),
        classes,
    )


def as_written(table: TrackTable, classes: tuple[str, ...]) -> TrackTable:
    """Return what is left of a table once it has been through MOT text.

    Args:
        table: Results of one sequence.
        classes: Names that labels index; of one class, or none, the text holds no labels.

    Raises:
        DataError: A label is that of no class.
    """
    several = len(classes) > 1
    if several and len(table) and not 0 <= table.labels.min() <= table.labels.max() < len(classes):
        wrong = table.labels[(table.labels < 0) | (table.labels >= len(classes))][0]
        raise DataError(f"a result has label {wrong}, but the classes are {', '.join(classes)}: 0 is the first")
    scores: Float32Array = rounded_scores(table.scores).astype(np.float32)
    return TrackTable(
        table.frames,
        rounded_ltwh(table.ltwh),
        ids=table.ids,
        scores=scores,
        labels=table.labels if several else None,
    )
