"""Small pictures of frames, with what went wrong drawn in."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from vtcore.drawing.colours import OUTLINE, Colour, colour_of
from vtcore.drawing.labels import draw_captions
from vtcore.errors import DataError
from vtcore.frames import Image, Sequence
from vtcore.instances import Float32Array
from vtcore.report.contents import SequenceReport
from vtcore.report.worst_frames import FALSE, MISSED, SWITCH, Pick, pick_frames
from vtcore.tables import TrackTable

__all__ = ["Thumbnail", "make_thumbnails"]

_WIDTH = 640
_QUALITY = 62
_FONT = 0.55
_FURTHEST = 3000
"""Where a sequence can only be read from its beginning, later frames are not shown: it would take too long."""
_LEAST_CROP = 0.45
"""A picture shows at least this share of the frame's width and height."""

CORRECT_COLOUR: Colour = (80, 175, 60)
FALSE_COLOUR: Colour = (40, 40, 225)
MISSED_COLOUR: Colour = (0, 145, 255)
SWITCH_COLOUR: Colour = (215, 50, 215)
_CANVAS: Colour = (58, 52, 48)
_STYLES = {SWITCH: (SWITCH_COLOUR, 3), FALSE: (FALSE_COLOUR, 3)}
"""Colour and thickness of the boxes of results that are wrong."""


@attrs.frozen
class Thumbnail:
    """A picture for the page.

    Attributes:
        frame: 0-based index.
        reason: Why it is shown, as in `Pick`.
        counts: How many false positives, misses and id switches are in the frame; empty where nothing was scored.
        tracks: How many tracks are in the frame.
        source: ``data:`` address of the picture.
        size: Width and height in pixels.
    """

    frame: int
    reason: str
    counts: dict[str, int]
    tracks: int
    source: str
    size: tuple[int, int]


@attrs.frozen(eq=False)
class _Marked:
    """A frame's boxes and what is to be said of them.

    Attributes:
        boxes: float32 ``(N, 4)`` ``x1, y1, x2, y2`` of the results, in pixels of the frame.
        ids: Their identities.
        kinds: Of each result `SWITCH`, `FALSE`, or empty where nothing is wrong.
        missed: float32 ``(K, 4)``, annotations that were missed.
    """

    boxes: Float32Array
    ids: list[int]
    kinds: list[str]
    missed: Float32Array

    def of(self, reason: str) -> Float32Array:
        """Return the boxes that the frame is shown for; all results where it is for none in particular."""
        if reason == MISSED:
            return self.missed
        return self.boxes if reason not in _STYLES else self.boxes[[kind == reason for kind in self.kinds]]


def make_thumbnails(report: SequenceReport, most: int, *, deadline: float = math.inf) -> list[Thumbnail]:
    """Return pictures of the worst frames, or of the busiest where nothing was scored.

    Boxes are drawn on a plain ground where the sequence has no images; a live source gives no pictures, since it
    cannot be read again.

    Args:
        report: The sequence.
        most: How many pictures at most.
        deadline: Time of `time.monotonic` at which reading through a sequence stops; frames not reached are left out.
    """
    sequence = report.sequence
    if sequence is None or sequence.live:
        return []
    limited = sequence.has_images and not sequence.random_access
    picks = pick_frames(report, most, before=_FURTHEST if limited else None)
    if not picks:
        return []
    wanted = {pick.frame for pick in picks}
    results = report.results.rows(wanted)
    if not sequence.has_images:
        images = dict.fromkeys(wanted, _plain_ground(sequence, results, report.truth))
    elif sequence.random_access:
        images = _read_each(sequence, wanted)
    else:
        images = _read_through(sequence, wanted, deadline)
    return [_thumbnail(report, results, pick, images[pick.frame]) for pick in picks if pick.frame in images]


def _read_each(sequence: Sequence, wanted: Iterable[int]) -> dict[int, Image]:
    images = {}
    for index in sorted(wanted):
        with suppress(DataError, OSError, IndexError):  # a report of a damaged source leaves its pictures out
            image = sequence.frame(index).image
            if image is not None:
                images[index] = image
    return images


def _read_through(sequence: Sequence, wanted: Iterable[int], deadline: float) -> dict[int, Image]:
    """Read from the first frame to the last that is wanted, keeping only those."""
    images: dict[int, Image] = {}
    missing = set(wanted)
    with suppress(DataError, OSError):  # what was read before the damage is shown
        for frame in sequence.frames():
            if frame.index in missing and frame.image is not None:
                images[frame.index] = frame.image
                missing.discard(frame.index)
            if not missing or frame.index >= max(missing) or time.monotonic() > deadline:
                break
    return images


def _plain_ground(sequence: Sequence, results: TrackTable, truth: TrackTable | None) -> Image:
    width, height = sequence.width, sequence.height
    if not width or not height:
        tables = [table for table in (results, truth) if table is not None and len(table)]
        corners = np.concatenate([table.xyxy()[:, 2:] for table in tables]) if tables else np.ones((1, 2))
        width, height = (int(side) for side in np.clip(np.ceil(corners.max(axis=0)), 16, 8192))
    return np.full((height, width, 3), _CANVAS, np.uint8)


