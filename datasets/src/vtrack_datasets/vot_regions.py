"""Regions as the text files of the VOT challenge hold them: rectangles, polygons, masks, or none.

A line is a rectangle (left, top, width, height), a polygon (``x1,y1,x2,y2,...``), a mask (``m`` and then left, top,
width, height of a rectangle and the run lengths of its pixels, row by row, beginning with those outside the mask), or a
single number where there is no region (Kristan et al., The Eighth Visual Object Tracking VOT2020 Challenge Results,
ECCVW 2020, https://www.votchallenge.net). NaN stands for a frame without a region, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Float64Array, Int64Array
from vtrack_datasets.number_text import read_lines
from vtrack_datasets.target_truth import corners_of, enclosing_boxes

__all__ = ["PixelMask", "Regions", "read_regions"]

_CORNERS = 8
"""Numbers of a polygon with four corners."""


@attrs.frozen(eq=False)
class PixelMask:
    """A mask within a rectangle of the frame.

    Attributes:
        left, top, width, height: The rectangle, in whole pixels; it may reach beyond the frame.
        runs: int64, lengths of the runs of its pixels row by row, those outside the mask first.
    """

    left: int
    top: int
    width: int
    height: int
    runs: Int64Array

    def pixels(self) -> tuple[Int64Array, Int64Array]:
        """Return rows and columns, in the frame, of the mask's pixels."""
        bounds = np.cumsum(self.runs)
        inside = [np.arange(start, stop) for start, stop in zip(bounds[0::2], bounds[1::2], strict=False)]
        places = np.concatenate(inside) if inside else np.zeros(0, np.int64)
        return self.top + places // self.width, self.left + places % self.width

    def box(self) -> Float64Array | None:
        """Return the rectangle around the mask's pixels, ``left, top, width, height``; None where it has none."""
        rows, columns = self.pixels()
        if len(rows) == 0:
            return None
        low = np.array([columns.min(), rows.min()])
        return np.concatenate([low, [columns.max() + 1, rows.max() + 1] - low]).astype(np.float64)

    def encoded(self, width: int, height: int) -> dict[str, Any]:
        """Return the mask in a frame of some size, as COCO's run lengths; pixels outside the frame are left out."""
        rows, columns = self.pixels()
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        # COCO counts down the columns.
        places = np.sort(columns[inside] * height + rows[inside])
        starts = places[np.r_[True, np.diff(places) > 1]] if len(places) else places
        stops = places[np.r_[np.diff(places) > 1, True]] + 1 if len(places) else places
        edges = np.stack([starts, stops], axis=1).reshape(-1)
        counts = np.diff(np.concatenate([[0], edges, [width * height]]))
        return {"size": [height, width], "counts": [int(count) for count in counts]}


@attrs.frozen(eq=False)
class Regions:
    """The regions of a sequence, one per frame.

    Attributes:
        ltwh: float64 ``(N, 4)``, enclosing rectangles in pixels; NaN where there is no region.
        polygons: float64 ``(N, 8)``, corners; None where no region is a polygon of four corners.
        masks: N masks, None for a frame without one; None where there are no masks.
    """

    ltwh: Float64Array
    polygons: Float64Array | None
    masks: tuple[PixelMask | None, ...] | None


def read_regions(path: Path) -> Regions:
    """Read a file of regions.

    Raises:
        DataError: It cannot be read, holds no line, or a line is no region; file and line are named.
    """
    lines = read_lines(path)
    if not lines:
        raise DataError("holds no rows", file=path)
    boxes = np.full((len(lines), 4), np.nan)
    polygons = np.full((len(lines), _CORNERS), np.nan)
    masks: list[PixelMask | None] = [None] * len(lines)
    for index, line in enumerate(lines):
        try:
            if line.lstrip().startswith("m"):
                mask = masks[index] = _mask(line.strip()[1:])
                box = mask.box()
                if box is not None:
                    boxes[index] = box
                else:
                    masks[index] = None
                continue
            numbers = _numbers(line)
        except ValueError as error:
            raise DataError(str(error), file=path, line=index + 1) from None
        if len(numbers) == 4:
            boxes[index] = numbers
        elif len(numbers) >= 6:
            boxes[index] = enclosing_boxes(numbers[None])[0]
            if len(numbers) == _CORNERS:
                polygons[index] = numbers
    return Regions(boxes, _with_corners(polygons, boxes), tuple(masks) if any(masks) else None)


def _with_corners(polygons: Float64Array, boxes: Float64Array) -> Float64Array | None:
    plain = np.isnan(polygons[:, 0])
    if plain.all():
        return None
    polygons[plain] = corners_of(boxes[plain])
    return polygons


def _numbers(line: str) -> Float64Array:
    cells = line.replace(",", " ").split()
    try:
        numbers = np.array(cells, np.float64)
    except ValueError:
        raise ValueError(f"not a region: {line.strip()[:60]!r}") from None
    if np.isinf(numbers).any() or not (len(numbers) in (1, 4) or (len(numbers) >= 6 and len(numbers) % 2 == 0)):
        raise ValueError(
            f"not a region: expected 4 numbers (a rectangle), 8 (a polygon), 1 (no region) or m... (a mask), got "
            f"{line.strip()[:60]!r}"
        )
    return numbers


def _mask(text: str) -> PixelMask:
    try:
        numbers = np.array(text.replace(",", " ").split(), np.int64)
    except ValueError:
        raise ValueError(f"not a mask: {text[:60]!r} holds something other than whole numbers") from None
    if len(numbers) < 4 or (numbers[2:] < 0).any():
        raise ValueError(f"not a mask: expected left, top, width, height and run lengths, got {text[:60]!r}")
    left, top, width, height = numbers[:4].tolist()
    runs = numbers[4:]
    if runs.sum() > width * height:
        raise ValueError(f"not a mask: its runs add up to {runs.sum()}, beyond {width} x {height} pixels")
    return PixelMask(left, top, width, height, runs)
