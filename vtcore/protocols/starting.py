"""Which targets a sequence has, whoever told them, and the rows of a frame in which some are started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vtcore.errors import DataError
from vtcore.frames import Sequence
from vtcore.instances import Instances
from vtcore.protocols.annotated import annotated_targets
from vtcore.protocols.target_file import read_targets

if TYPE_CHECKING:
    from vtcore.protocols.config import OnePassConfig

__all__ = ["ids_of", "refuse_outside", "told_targets", "with_started"]


def told_targets(config: OnePassConfig, sequence: Sequence) -> dict[int, Instances]:
    """Return the targets of a sequence by the index of the frame that each is started in; none where they are drawn.

    Raises:
        DataError: The file is wrong, a target lies outside the picture or beyond the last frame, or the annotations
            tell none.
    """
    if config.draw:
        return {}
    if config.is_annotated:
        return annotated_targets(sequence, config.polygon_box, config.shift)
    if config.init:
        targets, file = {0: Instances.from_ltwh(config.init, ids=np.arange(len(config.init)))}, None
    else:
        file = config.file.replace("{sequence}", sequence.name)
        targets = _of_file(file)
    for frame, given in targets.items():
        if sequence.length is not None and frame >= sequence.length:
            raise DataError(
                f"target {ids_of(given)[0]} is started in frame {frame + 1}, but sequence {sequence.name!r} has "
                f"{sequence.length}",
                file=file,
            )
        refuse_outside(given, sequence.width, sequence.height, sequence=sequence.name, file=file)
    return targets


def refuse_outside(
    targets: Instances, width: int | None, height: int | None, *, sequence: str = "", file: str | None = None
) -> None:
    """Refuse targets of which nothing is in the picture.

    Args:
        targets: Boxes and ids.
        width: Of the picture in pixels; None where nobody knows.
        height: The same.
        sequence: Whose picture it is.
        file: Where they were read from.

    Raises:
        DataError: One lies wholly outside; it is named.
    """
    if not width or not height:
        return
    exact = targets.ltwh
    if exact is None:
        exact = np.concatenate([targets.boxes[:, :2], targets.boxes[:, 2:] - targets.boxes[:, :2]], axis=1)
    for number, (left, top, box_width, box_height) in zip(ids_of(targets), exact.tolist(), strict=True):
        if left + box_width <= 0 or top + box_height <= 0 or left >= width or top >= height:
            picture = f"the picture of sequence {sequence!r}" if sequence else "the picture"
            raise DataError(
                f"target {number} at {left:g}, {top:g}, {box_width:g}, {box_height:g} (left, top, width, height) "
                f"lies outside {picture}, which is {width}x{height}",
                file=file,
            )


def with_started(tracked: Instances, started: Instances) -> Instances:
    """Return a frame's rows once targets have been started in it: their given boxes, with a score of 1.

    Args:
        tracked: What the tracker answered for the frame.
        started: What it was then started with; a known id stays at its place, new ones come last.
    """
    known = np.zeros(0, np.int64) if tracked.ids is None else tracked.ids
    given = ids_of(started)
    kept = np.flatnonzero(~np.isin(known, given))
    places = {int(number): place for place, number in enumerate(known.tolist())}
    order = [places.get(number, len(known) + index) for index, number in enumerate(given)]
    merged = np.argsort(np.concatenate([kept, np.array(order, np.int64)]), kind="stable")
    rows = tracked[kept]
    count = len(started)
    return Instances.trusted(
        np.concatenate([rows.boxes, started.boxes])[merged],
        np.concatenate([rows.scores, np.ones(count, np.float32)])[merged],
        np.concatenate([rows.labels, started.labels])[merged],
        np.concatenate([known[kept], np.array(given, np.int64)])[merged],
        np.full(len(merged), -1, np.int64),
    )


def _of_file(path: str) -> dict[int, Instances]:
    targets = read_targets(path)
    frames = sorted({target.frame for target in targets})
    found = {frame: [target for target in targets if target.frame == frame] for frame in frames}
    return {
        frame: Instances.from_ltwh([each.ltwh for each in given], ids=[each.id for each in given])
        for frame, given in found.items()
    }


def ids_of(targets: Instances) -> list[int]:
    """Return the ids of targets, which count from 0 where nobody gave any."""
    return list(range(len(targets))) if targets.ids is None else targets.ids.tolist()
