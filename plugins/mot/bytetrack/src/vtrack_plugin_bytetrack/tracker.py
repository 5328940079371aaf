"""ByteTrack: associate every detection box, the confident first.

Paper: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
https://arxiv.org/abs/2110.06864. Original code: https://github.com/ifzhang/ByteTrack (MIT licence). Results are equal
to its; what was kept on purpose is listed in the documentation of the algorithm.

Tracks lie in one order: those seen in the last frame, then the lost, latest first, then the unconfirmed, which were
born in the last frame. Every stage of the matching is then a block of one matrix of overlaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import left_over, match_above
from vtrack_common_mot.classes import ClassGate
from vtrack_common_mot.kalman import XyahFilter
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST, START, TrackRows
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_bytetrack.config import ByteTrackConfig
from vtrack_plugin_bytetrack.mmtracking import MmtrackingByteTrack

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["ByteTrack"]

ENDING = 4
"""Row of the facts: 1 for a track that ends with the first frame without it."""

_HEIGHT_SPEED = 7
"""Row of the motion that holds how fast the height changes."""

_Matching = tuple[Int64Array, Int64Array, Int64Array, Int64Array]
"""Tracks and the detection of each; confirmed tracks without one, and high detections without a track."""

_PIXEL = 1.0
"""The original counts a box's last pixels in when it measures overlap."""


