"""The text beside a box."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from collections.abc import Sequence as Seq

import cv2

from vtcore.drawing.colours import Colour, text_colour
from vtcore.frames import Image
from vtcore.instances import Instances

__all__ = ["caption", "draw_captions", "plain"]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_Place = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, right and bottom exclusive."""


@functools.lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Return `text` in the letters OpenCV's font has: accents dropped, what else is foreign as ``?``."""
    split = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in split if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


def caption(tracks: Instances, row: int, classes: Seq[str], show_scores: bool) -> tuple[str, str]:
    """Return the whole text of an instance and its short form: the identity, or the class of a detection."""
    label = int(tracks.labels[row])
    name = classes[label] if label < len(classes) else (str(label) if label or classes else "")
    identity = "" if tracks.ids is None else str(int(tracks.ids[row]))
    score = f"{float(tracks.scores[row]):.2f}" if show_scores else ""
    long = " ".join(part for part in (identity, plain(name), score) if part)
    return long, identity or plain(name)


def draw_captions(
    canvas: Image, boxes: Seq[Seq[int]], captions: Seq[tuple[str, str]], colours: Seq[Colour], font: float, stroke: int
) -> None:
    """Write beside boxes, each text on a ground of its colour: above its box where there is room, else inside it.

    The whole text is written even if it is wider than its box, except where it would cover the text of another: each
    box keeps the room of its short text, and the uppermost box is the first to take more.

    Args:
        canvas: Picture to draw on.
        boxes: ``x1, y1, x2, y2`` of each box in pixels of `canvas`; those out of sight get no caption.
        captions: The whole text of each box and its short form, which may be empty.
        colours: Of the grounds.
        font: Scale of OpenCV's font.
        stroke: Thickness of the letters.
    """
    height, width = canvas.shape[:2]
    shown = [row for row, (x1, y1, x2, y2) in enumerate(boxes) if x2 >= 0 and y2 >= 0 and x1 < width and y1 < height]
    places = {row: _place(captions[row][1], boxes[row], canvas, font, stroke) for row in shown if captions[row][1]}
    for row in sorted(shown, key=lambda row: boxes[row][1]):
        text, short = captions[row]
        places.pop(row, None)
        place = _place(text, boxes[row], canvas, font, stroke)
        if place[2] > width or _covers_any(place, places.values()):
            text, place = short, _place(short, boxes[row], canvas, font, stroke)
        if text:
            places[row] = place
            _write(canvas, text, place, colours[row], font, stroke)


def _place(text: str, box: Seq[int], canvas: Image, font: float, stroke: int) -> _Place:
    """Return the ground of a text at its box, moved into the picture."""
    x, y = box[0], box[1]
    text_width, text_height, below = _text_size(text, font, stroke)
    margin = _margin(text_height)
    wide, high = text_width + 2 * margin, text_height + below + 2 * margin
    left = max(0, min(x, canvas.shape[1] - wide))
    top = max(0, min(y - high if y >= high else y, canvas.shape[0] - high))
    return left, top, left + wide, top + high


def _margin(text_height: int) -> int:
    return max(1, text_height // 4)


def _covers_any(place: _Place, others: Iterable[_Place]) -> bool:
    left, top, right, bottom = place
    # Most differ in height, so that is asked first.
    return any(top < y2 and y1 < bottom and left < x2 and x1 < right for x1, y1, x2, y2 in others)


def _write(canvas: Image, text: str, place: _Place, colour: Colour, font: float, stroke: int) -> None:
    left, top, right, bottom = place
    _, text_height, below = _text_size(text, font, stroke)
    margin = _margin(text_height)
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), colour, cv2.FILLED)
    origin = (left + margin, bottom - margin - below)
    cv2.putText(canvas, text, origin, _FONT, font, text_colour(colour), stroke, cv2.LINE_AA)


@functools.lru_cache(maxsize=4096)
def _text_size(text: str, font: float, stroke: int) -> tuple[int, int, int]:
    """Return width, height above the base line and depth below it, in pixels."""
    (width, height), below = cv2.getTextSize(text, _FONT, font, stroke)
    return int(width), int(height), int(below // 2)
