"""Any Python function as a detector: an image in, boxes out."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import numpy as np

from vtcore.detectors.config import FunctionConfig
from vtcore.errors import ComponentError, DataError
from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import BoolArray, Instances, Int64Array
from vtcore.suggestions import did_you_mean, did_you_mean_or_list

__all__ = ["FunctionDetector", "load_function"]


class FunctionDetector:
    """Detects with a function.

    The function takes an image, uint8 ``(height, width, 3)``, which it must not change; with a `batch_size` above 1 a
    list of up to so many, for which it returns a list. Of an image it returns what is in it, boxes as
    ``x1, y1, x2, y2`` in pixels of the image:

    - an array, tensor or list of rows ``(N, 4)``, ``(N, 5)`` with the score, or ``(N, 6)`` with score and label;
    - a tuple ``(boxes, scores)`` or ``(boxes, scores, labels)``, or a mapping with these names;
    - `Instances`, or ``supervision.Detections``;
    - None, where there is nothing.

    Scores are 1 where there are none, labels 0. A label is an index into `class_names`, or one of them.

    Attributes:
        classes: The names of the labels.
        batch_size: Images handed over at once.
    """

    def __init__(
        self,
        *,
        function: str | Callable[..., Any],
        class_names: Iterable[str] = (),
        classes: Iterable[str] = (),
        min_score: float | None = None,
        batch_size: int = 1,
        colours: str = "bgr",
        cache: bool = False,
    ) -> None:
        """Load the function.

        Args:
            function: The function itself, or ``"module:name"``; the module may lie in the working directory.
            class_names: What labels 0, 1, ... mean; empty: the labels index the sequence's own classes.
            classes: Only detections of these of the `class_names`; empty keeps all.
            min_score: Detections that score less are left out; None keeps all.
            batch_size: Images handed to the function at once; above 1 it takes and returns lists.
            colours: Order of the colours in the images: ``bgr`` as OpenCV has them, or ``rgb``.
            cache: Whether what it finds may be stored (see `vtcore.interfaces` on ``cacheable``).

        Raises:
            ValueError: An option is out of bounds, or one of `classes` is none of `class_names`.
            ComponentError: The function cannot be loaded.
        """
        name = function if isinstance(function, str) else _name_of(function)
        self._config = FunctionConfig(
            # One that is handed over itself may have no module to be found in.
            function=name if isinstance(function, str) else "python:function",
            class_names=tuple(class_names),
            classes=tuple(classes),
            min_score=min_score,
            batch_size=batch_size,
            colours=colours,
            cache=cache,
        )
        self._name = name
        self._function = load_function(function) if isinstance(function, str) else function
        self.classes = self._config.class_names
        self.batch_size = batch_size
        self._kept = [self.classes.index(each) for each in self._config.classes]

    def reset(self, sequence: Sequence | None = None) -> None:
        """Do nothing: what a function remembers is its own affair."""

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        """Return what the function finds in each frame.

        Raises:
            DataError: It returns something else than boxes; the frame is named.
        """
        images = [self._image(frame) for frame in frames]
        if self.batch_size == 1:
            found = [self._function(image) for image in images]
        else:
            found = self._as_list(self._function(images), frames)
        return [self._kept_of(self._instances(each, frame)) for each, frame in zip(found, frames, strict=True)]

    def _image(self, frame: Frame) -> Image:
        if frame.image is None:
            raise ValueError(f"{frame!r} has no image")
        return np.ascontiguousarray(frame.image[:, :, ::-1]) if self._config.colours == "rgb" else frame.image

    def _as_list(self, found: Any, frames: Seq[Frame]) -> list[Any]:
        if not isinstance(found, list | tuple) or len(found) != len(frames):
            got = f"{len(found)}" if isinstance(found, list | tuple) else _described(found)
            raise self._wrong(frames[0], f"a list of {len(frames)}, one for each image, got {got}")
        return list(found)

    def _instances(self, found: Any, frame: Frame) -> Instances:
        if found is None:
            return Instances.empty()
        try:
            if type(found).__module__.partition(".")[0] == "supervision":
                found = Instances.from_supervision(found)
            if isinstance(found, Instances):
                self._labels(found.labels)
                return found
            boxes, scores, labels = self._parts(found, frame)
            return Instances(boxes, scores, None if labels is None else self._labels(labels))
        except (ValueError, TypeError, OverflowError) as error:
            raise self._wrong(frame, f"boxes: {error}") from error

    def _parts(self, found: Any, frame: Frame) -> tuple[Any, Any, Any]:
        """Return boxes, scores and labels."""
        if isinstance(found, Mapping):
            if "boxes" not in found:
                raise self._wrong(frame, f"a mapping with 'boxes', got the keys {sorted(map(str, found))}")
            return _array(found["boxes"]), _array(found.get("scores")), _array(found.get("labels"))
        if isinstance(found, tuple):
            if len(found) not in (2, 3):
                raise self._wrong(frame, f"(boxes, scores) or (boxes, scores, labels), got a tuple of {len(found)}")
            return _array(found[0]), _array(found[1]), _array(found[2]) if len(found) == 3 else None
        rows = _array(found)
        if rows.size == 0:
            return np.zeros((0, 4)), None, None
        if rows.ndim != 2 or rows.shape[1] not in (4, 5, 6):
            raise self._wrong(
                frame, f"rows of 4 to 6 numbers (x1, y1, x2, y2, score, label), got {_described(rows, found)}"
            )
        scores = rows[:, 4] if rows.shape[1] > 4 else None
        return rows[:, :4], scores, rows[:, 5] if rows.shape[1] > 5 else None

    def _labels(self, labels: Any) -> Int64Array:
        if labels.dtype.kind in "UO":
            unknown = [name for name in map(str, labels) if name not in self.classes]
            if unknown:
                hint = did_you_mean_or_list(unknown[0], self.classes)
                raise ValueError(f"unknown class {unknown[0]!r}: {hint}; name all of them in class_names")
            return np.array([self.classes.index(str(name)) for name in labels], np.int64)
        if labels.dtype.kind not in "biuf" or (labels != np.rint(labels)).any():
            raise ValueError(f"labels must be integers, got {labels.tolist()[:5]}")
        if self.classes and labels.size and labels.max() >= len(self.classes):
            raise ValueError(f"label {int(labels.max())} is beyond the {len(self.classes)} class_names")
        numbers: Int64Array = labels.astype(np.int64)
        return numbers

    def _kept_of(self, found: Instances) -> Instances:
        keep: BoolArray = np.ones(len(found), bool)
        if self._config.min_score is not None:
            keep &= found.scores >= np.float32(self._config.min_score)
        if self._kept:
            keep &= np.isin(found.labels, self._kept)
        return found if keep.all() else found[keep]

    def _wrong(self, frame: Frame, wanted: str) -> DataError:
        source = "" if frame.sequence is None else frame.sequence.name
        return DataError(f"frame {frame.index}: function {self._name!r} must return {wanted}", file=source)


def load_function(path: str) -> Callable[..., Any]:
    """Import ``"module:name"``, from the working directory too.

    Raises:
        ComponentError: There is no such module or function, or the module fails on import.
    """
    module_name, _, name = path.partition(":")
    here = str(Path.cwd())
    # First while it is imported, as for any script; then last, so that it stands in for nothing that is installed.
    sys.path.insert(0, here)
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(module_name)
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == module_name.partition(".")[0]
        where = f"; it is neither installed nor in {here}" if missing else ""
        raise ComponentError(f"function {path!r}: cannot import {module_name!r}: {error}{where}") from error
    finally:
        sys.path.remove(here)
    if here not in sys.path:
        sys.path.append(here)
    function: Any = module
    for part in name.split("."):
        known = vars(function) if hasattr(function, "__dict__") else {}
        function = getattr(function, part, None)
        if function is None:
            functions = [key for key, value in known.items() if callable(value) and not key.startswith("_")]
            place = getattr(module, "__file__", None) or module_name
            raise ComponentError(f"function {path!r}: there is no {part!r} in {place}{did_you_mean(part, functions)}")
    if not callable(function) or inspect.isclass(function):
        what = "a class; name a function, or an object of the class" if inspect.isclass(function) else "no function"
        raise ComponentError(f"function {path!r}: {name!r} is {what}")
    checked: Callable[..., Any] = function
    return checked


def _array(value: Any) -> Any:
    """Return numbers, or names, as an array; tensors of any device too."""
    if value is None:
        return None
    for step in ("detach", "cpu"):
        value = getattr(value, step)() if hasattr(value, step) else value
    return np.asarray(value)


def _described(value: Any, origin: Any = None) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array {value.shape}"
    return type(value if origin is None else origin).__name__


def _name_of(function: Any) -> str:
    return getattr(function, "__qualname__", None) or type(function).__name__
