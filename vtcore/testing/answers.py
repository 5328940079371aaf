"""Whether instances and frames that a component answers are what they must be."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.testing.failures import CheckFailure, expect

__all__ = ["expect_frame", "expect_instances"]

_COLUMNS: tuple[tuple[str, Any, int], ...] = (
    ("boxes", np.float32, 2),
    ("scores", np.float32, 1),
    ("labels", np.int64, 1),
    ("ids", np.int64, 1),
    ("detection_index", np.int64, 1),
    ("embeddings", np.float32, 2),
)
_HOW = "make it with Instances(boxes, scores, labels, ids=..., detection_index=...), which converts"


def expect_instances(value: Any, what: str, *, ids: bool = False) -> None:
    """Check that a value is instances with arrays of the right types, of one length.

    Args:
        value: The answer.
        what: Words for it.
        ids: Whether it must have ids.

    Raises:
        CheckFailure: It is not.
    """
    try:
        _expect_instances(value, what, ids=ids)
    except CheckFailure as failure:
        # Whichever frames it is shown.
        failure.cause = str(failure).replace(what, "the answer")
        raise


def _expect_instances(value: Any, what: str, *, ids: bool) -> None:
    expect(isinstance(value, Instances), f"{what} is {type(value).__name__}, not vtcore.Instances; {_HOW}")
    count = len(value.boxes)
    for name, dtype, dimensions in _COLUMNS:
        array = getattr(value, name)
        if array is None:
            needed = name in ("boxes", "scores", "labels") or (ids and name == "ids")
            expect(
                not needed,
                f"{what} has no {name}; give it {name}, {dtype.__name__}, one for each box",
            )
            continue
        expect(
            isinstance(array, np.ndarray), f"{name} of {what} is {type(array).__name__}, not an array of numpy; {_HOW}"
        )
        expect(
            array.dtype == dtype,
            f"{name} of {what} is {array.dtype}, not {dtype.__name__}; {_HOW}, or write .astype(np.{dtype.__name__})",
        )
        expect(
            array.ndim == dimensions and len(array) == count,
            f"{name} of {what} has shape {array.shape}, with {count} boxes; all fields have one row per box, none of "
            "them where there are no boxes",
        )
        expect(dtype is np.int64 or np.isfinite(array).all(), f"{name} of {what} holds numbers that are not finite")
    expect(value.boxes.shape == (count, 4), f"boxes of {what} have shape {value.boxes.shape}, not (N, 4); {_HOW}")
    turned = (value.boxes[:, 2:] < value.boxes[:, :2]).any(axis=1)
    expect(
        not turned.any(),
        f"box {value.boxes[turned][:1].tolist()} of {what} is turned over; boxes are x1, y1, x2, y2, not widths and "
        "heights",
    )
    expect(not count or value.labels.min() >= 0, f"labels of {what} are negative: {value.labels.tolist()}")
    expect(value.masks is None or len(value.masks) == count, f"{what} has {count} boxes, but other masks")


def expect_frame(value: Any, given: Frame, what: str) -> None:
    """Check that a frame is the given one with other pixels of the same size.

    Raises:
        CheckFailure: It is not.
    """
    expect(
        isinstance(value, Frame), f"{what} is {type(value).__name__}, not vtcore.Frame; answer Frame(frame.index, ...)"
    )
    for name in ("index", "time", "sequence"):
        expect(
            getattr(value, name) == getattr(given, name),
            f"{what} has {name} {getattr(value, name)!r}, not {getattr(given, name)!r}; answer "
            "Frame(frame.index, image, "
            "time=frame.time, sequence=frame.sequence)",
        )
    image, before = value.image, given.image
    assert before is not None  # scenes for transforms have images
    expect(isinstance(image, np.ndarray), f"{what} has no image; answer the changed one")
    expect(
        image.dtype == np.uint8 and image.shape == before.shape,
        f"the image of {what} is {image.dtype} {image.shape}, not uint8 {before.shape}; a transform changes pixels, "
        "never the size: boxes are in pixels of the original frame",
    )
