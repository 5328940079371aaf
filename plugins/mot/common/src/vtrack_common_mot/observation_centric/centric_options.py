"""What decides the life of a track in a tracker that centres on observations."""

from __future__ import annotations

import attrs

__all__ = ["CentricOptions"]


@attrs.frozen(kw_only=True)
class CentricOptions:
    """Thresholds and patience.

    Attributes:
        high: Detections scoring more are sure: they may start tracks.
        low: Detections scoring more, but less than `high`, may continue tracks; None: they are left out.
        birth: Detections scoring more may start tracks; None: all that are sure.
        max_age: Ticks that a track lives on without a detection.
        min_hits: Detections in a row, after the first, before a track is reported; not asked for in as many frames
            after the start.
        delta_t: Ticks over which a direction is measured.
        per_class: Match within a class only.
        facts: Number of rows of the facts.
    """

    high: float
    low: float | None
    birth: float | None
    max_age: int
    min_hits: int
    delta_t: int
    per_class: bool
    facts: int
