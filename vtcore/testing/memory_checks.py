"""What any component that sees frames must keep: no more memory the longer it runs."""

from __future__ import annotations

import gc
import itertools
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.testing.definitions import TARGET_TRACKER, define
from vtcore.testing.failures import NotChecked, expect
from vtcore.testing.scenes import SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["bounded_memory"]

_FRAMES = 10_000
_FEWEST = 200
_SECONDS = 40.0
"""Of frames that take long fewer are shown; the budget counts per frame."""
_BYTES_PER_FRAME = 16.0
_ROOM = 48_000.0
"""Bytes that may come and go with how many objects there just are."""
_PICTURES = 48


@define("tracker", TARGET_TRACKER, "detector", "reid", "transform", slow=True)
def bounded_memory(subject: Subject) -> None:
    """Memory does not grow with the number of frames, here 10,000, as objects come and go."""
    step = _step_of(subject)
    warm = 60
    for index in range(warm):
        step(index)
    began = time.perf_counter()
    step(warm)
    step(warm + 1)
    # tracemalloc makes what allocates take two or three times as long.
    cost = max((time.perf_counter() - began) / 2 * 3, 1e-6)
    frames = min(_FRAMES, max(_FEWEST, int(_SECONDS / cost)))
    quarter = frames // 4
    tracemalloc.start()
    try:
        sizes = []
        for index in range(warm + 2, warm + 2 + frames):
            step(index)
            if (index - warm - 1) % quarter == 0:
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
        shown = quarter * (len(sizes) - 1)
        growth = sizes[-1] - sizes[0]
        allowed = _ROOM + _BYTES_PER_FRAME * shown
        where = _largest_growth() if growth > allowed else ""
    finally:
        tracemalloc.stop()
    # One that holds more only now and then grows and shrinks; one that leaks grows from quarter to quarter.
    steady = all(later > earlier for earlier, later in itertools.pairwise(sizes))
    expect(
        growth <= allowed or not steady,
        f"over {shown} frames it grew by {growth / 1000:.0f} kB, {growth / shown:.0f} "
        f"bytes per frame{where}; drop what belongs to tracks that are gone, and bound every list of what was seen "
        "(collections.deque(maxlen=...))",
    )


def _largest_growth() -> str:
    """Return words for the line that holds most of the memory."""
    own = [tracemalloc.Filter(False, __file__), tracemalloc.Filter(False, tracemalloc.__file__)]
    found = tracemalloc.take_snapshot().filter_traces(own).statistics("lineno")
    if not found:
        return ""
    frame = found[0].traceback[0]
    return f", most of it made at {frame.filename}:{frame.lineno}"


def _step_of(subject: Subject) -> Callable[[int], Any]:
    """Return what shows one more frame to a component."""
    sequence = SceneSequence(0, _FRAMES * 2)
    kind, target = subject.checked_as, subject.make()
    images = "image" in subject.needs()
    pictures = [sequence.picture(index) for index in range(_PICTURES if images else 0)]
    if kind == "detector" and "given-detections" in subject.needs():
        raise NotChecked("it answers what the data holds, which is there as a whole")

    def frame_of(index: int) -> Frame:
        image = pictures[index % _PICTURES] if images else None
        return Frame(index, image, time=index / 25, sequence=sequence)

    def track(index: int) -> Any:
        return target.update(frame_of(index), sequence.found(index))

    def follow(index: int) -> Any:
        frame = frame_of(index)
        target.update(frame, Instances.empty())
        if index == 0:
            target.start(frame, Instances.from_ltwh([[30, 20, 30, 40]], ids=[1], labels=[0]))

    if hasattr(target, "reset"):
        target.reset(sequence)
    steps: dict[str, Callable[[int], Any]] = {
        "tracker": track,
        TARGET_TRACKER: follow,
        "detector": lambda index: target.detect([frame_of(index)]),
        "reid": lambda index: target.embed([frame_of(index)], [sequence.found(index).boxes]),
        "transform": lambda index: target(frame_of(index)),
    }
    return steps[kind]
