"""Hybrid-SORT: OC-SORT with weak cues where the strong ones fail.

Paper: Yang et al., "Hybrid-SORT: Weak Cues Matter for Online Multi-Object Tracking", AAAI 2024,
https://arxiv.org/abs/2308.00783. Original code: https://github.com/ymzis69/HybridSORT (MIT licence). Results are equal
to its; what is kept of it and what is not is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.camera_motion.interfaces import CameraMotion, require_estimator
from vtrack_common_mot.kalman import ROWS, XysrFilter
from vtrack_common_mot.observation_centric.centric_options import CentricOptions
from vtrack_common_mot.observation_centric.observations import FACTS
from vtrack_common_mot.observation_centric.replay import replay
from vtrack_common_mot.observation_centric.tracker import ObservationCentricTracker
from vtrack_common_mot.rows import ID
from vtrack_plugin_hybridsort.appearance import Appearance
from vtrack_plugin_hybridsort.config import HybridSortConfig
from vtrack_plugin_hybridsort.corner_rows import CornerRows, CornerView
from vtrack_plugin_hybridsort.matching import HybridMatcher
from vtrack_plugin_hybridsort.scored_filter import ScoredFilter, replay_confidence

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["HybridSort"]

_STILL = np.eye(2, 3)
_FEW = 12
"""Up to so many tracks it is faster to put one right after the other."""
_SIGNS = np.array([[-1.0], [-1], [1], [1]])


class HybridSort(ObservationCentricTracker):
    """Tracks boxes by overlap and height, steady directions of their corners, confidence and appearance.

    Args:
        high_threshold: Detections scoring more are matched first and may start tracks.
        low_threshold: With `use_byte`, detections scoring more, up to `high_threshold`, may continue tracks.
        max_age: Frames that a track lives on without a detection.
        min_hits: Detections in a row before a track is reported, once `min_hits` frames have passed.
        iou_threshold: Least similarity of a detection with the box it continues.
        delta_t: Frames over which directions are measured and added up.
        similarity: How boxes are compared.
        inertia: Weight of steady direction of each corner in the first matching.
        use_byte: Continue tracks with unsure detections too.
        confidence_weight: Weight of unlike confidence in the first matching; 0 leaves it out.
        second_confidence_weight: The same in the matching of unsure detections.
        appearance: Compare embeddings too, where the detections come with them.
        appearance_weight: Weight of cosine distance in the first matching.
        second_appearance_weight: The same in the matching of unsure detections.
        appearance_threshold: Pairs of at most this cosine distance are kept in the first matching wherever they are.
        second_appearance_threshold: Greatest cosine distance of a pair in the matching of unsure detections.
        appearance_momentum: Share of the old in a track's mean embedding.
        adaptive_momentum: Weigh old and new embedding by the confidence in each, too.
        gallery_weight: Weight of cosine distance from the plain mean of a track's last embeddings.
        gallery_length: How many embeddings that mean is of.
        camera_motion: Estimator of the camera's motion; None for a camera that stands still.
        per_class: Match within a class only.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds, or `low_threshold` above `high_threshold`.
        TypeError: `camera_motion` estimates nothing.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_looks", "_camera")

    _rows: CornerRows

    def __init__(
        self,
        *,
        high_threshold: float = 0.6,
        low_threshold: float = 0.1,
        max_age: int = 30,
        min_hits: int = 3,
        iou_threshold: float = 0.25,
        delta_t: int = 3,
        similarity: str = "height-iou",
        inertia: float = 0.05,
        use_byte: bool = True,
        confidence_weight: float = 1.0,
        second_confidence_weight: float = 1.0,
        appearance: bool = True,
        appearance_weight: float = 1.3,
        second_appearance_weight: float = 1.2,
        appearance_threshold: float = 0.4,
        second_appearance_threshold: float = 0.4,
        appearance_momentum: float = 0.8,
        adaptive_momentum: bool = False,
        gallery_weight: float = 0.0,
        gallery_length: int = 30,
        camera_motion: CameraMotion | None = None,
        per_class: bool = True,
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        require_estimator(camera_motion)
        self.config = config = HybridSortConfig(
            high_threshold=high_threshold,
            low_threshold=low_threshold,
            max_age=max_age,
            min_hits=min_hits,
            iou_threshold=iou_threshold,
            delta_t=delta_t,
            similarity=similarity,
            inertia=inertia,
            use_byte=use_byte,
            confidence_weight=confidence_weight,
            second_confidence_weight=second_confidence_weight,
            appearance=appearance,
            appearance_weight=appearance_weight,
            second_appearance_weight=second_appearance_weight,
            appearance_threshold=appearance_threshold,
            second_appearance_threshold=second_appearance_threshold,
            appearance_momentum=appearance_momentum,
            adaptive_momentum=adaptive_momentum,
            gallery_weight=gallery_weight,
            gallery_length=gallery_length,
            camera_motion=camera_motion,
            per_class=per_class,
            clock=clock,
            persist=persist,
        )
        self._camera = camera_motion
        self._looks = Appearance(
            appearance_momentum, adaptive=adaptive_momentum, gallery_length=gallery_length if gallery_weight else 0
        )
        self._view = CornerView(delta_t)
        self._hybrid = HybridMatcher(config, self._view, self._looks)
        self._embeddings: Float32Array | None = None
        self._boxes = XysrFilter()
        super().__init__(_life(config), ScoredFilter(), self._hybrid, clock=clock, persist=persist)

    def wants_embeddings(self, detections: Instances) -> BoolArray:
        """Return for which detections, bool ``(N,)``, embeddings are looked at: the high, and the low if they count."""
        if not self.config.appearance:
            return np.zeros(len(detections), bool)
        wanted: BoolArray = detections.scores > self._high
        if self.config.second_appearance_weight:
            chosen, _ = self._choose(detections.scores)
            wanted[slice(None) if chosen is None else chosen] = True
        return wanted

    def _start(self, sequence: Sequence | None) -> None:
        super()._start(sequence)
        self._looks.clear()
        if self._camera is not None:
            self._camera.reset(sequence)

    def _new_rows(self) -> CornerRows:
        return CornerRows(self._view, self._options.delta_t, self._options.facts)

    def _proceed(self, sequence: Sequence) -> None:
        if self._camera is not None:
            self._camera.proceed(sequence)

    def _read(self, boxes: Float32Array, scores: Float32Array) -> tuple[Float64Array, Float64Array]:
        shapes, centres = self._reader.read(boxes)
        edges: Float64Array = np.concatenate((shapes[:6], scores[None]))
        return edges, self._filter.measure(np.concatenate((centres, scores[None])))

    def _forward(self, frame: Frame | None, detections: Instances, chosen: Int64Array | None) -> Float64Array:
        self._hybrid.begin_frame(self._tick, self._elapsed)
        if self._camera is not None:
            used = detections if chosen is None else detections[chosen]
            warp = self._camera.estimate(frame, used)
            if not (warp == _STILL).all():
                self._move(warp)
        return super()._forward(frame, detections, chosen)

    def _move(self, warp: Float64Array) -> None:
        """Carry the filters' boxes along with the camera, as the original does: not what was observed.

        Args:
            warp: float64 ``(2, 3)``, where a pixel of the last frame is in this one.
        """
        motion = self._rows.motion
        corners = (self._filter.edges(motion)[:4] * _SIGNS).reshape(2, 2, -1)
        first, last = (warp[:, :2] @ corner + warp[:, 2:] for corner in corners)
        motion[:4] = self._boxes.measure(np.concatenate(((first + last) / 2, last - first)))

    def _appearance(self, detections: Instances, chosen: Int64Array | None) -> Float32Array | None:
        embeddings = detections.embeddings if self.config.appearance else None
        if embeddings is not None and chosen is not None:
            embeddings = embeddings.take(chosen, 0)
        self._embeddings = None if embeddings is None else self._looks.read(embeddings, len(embeddings))
        return self._embeddings

    def _learn(self, tracks: Int64Array, found: Int64Array, scores: Float32Array) -> None:
        scores = scores.take(found)
        before = self._rows.trust(tracks, scores, self._elapsed)
        if self._embeddings is None:
            return
        facts = self._rows.facts.take(tracks, 1)
        # What was matched by place alone, or unsure, would spoil what is known.
        sure = scores > self._high
        if self._hybrid.recovered:
            sure &= ~np.isin(facts[ID], self._hybrid.recovered)
        embeddings = self._embeddings.take(found[sure], 0)
        self._looks.learn(facts[:, sure], embeddings, before[sure], scores[sure])

    def _replayed(
        self, states: Float64Array, ends: tuple[Float64Array, Float64Array], gaps: Int64Array
    ) -> Float64Array:
        if len(gaps) > _FEW:
            return super()._replayed(states, ends, gaps)
        before, after = ends
        boxes = replay(self._boxes, states[:ROWS], (before[:6], after[:6]), gaps, include_last=True, predict=True)
        return np.concatenate((boxes, replay_confidence(states, (before[6], after[6]), gaps)))

    def _describe(self, facts: Int64Array, fresh: Int64Array) -> None:
        if not self.config.appearance:
            return
        embeddings = None if self._embeddings is None else self._embeddings.take(fresh, 0)
        self._looks.begin(self._rows.facts, facts, embeddings)


def _life(config: HybridSortConfig) -> CentricOptions:
    """Return what decides the life of a track."""
    return CentricOptions(
        high=config.high_threshold,
        low=config.low_threshold if config.use_byte else None,
        birth=None,
        max_age=config.max_age,
        min_hits=config.min_hits,
        delta_t=config.delta_t,
        per_class=config.per_class,
        facts=FACTS + 1,
    )
