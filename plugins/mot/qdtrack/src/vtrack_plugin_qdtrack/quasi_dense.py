"""What the two trackers of QDTrack share: tracks, their time, matching where an embedding is not known, detecting."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from vtcore.errors import DataError
from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtcore.labels import LabelMap
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.rows import ID, LABEL
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_qdtrack.config import QDTrackConfig, QDTrackTaoConfig
from vtrack_plugin_qdtrack.memory import Backdrops, Tracklets, known_rows
from vtrack_plugin_qdtrack.similarity import take_in_turn

if TYPE_CHECKING:
    import supervision

    from vtcore.frames import Frame, Sequence

__all__ = ["DUPLICATE", "SUPPRESSED", "UNMATCHED", "QuasiDense"]

UNMATCHED = -1
"""What became of a detection: it is no track, or none yet."""
SUPPRESSED = -2
"""What became of a detection: it is like a track, and too unsure to continue it."""
DUPLICATE = -3
"""What became of a detection: it was left out, since it overlaps another."""


class QuasiDense(BoxTracker):
    """Tracks by dense similarity.

    Attributes:
        fates: int64 ``(N,)``, what became of each detection of the last frame: an identity, or `UNMATCHED`,
            `SUPPRESSED` or `DUPLICATE`.
        order: int64 ``(n,)``, rows of those that are no duplicates, in the order in which they were looked at.
        seen: The detections of the last frame; those of the own detector, where there is one.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_tracks", "_backdrops")

    def __init__(self, config: QDTrackConfig | QDTrackTaoConfig) -> None:
        """Take the options.

        Args:
            config: All of them.

        Raises:
            TypeError: Its detector finds nothing.
        """
        detector = config.detector
        if detector is not None and not callable(getattr(detector, "detect", None)):
            raise TypeError(f"detector must find instances, or be None, got {type(detector).__name__} {detector!r}")
        self._detector: Any = detector
        self._options = config
        self._reader = BoxReader()
        self._to_labels = LabelMap((), ())
        super().__init__(clock=config.clock, persist=config.persist)

    def update(
        self,
        frame: Frame | None = None,
        detections: Instances | supervision.Detections | None = None,
        *,
        boxes: npt.ArrayLike | None = None,
        scores: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        embeddings: npt.ArrayLike | None = None,
    ) -> Instances:
        """Take the next frame's detections and return its tracks; see `vtrack_common_mot.tracker.BoxTracker`.

        With a `detector` of its own, the frame is all that is looked at, and a track's ``detection_index`` is -1: the
        detections are in `seen`.
        """
        if self._detector is not None and detections is None and boxes is None:
            detections = Instances.empty()
        return super().update(frame, detections, boxes=boxes, scores=scores, labels=labels, embeddings=embeddings)

    def _start(self, sequence: Sequence | None) -> None:
        self._tracks = Tracklets()
        self._backdrops = Backdrops()
        self.fates: Int64Array = np.empty(0, np.int64)
        self.order: Int64Array = np.empty(0, np.int64)
        self.seen = Instances.empty()
        self._meet(sequence)

    def _proceed(self, sequence: Sequence) -> None:
        self._meet(sequence)

    def _meet(self, sequence: Sequence | None) -> None:
        """Prepare the own detector for a sequence, whose class names are the detector's where it has none."""
        if self._detector is None or sequence is None:
            return
        classes = tuple(self._detector.classes)
        sequence.classes = sequence.classes or classes
        self._to_labels = LabelMap(classes, sequence.classes)
        self._detector.reset(sequence)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._detector is not None:
            if frame is None:
                raise TypeError("give the frame: update(frame); the tracker's own detector looks at it")
            if len(detections):
                raise DataError(
                    "detections are given to a tracker that has a detector of its own; leave out one of the two: "
                    "[detector], or detector in the tracker's table"
                )
            (found,) = self._detector.detect([frame])
            detections = self._to_labels(found)
        self.seen = detections
        embeddings = self._tracks.read(detections.embeddings, len(detections))
        self.fates = np.full(len(detections), DUPLICATE, np.int64)
        self.order = self.fates[:0]
        tracks = self._tracked(detections, embeddings) if len(detections) else _nobody()
        if len(detections) or not self._options.compat:
            self._tracks.drop(self._tick, self._options.max_age)
        if self._detector is not None:
            tracks.detection_index = np.full(len(tracks), -1, np.int64)
        return tracks

    @abstractmethod
    def _tracked(self, detections: Instances, embeddings: Float32Array) -> Instances:
        """Match the detections of one frame, at least one, and note all that follows from it."""

    def _settled(
        self, order: Int64Array, seen: Instances, embeddings: Float32Array, found: Int64Array, dropped: BoolArray
    ) -> Instances:
        """Continue tracks, start others, tell what became of each detection, and return the tracks.

        Args:
            order: int64 ``(n,)``, rows of the frame's detections.
            seen: These detections.
            embeddings: float32 ``(n, D)``.
            found: int64 ``(n,)``, the track that each continues, -1 for none.
            dropped: bool ``(n,)``, those that are to be forgotten.
        """
        tracks = self._tracks
        fates = np.where(dropped, SUPPRESSED, UNMATCHED)
        old = (found >= 0).nonzero()[0]
        fates[old] = tracks.facts[ID].take(found[old])
        new = ((fates == UNMATCHED) & (seen.scores > np.float32(self._options.new_track_threshold))).nonzero()[0]
        share = self._options.appearance_momentum
        tracks.note(found[old], seen[old], embeddings[old], self._tick, share)
        if len(new):
            ids = self._new_ids(len(new))
            fates[new] = ids
            tracks.append(ids, seen[new], embeddings[new], self._tick)
        self.order = order
        self.fates[order] = fates
        rows = (fates > 0).nonzero()[0]
        return Instances.trusted(seen.boxes[rows], seen.scores[rows], seen.labels[rows], fates[rows], order[rows])

    def _find_by_overlap(self, seen: Instances, embeddings: Float32Array, found: Int64Array, may: BoolArray) -> None:
        """Match what has no embedding with where tracks are expected, in place.

        Args:
            seen: Detections, n of them.
            embeddings: float32 ``(n, D)``, zeros where not known.
            found: int64 ``(n,)``, the track that each continues; -1 for none, and to be filled in.
            may: bool ``(n,)``, whether a detection may continue a track.
        """
        tracks = self._tracks
        if not len(tracks):
            return
        unknown = ~(known_rows(embeddings)[:, None] & tracks.known)
        free = np.ones(len(tracks), bool)
        free[found[found >= 0]] = False
        allowed = unknown & free & (may & (found < 0))[:, None]
        if not allowed.any():
            return
        overlap: Float64Array = overlaps(self._reader.read(seen.boxes)[0][:6], self._edges(tracks.expected(self._tick)))
        if self._options.per_class:
            allowed &= self._same_class(seen.labels)
        chosen, _, taken = take_in_turn(overlap * allowed, self._options.iou_threshold, allowed)
        found[taken] = chosen[taken]

    def _edges(self, boxes: Float64Array) -> Float64Array:
        """Return expected boxes as edges; one that would turn inside out has no area."""
        corners = boxes.copy()
        corners[:, 2:] = np.maximum(corners[:, 2:], corners[:, :2])
        edges: Float64Array = self._reader.read(corners)[0][:6].copy()
        return edges

    def _same_class(self, labels: Int64Array) -> BoolArray:
        """Return which detections and tracks are of one class, bool ``(n, m)``."""
        same: BoolArray = labels[:, None] == self._tracks.facts[LABEL]
        return same


def _nobody() -> Instances:
    nothing = np.empty(0, np.int64)
    return Instances.trusted(
        np.empty((0, 4), np.float32), np.empty(0, np.float32), nothing, nothing.copy(), nothing.copy()
    )
