"""The ``[protocol]`` table of `one-pass`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.errors import DataError, VtcoreError
from vtcore.options import METADATA_KEY, OptionInfo, option
from vtcore.protocols.target_file import check_box, read_targets

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["HOW_TO_TELL", "POLYGON_BOXES", "OnePassConfig"]

POLYGON_BOXES = ("enclosing", "equal-area", "pysot")
"""How a plain box is made of a rotated one; see `vtcore.protocols.annotated.plain_boxes`."""

HOW_TO_TELL = "name them by init, file or draw of the protocol 'one-pass' (vtcore track --init, targets= in Python)"
"""What to do where no annotations tell the targets."""


def _boxes(instance: Any, attribute: attrs.Attribute[Any], value: tuple[tuple[float, ...], ...]) -> None:
    for box in value:
        try:
            check_box(box)
        except ValueError as error:
            raise ValueError(f"{attribute.name}: {error}") from None


@attrs.frozen(kw_only=True)
class OnePassConfig:
    """One pass over each sequence: every target is shown once and then followed to the end."""

    init: tuple[tuple[float, ...], ...] = attrs.field(
        default=(),
        metadata={
            METADATA_KEY: OptionInfo(
                "Boxes of the targets in the first frame: left, top, width, height of each. Empty takes the first "
                "annotation of every target, unless file or draw say otherwise.",
                unit="px",
            )
        },
        validator=_boxes,
    )
    file: str = option(
        "",
        "File with the targets, one a line: left,top,width,height or id,left,top,width,height in the first frame; or "
        "MOT text (frame,id,left,top,width,height,...), where the first line of each id counts. '{sequence}' stands "
        "for the sequence's name.",
    )
    draw: bool = option(False, "Draw the targets with the mouse in the first frame, where there is a display.")
    polygon_box: str = option(
        "enclosing",
        "Box that a target annotated by a rotated one is started from: the enclosing one, one of equal area around "
        "the mean of the corners (as mmtracking has it), or the latter one pixel larger (as pysot has it).",
        choices=POLYGON_BOXES,
    )
    shift: float = option(
        0.0,
        "How far the annotated plain box that a target is started from is moved to the right and down; pysot's script "
        "for benchmarks has 0.5.",
        unit="px",
        ge=-10.0,
        le=10.0,
    )

    def __attrs_post_init__(self) -> None:
        """Refuse to be told twice.

        Raises:
            ValueError: Two of ``init``, ``file`` and ``draw`` are set.
        """
        said = [name for name in ("init", "file", "draw") if getattr(self, name)]
        if len(said) > 1:
            raise ValueError(f"{said[1]}: the targets are told by {said[0]} already; leave one of them out")

    @property
    def is_annotated(self) -> bool:
        """Whether the annotations tell the targets."""
        return not (self.init or self.file or self.draw)

    @property
    def needs(self) -> frozenset[str]:
        """Annotations, or pixels to draw on."""
        return frozenset({"annotations"} if self.is_annotated else {"image"} if self.draw else ())

    @property
    def asks(self) -> str:
        """Why it cannot run again and again with nobody there; empty where it can."""
        if not self.draw:
            return ""
        return (
            "draw: targets would be drawn again each time; draw them once (vtcore track --init draw keeps them in its "
            "folder as answers/<sequence>.txt), and name them by file"
        )

    def check(self) -> Iterator[str]:
        """Yield what keeps targets from being drawn or read, as far as it does not hang on the sequence."""
        if self.draw:
            from vtcore.drawing.display import display_available

            if (reason := display_available("name the targets by init or file")) is not None:
                yield f"draw: {reason}"
        if self.file and "{sequence}" not in self.file:
            yield from _file_complaints(self.file)

    def check_data(self, sequences: Collection[Sequence]) -> Iterator[str]:
        """Yield which targets do not go with the sequences of a run."""
        if len(sequences) > 1 and (self.init or (self.file and "{sequence}" not in self.file)):
            names = ", ".join(sequence.name for sequence in list(sequences)[:3])
            name = "init" if self.init else "file"
            yield (
                f"{name}: tells the targets of one sequence, but there are {len(sequences)} ({names}"
                f"{', ...' if len(sequences) > 3 else ''}); choose one with run.sequences, or name a file for each: "
                'file = "targets/{sequence}.txt"'
            )
            return
        if self.draw or (self.file and "{sequence}" not in self.file and any(_file_complaints(self.file))):
            return
        from vtcore.protocols.starting import told_targets

        for sequence in sequences:
            if self.is_annotated and not _has_annotations(sequence):
                continue
            try:
                told_targets(self, sequence)
            except DataError as error:
                yield str(error) if self.is_annotated else f"{'init' if self.init else 'file'}: {error}"

    def check_limit(self, sequence: Sequence, frames: int) -> Iterator[str]:
        """Yield which targets start only after the frames that are tracked.

        Those of annotations are told of where they are all of them: a limit is meant to leave some out.
        """
        from vtcore.protocols.starting import ids_of, told_targets

        try:
            told = told_targets(self, sequence)
        except DataError:
            return  # is told by check_data
        starts = [(start, number) for start, given in told.items() for number in ids_of(given)]
        late = sorted(start for start in starts if start[0] >= frames)
        if not late or (self.is_annotated and len(late) < len(starts)):
            return
        who = f"target {late[0][1]} is" if len(late) == 1 else f"{len(late)} targets are"
        first = f"frame {late[0][0] + 1}" if late[0][0] == late[-1][0] else f"frame {late[0][0] + 1} or later"
        nothing = ", so there are no results" if len(late) == len(starts) else ""
        yield (
            f"{sequence.name}: {who} started in {first}, but only the first {frames} are tracked{nothing}; raise "
            "run.max_frames (--max-frames), or start earlier"
        )


def _file_complaints(path: str) -> Iterator[str]:
    try:
        read_targets(path)
    except DataError as error:
        yield f"file: {error}"


def _has_annotations(sequence: Sequence) -> bool:
    """Whether annotations can be read; what is wrong with them is told whoever needs them."""
    try:
        return sequence.annotations() is not None
    except (VtcoreError, ValueError, OSError):
        return False
