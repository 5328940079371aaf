"""The ``[detector]`` table of `given`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import attrs

from vtcore.options import option

__all__ = ["GivenConfig"]


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
