"""Linear interpolation: short gaps in a track are filled along a straight line.

Paper: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
https://arxiv.org/abs/2110.06864. Original code: https://github.com/ifzhang/ByteTrack (MIT licence),
``tools/interpolation.py``; MMTracking's ``interpolate_tracks`` (Apache-2.0) is the same but for short tracks. Boxes are
equal to theirs; what differs otherwise is in the documentation.
"""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array, Float64Array
from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks
from vtrack_plugin_mot_refine.config import LinearInterpolationConfig
from vtrack_plugin_mot_refine.tables import with_rows, without_shorter

__all__ = ["LinearInterpolation", "fill_gaps"]

SHORTEST = 3
"""Rows of the shortest track that MMTracking and MMDetection keep."""


class LinearInterpolation:
    """Fills gaps in tracks; rows that are there stay as they are.

    Doing it twice is the same as doing it once.
    """

    def __init__(self, max_gap: int = 18, min_length: int = 6, compat: str = "") -> None:
        """Choose which gaps are filled.

        Args:
            max_gap: Most frames missing in a gap that is filled. The original's ``n_dti``, less 2.
            min_length: Least rows of a track whose gaps are filled. The original's ``n_min``, plus 1.
            compat: ``"mmtracking"`` scores filled rows 1 and drops tracks of one or two rows.

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = LinearInterpolationConfig(max_gap=max_gap, min_length=min_length, compat=compat)

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the table with its gaps filled.

        Args:
            table: Tracks; a track is all rows of an id. Rows with a negative id stay as they are.
            sequence: Not used.
            length: Not used: nothing is added before a track's first row or after its last.
        """
        config = self.config
        return fill_gaps(table, max_gap=config.max_gap, min_length=config.min_length, compat=bool(config.compat))


def fill_gaps(table: TrackTable, *, max_gap: int, min_length: int, compat: bool = False) -> TrackTable:
    """Return a table with gaps filled.

    A filled row has the label of the row before the gap, and a score on the line between both sides.

    Args:
        table: Tracks.
        max_gap: Most frames missing in a gap that is filled.
        min_length: Least rows of a track whose gaps are filled.
        compat: Score filled rows 1, and drop tracks of one or two rows.
    """
    if compat:
        table = without_shorter(table, SHORTEST)
    tracks = Tracks.of(table)
    frames = table.frames[tracks.rows]
    steps = np.diff(frames)
    wanted = (steps > 1) & (steps - 1 <= max_gap) & (np.diff(tracks.numbers) == 0)
    wanted &= tracks.lengths[tracks.numbers[:-1]] >= min_length
    gaps = np.flatnonzero(wanted)
    missing = steps[gaps] - 1
    firsts = np.cumsum(missing) - missing
    ordinal = np.arange(missing.sum()) - np.repeat(firsts, missing) + 1
    left = tracks.rows[np.repeat(gaps, missing)]
    right = tracks.rows[np.repeat(gaps + 1, missing)]
    share = ordinal / np.repeat(missing + 1, missing)
    ltwh: Float64Array = share[:, None] * (table.ltwh[right] - table.ltwh[left]) + table.ltwh[left]
    # On a line between two sizes that are at least 0, but for rounding.
    np.maximum(ltwh[:, 2:], 0, out=ltwh[:, 2:])
    scores: Float32Array = (table.scores[left] + share * (table.scores[right] - table.scores[left])).astype(np.float32)
    return with_rows(
        table,
        frames=table.frames[left] + ordinal,
        ltwh=ltwh,
        ids=table.ids[left],
        scores=np.ones_like(scores) if compat else scores,
        labels=table.labels[left],
    )
