"""Targets that are drawn with the mouse, kept so that nobody is asked twice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vtcore.errors import DataError
from vtcore.files import write_whole
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.protocols.starting import refuse_outside
from vtcore.protocols.target_file import read_targets

__all__ = ["DrawnTargets"]


class DrawnTargets:
    """Asks for the targets of a sequence with its first frame, or takes what was drawn in an earlier attempt.

    Attributes:
        folder: Where what is drawn is kept, ``<sequence>.txt`` as `read_targets` reads it; None keeps nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep nothing yet."""
        self.folder = folder

    def of(self, frame: Frame) -> Instances:
        """Return the targets of a sequence's first frame.

        Raises:
            DataError: There are no pixels, nothing was drawn, or what was kept is wrong.
            OutputError: No window can be shown, or what was drawn cannot be kept.
        """
        if frame.image is None:
            raise DataError("there are no pixels to draw targets on: the data has no images")
        name = "targets" if frame.sequence is None else frame.sequence.name
        path = None if self.folder is None else self.folder / f"{name}.txt"
        if path is not None and path.exists():
            return _kept(path, name, frame)
        from vtcore.drawing.targets import draw_targets

        boxes = draw_targets(frame.image, name)
        if path is not None:
            write_whole(path, "".join(f"{number},{_line(box)}\n" for number, box in enumerate(boxes)))
        return Instances.from_ltwh(boxes, ids=list(range(len(boxes))))


def _line(box: Iterable[float]) -> str:
    """Return a box with all digits, since the last of them may decide how large a crop is."""
    return ",".join(repr(float(value)) for value in box)


def _kept(path: Path, name: str, frame: Frame) -> Instances:
    try:
        targets = read_targets(path)
        kept = Instances.from_ltwh([each.ltwh for each in targets], ids=[each.id for each in targets])
        if frame.image is not None:
            refuse_outside(kept, frame.image.shape[1], frame.image.shape[0], sequence=name, file=str(path))
    except DataError as error:
        raise DataError(f"{error}; start again with --overwrite, and draw them anew") from error
    return kept
