"""Training data for single-object tracking: targets by number, read when asked, with random access to their frames.

What a training loop draws from: `TargetIndex` makes every sequence with one target an entry, whatever data set it is
of (one-frame sequences of COCO included), and gives pairs of frames of one target. Which entries to draw how often, and
what to do with the pictures, is the loop's own affair.

An index is picklable, so that worker processes can have it; nothing is read before an entry is asked for, and no more
entries are kept than it is told to.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Seq

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.frames import Image, Sequence
from vtcore.instances import BoolArray, Float64Array, Int64Array

__all__ = ["TargetIndex", "TargetTrack", "TargetView"]

_REACH = 100
"""Frames that a pair may lie apart; what SiamRPN++ takes of ImageNet VID."""


@attrs.frozen(eq=False)
class TargetView:
    """A target in one frame.

    Attributes:
        sequence: The sequence.
        frame: 0-based frame of it.
        ltwh: float64 ``(4,)``, left, top, width, height in pixels of the original frame.
    """

    sequence: Sequence
    frame: int
    ltwh: Float64Array

    def image(self) -> Image:
        """Decode the frame's image, uint8 ``(height, width, 3)``, blue-green-red.

        Raises:
            DataError: It is missing or cannot be decoded.
        """
        image = self.sequence.frame(self.frame).image
        if image is None:
            raise DataError(f"frame {self.frame} of sequence {self.sequence.name!r} has no image")
        return image


@attrs.frozen(eq=False)
class TargetTrack:
    """A target in all frames that have a box of it.

    Attributes:
        sequence: The sequence.
        frames: int64 ``(n,)``, 0-based, ascending.
        ltwh: float64 ``(n, 4)``, left, top, width, height in pixels of the original frame.
        visible: bool ``(n,)``, whether the target is in sight: neither absent, nor fully occluded, nor out of view; in
            ImageNet VID, not marked as occluded, as PyTracking and MMTracking have it.
    """

    sequence: Sequence
    frames: Int64Array
    ltwh: Float64Array
    visible: BoolArray

    def __len__(self) -> int:
        """Return the number of frames with a box."""
        return len(self.frames)

    def view(self, row: int) -> TargetView:
        """Return the target in the frame of a row."""
        return TargetView(self.sequence, int(self.frames[row]), self.ltwh[row])


class TargetIndex:
    """Targets by number."""

    def __init__(
        self,
        sequences: Iterable[Sequence],
        *,
        min_size: float = 0.0,
        visible_only: bool = False,
        keep: int = 256,
    ) -> None:
        """Take sequences; none of them is read.

        Args:
            sequences: Sequences with one target each, such as ``LasotDataset(root, "train").sequences()``. What is no
                list is made one.
            min_size: Boxes must be wider and higher than this, in pixels; more leaves out small targets.
            visible_only: Leave out frames in which the target is not in sight.
            keep: How many entries that were read to keep; more save time where entries come again soon, and cost
                memory.

        Raises:
            ValueError: Fewer than 0 entries are to be kept.
        """
        if keep < 0:
            raise ValueError(f"keep must be >= 0, got {keep}")
        self._sequences: Seq[Sequence] = sequences if isinstance(sequences, Seq) else list(sequences)
        self._min_size = min_size
        self._visible_only = visible_only
        self._keep = keep
        self._known: OrderedDict[int, TargetTrack] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of targets, those without a usable box included."""
        return len(self._sequences)

    def __getitem__(self, number: int) -> TargetTrack:
        """Read a target's annotation; its track may be empty.

        Raises:
            IndexError: There is no such target.
            DataError: Its annotation is not as it must be, is missing, or is of several targets.
        """
        if not -len(self) <= number < len(self):
            raise IndexError(f"there is no target {number}: there are {len(self)}")
        number %= len(self)
        if number in self._known:
            self._known.move_to_end(number)
            return self._known[number]
        track = self._read(number)
        if self._keep:
            self._known[number] = track
            while len(self._known) > self._keep:
                self._known.popitem(last=False)
        return track

    def __iter__(self) -> Iterator[TargetTrack]:
        """Read all targets, one after the other."""
        return (self[number] for number in range(len(self)))

    def __getstate__(self) -> dict[str, object]:
        """Leave out what was read: whoever unpickles it reads its own."""
        return {**self.__dict__, "_known": OrderedDict()}

    def pair(
        self, number: int, generator: np.random.Generator, *, reach: int = _REACH
    ) -> tuple[TargetView, TargetView] | None:
        """Draw two frames of a target: one to start from, one to find it in; None where it has no usable frame.

        The first is any of the target's frames, the second any that is at most `reach` of its frames away, the first
        itself included, as SiamRPN++'s training draws them (Li et al., CVPR 2019; PySOT, Apache-2.0). A target of one
        frame, as in COCO, is a pair with itself.

        Args:
            number: Of the target.
            generator: What is drawn from.
            reach: How many of the target's frames the two may lie apart; more makes pairs harder.

        Raises:
            ValueError: The reach is negative.
            DataError: As for an entry.
        """
        if reach < 0:
            raise ValueError(f"reach must be >= 0, got {reach}")
        track = self[number]
        if len(track) == 0:
            return None
        first = int(generator.integers(len(track)))
        second = int(generator.integers(max(first - reach, 0), min(first + reach, len(track) - 1) + 1))
        return track.view(first), track.view(second)

    def _read(self, number: int) -> TargetTrack:
        # A copy forgets what it found out as soon as nobody holds it, so that an epoch does not fill the memory.
        sequence = copy.copy(self._sequences[number])
        table = sequence.annotations()
        if table is None:
            raise DataError(f"sequence {sequence.name!r} has no annotations to train on")
        if len(np.unique(table.ids)) > 1:
            raise DataError(
                f"sequence {sequence.name!r} has {len(np.unique(table.ids))} targets; take one sequence for each "
                "(targets = 'each')"
            )
        visible = table.visibility > 0
        hidden = sequence.frame_labels().get("occluded")
        if hidden is not None:
            visible &= ~hidden[table.frames].astype(bool)
        usable = (table.ltwh[:, 2:] > self._min_size).all(axis=1)
        if self._visible_only:
            usable &= visible
        return TargetTrack(sequence, table.frames[usable], table.ltwh[usable], visible[usable])
