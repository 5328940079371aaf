"""A tracker that centres on observations: what OC-SORT and those that build on it share.

Paper: Cao et al., "Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking", CVPR 2023,
https://arxiv.org/abs/2203.14360. Original code: https://github.com/noahcao/OC_SORT (MIT licence).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import Pairs, left_over
from vtrack_common_mot.kalman import BoxFilter
from vtrack_common_mot.observation_centric.centric_options import CentricOptions
from vtrack_common_mot.observation_centric.matching import Known, Matcher, Offered
from vtrack_common_mot.observation_centric.observations import OBSERVED, STREAK, ObservedRows
from vtrack_common_mot.observation_centric.replay import replay
from vtrack_common_mot.overlap import BoxReader
from vtrack_common_mot.rows import ID, LABEL, LAST, START
from vtrack_common_mot.tracker import BoxTracker

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["ObservationCentricTracker"]

_NONE = np.empty(0, np.int64)
_AREA = 2
"""Row of the motion: the area, which a replay does not keep from vanishing."""


class ObservationCentricTracker(BoxTracker):
    """Matches by overlap and direction, recovers tracks where they were last seen, and puts their filters right.

    A subclass says how boxes are matched by its `Matcher`, and may override `_forward`, what is expected of the tracks,
    `_learn`, what else is learnt of tracks that were seen, and `_describe`, what else is noted of new ones.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "_first_label", "_several")

    def __init__(
        self, options: CentricOptions, box_filter: BoxFilter, matcher: Matcher, *, clock: str, persist: bool
    ) -> None:
        """Keep the options.

        Args:
            options: What decides the life of a track.
            box_filter: Of the tracks.
            matcher: Assigns detections to tracks.
            clock: As `BoxTracker` takes it.
            persist: As `BoxTracker` takes it.
        """
        self._options = options
        self._filter = box_filter
        self._matcher = matcher
        self._reader = BoxReader()
        self._high = np.array(options.high, np.float32)
        self._low = None if options.low is None else np.array(options.low, np.float32)
        self._birth = None if options.birth is None else np.array(options.birth, np.float32)
        super().__init__(clock=clock, persist=persist)

    def _start(self, sequence: Sequence | None) -> None:
        self._rows = self._new_rows()
        self._first_label: Int64Array | None = None
        self._several = False

    def _new_rows(self) -> ObservedRows:
        """Return what remembers tracks, without any."""
        return ObservedRows(self._options.delta_t, self._options.facts)

    def _restored(self) -> None:
        super()._restored()
        if self._first_label is not None:
            self._first_label = np.array(self._first_label)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        boxes, scores, labels = detections.boxes, detections.scores, detections.labels
        chosen, high = self._choose(scores)
        if chosen is not None:
            boxes, scores, labels = boxes.take(chosen, 0), scores.take(chosen), labels.take(chosen)
        edges, measured = self._read(boxes, scores)
        if self._tick - self._last_tick > 1:
            self._rows.skip(self._last_tick + 1, self._tick)
        ahead = self._forward(frame, detections, chosen)
        offered = Offered(edges, measured[:2], scores, labels, high, self._appearance(detections, chosen))
        tracks, found = self._match(ahead, offered)
        self._learn(tracks, found, scores)
        spoilt = self._settle(ahead, tracks, found, offered, measured)
        fresh = self._fresh(scores, high, found)
        if len(fresh):
            self._begin(measured.take(fresh, 1), labels.take(fresh), fresh)
        kept, index = self._report(found, fresh)
        labels = labels.take(index)
        if not self._options.per_class:
            self._rows.facts[LABEL, kept] = labels
        ids = self._rows.facts[ID].take(kept)
        if len(spoilt):
            self._rows.drop(spoilt)
        index_of_all = index if chosen is None else chosen.take(index)
        return Instances.trusted(boxes.take(index, 0), scores.take(index), labels, ids, index_of_all)

    def _choose(self, scores: Float32Array) -> tuple[Int64Array | None, int]:
        """Return the rows of the detections to use, high ones first (None: all as they are), and how many are high.

        A score of exactly the high threshold is neither high nor low, as in the original.
        """
        high = (scores > self._high).nonzero()[0]
        if len(high) == len(scores):
            return None, len(high)
        if self._low is None:
            return high, len(high)
        low = ((scores > self._low) & (scores < self._high)).nonzero()[0]
        return np.concatenate((high, low)), len(high)

    def _read(self, boxes: Float32Array, scores: Float32Array) -> tuple[Float64Array, Float64Array]:
        """Return the edges ``(6, m)`` of the detections that are used, and the same as the filter measures them.

        A subclass whose filter measures more than boxes adds rows to both.
        """
        shapes, centres = self._reader.read(boxes)
        return shapes[:6], self._filter.measure(centres)

    def _forward(self, frame: Frame | None, detections: Instances, chosen: Int64Array | None) -> Float64Array:
        """Return the states ``(ROWS, n)`` in which the tracks are expected in this frame.

        Args:
            frame: As it was given.
            detections: As they were given.
            chosen: The rows of the detections that are used, the sure ones first; None: all as they are.
        """
        return self._filter.predict(self._rows.motion, self._elapsed)

    def _appearance(self, detections: Instances, chosen: Int64Array | None) -> Float32Array | None:
        """Return the embeddings ``(m, D)`` of the detections that are used, or None where appearance does not count.

        Args:
            detections: As they were given.
            chosen: As in `_forward`.
        """
        return None

    def _match(self, ahead: Float64Array, offered: Offered) -> Pairs:
        """Assign detections to tracks; return tracks, ascending, and the detection of each."""
        rows = self._rows
        if len(offered.scores) == 0:
            return _NONE, _NONE
        apart = self._options.per_class and self._several_classes(offered.labels)
        if len(rows) == 0:
            return _NONE, _NONE
        known = Known(
            self._filter.edges(ahead),
            rows.last_edges(),
            rows.origins(self._tick),
            rows.directions(),
            rows.facts,
            rows.past,
        )
        match = self._matcher.match_by_class if apart else self._matcher.match
        return match(known, offered)

    def _several_classes(self, labels: Int64Array) -> bool:
        """Return whether detections of more than one class were ever given."""
        if not self._several:
            if self._first_label is None:
                self._first_label = np.array(labels[0])
            self._several = bool(np.count_nonzero(labels != self._first_label))
        return self._several

    def _learn(self, tracks: Int64Array, found: Int64Array, scores: Float32Array) -> None:
        """Learn more of the tracks that are seen in this frame.

        Args:
            tracks: int64 ``(k,)``, their columns.
            found: int64 ``(k,)``, the detection of each among those that are used.
            scores: float32 ``(m,)`` of the detections that are used.
        """
        return

    def _settle(
        self, ahead: Float64Array, tracks: Int64Array, found: Int64Array, offered: Offered, measured: Float64Array
    ) -> Int64Array:
        """Keep the tracks that were seen, corrected by what was observed, then those missing not too long.

        Returns:
            Columns of tracks whose filter is spoilt, which end with this frame.
        """
        rows, tick, seen = self._rows, self._tick, len(tracks)
        missing = left_over(len(rows), tracks)
        if len(missing):
            missing = missing[tick - rows.facts[LAST].take(missing) <= self._options.max_age]
        kept = np.concatenate((tracks, missing)) if len(missing) else tracks
        after = ahead.take(kept, 1)
        motion = after[:, :seen]
        edges = offered.edges.take(found, 1)
        again = _NONE
        if rows.missing:
            columns = tracks.tolist()
            back = slice(bisect_left(columns, rows.seen), bisect_left(columns, rows.seen + rows.missing))
            if back.start < back.stop:
                again = self._put_right(motion, tracks, edges, back)
        self._filter.update(motion, measured.take(found, 1))
        spoilt = again[motion[_AREA].take(again) <= 0] if len(again) else _NONE
        past = rows.observe(tick, tracks, edges, offered.centres.take(found, 1))
        if len(missing):
            rows.freeze(self._lost(ahead), missing)
            past = np.concatenate((past, rows.miss(tick, missing)), 1)
        rows.motion, rows.past = after, past
        rows.seen, rows.missing = seen, len(missing)
        facts = rows.facts = rows.facts.take(kept, 1)
        facts[LAST, :seen] = tick
        facts[STREAK, :seen] += 1
        facts[STREAK, seen:] = 0
        facts[OBSERVED, :seen] = 1
        return spoilt

    def _lost(self, ahead: Float64Array) -> Float64Array:
        """Return the states in which tracks that were seen in the last frame are expected one tick after it."""
        return ahead if self._elapsed == 1.0 else self._filter.predict(self._rows.motion)

    def _put_right(self, motion: Float64Array, tracks: Int64Array, edges: Float64Array, found: slice) -> Int64Array:
        """Replay the motion of tracks that are found again, in place, along the way between their observations.

        Args:
            motion: ``(ROWS, k)`` of the tracks seen in this frame.
            tracks: int64 ``(k,)``, their columns.
            edges: ``(6, k)`` of their detections.
            found: Which of them were missing.

        Returns:
            Those whose motion was replayed, int64.
        """
        rows = self._rows
        again: Int64Array = np.arange(found.start, found.stop)
        again = again[rows.facts[OBSERVED].take(tracks[found]) > 0]
        if len(again) == 0:
            return again
        columns = tracks.take(again)
        motion[:, again] = self._replayed(
            rows.frozen.take(columns - rows.seen, 1),
            (rows.replay_edges().take(columns, 1), edges.take(again, 1)),
            self._tick - rows.facts[LAST].take(columns),
        )
        return again

    def _replayed(
        self, states: Float64Array, ends: tuple[Float64Array, Float64Array], gaps: Int64Array
    ) -> Float64Array:
        """Return the states of tracks after the way between their observations; see `replay`."""
        return replay(self._filter, states, ends, gaps, include_last=True, predict=True)

    def _fresh(self, scores: Float32Array, high: int, found: Int64Array) -> Int64Array:
        """Return the sure detections that start a track."""
        fresh = left_over(high, found[found < high] if high < len(scores) else found)
        if self._birth is not None and len(fresh):
            fresh = fresh[scores.take(fresh) > self._birth]
        return fresh

    def _begin(self, measured: Float64Array, labels: Int64Array, fresh: Int64Array) -> None:
        """Start a track at each of the measured boxes."""
        facts = np.zeros((self._options.facts, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._tick
        facts[LABEL] = labels
        self._describe(facts, fresh)
        self._rows.begin(self._filter.start(measured), facts)

    def _describe(self, facts: Int64Array, fresh: Int64Array) -> None:
        """Note more of the tracks that start in this frame.

        Args:
            facts: ``(facts, k)``, theirs, to be filled in.
            fresh: int64 ``(k,)``, the detection of each among those that are used.
        """
        return

    def _report(self, found: Int64Array, fresh: Int64Array) -> Pairs:
        """Return the tracks of this frame that have been seen often enough, and the detection of each.

        Args:
            found: Detections of the first tracks.
            fresh: Detections of the last tracks, which start here.
        """
        rows, hits = self._rows, self._options.min_hits
        if self._frame <= hits or hits == 0:
            reported = np.concatenate((np.arange(len(found)), np.arange(len(rows) - len(fresh), len(rows))))
            return reported, np.concatenate((found, fresh))
        reported = (rows.facts[STREAK, : len(found)] >= hits).nonzero()[0]
        return reported, found.take(reported)
