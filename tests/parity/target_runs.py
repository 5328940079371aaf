"""What the cases of single-object trackers tell of a run, put into action: weights, frames, a target followed.

Handlers reach it by ``case.runs()``, since files here are in no package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vtcore.frames import Frame
from vtcore.instances import Instances

__all__ = ["followed", "pieces", "weights"]


def weights(case: Any, run: Mapping[str, Any] | None = None, shapes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the reference's weights as arrays, by its own names; scales and offsets of a run come on top.

    Args:
        case: The case.
        run: One of its runs.
        shapes: Shapes by name, where they are not those of the case.
    """
    state = dict(case.state() if shapes is None else case.fill().fill_state_dict(shapes))
    for source in ([] if shapes is None else [case.stated]) + [run or {}]:
        for key in ("scale", "weight_scale"):
            for name, factor in source.get(key, {}).items():
                state[name] = state[name] * np.float32(factor)
        for name, shift in source.get("offset", {}).items():
            state[name] = state[name] + np.float32(shift)
    return {name: np.asarray(value) for name, value in state.items()}


def pieces(base: Any, run: Mapping[str, Any]) -> list[Any]:
    """Return the frames of a run: pieces of a picture that moves below them, as the case tells in words.

    Args:
        base: The picture, uint8 ``(height, width, 3)``.
        run: With ``frames``, ``frame_size`` (height, width), ``dx``, ``dy`` and ``frame_k``, which says where they are.
    """
    height, width = run["frame_size"]
    told = [re.search(rf"o{axis} = (-?\d+) - d{axis}\*k", run["frame_k"]) for axis in "xy"]
    starts = [int(each[1]) for each in told if each is not None]
    assert len(starts) == 2, run["frame_k"]
    found = []
    for index in range(run["frames"]):
        left, top = (start - run[f"d{axis}"] * index for axis, start in zip("xy", starts, strict=True))
        found.append(base[top : top + height, left : left + width])
    return found


def followed(
    tracker: Any, images: Sequence[Any], start: Sequence[float], watch: Callable[[Any], None] | None = None
) -> tuple[Any, list[float]]:
    """Have a target followed over frames.

    Args:
        tracker: The tracker.
        images: Blue first.
        start: The target in the first of them: left, top, width, height.
        watch: Called with the tracker after each further frame.

    Returns:
        Boxes ``(frames, 4)`` left, top, width, height, the given one first; and the scores of all but that.
    """
    boxes, scores = [list(start)], []
    tracker.reset()
    for index, image in enumerate(images):
        frame = Frame(index, np.ascontiguousarray(image))
        if index == 0:
            tracker.start(frame, Instances.from_ltwh([start], ids=[0]))
            continue
        tracks = tracker.update(frame, Instances.empty())
        x1, y1, x2, y2 = tracks.boxes[0].astype(float)
        boxes.append([x1, y1, x2 - x1, y2 - y1])
        scores.append(float(tracks.scores[0]))
        if watch is not None:
            watch(tracker)
    return np.array(boxes), scores
