"""The tracks of a table, as blocks of its rows; and tables with other columns."""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtcore.tables import TrackTable

__all__ = ["Tracks", "with_columns"]


@attrs.frozen(eq=False)
class Tracks:
    """Where the rows of each identity stand in a table; rows without an identity (a negative id) are left out.

    Attributes:
        rows: int64 ``(K,)``, rows of the table, by track, then frame.
        starts: int64 ``(T,)``, where each track begins in `rows`.
        lengths: int64 ``(T,)``, how many rows it has, 1 or more.
        numbers: int64 ``(K,)``, number of the track of each of `rows`, 0 to T - 1.
    """

    rows: Int64Array
    starts: Int64Array
    lengths: Int64Array
    numbers: Int64Array

    @classmethod
    def of(cls, table: TrackTable, *, by_appearance: bool = False) -> Tracks:
        """Find the tracks of a table.

        Args:
            table: The table.
            by_appearance: Number the tracks by their first row in the table; otherwise by ascending identity.
        """
        rows = np.flatnonzero(table.ids >= 0)
        _, first, numbers = np.unique(table.ids[rows], return_index=True, return_inverse=True)
        if by_appearance:
            numbers = np.argsort(np.argsort(first))[numbers]
        # Rows ascend by frame, and a stable order leaves them so.
        order = np.argsort(numbers, kind="stable")
        lengths = np.bincount(numbers, minlength=len(first)).astype(np.int64)
        return cls(rows[order], np.cumsum(lengths) - lengths, lengths, numbers[order].astype(np.int64))

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self.starts)

    @property
    def ends(self) -> Int64Array:
        """Where each track ends in `rows`, int64 ``(T,)``: its last row, not the one after."""
        return self.starts + self.lengths - 1

    @property
    def firsts(self) -> Int64Array:
        """Row of the table with which each track begins, int64 ``(T,)``."""
        return self.rows[self.starts]

    @property
    def lasts(self) -> Int64Array:
        """Row of the table with which each track ends, int64 ``(T,)``."""
        return self.rows[self.ends]


def with_columns(table: TrackTable, *, ids: Int64Array | None = None, ltwh: Float64Array | None = None) -> TrackTable:
    """Return a table with other identities or boxes; everything else stays.

    Args:
        table: The table.
        ids: int64 ``(M,)``; None: as they are.
        ltwh: float64 ``(M, 4)``; None: as they are.

    Raises:
        ValueError: As the constructor of `TrackTable`.
    """
    return TrackTable(
        table.frames,
        table.ltwh if ltwh is None else ltwh,
        ids=table.ids if ids is None else ids,
        scores=table.scores,
        labels=table.labels,
        roles=table.roles,
        visibility=table.visibility,
        detection_index=table.detection_index,
        masks=table.masks,
        embeddings=table.embeddings,
    )
