"""Instances drawn on a frame's image: boxes, names, trails, masks."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from vtcore.drawing.colours import OUTLINE, UNMATCHED, Colour, colour_of
from vtcore.drawing.labels import caption, draw_captions
from vtcore.drawing.trails import Trails
from vtcore.frames import Image
from vtcore.instances import Instances
from vtcore.masks import Masks

__all__ = ["Annotator", "Pen", "annotate"]

_MASK_OPACITY = 0.4


@attrs.frozen
class Pen:
    """Sizes that grow with the picture.

    Attributes:
        line: Thickness of boxes and trails, in pixels.
        font: Scale of OpenCV's font (1 is letters 22 pixels high).
        stroke: Thickness of letters, in pixels.
    """

    line: int
    font: float
    stroke: int

    @classmethod
    def for_size(cls, width: int, height: int) -> Pen:
        """Return the pen for a picture of this size."""
        font = min(max(min(width, height) / 1500, 0.35), 4.0)
        return cls(max(1, round(max(width, height) / 700)), font, max(1, round(font * 1.8)))


def annotate(
    image: Image,
    tracks: Instances,
    classes: Seq[str] = (),
    *,
    trails: Trails | None = None,
    show_scores: bool = True,
    width: int = 0,
) -> Image:
    """Draw instances on a copy of an image.

    An identity has the same colour in every picture; detections without ids are coloured by class. A track that was
    predicted without a detection has a grey box. Identity, class and score are written beside each box; the identity
    alone where that would cover the text of another.

    Args:
        image: uint8 ``(height, width, 3)``, blue-green-red; not modified.
        tracks: Tracks or detections, in pixels of `image`.
        classes: Names of the labels; a label beyond them is written as its number, one nameless class not at all.
        trails: Where the tracks have been, in pixels of `image`.
        show_scores: Write the scores.
        width: Width of the result, 0 for that of `image`. Scaled before drawing, so lines and text stay sharp.

    Returns:
        uint8 ``(height, width, 3)``, always a new array.
    """
    canvas, factor = _canvas(image, width)
    count = len(tracks)
    if count == 0:
        return canvas
    pen = Pen.for_size(canvas.shape[1], canvas.shape[0])
    corners = _pixels(tracks.boxes.reshape(count, 2, 2) * factor, canvas).reshape(count, 4)
    keys = tracks.labels if tracks.ids is None else tracks.ids
    colours = [colour_of(key) for key in keys.tolist()]
    if tracks.masks is not None:
        _draw_masks(canvas, tracks.masks, colours)
    if trails is not None and tracks.ids is not None:
        _draw_trails(canvas, [trails[identity] for identity in tracks.ids.tolist()], colours, factor, pen)
    # What stands lower in the picture is usually nearer: drawn later, over the rest.
    order = np.argsort(corners[:, 3], kind="stable").tolist()
    matched = None if tracks.detection_index is None else (tracks.detection_index >= 0).tolist()
    for row in order:
        colour = colours[row] if matched is None or matched[row] else UNMATCHED
        _draw_box(canvas, corners[row].tolist(), colour, pen)
    captions = [caption(tracks, row, classes, show_scores) for row in range(count)]
    draw_captions(canvas, corners.tolist(), captions, colours, pen.font, pen.stroke)
    return canvas


class Annotator:
    """Draws the frames of one sequence after the other, with trails.

    Attributes:
        classes: Names of the labels of the present sequence.
        trails: The trails of the present sequence.
    """

    def __init__(self, classes: Seq[str] = (), *, trails: int = 30, show_scores: bool = True, width: int = 0) -> None:
        """Prepare for a sequence.

        Args:
            classes: Names of the labels.
            trails: How many frames trails reach back; 0 draws none.
            show_scores: Write the scores.
            width: Width of the pictures, 0 for that of the frames.
        """
        self.classes = tuple(classes)
        self.trails = Trails(trails)
        self._show_scores = show_scores
        self._width = width

    def reset(self, classes: Seq[str] = ()) -> None:
        """Forget the trails and prepare for the next sequence, with its class names."""
        self.classes = tuple(classes)
        self.trails.reset()

    def skip(self, index: int, tracks: Instances) -> None:
        """Take note of a frame that is not drawn, so that trails have no gap."""
        self.trails.update(index, tracks)

    def draw(self, image: Image, index: int, tracks: Instances) -> Image:
        """Return the annotated picture of the next frame, as `annotate` does.

        Args:
            image: uint8 ``(height, width, 3)``, blue-green-red; not modified.
            index: 0-based index of the frame.
            tracks: Tracks or detections, in pixels of `image`.
        """
        self.trails.update(index, tracks)
        return annotate(
            image, tracks, self.classes, trails=self.trails, show_scores=self._show_scores, width=self._width
        )


def _canvas(image: Image, width: int) -> tuple[Image, float]:
    """Return a new picture of the given width and the factor from the image's pixels to its own."""
    if width in (0, image.shape[1]):
        return image.copy(order="C"), 1.0
    factor = width / image.shape[1]
    size = (width, max(1, round(image.shape[0] * factor)))
    shrink = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=shrink), np.uint8), factor


def _pixels(points: npt.NDArray[np.float32], canvas: Image) -> npt.NDArray[np.int32]:
    """Round points ``(..., 2)`` to pixels; far outside they move nearer, as OpenCV's integers would overflow."""
    size = np.array(canvas.shape[1::-1], np.float32)
    return np.rint(np.clip(points, -size, 2 * size)).astype(np.int32)


def _draw_box(canvas: Image, corners: Seq[int], colour: Colour, pen: Pen) -> None:
    upper_left, lower_right = (corners[0], corners[1]), (corners[2], corners[3])
    cv2.rectangle(canvas, upper_left, lower_right, OUTLINE, pen.line + 2)
    cv2.rectangle(canvas, upper_left, lower_right, colour, pen.line)


def _draw_trails(
    canvas: Image, trails: Seq[npt.NDArray[np.float32]], colours: Seq[Colour], factor: float, pen: Pen
) -> None:
    # All points are rounded at once: one at a time costs as much as drawing them.
    points = _pixels(np.concatenate(trails) * factor, canvas)
    lines = np.split(points, np.cumsum([len(trail) for trail in trails])[:-1])
    for line, colour in zip(lines, colours, strict=True):
        if len(line) > 1:
            cv2.polylines(canvas, [line], False, OUTLINE, pen.line + 2)
            cv2.polylines(canvas, [line], False, colour, pen.line)


def _draw_masks(canvas: Image, masks: Masks, colours: Seq[Colour]) -> None:
    height, width = canvas.shape[:2]
    for row, colour in enumerate(colours):
        pixels = masks[row : row + 1].decode()[0].astype(np.uint8)  # one at a time: few are large
        if pixels.shape != (height, width):
            pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
        left, top, box_width, box_height = cv2.boundingRect(pixels)
        if box_width == 0:
            continue
        window = (slice(top, top + box_height), slice(left, left + box_width))
        inside, view = pixels[window].astype(bool), canvas[window]
        blend = view[inside] * (1 - _MASK_OPACITY) + np.array(colour, np.float32) * _MASK_OPACITY
        view[inside] = blend.astype(np.uint8)
        outlines, _ = cv2.findContours(pixels[window], cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(canvas, outlines, -1, colour, 1, offset=(left, top))
