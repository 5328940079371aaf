"""The text beside a box."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence as Seq

import cv2

from vtcore.drawing.colours import Colour, text_colour
from vtcore.frames import Image
from vtcore.instances import Instances

__all__ = ["caption", "draw_label", "plain"]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_ROOM = 0.7
"""Share of the long text's width that a box must have for it to be written."""


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


def draw_label(
    canvas: Image, corners: Seq[int], texts: tuple[str, str], colour: Colour, font: float, stroke: int
) -> None:
    """Write beside a box, above it where there is room, on a ground of its colour.

    Args:
        canvas: Picture to draw on.
        corners: ``x1, y1, x2, y2`` of the box in pixels of `canvas`.
        texts: The whole text, and a short one for narrow boxes.
        colour: Ground.
        font: Scale of OpenCV's font.
        stroke: Thickness of the letters.
    """
    x1, y1, x2, y2 = corners
    height, width = canvas.shape[:2]
    if x2 < 0 or y2 < 0 or x1 >= width or y1 >= height:
        return
    text = texts[0]
    if _text_size(text, font, stroke)[0] * _ROOM > x2 - x1:
        text = texts[1]
    if not text:
        return
    text_width, text_height, below = _text_size(text, font, stroke)
    margin = max(1, text_height // 4)
    left = max(0, min(x1, width - text_width - 2 * margin))
    bottom = y1 if y1 >= text_height + below + 2 * margin else max(y1, 0) + text_height + below + 2 * margin
    top = bottom - text_height - below - 2 * margin
    cv2.rectangle(canvas, (left, top), (left + text_width + 2 * margin, bottom), colour, cv2.FILLED)
    place = (left + margin, bottom - margin - below)
    cv2.putText(canvas, text, place, _FONT, font, text_colour(colour), stroke, cv2.LINE_AA)


@functools.lru_cache(maxsize=4096)
def _text_size(text: str, font: float, stroke: int) -> tuple[int, int, int]:
    """Return width, height above the base line and depth below it, in pixels."""
    (width, height), below = cv2.getTextSize(text, _FONT, font, stroke)
    return int(width), int(height), int(below // 2)
