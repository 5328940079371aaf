"""OC-SORT: SORT that relies on what was observed rather than on what its filter made of it.

Paper: Cao et al., "Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking", CVPR 2023,
https://arxiv.org/abs/2203.14360. Original code: https://github.com/noahcao/OC_SORT (MIT licence). Results are equal to
its; what was kept on purpose is listed in the documentation of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from vtcore.instances import Instances
from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.observation_centric.centric_options import CentricOptions
from vtrack_common_mot.observation_centric.matching import Matcher
from vtrack_common_mot.observation_centric.observations import FACTS
from vtrack_common_mot.observation_centric.tracker import ObservationCentricTracker
from vtrack_common_mot.similarity import SIMILARITIES
from vtrack_plugin_ocsort.config import OcSortConfig
from vtrack_plugin_ocsort.mmtracking import MmtrackingOcSort

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["OcSort"]


class OcSort(ObservationCentricTracker):
    """Tracks boxes by overlap with a Kalman filter's prediction and by steady direction.

    Args:
        high_threshold: Detections scoring more are matched first and may start tracks.
        low_threshold: With `use_byte`, detections scoring more, up to `high_threshold`, may continue tracks.
        new_track_threshold: Detections scoring more may start tracks; None: `high_threshold`.
        max_age: Frames that a track lives on without a detection.
        min_hits: Detections in a row before a track is reported, once `min_hits` frames have passed.
        iou_threshold: Least overlap, or similarity, of a detection with the box it continues.
        delta_t: Frames over which a direction is measured.
        similarity: How boxes are compared after the first matching.
        inertia: Weight of steady direction against overlap in the first matching.
        use_byte: Continue tracks with unsure detections too.
        fuse_score: Multiply overlap by score.
        per_class: Match within a class only.
        convention: ``original`` or ``mmtracking``.
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_other",)

    def __init__(
        self,
        *,
        high_threshold: float = 0.6,
        low_threshold: float = 0.1,
        new_track_threshold: float | None = None,
        max_age: int = 30,
        min_hits: int = 3,
        iou_threshold: float = 0.3,
        delta_t: int = 3,
        similarity: str = "iou",
        inertia: float = 0.2,
        use_byte: bool = False,
        fuse_score: bool = False,
        per_class: bool = True,
        convention: str = "original",
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = config = OcSortConfig(
            high_threshold=high_threshold,
            low_threshold=low_threshold,
            new_track_threshold=new_track_threshold,
            max_age=max_age,
            min_hits=min_hits,
            iou_threshold=iou_threshold,
            delta_t=delta_t,
            similarity=similarity,
            inertia=inertia,
            use_byte=use_byte,
            fuse_score=fuse_score,
            per_class=per_class,
            convention=convention,
            clock=clock,
            persist=persist,
        )
        matcher = Matcher(iou_threshold, inertia, SIMILARITIES[similarity], fuse_score)
        self._other = MmtrackingOcSort(config) if convention == "mmtracking" else None
        super().__init__(_life(config), XysrFilter(), matcher, clock=clock, persist=persist)

    def _start(self, sequence: Sequence | None) -> None:
        super()._start(sequence)
        if self._other is not None:
            self._other.reset(sequence)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._other is not None:
            return self._advance_by(self._other, frame, detections)
        return super()._advance(frame, detections)


def _life(config: OcSortConfig) -> CentricOptions:
    """Return what decides the life of a track."""
    return CentricOptions(
        high=config.high_threshold,
        low=config.low_threshold if config.use_byte else None,
        birth=config.new_track_threshold,
        max_age=config.max_age,
        min_hits=config.min_hits,
        delta_t=config.delta_t,
        per_class=config.per_class,
        facts=FACTS,
    )
