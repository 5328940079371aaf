"""One pass over a sequence: every target is shown once, then followed to the end.

Source: one-pass evaluation of Wu, Lim and Yang, Object Tracking Benchmark, TPAMI 2015, for any number of targets.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import TargetTracker
from vtcore.protocols.config import OnePassConfig
from vtcore.protocols.drawn import DrawnTargets
from vtcore.protocols.starting import refuse_outside, told_targets, with_started

__all__ = ["OnePass"]


class OnePass:
    """Starts each target once, in the frame it is told in, and has it followed from there to the last frame.

    Where annotations tell the targets, a target starts in the frame of its first scored annotation.
    """

    def __init__(
        self,
        *,
        init: Iterable[Iterable[float]] = (),
        file: str = "",
        draw: bool = False,
        polygon_box: str = "enclosing",
        shift: float = 0.0,
    ) -> None:
        """Say who tells the targets: the annotations, unless one of the others is given.

        Args:
            init: Boxes in the first frame: left, top, width, height of each, in pixels.
            file: File with the targets (`vtcore.protocols.target_file`).
            draw: Whether they are drawn with the mouse.
            polygon_box: How a plain box is made of a rotated annotation (`vtcore.protocols.annotated.plain_boxes`).
            shift: How far annotated plain boxes are moved to the right and down, in pixels.

        Raises:
            ValueError: A box is none, or the targets are told twice.
        """
        boxes = tuple(tuple(map(float, box)) for box in init)
        self._config = OnePassConfig(init=boxes, file=file, draw=draw, polygon_box=polygon_box, shift=shift)
        self._drawn = DrawnTargets()
        self._targets: dict[int, Instances] = {}

    def keep_answers(self, folder: Path) -> None:
        """Keep the boxes that are drawn in a folder, and take those that are there instead of asking for them.

        Args:
            folder: It need not exist; a file for each sequence, ``<sequence>.txt``, goes there.
        """
        self._drawn.folder = folder

    def reset(self, sequence: Sequence) -> None:
        """Find out the targets of a sequence; those that are drawn are asked for with its first frame.

        Raises:
            DataError: Nothing tells them, or they are not in the picture.
        """
        self._targets = told_targets(self._config, sequence)

    def step(self, tracker: TargetTracker, frame: Frame) -> Instances:
        """Track the frame, then start what is to be started in it.

        Raises:
            DataError: A target lies outside the picture, or none was drawn.
        """
        tracked = tracker.update(frame, Instances.empty())
        started = self._drawn.of(frame) if self._config.draw and frame.index == 0 else self._targets.get(frame.index)
        if started is None:
            return tracked
        if not self._config.is_annotated and frame.image is not None:
            name = "" if frame.sequence is None else frame.sequence.name
            file = self._config.file.replace("{sequence}", name) or None
            refuse_outside(started, frame.image.shape[1], frame.image.shape[0], sequence=name, file=file)
        tracker.start(frame, started)
        return with_started(tracked, started)
