"""Refining of results: from a result file, through refiners, to another file.

A run refines what it has just written; ``vtcore refine`` takes files made anywhere. Both read the numbers as the file
holds them, so both write the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np

from vtcore.errors import PluginError
from vtcore.files import write_whole
from vtcore.results.mot_text import table_text
from vtcore.results.read import read_results
from vtcore.tables import TrackTable

if TYPE_CHECKING:
    from vtcore.components import BuildContext, Configured
    from vtcore.interfaces import Refiner

__all__ = ["TableSize", "build_refiners", "refine_file", "refine_table"]

NamedRefiner = tuple[str, "Refiner"]
"""Name of a refiner, for messages, and the refiner."""


@attrs.frozen
class TableSize:
    """How much a table holds.

    Attributes:
        rows: Number of boxes.
        tracks: Number of identities.
    """

    rows: int
    tracks: int

    @classmethod
    def of(cls, table: TrackTable) -> TableSize:
        """Count a table's rows and identities; a negative id is none."""
        return cls(len(table), len(np.unique(table.ids[table.ids >= 0])))


def build_refiners(refiners: Iterable[Configured], context: BuildContext | None = None) -> list[NamedRefiner]:
    """Make refiners, each with its name for messages."""
    from vtcore.components import build

    return [(configured.component.name, build(configured, context)) for configured in refiners]


def refine_table(
    table: TrackTable, refiners: Iterable[NamedRefiner], *, sequence: str = "", length: int | None = None
) -> TrackTable:
    """Apply refiners in order.

    Args:
        table: Results of one sequence.
        refiners: Names and refiners.
        sequence: Its name.
        length: Its number of frames, None where nobody knows.

    Raises:
        PluginError: A refiner answers with rows beyond the last frame, or an id twice in a frame.
    """
    for name, refiner in refiners:
        table = refiner.refine(table, sequence=sequence, length=length)
        if length is not None and len(table) and table.frames[-1] >= length:
            raise PluginError(
                f"refiner {name!r} made rows for frame {table.frames[-1] + 1} (counted from 1) of {sequence!r}, which "
                f"has {length}"
            )
        if _repeats_an_id(table):
            raise PluginError(f"refiner {name!r} gave an id twice in a frame of {sequence!r}")
    return table


def refine_file(
    source: Path,
    target: Path,
    refiners: Seq[NamedRefiner],
    *,
    sequence: str,
    classes: tuple[str, ...] = (),
    length: int | None = None,
    number_classes: bool | None = None,
) -> tuple[TableSize, TableSize]:
    """Read a result file, refine it, and write MOT text, whole or not at all.

    Args:
        source: What `vtcore.results.read.read_results` reads.
        target: The file to write.
        refiners: Names and refiners.
        sequence: Name of the sequence.
        classes: Names that labels index; empty where nobody named any.
        length: Number of frames of the sequence, None where nobody knows.
        number_classes: Write the number of the class in the eighth column, not -1. Left out: as the source has it
            where that is MOT text, and the number otherwise.

    Returns:
        What there was, and what there is now.

    Raises:
        DataError: The source is damaged.
        OutputError: The target cannot be written.
        PluginError: A refiner answers with what cannot be written.
    """
    table = read_results(source, classes, length=length)
    if number_classes is None:
        number_classes = not source.name.endswith(".txt") or _numbers_classes(source)
    refined = refine_table(table, refiners, sequence=sequence, length=length)
    write_whole(target, table_text(refined, number_classes=number_classes))
    return TableSize.of(table), TableSize.of(refined)


def _repeats_an_id(table: TrackTable) -> bool:
    rows = np.flatnonzero(table.ids >= 0)
    rows = rows[np.lexsort((table.ids[rows], table.frames[rows]))]
    return bool(((np.diff(table.frames[rows]) == 0) & (np.diff(table.ids[rows]) == 0)).any())


def _numbers_classes(path: Path) -> bool:
    """Whether the first row of MOT text, which has been read without complaint, has a class in its eighth column."""
    with path.open(encoding="utf-8-sig") as lines:
        first = next((line for line in lines if line.strip()), "")
    cells = first.replace(",", " ").split()
    return len(cells) > 7 and float(cells[7]) >= 1