class ByteTrack(BoxTracker):
    """Tracks boxes by overlap with a Kalman filter's prediction, first the sure detections, then the others.

    Args:
        high_threshold: Detections scoring more take part in the first matching and may start tracks.
        low_threshold: Detections scoring more, up to `high_threshold`, may continue tracks.
        new_track_threshold: Least score of a detection that starts a track; None: `high_threshold` + 0.1.
        match_threshold: Greatest cost (1 - overlap x score) of a pair in the first matching.
        second_match_threshold: Greatest cost (1 - overlap) of a pair in the second matching.
        unconfirmed_match_threshold: Greatest cost of a pair with a track seen only once.
        duplicate_threshold: A seen and a lost track with less cost are one; the younger is dropped.
        track_buffer: Frames that a lost track is kept, at 30 frames a second.
        frame_rate: Frame rate that `track_buffer` is scaled for; 0 takes the sequence's.
        fuse_score: Multiply overlap by score in the first and the unconfirmed matching.
        per_class: Match within a class only.
        convention: ``original`` or ``mmtracking``.
        min_hits: By mmtracking's rules, frames in which a track is seen before it is kept.

    Raises:
        ValueError: An option is out of bounds.
    """

    def __init__(
        self,
        *,
        high_threshold: float = 0.6,
        low_threshold: float = 0.1,
        new_track_threshold: float | None = None,
        match_threshold: float = 0.9,
        second_match_threshold: float = 0.5,
        unconfirmed_match_threshold: float = 0.7,
        duplicate_threshold: float = 0.15,
        track_buffer: int = 30,
        frame_rate: float = 30.0,
        fuse_score: bool = True,
        per_class: bool = True,
        convention: str = "original",
        min_hits: int = 3,
    ) -> None:
        self.config = ByteTrackConfig(
            high_threshold=high_threshold,
            low_threshold=low_threshold,
            new_track_threshold=new_track_threshold,
            match_threshold=match_threshold,
            second_match_threshold=second_match_threshold,
            unconfirmed_match_threshold=unconfirmed_match_threshold,
            duplicate_threshold=duplicate_threshold,
            track_buffer=track_buffer,
            frame_rate=frame_rate,
            fuse_score=fuse_score,
            per_class=per_class,
            convention=convention,
            min_hits=min_hits,
        )
        self._other = MmtrackingByteTrack(self.config) if convention == "mmtracking" else None
        self._birth_score = _number(
            high_threshold + 0.1 if new_track_threshold is None else new_track_threshold, np.float32
        )
        self._high, self._low = _number(high_threshold, np.float32), _number(low_threshold, np.float32)
        self._floor = _number(1 - match_threshold)
        self._second_floor = _number(1 - second_match_threshold)
        self._unconfirmed_floor = _number(1 - unconfirmed_match_threshold)
        self._same = _number(1 - duplicate_threshold)
        self._fuse_score = fuse_score
        self._per_class = per_class
        self._reader = BoxReader(_PIXEL)
        self._filter = XyahFilter(pixel=_PIXEL)
        super().__init__()

    def _start(self, sequence: Sequence | None) -> None:
        if self._other is not None:
            self._other.reset(sequence)
        rate = self.config.frame_rate or (sequence.frame_rate if sequence is not None else None) or 30.0
        # The original notes at the end of a frame that a track has been lost for too long, and drops it a frame later.
        self._patience = max(int(rate / 30.0 * self.config.track_buffer), 1) + 2
        self._rows = TrackRows(5)
        self._seen = 0
        self._lost = 0
        self._any_ending = False
        self._classes = ClassGate()

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._other is not None:
            return self._other.update(frame, detections)
        boxes, scores, labels = detections.boxes, detections.scores, detections.labels
        chosen, high = self._choose(scores)
        if chosen is not None:
            boxes, scores, labels = boxes.take(chosen, 0), scores.take(chosen), labels.take(chosen)
        edges, measured = self._reader.read(boxes)
        self._filter.measure(measured)
        ahead = self._predict()
        overlap = overlaps(self._filter.edges(ahead), edges)
        if self._per_class:
            self._classes.part(overlap, self._rows.facts[LABEL], labels)
        tracks, found, missing, unused = self._match(overlap, scores, high)
        fresh = unused[scores.take(unused) >= self._birth_score] if len(unused) else unused
        if self._any_ending:
            missing = self._end(tracks, missing)
        self._settle(ahead, tracks, missing, measured.take(found, 1))
        if len(fresh):
            self._begin(measured.take(fresh, 1), labels.take(fresh))
            if self._frame == 1:
                self._seen, found = len(fresh), fresh
        shapes = self._filter.shapes(self._rows.motion)
        if self._lost:
            kept = self._drop_twins(shapes)
            if kept is not None:
                shapes, found = shapes.take(kept, 1), found.take(kept[: self._seen])

        seen = self._seen
        labels = labels.take(found)
        facts = self._rows.facts
        if not self._per_class:
            facts[LABEL, :seen] = labels
        return Instances.trusted(
            shapes[6:, :seen].T.astype(np.float32, order="C"),
            scores.take(found),
            labels,
            facts[ID, :seen].copy(),
            found if chosen is None else chosen.take(found),
        )

    def _choose(self, scores: Float32Array) -> tuple[Int64Array | None, int]:
        """Return the rows of the detections to use, high ones first (None: all as they are), and how many are high.

        A score of exactly the high threshold is neither high nor low, as in the original.
        """
        high = (scores > self._high).nonzero()[0]
        if len(high) == len(scores):
            return None, len(high)
        low = ((scores > self._low) & (scores < self._high)).nonzero()[0]
        return np.concatenate((high, low)), len(high)

    def _predict(self) -> Float64Array:
        """Return all tracks as expected in this frame, the unconfirmed as they were."""
        motion, facts, seen = self._rows.motion, self._rows.facts, self._seen
        pool = seen + self._lost
        if self._lost:
            motion[_HEIGHT_SPEED, seen:pool] = 0
            # The last of the lost has been lost for longest.
            if self._frame - facts[LAST, pool - 1] >= self._patience:
                facts[ENDING, seen:pool] |= self._frame - facts[LAST, seen:pool] >= self._patience
                self._any_ending = True
        ahead = self._filter.predict(motion)
        if pool < motion.shape[1]:
            ahead[:, pool:] = motion[:, pool:]
        return ahead

    def _match(self, overlap: Float64Array, scores: Float32Array, high: int) -> _Matching:
        """Assign detections to tracks in three rounds.

        Args:
            overlap: Of each track with each detection.
            scores: Of the detections.
            high: How many of the detections, the first, are high.
        """
        known, count = overlap.shape
        pool = self._seen + self._lost
        gain = overlap if pool == known and high == count else overlap[:pool, :high]
        if self._fuse_score:
            gain = gain * scores[:high]
        tracks, found = match_above(gain, self._floor)
        matching = tracks, found, left_over(pool, tracks), left_over(high, found)
        if high < count:
            matching = self._match_low(overlap[:, high:], high, matching)
        if pool < known:
            matching = self._match_unconfirmed(overlap[pool:], scores, matching)
        return matching

    def _match_low(self, overlap: Float64Array, high: int, matching: _Matching) -> _Matching:
        """Continue tracks of the last frame, not the lost, with low detections.

        Args:
            overlap: Of each track with each low detection.
            high: Number of detections before the low ones.
            matching: What is matched so far.
        """
        tracks, found, missing, unused = matching
        idle = missing[: missing.searchsorted(self._seen)] if self._lost else missing
        if len(idle) == 0:
            return matching
        some, low = match_above(overlap.take(idle, 0), self._second_floor, apart=True)
        if len(some) == 0:
            return matching
        tracks, found = np.concatenate((tracks, idle.take(some))), np.concatenate((found, low + high))
        return tracks, found, missing.take(left_over(len(missing), some)), unused

    def _match_unconfirmed(self, overlap: Float64Array, scores: Float32Array, matching: _Matching) -> _Matching:
        """Confirm tracks seen only once with the high detections that are left.

        Args:
            overlap: Of each unconfirmed track with each detection.
            scores: Of the detections.
            matching: What is matched so far.
        """
        tracks, found, missing, unused = matching
        if len(unused) == 0:
            return matching
        gain = overlap.take(unused, 1)
        if self._fuse_score:
            gain = gain * scores.take(unused)
        some, free = match_above(gain, self._unconfirmed_floor, apart=True)
        if len(some) == 0:
            return matching
        tracks = np.concatenate((tracks, some + (self._seen + self._lost)))
        found = np.concatenate((found, unused.take(free)))
        return tracks, found, missing, unused.take(left_over(len(unused), free))

    def _end(self, tracks: Int64Array, missing: Int64Array) -> Int64Array:
        """Return the missing tracks less those that end here."""
        ending = self._rows.facts[ENDING]
        self._any_ending = bool(ending.take(tracks).any())
        staying: Int64Array = missing[ending.take(missing) == 0]
        return staying

    def _settle(self, ahead: Float64Array, tracks: Int64Array, missing: Int64Array, measured: Float64Array) -> None:
        """Keep the tracks that were seen, corrected by what was measured, then those that are missing."""
        rows = self._rows
        seen = self._seen = len(tracks)
        self._lost = len(missing)
        motion = ahead.take(tracks, 1)
        self._filter.update(motion, measured)
        if len(missing):
            rows.motion = np.concatenate((motion, ahead.take(missing, 1)), 1)
            rows.facts = rows.facts.take(np.concatenate((tracks, missing)), 1)
        else:
            rows.motion = motion
            rows.facts = rows.facts.take(tracks, 1)
        rows.facts[LAST, :seen] = self._frame

    def _begin(self, measured: Float64Array, labels: Int64Array) -> None:
        """Start a track at each of the measured boxes."""
        facts = np.zeros((5, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._frame
        facts[LABEL] = labels
        self._rows.append(self._filter.start(measured), facts)

    def _drop_twins(self, edges: Float64Array) -> Int64Array | None:
        """Drop the younger of a present and a lost track in the same place; return which tracks stay, None for all."""
        seen, end = self._seen, self._seen + self._lost
        present = edges[:, :seen] if end == edges.shape[1] else np.concatenate((edges[:, :seen], edges[:, end:]), 1)
        twins = overlaps(present, edges[:, seen:end]) > self._same
        if not np.count_nonzero(twins):
            return None
        here, gone = twins.nonzero()
        here[here >= seen] += self._lost
        return self._drop_younger(here, gone + seen)

    def _drop_younger(self, here: Int64Array, gone: Int64Array) -> Int64Array | None:
        """Drop one of each pair of twins, a present and a lost one; return which tracks stay, None for all."""
        facts = self._rows.facts
        if self._per_class:
            same = facts[LABEL].take(here) == facts[LABEL].take(gone)
            here, gone = here[same], gone[same]
            if len(here) == 0:
                return None
        age = facts[LAST] - facts[START]
        older = age.take(here) > age.take(gone)
        stay = np.ones(len(self._rows), bool)
        stay[gone[older]] = False
        stay[here[~older]] = False
        lost = slice(self._seen, self._seen + self._lost)
        self._lost = int(np.count_nonzero(stay[lost]))
        self._seen = int(np.count_nonzero(stay[: self._seen]))
        kept = stay.nonzero()[0]
        self._rows.keep(kept)
        return kept


def _number(value: float, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """Return a number as an array without dimensions: numpy takes it as it is, which is faster."""
    return np.array(value, dtype)
