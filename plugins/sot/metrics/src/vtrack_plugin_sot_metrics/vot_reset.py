"""VOT's supervised protocol: a target that is lost is shown again a few frames later.

Kristan et al., The Visual Object Tracking VOT2013 challenge results, ICCV Workshops 2013; A Novel Performance
Evaluation Methodology for Single-Target Trackers, TPAMI 2016, https://arxiv.org/abs/1503.01313.
"""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances, Int64Array
from vtcore.interfaces import TargetTracker
from vtcore.protocols.annotated import annotations_of, targets_at
from vtcore.protocols.starting import with_started
from vtcore.tables import COUNTED, TrackTable
from vtrack_plugin_sot_metrics.config import VotResetConfig
from vtrack_plugin_sot_metrics.region_overlap import Regions, region_overlaps

__all__ = ["VotReset"]


@attrs.define
class _Target:
    """One target.

    Attributes:
        rows: Rows of the annotations by index of the frame.
        waits_until: Index of the first frame in which it may be started; meaningful while it does not run.
        runs: Whether the tracker follows it.
    """

    rows: dict[int, int]
    waits_until: int = 0
    runs: bool = False


class VotReset:
    """Starts each target from its annotation, and anew ``skip`` frames after its region overlap fell to 0."""

    def __init__(self, *, skip: int = 5, polygon_box: str = "enclosing") -> None:
        """Say how much is forgiven.

        Args:
            skip: Frames from a failure to the new start.
            polygon_box: How a plain box is made of a rotated annotation (`vtcore.protocols.annotated.plain_boxes`).

        Raises:
            ValueError: An option is out of bounds.
        """
        self.config = VotResetConfig(skip=skip, polygon_box=polygon_box)
        self._table = TrackTable.empty()
        self._targets: dict[int, _Target] = {}
        self._size: tuple[int, int] | None = None

    def reset(self, sequence: Sequence) -> None:
        """Read the annotations of a sequence.

        Raises:
            DataError: It has none, or none that a tracker can be started from.
        """
        self._table = annotations_of(sequence)
        self._size = (sequence.width, sequence.height) if sequence.width and sequence.height else None
        table = self._table
        usable = (table.roles == COUNTED) & (table.labels >= 0) & (table.ids >= 0) & (table.ltwh[:, 2:] > 0).all(axis=1)
        self._targets = {}
        for row in np.flatnonzero(usable).tolist():
            target = self._targets.setdefault(int(table.ids[row]), _Target({}))
            target.rows[int(table.frames[row])] = row
        if not self._targets:
            raise DataError(f"sequence {sequence.name!r} has no annotation that a target can be started from")

    def step(self, tracker: TargetTracker, frame: Frame) -> Instances:
        """Track the frame, find out who failed, and start who waited long enough.

        A tracker is not asked while none of its targets runs.

        Raises:
            DataError: A box cannot be started from.
        """
        if frame.image is not None:
            self._size = (frame.image.shape[1], frame.image.shape[0])
        tracked = _nobody()
        if any(target.runs for target in self._targets.values()):
            answer = tracker.update(frame, Instances.empty())
            tracked = answer[np.array(self._followed(answer, frame.index), np.int64)]
        starting = [
            target.rows[frame.index]
            for target in self._targets.values()
            if not target.runs and frame.index >= target.waits_until and self._can_start(target, frame.index)
        ]
        if not starting:
            return tracked
        targets = targets_at(self._table, np.array(starting, np.int64), self.config.polygon_box)
        tracker.start(frame, targets)
        for number in self._table.ids[starting].tolist():
            self._targets[number].runs = True
        return with_started(tracked, targets)

    def _can_start(self, target: _Target, index: int) -> bool:
        row = target.rows.get(index)
        return row is not None and bool(self._table.visibility[row] > 0)

    def _followed(self, answer: Instances, index: int) -> list[int]:
        """Return the rows of running targets that have not failed; those that have are made to wait."""
        followed = []
        for row, number in enumerate([] if answer.ids is None else answer.ids.tolist()):
            target = self._targets.get(number)
            if target is None or not target.runs:
                continue
            annotated = target.rows.get(index)
            # A frame without an annotation proves nothing.
            if annotated is None or self._overlap(answer, row, annotated) > 0:
                followed.append(row)
            else:
                target.runs = False
                target.waits_until = index + self.config.skip
        return followed

    def _overlap(self, answer: Instances, row: int, annotated: int) -> float:
        corners = answer.boxes[row].astype(np.float64)
        box = Regions.rectangles([*corners[:2], *(corners[2:] - corners[:2])])
        truth = (
            Regions.rectangles(self._table.ltwh[annotated])
            if self._table.polygons is None
            else Regions.polygons(self._table.polygons[annotated])
        )
        return float(region_overlaps(box, truth, self._size)[0])


def _nobody() -> Instances:
    none: Int64Array = np.zeros(0, np.int64)
    return Instances(np.zeros((0, 4), np.float32), ids=none, detection_index=none)
