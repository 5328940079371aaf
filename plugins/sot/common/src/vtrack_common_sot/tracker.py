"""The front door that every single-object tracker has."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from vtcore.errors import StateError
from vtcore.instances import Float32Array, Float64Array, Instances, Int64Array
from vtcore.state import Stateful
from vtrack_common_sot.errors import StartError
from vtrack_common_sot.target_state import packed, unpacked

if TYPE_CHECKING:
    from vtcore.frames import Frame, Image, Sequence

__all__ = ["TargetTrackerBase", "decimal_ltwh"]

_log = logging.getLogger("vtcore")

T = TypeVar("T")

_LARGEST = 1e6
"""Pixels: no picture is that large, and arithmetic on what is larger would lose whole pixels."""

_TARGET = "target."
"""How the names of what is kept of targets begin: ``target.<id>.<field>``."""


class TargetTrackerBase(Stateful, ABC, Generic[T]):
    """A tracker of targets that it is told; it keeps who they are, and a subclass finds them.

    A subclass has its attrs class of a target in `_TARGET_CLASS`, and gives `_start` (a new target) and `_follow` (all
    targets in the next frame, as one batch). What a target consists of is kept by `state_dict`; whatever else decides
    what comes next is listed in `_STATE`, as `Stateful` has it. An attribute `config` with the options is
    compared when a state is loaded.

    A target that would be looked for where there is nothing of the picture keeps its box, with a score of 0: `_sees`
    says so, and `_wait` is told of it.

    Boxes of the subclass are float64 ``x, y, width, height`` in pixels of the original frame; they may reach beyond it.

    Attributes:
        seconds: Time spent so far, by stage: ``"crop"``, ``"forward"``, ``"decode"``.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("_ids", "_labels", "_last")

    _TARGET_CLASS: ClassVar[type[Any]]
    """The attrs class of a target: arrays, numbers, texts, None, tensors, and tuples of them."""

    _ids: Int64Array
    _labels: Int64Array
    _last: Float64Array
    """The boxes last known, ``(n, 4)``."""

    def __init__(self, *, name: str, device: Any = "cpu") -> None:
        """Start without targets.

        Args:
            name: For messages: ``tracker 'ostrack'``.
            device: Where tensors of targets belong.
        """
        self._name = name
        self._target_device = device
        self._warned = False
        self.seconds = {"crop": 0.0, "forward": 0.0, "decode": 0.0}
        self.reset()

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget all targets."""
        self._ids, self._labels = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._last = np.zeros((0, 4))
        self._targets: dict[int, T] = {}

    def start(self, frame: Frame, targets: Instances) -> None:
        """Take up targets: new identities are added, known ones start anew, all others stay as they are.

        Args:
            frame: The frame in which the boxes are.
            targets: Instances with ids; where they have ``ltwh``, that is what is started from.

        Raises:
            StartError: A box has no area, is not finite, or lies beyond any picture. Nothing was taken up.
            ValueError: The targets have no ids, or the frame no image.
        """
        self._image(frame)
        if targets.ids is None:
            raise ValueError("targets need ids")
        boxes = decimal_ltwh(targets.boxes) if targets.ltwh is None else targets.ltwh
        for number, box in zip(targets.ids, boxes, strict=True):
            self._check_start(int(number), box)
        started = [self._start(frame, box) for box in boxes]
        for number, label, box, target in zip(targets.ids, targets.labels, boxes, started, strict=True):
            self._put_target(int(number), int(label), box, target)

    def update(self, frame: Frame, detections: Instances | None = None) -> Instances:
        """Find the targets in the next frame.

        Args:
            frame: The frame.
            detections: Not looked at.

        Returns:
            A row for each target, in the order in which they were started; without targets no rows. A target that is
            looked for beyond the picture, or whose box the network answers with no numbers, keeps its last box, with a
            score of 0.

        Raises:
            ValueError: The frame has no image.
        """
        image, targets = self._image(frame), list(self._targets.values())
        seen = [row for row, target in enumerate(targets) if self._sees(image, target)]
        boxes, scores = self._last.copy(), np.zeros(len(targets), np.float32)
        if seen:
            found = self._follow(frame, [targets[row] for row in seen])
            boxes[seen], scores[seen] = self._finite(*found, self._last[seen])
        for row in set(range(len(targets))).difference(seen):
            self._wait(targets[row])
        self._last = boxes
        xyxy = np.hstack((boxes[:, :2], boxes[:, :2] + boxes[:, 2:])).astype(np.float32)
        return Instances.trusted(xyxy, scores, self._labels.copy(), self._ids.copy(), np.full(len(xyxy), -1, np.int64))

    @abstractmethod
    def _start(self, frame: Frame, ltwh: Float64Array) -> T:
        """Return a new target.

        Args:
            frame: The frame it is in; it has an image.
            ltwh: ``(4,)``, its box, of positive width and height.
        """

    @abstractmethod
    def _follow(self, frame: Frame, targets: list[T]) -> tuple[Float64Array, Float32Array]:
        """Find the targets in a frame, and have them remember what they need for the next.

        Args:
            frame: The next frame; it has an image.
            targets: At least one; those that `_sees` sees.

        Returns:
            Boxes ``(n, 4)`` and scores ``(n,)``, a row for each.
        """

    def _sees(self, image: Image, target: T) -> bool:
        """Whether where a target is looked for there is any of the picture; see `vtrack_common_sot.crops`."""
        return True

    def _wait(self, target: T) -> None:
        """Note that a frame went by in which a target could not be looked for."""

    def state_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Return a copy of everything that decides what comes next, with what is kept of each target."""
        state = super().state_dict()
        for number, target in self._targets.items():
            state |= {f"{_TARGET}{number}.{name}": value for name, value in packed(target).items()}
        return state

    def load_state_dict(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a state that `state_dict` returned; the tracker stays as it was where that raises.

        Raises:
            StateError: It is another class's, taken with other options, or something is missing in it or too much.
        """
        targets = self._unpacked(state)
        kept, self._targets = self._targets, {}
        try:
            super().load_state_dict({name: state[name] for name in state if not name.startswith(_TARGET)})
        except StateError:
            self._targets = kept
            raise
        self._targets = targets

    def _unpacked(self, state: Mapping[str, npt.NDArray[Any]]) -> dict[int, T]:
        parts: dict[str, dict[str, npt.NDArray[Any]]] = {}
        for name in state:
            if name.startswith(_TARGET):
                number, _, field = name[len(_TARGET) :].partition(".")
                parts.setdefault(number, {})[field] = state[name]
        ids = [str(number) for number in np.asarray(state["ids"]).tolist()] if "ids" in state else []
        if set(ids) != parts.keys():
            raise StateError(f"this is no state of {type(self).__name__}: it does not hold the targets that it names")
        return {int(number): unpacked(self._TARGET_CLASS, parts[number], self._target_device) for number in ids}

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to a stage's."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began

    def _image(self, frame: Frame) -> Image:
        if frame.image is None:
            raise ValueError(f"{frame!r} has no image; {self._name} needs one")
        if not frame.image.size:
            height, width = frame.image.shape[:2]
            raise StartError(f"{self._name}: {frame!r} has an image of {width}x{height} pixels; leave such frames out")
        return frame.image

    def _check_start(self, number: int, box: Float64Array) -> None:
        told = ""
        if not np.isfinite(box).all():
            told = "is not finite"
        elif box[2] <= 0 or box[3] <= 0:
            told = "has no area"
        elif np.abs(box).max() > _LARGEST:
            told = f"reaches beyond {_LARGEST:.0f} pixels"
        if told:
            raise StartError(
                f"{self._name}: target {number}: its box x, y, width, height = {box.tolist()} {told}; give one that "
                "lies around the target"
            )

    def _put_target(self, number: int, label: int, box: Float64Array, target: T) -> None:
        if number not in self._targets:
            self._ids, self._labels = np.append(self._ids, number), np.append(self._labels, label)
            self._last = np.vstack((self._last, box))
        row = int(np.flatnonzero(self._ids == number)[0])
        self._labels[row], self._last[row] = label, box
        self._targets[number] = target

    def _finite(
        self, boxes: Float64Array, scores: Float32Array, last: Float64Array
    ) -> tuple[Float64Array, Float32Array]:
        """Put the last box in the place of one that is no numbers, and say so once."""
        finite = np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
        if finite.all():
            return boxes, scores
        if not self._warned:
            self._warned = True
            told = (
                '%s: the network\'s answer is no numbers; the weights are damaged, or need dtype = "float32" in [run]'
            )
            _log.warning(told, self._name)
        return np.where(finite[:, None], boxes, last), np.where(finite, scores, np.float32(0)).astype(np.float32)


def decimal_ltwh(boxes: Float32Array) -> Float64Array:
    """Return boxes as they were written down: the shortest decimals that stand for their single precision.

    The side of a crop is rounded up from the size of a box, so that a width of 50 that became 50.000004 on the way
    through ``x1, y1, x2, y2`` in single precision would give another crop.

    Args:
        boxes: float32 ``(N, 4)``, ``x1, y1, x2, y2``.

    Returns:
        float64 ``(N, 4)``, ``x, y, width, height``.
    """
    corners = np.array([[float(str(value)) for value in row] for row in np.asarray(boxes, np.float32)]).reshape(-1, 4)
    corners[:, 2:] = np.round(corners[:, 2:] - corners[:, :2], 6)
    return corners
