"""ByteTrack: associate every detection box, the confident first.

Paper: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
https://arxiv.org/abs/2110.06864. Original code: https://github.com/ifzhang/ByteTrack (MIT licence). Results are equal
to its; what was kept on purpose is listed in the documentation of the algorithm. The matching in two stages is
`vtrack_common_mot.two_stage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from vtcore.instances import Float32Array, Float64Array, Instances
from vtrack_common_mot.kalman import XyahFilter
from vtrack_common_mot.stage_options import StageOptions
from vtrack_common_mot.two_stage import TwoStageTracker
from vtrack_plugin_bytetrack.config import ByteTrackConfig
from vtrack_plugin_bytetrack.mmtracking import MmtrackingByteTrack

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["ByteTrack"]

_HEIGHT_SPEED = slice(7, 8)
"""Row of the motion that holds how fast the height changes."""

_PIXEL = 1.0
"""The original counts a box's last pixels in when it measures overlap."""


class ByteTrack(TwoStageTracker):
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
        clock: ``frames`` or ``seconds``: what tells how much time went by.
        persist: Keep tracks and identities from one sequence to the next.

    Raises:
        ValueError: An option is out of bounds, or `low_threshold` above `high_threshold`.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_other",)

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
        clock: str = "frames",
        persist: bool = False,
    ) -> None:
        self.config = config = ByteTrackConfig(
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
            clock=clock,
            persist=persist,
        )
        self._other = MmtrackingByteTrack(config) if convention == "mmtracking" else None
        self._fuse_score = fuse_score
        super().__init__(_stages(config), XyahFilter(pixel=_PIXEL), clock=clock, persist=persist)

    def _start(self, sequence: Sequence | None) -> None:
        super()._start(sequence)
        if self._other is not None:
            self._other.reset(sequence)

    def _advance(self, frame: Frame | None, detections: Instances) -> Instances:
        if self._other is not None:
            return self._advance_by(self._other, frame, detections)
        return super()._advance(frame, detections)

    def _gains(self, overlap: Float64Array, scores: Float32Array) -> Float64Array:
        return overlap * scores if self._fuse_score else overlap


def _stages(config: ByteTrackConfig) -> StageOptions:
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
        report_unconfirmed=False,
        per_class=config.per_class,
        pixel=_PIXEL,
        frozen=_HEIGHT_SPEED,
    )
