"""Tracking in two stages: sure detections are matched to all tracks, then the unsure ones to those left.

Tracks lie in one order: those seen in the last frame, then the lost, latest first, then the unconfirmed, which were
born in the last frame. Every stage of the matching is then a block of one matrix of overlaps.

Source: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
https://arxiv.org/abs/2110.06864; original code: https://github.com/ifzhang/ByteTrack (MIT licence).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import left_over, match_above
from vtrack_common_mot.classes import ClassGate
from vtrack_common_mot.kalman import BoxFilter
from vtrack_common_mot.overlap import BoxReader, overlaps
from vtrack_common_mot.rows import ID, LABEL, LAST, START, TrackRows
from vtrack_common_mot.stage_options import StageOptions
from vtrack_common_mot.tracker import BoxTracker

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["ENDING", "TwoStageTracker"]

ENDING = 4
"""Row of the facts: 1 for a track that ends with the first frame without it."""
_Matching = tuple[Int64Array, Int64Array, Int64Array, Int64Array]
"""Tracks and the detection of each; confirmed tracks without one, and high detections without a track."""


class TwoStageTracker(BoxTracker):
    """Matches in two stages and keeps the tracks; subclasses say what a pair is worth and how tracks move."""

    _STATE: ClassVar[tuple[str, ...]] = ("_patience", "_rows", "_seen", "_lost", "_any_ending", "_classes")

    def __init__(
        self, options: StageOptions, motion: BoxFilter, *, clock: str = "frames", persist: bool = False
    ) -> None:
        """Keep the options.

        Args:
            options: What decides the matching.
            motion: Filter of the boxes, made for the same `pixel`.
            clock: As `BoxTracker` takes it.
            persist: The same.
        """
        self._stages = options
        self._filter = motion
        self._high, self._low = _number(options.high, np.float32), _number(options.low, np.float32)
        self._birth_score = _number(options.birth, np.float32)
        self._floor = _number(1 - options.match_cost)
        self._second_floor = _number(1 - options.second_match_cost)
        self._unconfirmed_floor = _number(1 - options.unconfirmed_match_cost)
        self._same = _number(1 - options.twin_cost)
        self._frozen = options.frozen
        self._per_class = options.per_class
        self._report_unconfirmed = options.report_unconfirmed
        self._reader = BoxReader(options.pixel)
        super().__init__(clock=clock, persist=persist)

    # --- What subclasses say --------------------------------------------------------------------------------

    def _observe(self, frame: Frame | None, detections: Instances, sure: Int64Array | None) -> None:
        """Look at what is in the frame beside boxes, before anything is matched.

        Args:
            frame: The frame, where there is one.
            detections: All detections of the frame.
            sure: Rows of the high ones, in the order they are matched in; None for all as they are.
        """

    def _moved(self, ahead: Float64Array) -> Float64Array:
        """Return the predicted tracks, and the unconfirmed as they were, where the camera sees them now."""
        return ahead

    def _gains(self, overlap: Float64Array, scores: Float32Array) -> Float64Array:
        """Return what each pair of a track and a high detection is worth, 1 less its cost.

        Args:
            overlap: float64 ``(tracks, high)``; 0 or less for boxes apart or of different classes. To be left as it is.
            scores: float32 ``(high,)``.
        """
        return overlap

    def _learn(self, tracks: Int64Array, found: Int64Array) -> None:
        """Take note of which tracks were found as which detections, low ones among them."""

    def _describe(self, facts: Int64Array, fresh: Int64Array) -> None:
        """Fill further rows of the facts of tracks that start at the detections `fresh`."""

    # --- One frame ------------------------------------------------------------------------------------------

    def _start(self, sequence: Sequence | None) -> None:
        self._wait(sequence)
        self._rows = TrackRows(self._stages.facts)
        self._seen = 0
        self._lost = 0
        self._any_ending = False
        self._classes = ClassGate()

    def _wait(self, sequence: Sequence | None) -> None:
        """Find out for how many frames of the sequence a lost track is kept."""
        rate = self._stages.frame_rate or (sequence.frame_rate if sequence is not None else None) or 30.0
        # The original notes at the end of a frame that a track has been lost for too long, and drops it a frame later.
        self._patience = max(int(rate / 30.0 * self._stages.track_buffer), 1) + 2

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._frame == 1 and frame is not None and frame.sequence is not None:
            # A camera or a stream tells its rate once it is open.
            self._wait(frame.sequence)
        boxes, scores, labels = detections.boxes, detections.scores, detections.labels
        chosen, high = self._choose(scores)
        if chosen is None:
            self._observe(frame, detections, None)
        else:
            self._observe(frame, detections, chosen[:high])
            boxes, scores, labels = boxes.take(chosen, 0), scores.take(chosen), labels.take(chosen)
        edges, measured = self._reader.read(boxes)
        self._filter.measure(measured)
        ahead = self._predict()
        overlap = overlaps(self._filter.edges(ahead), edges)
        if self._per_class:
            self._classes.part(overlap, self._rows.facts[LABEL], labels)
        tracks, found, missing, unused = self._match(overlap, scores, high)
        self._learn(tracks, found)
        fresh = unused[scores.take(unused) >= self._birth_score] if len(unused) else unused
        if self._any_ending:
            missing = self._end(tracks, missing)
        self._settle(ahead, tracks, missing, measured.take(found, 1))
        if len(fresh):
            self._begin(measured.take(fresh, 1), labels.take(fresh), fresh)
            if self._frame == 1:
                # No track was there to be found: these are confirmed as they are.
                self._seen, found, fresh = len(fresh), fresh, found
        corners, ids, found = self._report(found, fresh)
        labels = labels.take(found)
        if not self._per_class:
            self._rows.facts[LABEL, : self._seen] = labels[: self._seen]
        return Instances.trusted(
            corners.T.astype(np.float32, order="C"),
            scores.take(found),
            labels,
            ids,
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
        """Return all tracks as expected in this frame, the unconfirmed as they were, both as the camera sees them."""
        motion, facts, seen = self._rows.motion, self._rows.facts, self._seen
        pool = seen + self._lost
        if self._lost:
            motion[self._frozen, seen:pool] = 0
            # The last of the lost has been lost for longest.
            if self._tick - facts.item(LAST, pool - 1) >= self._patience:
                facts[ENDING, seen:pool] |= self._tick - facts[LAST, seen:pool] >= self._patience
                self._any_ending = True
        ahead = self._filter.predict(motion, self._elapsed)
        if pool < motion.shape[1]:
            ahead[:, pool:] = motion[:, pool:]
        return self._moved(ahead)

    def _match(self, overlap: Float64Array, scores: Float32Array, high: int) -> _Matching:
        """Assign detections to tracks in three rounds.

        Args:
            overlap: Of each track with each detection.
            scores: Of the detections.
            high: How many of the detections, the first, are high.
        """
        known, count = overlap.shape
        pool = self._seen + self._lost
        gain = self._gains(overlap, scores) if high == count else self._gains(overlap[:, :high], scores[:high])
        tracks, found = match_above(gain if pool == known else gain[:pool], self._floor)
        matching = tracks, found, left_over(pool, tracks), left_over(high, found)
        if high < count:
            matching = self._match_low(overlap[:, high:], high, matching)
        if pool < known:
            matching = self._match_unconfirmed(gain[pool:], matching)
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

    def _match_unconfirmed(self, gain: Float64Array, matching: _Matching) -> _Matching:
        """Confirm tracks seen only once with the high detections that are left.

        Args:
            gain: Of each unconfirmed track with each high detection.
            matching: What is matched so far.
        """
        tracks, found, missing, unused = matching
        if len(unused) == 0:
            return matching
        some, free = match_above(gain.take(unused, 1), self._unconfirmed_floor, apart=True)
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
        rows.facts[LAST, :seen] = self._tick

    def _begin(self, measured: Float64Array, labels: Int64Array, fresh: Int64Array) -> None:
        """Start a track at each of the measured boxes, those of the detections `fresh`."""
        facts = np.zeros((self._stages.facts, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._tick
        facts[LABEL] = labels
        self._describe(facts, fresh)
        self._rows.append(self._filter.start(measured), facts)

    def _report(self, found: Int64Array, fresh: Int64Array) -> tuple[Float64Array, Int64Array, Int64Array]:
        """Drop twins; return corners ``(4, n)``, ids and detections of the tracks to report.

        Args:
            found: Detections of the tracks that were seen.
            fresh: Detections of the unconfirmed tracks, which are the last.
        """
        shapes = self._filter.shapes(self._rows.motion)
        if self._lost:
            before = self._seen + self._lost
            kept = self._drop_twins(shapes)
            if kept is not None:
                shapes = shapes.take(kept, 1)
                found = found.take(kept[: self._seen])
                fresh = fresh.take(kept[self._seen + self._lost :] - before)
        seen, ids = self._seen, self._rows.facts[ID]
        if self._report_unconfirmed and len(fresh):
            born = seen + self._lost
            corners = np.concatenate((shapes[6:, :seen], shapes[6:, born:]), 1)
            return corners, np.concatenate((ids[:seen], ids[born:])), np.concatenate((found, fresh))
        return shapes[6:, :seen], ids[:seen].copy(), found

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
