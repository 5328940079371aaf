"""Dropping of whole tracks: short ones, and those that score little."""

from __future__ import annotations

import numpy as np

from vtcore.tables import TrackTable
from vtrack_common_mot.table_tracks import Tracks
from vtrack_plugin_mot_refine.config import MinimumLengthConfig, ScoreFloorConfig
from vtrack_plugin_mot_refine.tables import without_shorter

__all__ = ["MinimumLength", "ScoreFloor"]


class MinimumLength:
    """Drops tracks of few rows; rows without an identity stay.

    Rows are counted as they are: put it before a refiner that fills gaps to count detections, after it to count frames.
    """

    def __init__(self, min_length: int = 5) -> None:
        """Choose what is short.

        Args:
            min_length: Least rows of a track that is kept.

        Raises:
            ValueError: It is less than 1.
        """
        self.config = MinimumLengthConfig(min_length=min_length)

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the table without short tracks.

        Args:
            table: Tracks.
            sequence: Not used.
            length: Not used.
        """
        return without_shorter(table, self.config.min_length)


class ScoreFloor:
    """Drops tracks whose mean score is low; rows without an identity stay."""

    def __init__(self, min_score: float = 0.5) -> None:
        """Choose what is low.

        Args:
            min_score: Least mean score of a track that is kept.

        Raises:
            ValueError: It is not between 0 and 1.
        """
        self.config = ScoreFloorConfig(min_score=min_score)

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the table without tracks that score little.

        Args:
            table: Tracks.
            sequence: Not used.
            length: Not used.
        """
        tracks = Tracks.of(table)
        scores = table.scores[tracks.rows].astype(np.float64)
        # Compared as sums: a track of nothing but the floor itself is kept.
        enough = np.bincount(tracks.numbers, scores - np.float32(self.config.min_score), len(tracks)) >= 0
        keep = np.ones(len(table), bool)
        keep[tracks.rows] = enough[tracks.numbers]
        return table if keep.all() else table.select(keep)
