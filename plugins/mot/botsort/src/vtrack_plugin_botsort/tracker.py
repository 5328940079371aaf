"""BoT-SORT: overlap through the camera's motion, and appearance.

Paper: Aharon et al., "BoT-SORT: Robust Associations Multi-Pedestrian Tracking", 2022,
https://arxiv.org/abs/2206.14651. Original code: https://github.com/NirAharon/BoT-SORT (MIT licence). The matching in
two stages is ByteTrack's; what is kept of the original and what is not is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.camera_motion.interfaces import CameraMotion, require_estimator
from vtrack_common_mot.coupled_kalman import WarpedXywhFilter
from vtrack_common_mot.embedding import AppearanceBank
from vtrack_common_mot.kalman import XywhFilter
from vtrack_common_mot.rows import LABEL
from vtrack_common_mot.stage_options import FACTS, StageOptions
from vtrack_common_mot.two_stage import TwoStageTracker
from vtrack_plugin_botsort.config import BotSortConfig

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["BotSort"]

APPEARANCE = FACTS
"""Row of the facts: the track's slot in the bank of appearances."""

_SIZE_SPEEDS = slice(6, 8)
"""Rows of the motion that hold how fast width and height change."""

_STILL = np.eye(2, 3)


class BotSort(TwoStageTracker):
    """Tracks boxes by overlap and appearance with a Kalman filter's prediction, corrected for the camera's motion.

    Args:
        high_threshold: Detections scoring more take part in the first matching and may start tracks.
        low_threshold: Detections scoring more, up to `high_threshold`, may continue tracks.
        new_track_threshold: Least score of a detection that starts a track; None: `high_threshold` + 0.1.
        match_threshold: Greatest cost (1 - overlap x score, or less by appearance) of a pair in the first matching.
        second_match_threshold: Greatest cost (1 - overlap) of a pair in the second matching.
        unconfirmed_match_threshold: Greatest cost of a pair with a track seen only once.
        duplicate_threshold: A seen and a lost track with less cost are one; the younger is dropped.
        track_buffer: Frames that a lost track is kept, at 30 frames a second.
        frame_rate: Frame rate that `track_buffer` is scaled for; 0 takes the sequence's.
        fuse_score: Multiply overlap by score in the first and the unconfirmed matching.
        appearance: Compare embeddings too, where the detections come with them.
        appearance_threshold: Greatest half cosine distance of a pair that is matched by appearance.
        proximity_threshold: Greatest cost (1 - overlap) of a pair that is matched by appearance.
        appearance_momentum: Share of the old in a track's mean embedding.
        camera_motion: Estimator of the camera's motion; None for a camera that stands still, or where no images are.
            An experiment that does not name one gets ``sparse-flow``.
        report_unconfirmed: Report a track in the frame of its birth.
        inclusive_overlap: Count a box's last pixels in when measuring overlap.
        per_class: Match within a class only.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds, or `low_threshold` above `high_threshold`.
        TypeError: `camera_motion` estimates nothing.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_bank", "_camera")

    def __init__(
        self,
        *,
        high_threshold: float = 0.6,
        low_threshold: float = 0.1,
        new_track_threshold: float | None = None,
        match_threshold: float = 0.8,
        second_match_threshold: float = 0.5,
        unconfirmed_match_threshold: float = 0.7,
        duplicate_threshold: float = 0.15,
        track_buffer: int = 30,
        frame_rate: float = 30.0,
        fuse_score: bool = True,
        appearance: bool = True,
        appearance_threshold: float = 0.25,
        proximity_threshold: float = 0.5,
        appearance_momentum: float = 0.9,
        camera_motion: CameraMotion | None = None,
        report_unconfirmed: bool = True,
        inclusive_overlap: bool = True,
        per_class: bool = True,
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        require_estimator(camera_motion)
        self.config = config = BotSortConfig(
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
            appearance=appearance,
            appearance_threshold=appearance_threshold,
            proximity_threshold=proximity_threshold,
            appearance_momentum=appearance_momentum,
            camera_motion=camera_motion,
            report_unconfirmed=report_unconfirmed,
            inclusive_overlap=inclusive_overlap,
            per_class=per_class,
            clock=clock,
            persist=persist,
        )
        self._camera = camera_motion
        self._fuse_score = fuse_score
        self._appearance = appearance
        self._near = np.array(1 - proximity_threshold)
        self._alike = np.array(1 - appearance_threshold)
        self._bank = AppearanceBank(appearance_momentum)
        options = _stages(config)
        self._warping = WarpedXywhFilter(pixel=options.pixel)
        motion = XywhFilter(pixel=options.pixel) if camera_motion is None else self._warping
        super().__init__(options, motion, clock=clock, persist=persist)

    def wants_embeddings(self, detections: Instances) -> BoolArray:
        """Return for which detections, bool ``(N,)``, embeddings are looked at: the high ones."""
        if not self._appearance:
            return np.zeros(len(detections), bool)
        wanted: BoolArray = detections.scores > self._high
        return wanted

    def _start(self, sequence: Sequence | None) -> None:
        super()._start(sequence)
        self._bank.clear()
        self._embeddings: Float32Array | None = None
        self._labels: Int64Array = np.empty(0, np.int64)
        self._warp = _STILL
        if self._camera is not None:
            self._camera.reset(sequence)

    def _proceed(self, sequence: Sequence) -> None:
        if self._camera is not None:
            self._camera.proceed(sequence)

    def _observe(self, frame: Frame | None, detections: Instances, sure: Int64Array | None) -> None:
        looks = self._appearance and detections.embeddings is not None
        if self._camera is None and not looks:
            self._embeddings = None
            return
        if sure is not None:
            detections = detections[sure]
        if self._camera is not None:
            self._warp = self._camera.estimate(frame, detections)
        self._embeddings = self._bank.read(detections.embeddings, len(detections)) if looks else None
        self._labels = detections.labels

    def _moved(self, ahead: Float64Array) -> Float64Array:
        if self._camera is None or (self._warp == _STILL).all():
            return ahead
        return self._warping.warped(ahead, self._warp)

    def _gains(self, overlap: Float64Array, scores: Float32Array) -> Float64Array:
        gain = overlap * scores if self._fuse_score else overlap
        if self._embeddings is None:
            return gain
        facts = self._rows.facts
        # Half of a cosine distance, 1 - cosine, is taken from 1.
        alike = self._bank.similarity(facts[APPEARANCE], self._embeddings)
        np.multiply(np.add(alike, 1, alike), 0.5, alike)
        alike[(alike < self._alike) | (overlap < self._near)] = 0
        if self._per_class:
            self._classes.part(alike, facts[LABEL], self._labels)
        return np.maximum(gain, alike)

    def _learn(self, tracks: Int64Array, found: Int64Array) -> None:
        if self._embeddings is None:
            return
        # Low detections come after the high ones; theirs would spoil what is known.
        sure = found < len(self._embeddings)
        self._bank.learn(self._rows.facts[APPEARANCE].take(tracks[sure]), self._embeddings.take(found[sure], 0))

    def _describe(self, facts: Int64Array, fresh: Int64Array) -> None:
        if not self._appearance:
            return
        known = self._rows.facts[APPEARANCE]
        self._bank.give_up(known)
        embeddings = self._embeddings
        facts[APPEARANCE] = self._bank.add(len(fresh), None if embeddings is None else embeddings.take(fresh, 0))


def _stages(config: BotSortConfig) -> StageOptions:
    """Return what decides the matching."""
    birth = config.new_track_threshold
    return StageOptions(
        high=config.high_threshold,
        low=config.low_threshold,
        birth=config.high_threshold + 0.1 if birth is None else birth,
        match_cost=config.match_threshold,
        second_match_cost=config.second_match_threshold,
        unconfirmed_match_cost=config.unconfirmed_match_threshold,
        twin_cost=config.duplicate_threshold,
        track_buffer=config.track_buffer,
        frame_rate=config.frame_rate,
        report_unconfirmed=config.report_unconfirmed,
        per_class=config.per_class,
        pixel=1.0 if config.inclusive_overlap else 0.0,
        frozen=_SIZE_SPEEDS,
        facts=FACTS + 1,
    )
