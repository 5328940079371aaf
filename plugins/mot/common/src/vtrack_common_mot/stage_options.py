"""What decides the matching of a tracker that matches in two stages."""

from __future__ import annotations

import attrs

__all__ = ["FACTS", "StageOptions"]

FACTS = 5
"""Rows of the facts that `vtrack_common_mot.two_stage` uses; a subclass may ask for more."""


@attrs.frozen(kw_only=True)
class StageOptions:
    """Thresholds, patience and habits; a cost is 1 less what a pair is worth.

    Attributes:
        high: Detections scoring more are matched first, and may start tracks.
        low: Detections scoring more, but less than `high`, are matched second.
        birth: Least score of a detection that starts a track.
        match_cost: Greatest cost of a pair in the first matching.
        second_match_cost: Greatest cost of a pair in the second matching.
        unconfirmed_match_cost: Greatest cost of a pair with a track seen only once.
        twin_cost: A seen and a lost track with less cost (1 - overlap) are one.
        track_buffer: Frames that a lost track is kept, at 30 frames a second.
        frame_rate: Frame rate that `track_buffer` is scaled for; 0 takes the sequence's.
        report_unconfirmed: Report tracks in the frame of their birth, and not only once they are seen again.
        per_class: Match within a class only.
        pixel: As in `vtrack_common_mot.overlap`.
        frozen: Rows of the motion that stop changing while a track is lost.
        facts: Number of rows of the facts.
    """

    high: float
    low: float
    birth: float
    match_cost: float
    second_match_cost: float
    unconfirmed_match_cost: float
    twin_cost: float
    track_buffer: int
    frame_rate: float
    report_unconfirmed: bool
    per_class: bool
    pixel: float
    frozen: slice
    facts: int = FACTS
