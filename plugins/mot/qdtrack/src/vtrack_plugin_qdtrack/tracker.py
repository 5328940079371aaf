"""QDTrack: boxes are matched by what they look like, and nothing else.

Paper: Pang et al., "Quasi-Dense Similarity Learning for Multiple Object Tracking", CVPR 2021,
https://arxiv.org/abs/2006.06664. The rules are those of ``QuasiDenseTracker`` of
https://github.com/open-mmlab/mmtracking (Apache-2.0); what differs is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.overlap import overlaps
from vtrack_common_mot.rows import LABEL
from vtrack_plugin_qdtrack.config import QDTrackConfig
from vtrack_plugin_qdtrack.memory import known_rows
from vtrack_plugin_qdtrack.quasi_dense import UNMATCHED, QuasiDense
from vtrack_plugin_qdtrack.similarity import bisoftmax, cosines, products, softmax, take_in_turn

if TYPE_CHECKING:
    from vtcore.interfaces import Detector

__all__ = ["QDTrack"]


class QDTrack(QuasiDense):
    """Tracks by a softmax over the products of embeddings, in both directions, among tracks and what was none.

    Args:
        new_track_threshold: Detections must score more than this to start a track.
        high_threshold: Detections must score more than this to continue a track.
        match_threshold: Pairs must be more alike than this, 0 to 1.
        suppress_threshold: Unsure detections more like a track than this are forgotten.
        backdrop_iou_threshold: Unsure detections that overlap a surer one by more are left out.
        duplicate_iou_threshold: Sure detections that overlap a surer one by more are left out.
        metric: ``bisoftmax``, ``softmax`` or ``cosine``.
        max_age: How many frames after its last detection a track can be found again.
        backdrop_frames: How many frames long what was no track is remembered.
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

    config: QDTrackConfig

    def __init__(
        self,
        *,
        new_track_threshold: float = 0.9,
        high_threshold: float = 0.5,
        match_threshold: float = 0.5,
        suppress_threshold: float = 0.5,
        backdrop_iou_threshold: float = 0.3,
        duplicate_iou_threshold: float = 0.7,
        metric: str = "bisoftmax",
        max_age: int = 30,
        backdrop_frames: int = 1,
        appearance_momentum: float = 0.2,
        iou_threshold: float = 0.3,
        per_class: bool = True,
        detector: Detector | None = None,
        compat: str = "",
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = QDTrackConfig(
            new_track_threshold=new_track_threshold,
            high_threshold=high_threshold,
            match_threshold=match_threshold,
            suppress_threshold=suppress_threshold,
            backdrop_iou_threshold=backdrop_iou_threshold,
            duplicate_iou_threshold=duplicate_iou_threshold,
            metric=metric,
            max_age=max_age,
            backdrop_frames=backdrop_frames,
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
        order, before = self._without_duplicates(detections)
        seen, embeddings = detections[order], embeddings[order]
        sure = seen.scores > np.float32(self.config.high_threshold)
        similarity = self._similarity(embeddings, seen.labels)
        count = len(self._tracks)
        # What is like no track but what was none before takes nothing away from others.
        allowed = sure[:, None] & (np.arange(similarity.shape[1]) < count)
        chosen, alike, taken = take_in_turn(similarity, self.config.match_threshold, allowed)
        found: Int64Array = np.where(taken, chosen, -1)
        dropped = ~sure & (chosen >= 0) & (chosen < count) & (alike > self.config.suppress_threshold)
        self._find_by_overlap(seen, embeddings, found, sure)
        tracks = self._settled(order, seen, embeddings, found, dropped)
        self._remember_backdrops(order, before, seen.labels, embeddings)
        return tracks

    def _without_duplicates(self, detections: Instances) -> tuple[Int64Array, Float64Array]:
        """Return the rows of detections that stay, surest first, and how much each overlaps each surer one.

        Whatever is surer counts, also where it is left out itself.
        """
        order = np.argsort(-detections.scores, kind="stable")
        edges = self._reader.read(detections.boxes.take(order, 0))[0][:6]
        before = np.tril(overlaps(edges, edges), -1)
        unsure = detections.scores.take(order) < np.float32(self.config.high_threshold)
        limit = np.where(unsure, self.config.backdrop_iou_threshold, self.config.duplicate_iou_threshold)
        stay = (before.max(1) <= limit).nonzero()[0]
        if len(stay) == len(order):
            return order, before
        return order.take(stay), before[stay[:, None], stay]

    def _similarity(self, embeddings: Float32Array, labels: Int64Array) -> Float64Array:
        """Return how alike detections are to tracks and, after them, what was none, ``(n, m)``; 0 if not known."""
        tracks, backdrops = self._tracks, self._backdrops
        memory, theirs = tracks.embeddings, tracks.facts[LABEL]
        if len(backdrops):
            memory = np.concatenate((memory, backdrops.embeddings))
            theirs = np.concatenate((theirs, backdrops.labels))
        known, remembered = known_rows(embeddings), known_rows(memory)
        if known.all() and remembered.all():
            similarity = self._compared(embeddings, memory)
        else:
            similarity = np.zeros((len(embeddings), len(memory)))
            place = np.ix_(known, remembered)
            similarity[place] = self._compared(embeddings[known], memory[remembered])
        if self.config.per_class:
            similarity *= labels[:, None] == theirs
        return similarity

    def _compared(self, embeddings: Float32Array, memory: Float32Array) -> Float64Array:
        if not len(embeddings) or not len(memory):
            return np.zeros((len(embeddings), len(memory)))
        if self.config.metric == "cosine":
            return cosines(embeddings, memory)
        values = products(embeddings, memory)
        return bisoftmax(values) if self.config.metric == "bisoftmax" else softmax(values, 1)

    def _remember_backdrops(
        self, order: Int64Array, before: Float64Array, labels: Int64Array, embeddings: Float32Array
    ) -> None:
        """Remember what is no track, unless it overlaps anything surer."""
        rest = (self.fates[order] == UNMATCHED) & (before.max(1) <= self.config.backdrop_iou_threshold)
        self._backdrops.add(embeddings[rest], labels[rest], self.config.backdrop_frames)
