"""What any component that sees frames must keep: no more memory the longer it runs."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.testing.definitions import TARGET_TRACKER, define
from vtcore.testing.failures import CheckFailure, NotChecked
from vtcore.testing.passers_by import PassersBy
from vtcore.testing.scenes import SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["bounded_memory"]

_FRAMES = 10_000
_FEWEST = 200
_SEQUENCES = 200
_SECONDS = 40.0
"""Of frames that take long fewer are shown; what is allowed counts per frame."""
_WARM = 60
_ROUND = 240
_PICTURES = 48
_BYTES_EACH = 2.0
"""Bytes that each frame, or each sequence, may leave behind."""
_ROOM = 8_000.0
"""Bytes that may come and go with how full dicts and lists just are."""
_ROOM_EARLY = 48_000.0
"""The same, where so few frames could be shown that what is bounded may still be filling."""

_DEPTH = 4
"""Calls that are remembered of each allocation: numpy's own, and that of the component's line."""

Step = Callable[[int], Any]


@define("tracker", TARGET_TRACKER, "detector", "reid", "transform", slow=True)
def bounded_memory(subject: Subject) -> None:
    """Memory does not grow with the number of frames, here 10,000, or of sequences, as objects come and go."""
    if subject.checked_as == "detector" and "given-detections" in subject.needs():
        raise NotChecked("it answers what the data holds, which is there as a whole")
    target = subject.make()
    sequence = SceneSequence(0, _FRAMES * 2)
    _reset(target, sequence)
    cost = _seconds_of(_step_of(subject, target, sequence, PassersBy(_WARM)))
    frames = min(_FRAMES, max(_FEWEST, int(_SECONDS / cost)))
    passing = PassersBy(min(_ROUND, frames // 4))
    step = _step_of(subject, target, sequence, passing)
    with _traced():
        _expect_bounded(
            step,
            # Whole rounds, so that the same objects are there when the two are compared.
            [frames // 2 // passing.round * passing.round, frames // passing.round * passing.round],
            "frames",
            "drop what belongs to tracks that are gone, and bound every list of what was seen "
            "(collections.deque(maxlen=...))",
            _ROOM if frames == _FRAMES else _ROOM_EARLY,
            subject.package,
        )
        if not hasattr(target, "reset"):
            return

        def begin(_: int) -> None:
            _reset(target, sequence)
            for index in range(3):
                step(index)

        sequences = min(_SECONDS / 10 / (3 * cost), _SEQUENCES)
        if sequences >= _SEQUENCES / 10:
            way = "drop in reset, and in modules, what belongs to the sequence before"
            _expect_bounded(begin, [int(sequences / 2), int(sequences)], "sequences", way, _ROOM, subject.package)


def _seconds_of(step: Step) -> float:
    """Return how long a frame takes while its memory is traced, which takes two or three times as long as without."""
    times = []
    for index in range(_WARM):
        began = time.perf_counter()
        step(index)
        times.append(time.perf_counter() - began)
    # Of the later ones: the first find things not loaded yet, and any may have waited for others.
    return max(statistics.median(times[_WARM // 2 :]) * 3, 1e-6)


def _expect_bounded(step: Step, stops: list[int], what: str, way: str, room: float, package: str) -> None:
    """Go on if no more is held at the second stop than at the first."""
    sizes, done = [], 0
    for stop in stops:
        for index in range(done, stop):
            step(index)
        done = stop
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    shown, growth = stops[1] - stops[0], sizes[1] - sizes[0]
    if growth > room + _BYTES_EACH * shown:
        raise CheckFailure(
            f"over {shown} {what} it grew by {growth / 1000:.0f} kB, {growth / shown:.0f} bytes for each"
            f"{_where(package)}; {way}"
        )


@contextmanager
def _traced() -> Iterator[None]:
    """Count what is allocated from here on; what was there before is neither counted nor looked through each time."""
    gc.collect()
    gc.freeze()
    tracemalloc.start(_DEPTH)
    try:
        yield
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def _where(package: str) -> str:
    """Return words for the line of the component's own that made the largest block: a list or dict that only grows."""
    largest, place = 0, ""
    for trace in tracemalloc.take_snapshot().traces:
        own = [frame for frame in trace.traceback if package in Path(frame.filename).parts]
        if own and trace.size > largest:
            largest, place = trace.size, f"{own[-1].filename}:{own[-1].lineno}"
    return f", kept by what grows at {place}" if place else ""


def _reset(target: Any, sequence: SceneSequence) -> None:
    if hasattr(target, "reset"):
        target.reset(sequence)


def _step_of(subject: Subject, target: Any, sequence: SceneSequence, passing: PassersBy) -> Step:
    """Return what shows one more frame to a component."""
    images = "image" in subject.needs()
    pictures = [sequence.picture(index) for index in range(_PICTURES if images else 0)]

    def frame_of(index: int) -> Frame:
        image = pictures[index % _PICTURES] if images else None
        return Frame(index, image, time=index / 25, sequence=sequence)

    def track(index: int) -> Any:
        return target.update(frame_of(index), passing.found(index))

    def follow(index: int) -> Any:
        frame = frame_of(index)
        target.update(frame, Instances.empty())
        if index % _PICTURES == 0:
            target.start(frame, Instances.from_ltwh([[30, 20, 30, 40]], ids=[1], labels=[0]))

    steps: dict[str, Step] = {
        "tracker": track,
        TARGET_TRACKER: follow,
        "detector": lambda index: target.detect([frame_of(index)]),
        "reid": lambda index: target.embed([frame_of(index)], [passing.found(index).boxes]),
        "transform": lambda index: target(frame_of(index)),
    }
    return steps[subject.checked_as]
