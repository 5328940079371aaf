"""Options of ByteTrack."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option

__all__ = ["ByteTrackConfig"]


@attrs.frozen(kw_only=True)
class ByteTrackConfig:
    """Options of ByteTrack; in brackets the names of the original code, where it has one."""

    high_threshold: float = option(
        0.6,
        "Detections scoring more take part in the first matching and may start tracks [track_thresh].",
        ge=0,
        le=1,
    )
    low_threshold: float = option(
        0.1, "Detections scoring this or less are left out; those up to high_threshold may continue tracks.", ge=0, le=1
    )
    new_track_threshold: float | None = option(
        None, "Least score of a detection that starts a track; high_threshold + 0.1 when left out [det_thresh].", ge=0
    )
    match_threshold: float = option(
        0.9,
        "Greatest cost of a pair in the first matching, raising it allows looser matches [match_thresh].",
        ge=0,
        le=1,
    )
    second_match_threshold: float = option(
        0.5, "Greatest cost of a pair in the second matching, of low detections.", ge=0, le=1
    )
    unconfirmed_match_threshold: float = option(
        0.7, "Greatest cost of a pair in the matching of tracks seen only once.", ge=0, le=1
    )
    duplicate_threshold: float = option(
        0.15, "A seen and a lost track with less cost than this are one: the younger is dropped.", ge=0, le=1
    )
    track_buffer: int = option(
        30, "How long a lost track is kept, at 30 frames a second [track_buffer].", unit="frames", ge=0
    )
    frame_rate: float = option(
        30.0,
        "Frame rate for which track_buffer is scaled; 0 takes the sequence's own [frame_rate].",
        unit="frames/s",
        ge=0,
    )
    fuse_score: bool = option(
        True, "Multiply overlap by the detection's score in the first and the unconfirmed matching [not mot20]."
    )
    per_class: bool = per_class_option()
    convention: str = option(
        "original",
        "Whose rules where implementations differ: see the documentation.",
        choices=("original", "mmtracking"),
    )
    min_hits: int = option(
        3, "By mmtracking's rules, frames in which a track is seen before it is kept.", unit="frames", ge=0
    )
    clock: str = clock_option()
    persist: bool = persist_option()

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.low_threshold > self.high_threshold:
            raise ValueError(
                f"low_threshold: must be <= high_threshold ({self.high_threshold!r}), got {self.low_threshold!r}"
            )

    @property
    def needs(self) -> frozenset[str]:
        """Detections, and no pixels."""
        return frozenset({"detections"})

    @property
    def ignores(self) -> frozenset[str]:
        """Embeddings that come with detections."""
        return frozenset({"embeddings"})
