"""QDTrack for TAO: hundreds of classes, and detections of low scores.

Paper: Pang et al., "Quasi-Dense Similarity Learning for Multiple Object Tracking", CVPR 2021,
https://arxiv.org/abs/2006.06664. The rules are those of ``QuasiDenseTAOTracker`` of
https://github.com/open-mmlab/mmtracking (Apache-2.0); what differs is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.overlap import overlaps
from vtrack_plugin_qdtrack.config import QDTrackTaoConfig
from vtrack_plugin_qdtrack.memory import known_rows
from vtrack_plugin_qdtrack.quasi_dense import QuasiDense
from vtrack_plugin_qdtrack.similarity import bisoftmax_within, cosines, products, take_in_turn

if TYPE_CHECKING:
    from vtcore.interfaces import Detector

__all__ = ["QDTrackTao"]


class QDTrackTao(QuasiDense):
    """Tracks by a softmax within each class, averaged with the cosine; scores of a track change slowly.

    A track is reported with the mean of its old score and the detection's.

    Args:
        new_track_threshold: Detections must score more than this to start a track.
        min_score: Detections that score less continue no track.
        match_threshold: Pairs must be more alike than this, 0 to 1.
        distractor_threshold: Detections that score less, and overlap an earlier one of their class, are left out.
        distractor_iou_threshold: By how much they must overlap it.
        score_difference: Scores of a track and what continues it differ by less than this.
        score_momentum: Share of a track's score in that of what continues it.
        metric: ``bisoftmax`` or ``cosine``.
        add_cosine: Average the former with the cosine.
        max_age: How many frames after its last detection a track can be found again.
        appearance_momentum: Share of the old in a track's mean embedding.
        iou_threshold: Least overlap of a pair matched by overlap, where an embedding is not known.
        per_class: Match within a class only.
        detector: Finds detections with embeddings in the frames; None where they are given.
        compat: ``mmtracking`` drops no track in frames without any detection.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds.
        TypeError: `detector` finds nothing.
    """

    config: QDTrackTaoConfig

    def __init__(
        self,
        *,
        new_track_threshold: float = 0.0001,
        min_score: float = 0.0001,
        match_threshold: float = 0.5,
        distractor_threshold: float = 0.5,
        distractor_iou_threshold: float = 0.3,
        score_difference: float = 1.0,
        score_momentum: float = 0.5,
        metric: str = "bisoftmax",
        add_cosine: bool = True,
        max_age: int = 10,
        appearance_momentum: float = 0.2,
        iou_threshold: float = 0.3,
        per_class: bool = True,
        detector: Detector | None = None,
        compat: str = "",
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = QDTrackTaoConfig(
            new_track_threshold=new_track_threshold,
            min_score=min_score,
            match_threshold=match_threshold,
            distractor_threshold=distractor_threshold,
            distractor_iou_threshold=distractor_iou_threshold,
            score_difference=score_difference,
            score_momentum=score_momentum,
            metric=metric,
            add_cosine=add_cosine,
            max_age=max_age,
            appearance_momentum=appearance_momentum,
            iou_threshold=iou_threshold,
            per_class=per_class,
            detector=detector,
            compat=compat,
            clock=clock,
            persist=persist,
        )
        super().__init__(self.config)

    def _tracked(self, detections: Instances, embeddings: Float32Array) -> Instances:
        order = self._without_distractors(detections)
        seen, embeddings = detections[order], embeddings[order]
        near = seen.scores >= np.float32(self.config.min_score)
        allowed = near[:, None] & self._scores_alike(seen.scores)
        # Who may not continue a track asks for none.
        similarity = self._similarity(embeddings, seen.labels) * near[:, None]
        chosen, _, taken = take_in_turn(similarity, self.config.match_threshold, allowed)
        found: Int64Array = np.where(taken, chosen, -1)
        self._find_by_overlap(seen, embeddings, found, near)
        old = found >= 0
        share = np.float32(self.config.score_momentum)
        scores = seen.scores.copy()
        scores[old] = (1 - share) * scores[old] + share * self._tracks.scores[found[old]]
        seen = Instances.trusted(seen.boxes, scores, seen.labels)
        return self._settled(order, seen, embeddings, found, np.zeros(len(order), bool))

    def _without_distractors(self, detections: Instances) -> Int64Array:
        """Return the rows of detections that stay: those that are sure, or overlap no earlier one of their class."""
        low = (detections.scores < np.float32(self.config.distractor_threshold)).nonzero()[0]
        if not len(low):
            return np.arange(len(detections))
        edges = self._reader.read(detections.boxes)[0][:6]
        overlap = overlaps(edges[:, low], edges)
        overlap *= detections.labels[low, None] == detections.labels
        earlier = np.arange(len(detections)) < low[:, None]
        stay = np.ones(len(detections), bool)
        stay[low] = ~((overlap > self.config.distractor_iou_threshold) & earlier).any(1)
        return stay.nonzero()[0]

    def _scores_alike(self, scores: Float32Array) -> BoolArray:
        """Return which detections and tracks have scores near enough to each other, bool ``(n, m)``."""
        alike: BoolArray = np.abs(scores[:, None] - self._tracks.scores) < np.float32(self.config.score_difference)
        return alike

    def _similarity(self, embeddings: Float32Array, labels: Int64Array) -> Float64Array:
        """Return how alike detections are to tracks, float64 ``(n, m)``; 0 where one is not known."""
        tracks = self._tracks
        same = np.ones((len(embeddings), len(tracks)), bool)
        if self.config.per_class:
            same = self._same_class(labels)
        same = same & known_rows(embeddings)[:, None] & tracks.known
        if not same.any():
            return np.zeros(same.shape)
        by_cosine = self.config.metric == "cosine"
        similarity: Float64Array = np.zeros(same.shape)
        if by_cosine or self.config.add_cosine:
            similarity = cosines(embeddings, tracks.embeddings) * same
        if by_cosine:
            return similarity
        shares = bisoftmax_within(products(embeddings, tracks.embeddings), same)
        return (shares + similarity) / 2 if self.config.add_cosine else shares
