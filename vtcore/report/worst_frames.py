"""Which frames are worth looking at."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np

from vtcore.instances import Int64Array
from vtcore.report.contents import SequenceReport

__all__ = ["FALSE", "MISSED", "OVERVIEW", "SWITCH", "Pick", "pick_frames"]

SWITCH, FALSE, MISSED, OVERVIEW = "switch", "false", "missed", "overview"
"""What a frame is shown for."""

_APART = 10
"""Frames nearer than this show much the same."""


@attrs.frozen
class Pick:
    """A frame to show.

    Attributes:
        frame: 0-based index.
        reason: `SWITCH`, `FALSE`, `MISSED` or `OVERVIEW`.
    """

    frame: int
    reason: str


def pick_frames(report: SequenceReport, most: int, *, before: int | None = None) -> list[Pick]:
    """Return the worst frames, or without errors known the busiest ones, spread over the sequence.

    Args:
        report: The sequence.
        most: How many at most.
        before: Only frames before this one.
    """
    length = report.span if before is None else min(report.span, before)
    if most <= 0 or length == 0:
        return []
    if report.errors is None:
        return _busiest(report.tracks_per_frame[:length], min(most, 3))
    errors = report.errors
    ranked = [
        (reason, _worst_first(counts[:length]))
        for reason, counts in ((SWITCH, errors.idsw), (FALSE, errors.fp), (MISSED, errors.fn))
    ]
    picks: list[Pick] = []
    found = True
    while found:  # a frame for each reason in turn; a frame is shown once
        found = False
        for reason, frames in ranked:
            pick = _next(reason, frames, picks) if len(picks) < most else None
            if pick is not None:
                picks.append(pick)
                found = True
    order = (SWITCH, FALSE, MISSED)
    return sorted(picks, key=lambda pick: (order.index(pick.reason), pick.frame))


def _worst_first(counts: Int64Array) -> list[int]:
    frames = np.argsort(-counts, kind="stable")
    worst: list[int] = frames[counts[frames] > 0].tolist()
    return worst


def _next(reason: str, frames: Iterable[int], picks: list[Pick]) -> Pick | None:
    """Return the worst frame that is not too near to one shown for the same reason."""
    taken = {pick.frame for pick in picks}
    near = [pick.frame for pick in picks if pick.reason == reason]
    for frame in frames:
        if frame not in taken and all(abs(frame - other) >= _APART for other in near):
            return Pick(frame, reason)
    return None


def _busiest(counts: Int64Array, most: int) -> list[Pick]:
    """Return the busiest frame of each part of the sequence."""
    parts = [part for part in np.array_split(np.arange(len(counts)), most) if len(part) and counts[part].max() > 0]
    return [Pick(int(part[counts[part].argmax()]), OVERVIEW) for part in parts]