def _thumbnail(report: SequenceReport, results: TrackTable, pick: Pick, image: Image) -> Thumbnail:
    marked = _marked(report, results, pick.frame)
    left, top, right, bottom = _window(marked.of(pick.reason), image.shape[1], image.shape[0])
    factor = min(1.5, _WIDTH / (right - left))
    size = (max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor)))
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(image[top:bottom, left:right], size, interpolation=interpolation), np.uint8)
    shift = np.array([left, top, left, top], np.float32)
    _draw(picture, marked, lambda boxes: (boxes - shift) * factor, scored=report.errors is not None)
    errors = report.errors
    counts: dict[str, int] = {}
    if errors is not None:
        of_frame = {FALSE: errors.fp, MISSED: errors.fn, SWITCH: errors.idsw}
        counts = {kind: int(numbers[pick.frame]) for kind, numbers in of_frame.items()}
    return Thumbnail(pick.frame, pick.reason, counts, len(marked.boxes), _encoded(picture), size)


def _marked(report: SequenceReport, results: TrackTable, frame: int) -> _Marked:
    rows = np.arange(len(results))[results.rows(frame)]
    kinds = [""] * len(rows)
    missed = np.zeros((0, 4), np.float32)
    errors = report.errors
    if errors is not None:
        false, switched = np.isin(rows, errors.fp_rows), np.isin(rows, errors.idsw_rows)
        kinds = np.select([false, switched], [FALSE, SWITCH], "").tolist()
        if report.truth is not None:
            annotated = np.arange(len(report.truth))[report.truth.rows(frame)]
            missed = _corners(report.truth.ltwh[annotated[np.isin(annotated, errors.fn_rows)]])
    return _Marked(boxes=_corners(results.ltwh[rows]), ids=results.ids[rows].tolist(), kinds=kinds, missed=missed)


def _corners(ltwh: npt.NDArray[np.float64]) -> Float32Array:
    corners = ltwh.copy()
    corners[:, 2:] += corners[:, :2]
    return np.asarray(corners, np.float32)


def _window(boxes: Float32Array, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the part of the frame to show: the boxes with room around, of the frame's shape."""
    if len(boxes) == 0:
        return 0, 0, width, height
    x1, y1 = boxes[:, :2].min(axis=0)
    x2, y2 = boxes[:, 2:].max(axis=0)
    share = min(1.0, max(1.6 * (x2 - x1) / width, 1.6 * (y2 - y1) / height, _LEAST_CROP))
    wide, high = max(1, round(width * share)), max(1, round(height * share))
    left = round(min(max((x1 + x2) / 2 - wide / 2, 0), width - wide))
    top = round(min(max((y1 + y2) / 2 - high / 2, 0), height - high))
    return left, top, left + wide, top + high


def _draw(picture: Image, marked: _Marked, place: Callable[[Float32Array], Float32Array], *, scored: bool) -> None:
    limit = 2.0 * max(picture.shape)

    def pixels(boxes: Float32Array) -> list[list[int]]:
        rounded: list[list[int]] = np.rint(np.clip(place(boxes), -limit, limit)).astype(int).tolist()
        return rounded

    # What is wrong is drawn over what is not.
    order = sorted(range(len(marked.ids)), key=lambda row: marked.kinds[row] in _STYLES)
    corners, ids = pixels(marked.boxes), marked.ids
    colours = []
    for row in order:
        colour, thickness = _STYLES.get(marked.kinds[row], (CORRECT_COLOUR if scored else colour_of(ids[row]), 2))
        _rectangle(picture, corners[row], colour, thickness, edged=marked.kinds[row] in _STYLES)
        colours.append(colour)
    for missed in pixels(marked.missed):
        _dashed_rectangle(picture, missed, MISSED_COLOUR)
    texts = [str(ids[row]) if ids[row] >= 0 else "" for row in order]
    draw_captions(picture, [corners[row] for row in order], [(text, text) for text in texts], colours, _FONT, 1)


def _rectangle(picture: Image, corners: list[int], colour: Colour, thickness: int, *, edged: bool) -> None:
    x1, y1, x2, y2 = corners
    if edged:
        cv2.rectangle(picture, (x1, y1), (x2, y2), OUTLINE, thickness + 2)
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, thickness)


def _dashed_rectangle(picture: Image, corners: list[int], colour: Colour, dash: int = 9) -> None:
    x1, y1, x2, y2 = corners
    for start, end in (((x1, y1), (x2, y1)), ((x2, y1), (x2, y2)), ((x2, y2), (x1, y2)), ((x1, y2), (x1, y1))):
        steps = max(1, round(np.hypot(end[0] - start[0], end[1] - start[1]) / dash))
        points = np.linspace(start, end, steps + 1).round().astype(int).tolist()
        cv2.line(picture, start, end, OUTLINE, 2)
        for first, second in zip(points[0:-1:2], points[1::2], strict=False):
            cv2.line(picture, first, second, colour, 3)


def _encoded(picture: Image) -> str:
    good, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    kind = "webp"
    if not good:  # an OpenCV built without WebP
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode()}"
