"""Scoring of results against annotations."""

from __future__ import annotations

from typing import Any

import attrs

from vtcore.tables import TrackTable

__all__ = ["EvaluatedSequence"]


@attrs.frozen(eq=False)
class EvaluatedSequence:
    """What a metric compares: one sequence's annotations and results.

    Attributes:
        name: Of the sequence.
        length: Number of frames.
        classes: Names that labels index.
        truth: Annotations, with their roles.
        results: Tracks, numbers as the result file holds them.
        shared: For metrics of one family to keep what several of them need (matchings), by a key of theirs.
    """

    name: str
    length: int
    classes: tuple[str, ...]
    truth: TrackTable
    results: TrackTable
    shared: dict[str, Any] = attrs.field(factory=dict, repr=False)
