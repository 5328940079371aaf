"""BoostTrack: one matching, by a similarity and of detections that are raised by what is known of tracks.

Papers: Stanojevic and Todorovic, "BoostTrack: boosting the similarity measure and detection confidence for improved
multiple object tracking", Machine Vision and Applications 2024, https://doi.org/10.1007/s00138-024-01531-5, and
"BoostTrack++: using tracklet information to detect more objects in multiple object tracking", 2024,
https://arxiv.org/abs/2408.13003. Original code: https://github.com/vukasin-stanojevic/BoostTrack (MIT licence). Results
are equal to its; what was kept on purpose is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.assignment import left_over
from vtrack_common_mot.camera_motion.interfaces import CameraMotion, require_estimator
from vtrack_common_mot.classes import ClassGate
from vtrack_common_mot.embedding import AppearanceBank
from vtrack_common_mot.overlap import BoxReader
from vtrack_common_mot.rows import ID, LABEL, LAST, START, TrackRows
from vtrack_common_mot.tracker import BoxTracker
from vtrack_plugin_boosttrack.comparison import Known, Offered
from vtrack_plugin_boosttrack.config import BoostTrackConfig
from vtrack_plugin_boosttrack.matching import Matcher, Matching
from vtrack_plugin_boosttrack.motion import VARIANCES, XyhrFilter

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["BoostTrack"]

_STREAK = 4
"""Row of the facts: detections in a row that continued the track, its first not counted."""
_SLOT = 5
"""Row of the facts: the track's slot in the bank of appearances."""
_FACTS = 6

_STILL = np.eye(2, 3)
_GROWN = 7
"""Frames until the confidence in a track is that of its detections."""
_FADING = 0.9
_EVER = 1 << 32
"""Frames: longer than any video, and still a number that a state can hold."""
_ONE = np.array(1, np.float32)


