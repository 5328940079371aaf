"""Annotations and results of one sequence side by side, as metrics see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.errors import DataError
from vtcore.tables import TrackTable

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["EvaluatedSequence", "beyond_the_end", "compare", "truth_of"]


@attrs.frozen(eq=False)
class EvaluatedSequence:
    """What a metric compares: one sequence's annotations and results.

    Attributes:
        name: Of the sequence.
        length: Number of frames; no row of the tables stands beyond.
        classes: Names that labels index.
        truth: Annotations, with their roles.
        results: Tracks, numbers as the result file holds them.
        shared: For metrics of one family to keep what several of them need (matchings), by a key of theirs.
        of_truth: The same for what follows from ``truth``, ``length`` and ``classes`` alone. Who scores many results
            against the same annotations (a sweep) hands over the same dict each time.
        width, height: Size of the frames in pixels, None where not known.
        attributes: As in `Sequence`.
        frame_labels: As `Sequence.frame_labels` returns them, each with ``length`` entries.

    Raises:
        DataError: A table has rows beyond the last frame.
    """

    name: str
    length: int
    classes: tuple[str, ...]
    truth: TrackTable
    results: TrackTable
    shared: dict[str, Any] = attrs.field(factory=dict, repr=False)
    of_truth: dict[str, Any] = attrs.field(factory=dict, repr=False)
    width: int | None = attrs.field(default=None, kw_only=True)
    height: int | None = attrs.field(default=None, kw_only=True)
    attributes: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    frame_labels: Mapping[str, npt.NDArray[Any]] = attrs.field(factory=dict, repr=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for what, table in (("annotations", self.truth), ("results", self.results)):
            if len(table) and table.frames[-1] >= self.length:
                raise DataError(
                    f"sequence {self.name!r} has {self.length} frames, but its {what} have rows for frame "
                    f"{table.frames[-1] + 1} (counted from 1): are they of this sequence, and do both count frames "
                    "alike?"
                )


def compare(
    sequence: Sequence, truth: TrackTable, results: TrackTable, classes: tuple[str, ...], *, max_frames: int = 0
) -> EvaluatedSequence:
    """Put annotations and results side by side, both cut where the sequence is.

    A sequence that is shorter than its annotations (a video that was cut, or of which only the beginning is there) is
    scored on the frames that it has: annotations beyond are left out. Results beyond are a mistake.

    Args:
        sequence: Whose they are.
        truth: Its annotations.
        results: Its results.
        classes: Names that labels index.
        max_frames: Compare only so many frames; 0 for all.

    Raises:
        DataError: The results have rows beyond the last frame, or frame labels are of too few frames.
    """
    length = sequence.length
    if length is None:
        length = 1 + max((int(table.frames[-1]) for table in (truth, results) if len(table)), default=-1)
    if max_frames and max_frames < length:
        length = max_frames
        results = results.select(results.frames < length)
    if len(truth) and truth.frames[-1] >= length:
        truth = truth.select(truth.frames < length)
    return EvaluatedSequence(
        sequence.name,
        length,
        classes,
        truth,
        results,
        width=sequence.width,
        height=sequence.height,
        attributes=sequence.attributes,
        frame_labels=_labels_of(sequence, length),
    )


def _labels_of(sequence: Sequence, length: int) -> dict[str, npt.NDArray[Any]]:
    labels = {name: np.asarray(values) for name, values in sequence.frame_labels().items()}
    for name, values in labels.items():
        if len(values) < length:
            raise DataError(
                f"sequence {sequence.name!r} has {length} frames, but its frame labels {name!r} have {len(values)} "
                "entries: are they of this sequence?"
            )
    return {name: values[:length] for name, values in labels.items()}


def beyond_the_end(sequence: Sequence, truth: TrackTable) -> list[str]:
    """Tell of annotations beyond the last frame of a sequence, which are not scored; nothing where there are none."""
    if sequence.length is None or not len(truth) or truth.frames[-1] < sequence.length:
        return []
    return [
        f"{sequence.name}: has {sequence.length} frames, but annotations up to frame {truth.frames[-1] + 1}; only the "
        "frames that there are were scored"
    ]


def truth_of(sequence: Sequence) -> TrackTable:
    """Return a sequence's annotations.

    Raises:
        DataError: It has none.
    """
    truth = sequence.annotations()
    if truth is None:
        raise DataError(
            f"sequence {sequence.name!r} has no annotations to score against: choose a split that has them, or leave "
            "the metrics out"
        )
    return truth
