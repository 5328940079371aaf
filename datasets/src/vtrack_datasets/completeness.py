"""What is missing of a data set: sequences of the official lists, images, annotations, labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from vtcore.errors import DataError
from vtrack_datasets.conversion_splits import Split
from vtrack_datasets.frame_folder import FrameFolder
from vtrack_datasets.got10k import Got10kSequence
from vtrack_datasets.imagenet_vid import VidVideoSequence
from vtrack_datasets.lazy_sequence import LazySequence
from vtrack_datasets.target_sequence import TargetSequence

__all__ = ["MISSING", "Gap", "SplitReport", "look_through"]


MISSING = "the sequence is missing"
"""The problem of a sequence that is not there at all."""


@attrs.frozen
class Gap:
    """Something that is missing or wrong.

    Attributes:
        sequence: Whose; empty where it is the split's.
        problem: What, in one line.
    """

    sequence: str
    problem: str


@attrs.frozen
class SplitReport:
    """What was found of a split.

    Attributes:
        split: Its name.
        expected: How many sequences it should have; None where nobody says.
        found: How many are there.
        frames: How many frames they have.
        annotated: How many of them have a valid box.
        gaps: What is missing or wrong.
    """

    split: str
    expected: int | None
    found: int
    frames: int
    annotated: int
    gaps: tuple[Gap, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

    def entry(self) -> dict[str, Any]:
        """Return it as plain data."""
        return attrs.asdict(self)


def look_through(split: Split, patterns: Iterable[str] = ()) -> SplitReport:
    """Read a whole split, but for the pixels, and tell what is missing.

    Args:
        split: The split.
        patterns: Only the sequences that fit one of these; all without.
    """
    wanted = tuple(patterns)
    try:
        sequences = split.make(wanted, True).sequences()
        problem = None
    except DataError as error:
        sequences, problem = [], str(error)
    gaps = [] if problem is None else [Gap("", problem)]
    names, frames, annotated = [], 0, 0
    for sequence in sequences:
        names.append(sequence.name)
        try:
            gaps += [Gap(sequence.name, text) for text in _gaps_of(sequence)]
            frames += sequence.length or 0
            table = sequence.annotations()
            annotated += 0 if table is None else len(set(table.frames.tolist()))
        except DataError as error:
            gaps.append(Gap(sequence.name, str(error)))
    expected = None
    if not wanted:
        expected = len(split.names) if split.count is None and split.names is not None else split.count
        gaps = [*_missing_sequences(split, names), *gaps]
    return SplitReport(split.name, expected, len(names), frames, annotated, tuple(gaps))


def _missing_sequences(split: Split, found: list[str]) -> Iterator[Gap]:
    there = set(found)
    yield from (Gap(name, MISSING) for name in split.names or () if name not in there)
    known = len(found) if split.names is None else len(split.names)
    if split.count is not None and split.count != known:
        what = "found" if split.names is None else "in the list"
        yield Gap("", f"sequences {what}: {known}; officially there are {split.count}")


def _gaps_of(sequence: LazySequence) -> Iterator[str]:
    if not sequence.has_images:
        yield f"{sequence.images.place}: no images"
    elif sequence.images.missing:
        yield f"{sequence.images.place}: {sequence.images.missing} of {sequence.images.count} images are missing"
    promised = sequence.images.promised if isinstance(sequence.images, FrameFolder) else None
    if promised is not None and sequence.has_images and promised != sequence.images.count:
        yield f"{sequence.images.place}: {sequence.images.count} images, but officially there are {promised}"
    if isinstance(sequence, TargetSequence):
        yield from _gaps_of_target(sequence)
    elif isinstance(sequence, VidVideoSequence) and sequence.has_images:
        annotations = len(sequence.annotation_files)
        if annotations != sequence.images.count:
            yield f"{sequence.images.place}: {sequence.images.count} images, but {annotations} annotations"


def _gaps_of_target(sequence: TargetSequence) -> Iterator[str]:
    missing = {what: path for what, path in sequence.files().items() if not path.exists()}
    if "groundtruth" in missing:
        yield f"{missing['groundtruth']}: the annotation is missing"
        return
    if sequence.has_images:
        yield from sequence.mismatch()
    # Test sequences whose annotation a server keeps have no labels either.
    if sequence.truth is not None and sequence.truth.first_only and isinstance(sequence, Got10kSequence):
        return
    yield from (f"{path}: the labels are missing" for path in missing.values())
