"""Deep OC-SORT: OC-SORT through the camera's motion, and by appearance as far as it tells tracks apart.

Paper: Maggiolino et al., "Deep OC-SORT: Multi-Pedestrian Tracking by Adaptive Re-Identification", ICIP 2023,
https://arxiv.org/abs/2302.11813. Original code: https://github.com/GerardMaggiolino/Deep-OC-SORT (MIT licence). Results
are equal to its with the options of its published results; what was kept on purpose, and what is left out, is listed in
the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.camera_motion.interfaces import CameraMotion, require_estimator
from vtrack_common_mot.embedding import AppearanceBank
from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.observation_centric.centric_options import CentricOptions
from vtrack_common_mot.observation_centric.observations import OBSERVED, ObservedRows
from vtrack_common_mot.observation_centric.tracker import ObservationCentricTracker
from vtrack_common_mot.rows import LAST
from vtrack_common_mot.similarity import SIMILARITIES
from vtrack_plugin_deepocsort.config import DeepOcSortConfig
from vtrack_plugin_deepocsort.kalman import WarpedXysrFilter
from vtrack_plugin_deepocsort.matching import SLOT, AppearanceMatcher
from vtrack_plugin_deepocsort.rows import BEFORE, FACTS, NEVER, WarpedRows

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["DeepOcSort"]

_STILL = np.eye(2, 3)
_LEAST, _ONE = np.float32(1e-6), np.float32(1)


class DeepOcSort(ObservationCentricTracker):
    """Tracks boxes by overlap with a Kalman filter's prediction, by steady direction and by appearance.

    Args:
        high_threshold: Detections scoring more are matched and may start tracks; the others are left out.
        new_track_threshold: Detections scoring more may start tracks; None: `high_threshold`.
        max_age: Frames that a track lives on without a detection.
        min_hits: Detections in a row before a track is reported, once `min_hits` frames have passed.
        iou_threshold: Least overlap, or similarity, of a detection with the box it continues.
        delta_t: Frames over which a direction is measured.
        similarity: How boxes are compared where tracks were last seen.
        inertia: Weight of steady direction against overlap in the first matching.
        appearance: Compare embeddings too, where the detections come with them.
        appearance_weight: Weight of a pair's cosine against its overlap in the first matching.
        adaptive_weighting: Raise that weight where the best cosine of a track or detection stands out.
        adaptive_limit: The most by which a best cosine may stand out from the second best, and count.
        appearance_momentum: Least share of the old in a track's mean embedding; 1 for a detection that scores
            `high_threshold`.
        camera_motion: Estimator of the camera's motion; None for a camera that stands still, or where no images are.
            An experiment that does not name one gets ``sparse-flow``.
        convention: ``original`` or ``paper``: how what was observed is carried through the camera's motion.
        per_class: Match within a class only.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds.
        TypeError: `camera_motion` estimates nothing.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_bank", "_camera")

    def __init__(
        self,
        *,
        high_threshold: float = 0.6,
        new_track_threshold: float | None = None,
        max_age: int = 30,
        min_hits: int = 3,
        iou_threshold: float = 0.3,
        delta_t: int = 3,
        similarity: str = "iou",
        inertia: float = 0.2,
        appearance: bool = True,
        appearance_weight: float = 0.75,
        adaptive_weighting: bool = True,
        adaptive_limit: float = 0.5,
        appearance_momentum: float = 0.95,
        camera_motion: CameraMotion | None = None,
        convention: str = "original",
        per_class: bool = True,
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        require_estimator(camera_motion)
        self.config = config = DeepOcSortConfig(
            high_threshold=high_threshold,
            new_track_threshold=new_track_threshold,
            max_age=max_age,
            min_hits=min_hits,
            iou_threshold=iou_threshold,
            delta_t=delta_t,
            similarity=similarity,
            inertia=inertia,
            appearance=appearance,
            appearance_weight=appearance_weight,
            adaptive_weighting=adaptive_weighting,
            adaptive_limit=adaptive_limit,
            appearance_momentum=appearance_momentum,
            camera_motion=camera_motion,
            convention=convention,
            per_class=per_class,
            clock=clock,
            persist=persist,
        )
        self._camera = camera_motion
        self._bank = AppearanceBank(appearance_momentum)
        self._embeddings: Float32Array | None = None
        self._warping = WarpedXysrFilter()
        matcher = AppearanceMatcher(
            self._bank,
            least=iou_threshold,
            inertia=inertia,
            similarity=SIMILARITIES[similarity],
            weight=appearance_weight,
            limit=adaptive_limit if adaptive_weighting else None,
        )
        box_filter = XysrFilter() if camera_motion is None else self._warping
        super().__init__(_life(config), box_filter, matcher, clock=clock, persist=persist)

    def wants_embeddings(self, detections: Instances) -> BoolArray:
        """Return for which detections, bool ``(N,)``, embeddings are looked at: the high ones."""
        if not self.config.appearance:
            return np.zeros(len(detections), bool)
        wanted: BoolArray = detections.scores > self._high
        return wanted

    def _start(self, sequence: Sequence | None) -> None:
        super()._start(sequence)
        self._bank.clear()
        if self._camera is not None:
            self._camera.reset(sequence)

    def _new_rows(self) -> ObservedRows:
        if self._camera is None:
            return super()._new_rows()
        return WarpedRows(self.config.delta_t, twice=self.config.convention == "original")

    def _proceed(self, sequence: Sequence) -> None:
        if self._camera is not None:
            self._camera.proceed(sequence)

    def _forward(self, frame: Frame | None, detections: Instances, chosen: Int64Array | None) -> Float64Array:
        rows = self._rows
        if self._camera is not None and isinstance(rows, WarpedRows):
            warp = self._camera.estimate(frame, detections if chosen is None else detections[chosen])
            if len(rows) and not (warp == _STILL).all():
                rows.warp(warp, self._tick)
                rows.motion = self._warping.warped(rows.motion, warp)
                rows.frozen = self._warping.warped(rows.frozen, warp)
        return super()._forward(frame, detections, chosen)

    def _appearance(self, detections: Instances, chosen: Int64Array | None) -> Float32Array | None:
        embeddings = detections.embeddings if self.config.appearance else None
        if embeddings is not None and chosen is not None:
            embeddings = embeddings.take(chosen, 0)
        self._embeddings = self._bank.read(embeddings, 0 if embeddings is None else len(embeddings))
        return self._embeddings

    def _learn(self, tracks: Int64Array, found: Int64Array, scores: Float32Array) -> None:
        facts = self._rows.facts
        if self._camera is not None:
            observed = facts[OBSERVED].take(tracks) > 0
            facts[BEFORE, tracks] = np.where(observed, facts[LAST].take(tracks), NEVER)
        if self._embeddings is None:
            return
        # Of a detection that only just counts nothing is learnt.
        trust = np.minimum((scores.take(found) - self._high) / np.maximum(1 - self._high, _LEAST), _ONE)
        least = np.float32(self.config.appearance_momentum)
        momentum = least + (1 - least) * (1 - trust)
        self._bank.learn(facts[SLOT].take(tracks), self._embeddings.take(found, 0), momentum)

    def _describe(self, facts: Int64Array, fresh: Int64Array) -> None:
        if not self.config.appearance:
            return
        self._bank.give_up(self._rows.facts[SLOT])
        embeddings = self._embeddings
        facts[SLOT] = self._bank.add(len(fresh), None if embeddings is None else embeddings.take(fresh, 0))


def _life(config: DeepOcSortConfig) -> CentricOptions:
    """Return what decides the life of a track."""
    return CentricOptions(
        high=config.high_threshold,
        low=None,
        birth=config.new_track_threshold,
        max_age=config.max_age,
        min_hits=config.min_hits,
        delta_t=config.delta_t,
        per_class=config.per_class,
        facts=FACTS,
    )