class BoostTrack(BoxTracker):
    """Tracks boxes in one matching, by overlap, distance and shape as far as detection and track can be trusted.

    With the defaults it is BoostTrack++. BoostTrack and, with embeddings, BoostTrack+ are those with
    `rich_similarity`, `soft_boost` and `varying_threshold` all false.

    Args:
        score_threshold: Least score, once boosted, of a detection that is matched or starts a track.
        max_age: Frames that a track lives on without a detection.
        max_age_seconds: The same in seconds, where the frame rate is known and it is longer.
        min_hits: Detections in a row before a track is reported, once `min_hits` frames have passed.
        iou_threshold: Least overlap of a detection with the box it continues.
        overlap_weight: Weight of overlap times confidence, besides overlap.
        distance_weight: Weight of closeness in Mahalanobis distance beside overlap.
        shape_weight: Weight of likeness of shape, times confidence, beside overlap.
        boost_likely: Raise the scores of detections that are like a track.
        boost_unlikely: Let detections far from any track start tracks whatever they score.
        rich_similarity: Detections are like a track by buffered overlap, distance and shape; false: by overlap.
        soft_boost: Raise scores towards likeness, a third of the way.
        varying_threshold: Accept detections that are very like a track, less so the longer it is missing.
        likely_factor: Without both, scores are raised to likeness times this.
        shape_by_width: Measure differences of heights by the greater width, as the original does by mistake.
        appearance: Compare embeddings too, where the detections come with them.
        appearance_weight: Weight of the cosine of embeddings, times that of all the rest together.
        appearance_threshold: Least cosine of a pair that needs to overlap only half as much as others.
        appearance_momentum: Share of the old in a track's mean embedding for the surest detection.
        camera_motion: Estimator of the camera's motion; None for a camera that stands still, or where no images are.
            An experiment that does not name one gets ``ecc``.
        per_class: Match within a class only.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds.
        TypeError: `camera_motion` estimates nothing.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "_bank", "_camera", "_classes", "_patience")

    def __init__(
        self,
        *,
        score_threshold: float = 0.6,
        max_age: int = 30,
        max_age_seconds: float = 2.0,
        min_hits: int = 3,
        iou_threshold: float = 0.3,
        overlap_weight: float = 0.5,
        distance_weight: float = 0.25,
        shape_weight: float = 0.25,
        boost_likely: bool = True,
        boost_unlikely: bool = True,
        rich_similarity: bool = True,
        soft_boost: bool = True,
        varying_threshold: bool = True,
        likely_factor: float = 0.65,
        shape_by_width: bool = False,
        appearance: bool = True,
        appearance_weight: float = 1.5,
        appearance_threshold: float = 0.75,
        appearance_momentum: float = 0.95,
        camera_motion: CameraMotion | None = None,
        per_class: bool = True,
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        require_estimator(camera_motion)
        self.config = config = BoostTrackConfig(
            score_threshold=score_threshold,
            max_age=max_age,
            max_age_seconds=max_age_seconds,
            min_hits=min_hits,
            iou_threshold=iou_threshold,
            overlap_weight=overlap_weight,
            distance_weight=distance_weight,
            shape_weight=shape_weight,
            boost_likely=boost_likely,
            boost_unlikely=boost_unlikely,
            rich_similarity=rich_similarity,
            soft_boost=soft_boost,
            varying_threshold=varying_threshold,
            likely_factor=likely_factor,
            shape_by_width=shape_by_width,
            appearance=appearance,
            appearance_weight=appearance_weight,
            appearance_threshold=appearance_threshold,
            appearance_momentum=appearance_momentum,
            camera_motion=camera_motion,
            per_class=per_class,
            clock=clock,
            persist=persist,
        )
        self._camera = camera_motion
        self._bank = AppearanceBank(appearance_momentum)
        self._filter = XyhrFilter()
        self._reader = BoxReader()
        self._matcher = Matcher(config, self._bank)
        self._least = np.array(score_threshold, np.float32)
        super().__init__(clock=clock, persist=persist)

    def wants_embeddings(self, detections: Instances) -> BoolArray:
        """Return for which detections, bool ``(N,)``, embeddings are looked at: all, since any may be boosted."""
        return np.full(len(detections), self.config.appearance)

    def _start(self, sequence: Sequence | None) -> None:
        rate = (None if sequence is None else sequence.frame_rate) or 0.0
        self._patience = int(min(max(self.config.max_age, rate * self.config.max_age_seconds), _EVER))
        self._rows = TrackRows(_FACTS)
        self._classes = ClassGate()
        self._bank.clear()
        if self._camera is not None:
            self._camera.reset(sequence)

    def _proceed(self, sequence: Sequence) -> None:
        if self._camera is not None:
            self._camera.proceed(sequence)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        edges, measured = self._reader.read(detections.boxes)
        self._filter.measure(measured)
        if self._camera is not None:
            warp = self._camera.estimate(frame, detections)
            if len(self._rows) and not (warp == _STILL).all():
                self._filter.warp(self._rows.motion, warp)
        ahead = self._filter.predict(self._rows.motion, self._elapsed)
        embeddings = self._bank.read(detections.embeddings if self.config.appearance else None, len(detections))
        # Scores above 1 are no probabilities.
        scores = np.minimum(detections.scores, _ONE)
        offered = Offered(edges[:6], measured, scores, detections.labels, embeddings)
        tracks, found, scores = self._match(ahead, offered)
        if embeddings is not None:
            self._learn(tracks, embeddings.take(found, 0), scores.take(found))
        self._settle(ahead, tracks, measured.take(found, 1))
        counts = scores >= self._least
        counts[found] = False
        fresh = counts.nonzero()[0]
        if len(fresh):
            self._begin(measured.take(fresh, 1), offered.labels.take(fresh))
            self._describe(len(fresh), None if embeddings is None else embeddings.take(fresh, 0))
        return self._report(detections, found, fresh)

    def _match(self, ahead: Float64Array, offered: Offered) -> Matching:
        """Assign detections to tracks; tracks are in ascending order."""
        rows, labels = self._rows, offered.labels
        apart = self.config.per_class and self._classes.apart(labels)
        if len(rows) == 0 or len(labels) == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64), offered.scores
        facts = rows.facts
        misses = self._tick - 1 - facts[LAST]
        age = self._tick - facts[START]
        known = Known(
            self._filter.edges(ahead),
            ahead[:4],
            ahead[VARIANCES],
            _FADING ** np.where(age < _GROWN, _GROWN - age, misses),
            misses,
            facts[_SLOT],
            facts[LABEL],
        )
        tracks, found, scores = (self._matcher.match_by_class if apart else self._matcher.match)(known, offered)
        order = tracks.argsort()
        return tracks.take(order), found.take(order), scores

    def _learn(self, tracks: Int64Array, embeddings: Float32Array, scores: Float32Array) -> None:
        """Move the appearance of tracks towards that of their detections, the more the surer these are."""
        least = np.float32(self.config.appearance_momentum)
        trust = (scores - self._least) / (1 - self._least)
        self._bank.learn(self._rows.facts[_SLOT].take(tracks), embeddings, least + (1 - least) * (1 - trust))

    def _settle(self, ahead: Float64Array, tracks: Int64Array, measured: Float64Array) -> None:
        """Keep the tracks that were seen, corrected by what was measured, then those missing not too long."""
        rows, seen = self._rows, len(tracks)
        motion = ahead.take(tracks, 1)
        self._filter.update(motion, measured)
        missing = left_over(len(rows), tracks)
        if len(missing):
            missing = missing[self._tick - rows.facts[LAST].take(missing) <= self._patience]
        if len(missing):
            motion = np.concatenate((motion, ahead.take(missing, 1)), 1)
            tracks = np.concatenate((tracks, missing))
        rows.motion = motion
        facts = rows.facts = rows.facts.take(tracks, 1)
        facts[LAST, :seen] = self._tick
        facts[_STREAK, :seen] += 1
        facts[_STREAK, seen:] = 0

    def _begin(self, measured: Float64Array, labels: Int64Array) -> None:
        """Start a track at each of the measured boxes."""
        facts = np.zeros((_FACTS, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._tick
        facts[LABEL] = labels
        self._rows.append(self._filter.start(measured), facts)

    def _describe(self, fresh: int, embeddings: Float32Array | None) -> None:
        """Note the appearance of the last tracks, so many, which start in this frame."""
        if not self.config.appearance:
            return
        known = self._rows.facts[_SLOT, : len(self._rows) - fresh]
        self._bank.give_up(known)
        self._rows.facts[_SLOT, len(known) :] = self._bank.add(fresh, embeddings)

    def _report(self, detections: Instances, found: Int64Array, fresh: Int64Array) -> Instances:
        """Return the tracks of this frame that have been seen often enough.

        Args:
            detections: Of the frame.
            found: Detections of the first tracks.
            fresh: Detections of the last tracks, which start here.
        """
        rows, hits, seen = self._rows, self.config.min_hits, len(found)
        if self._frame <= hits or hits == 0:
            reported = np.concatenate((np.arange(seen), np.arange(len(rows) - len(fresh), len(rows))))
            index = np.concatenate((found, fresh))
        else:
            reported = (rows.facts[_STREAK, :seen] >= hits).nonzero()[0]
            index = found.take(reported)
        labels = detections.labels.take(index)
        if not self.config.per_class:
            rows.facts[LABEL, reported] = labels
        corners = self._filter.shapes(rows.motion.take(reported, 1))[6:]
        return Instances.trusted(
            corners.T.astype(np.float32, order="C"),
            detections.scores.take(index),
            labels,
            rows.facts[ID].take(reported),
            index,
        )
