"""SORT by the rules of mmtracking.

Source: ``SortTracker`` without appearance of https://github.com/open-mmlab/mmtracking (Apache-2.0). Detections are
matched to the boxes of the frame before, not to predictions; every track is reported from its first detection on, with
the box of the detection; a track ends with the first frame without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import assign_then_cut, left_over
from vtrack_common_mot.classes import ClassGate
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_sort.config import SortConfig

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["MmtrackingSort"]


class MmtrackingSort(BoxTracker):
    """Tracks boxes by overlap with those of the frame before."""

    _STATE: ClassVar[tuple[str, ...]] = ("_edges", "_labels", "_ids", "_classes")

    def __init__(self, config: SortConfig) -> None:
        """Take the options.

        Args:
            config: `iou_threshold` is ``match_iou_thr``, which a pair must exceed; `per_class` counts too.
        """
        self._least = np.array(np.nextafter(config.iou_threshold, 2))
        self._per_class = config.per_class
        self._reader = BoxReader()
        super().__init__()

    def _start(self, sequence: Sequence | None) -> None:
        self._edges: Float64Array = np.empty((6, 0))
        self._labels: Int64Array = np.empty(0, np.int64)
        self._ids: Int64Array = np.empty(0, np.int64)
        self._classes = ClassGate()

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        count = len(detections)
        edges = self._reader.read(detections.boxes)[0][:6]
        overlap = overlaps(self._edges, edges)
        if self._per_class:
            self._classes.part(overlap, self._labels, detections.labels)
        tracks, found = assign_then_cut(overlap, overlap, self._least)
        ids = np.empty(count, np.int64)
        ids[found] = self._ids.take(tracks)
        fresh = left_over(count, found)
        ids[fresh] = self._new_ids(len(fresh))
        self._edges, self._labels, self._ids = edges, detections.labels.copy(), ids
        return Instances.trusted(
            detections.boxes.copy(), detections.scores.copy(), detections.labels.copy(), ids.copy(), np.arange(count)
        )
