"""The ``[detector]`` tables of `given` and `function`."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import attrs

from vtcore.options import METADATA_KEY, OptionInfo, option
from vtcore.suggestions import did_you_mean_or_list

__all__ = ["FunctionConfig", "GivenConfig"]

_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


@attrs.frozen(kw_only=True)
class GivenConfig:
    """Detections that come with the data, or from a file."""

    # Reading them again is all that a cache could do.
    cacheable: ClassVar[bool] = False
    free: ClassVar[bool] = True

    path: str = option(
        "",
        "File with the detections: MOT text (.txt), .csv, .json, .jsonl, .npy or .npz; '{sequence}' stands for the "
        "sequence's name. Empty takes those of the data set.",
    )
    min_score: float | None = option(
        None, "Detections that score less are left out; without one, none are, whatever their score."
    )
    classes: tuple[str, ...] = option((), "Only detections of these classes; empty takes all.")
    first_frame: int | None = option(
        None,
        "Number of the first frame in the file; without one 1 in MOT text, .npy and COCO results, else 0.",
        ge=0,
    )

    @property
    def needs(self) -> frozenset[str]:
        """Detections of the data set, unless a file has them; never pixels."""
        return frozenset() if self.path else frozenset({"given-detections"})

    @property
    def gives(self) -> frozenset[str]:
        """Embeddings, where the kind of file may hold them; of the data set's the data tell."""
        return frozenset({"embeddings"} if self.path.lower().endswith(".npz") else ())

    def files(self) -> Iterator[str]:
        """Yield the file, for a component that holds this one and can be cached."""
        if self.path:
            yield self.path

    def check(self) -> Iterator[str]:
        """Yield that the file is not there."""
        if not self.path:
            return
        if "{sequence}" not in self.path:
            if not Path(self.path).is_file():
                yield f"{self.path}: no such file"
            return
        folder = Path(self.path.partition("{sequence}")[0] + "_").parent
        if not folder.is_dir():
            yield f"{self.path}: there is no folder {str(folder)!r}"


def _module_and_name(instance: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    if not _FUNCTION.fullmatch(value):
        raise ValueError(f"{attribute.name}: must read 'module:name', such as 'my_module:find', got {value!r}")


def _of_class_names(instance: Any, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for name in value:
        if name not in instance.class_names:
            hint = did_you_mean_or_list(name, instance.class_names)
            raise ValueError(f"{attribute.name}: {name!r} is none of the class_names; {hint}")


@attrs.frozen(kw_only=True)
class FunctionConfig:
    """Any Python function that returns boxes."""

    function: str = attrs.field(
        metadata={
            METADATA_KEY: OptionInfo(
                "The function, as 'module:name'; the module may lie in the working directory. It takes an image and "
                "returns boxes (x1, y1, x2, y2, score, label), see the guide."
            )
        },
        validator=_module_and_name,
    )
    class_names: tuple[str, ...] = option(
        (), "What the labels 0, 1, ... mean; empty: they index the classes of the data."
    )
    classes: tuple[str, ...] = attrs.field(
        default=(),
        metadata={METADATA_KEY: OptionInfo("Only detections of these of the class_names; empty takes all.")},
        validator=_of_class_names,
    )
    min_score: float | None = option(None, "Detections that score less are left out; without one, none are.")
    batch_size: int = option(
        1,
        "Images handed over at once; above 1 the function takes a list of images and returns a list.",
        unit="frames",
        ge=1,
    )
    colours: str = option("bgr", "Order of the colours in the images.", choices=("bgr", "rgb"))
    cache: bool = option(
        False,
        "Whether what it finds may be stored by the cache of detections: only where the same image always has the same "
        "boxes. The file of its module is part of the key; what that imports is not.",
    )

    @property
    def cacheable(self) -> bool:
        """Only where it is asked for: nobody knows what a function looks at."""
        return self.cache

    def files(self) -> Iterator[str]:
        """Yield the file of the function's module."""
        spec = self._spec()
        if spec is not None and spec.origin is not None and spec.has_location:
            yield spec.origin

    def check(self) -> Iterator[str]:
        """Yield that there is no such module, without importing it."""
        top = self.function.partition(":")[0].partition(".")[0]
        if top not in sys.modules and self._spec() is None:
            yield f"{self.function!r}: there is no module {top!r}, neither installed nor in {Path.cwd()}"

    def _spec(self) -> importlib.machinery.ModuleSpec | None:
        """Find the function's module; of one in a package only the package, whose import would be needed to see it."""
        top = self.function.partition(":")[0].partition(".")[0]
        here = importlib.machinery.PathFinder.find_spec(top, [str(Path.cwd())])
        if here is None and top in sys.modules:
            return sys.modules[top].__spec__
        return here or importlib.util.find_spec(top)
