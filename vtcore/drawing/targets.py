"""Drawing boxes around targets with the mouse, in OpenCV's window."""

from __future__ import annotations

from contextlib import suppress

from vtcore.drawing.display import display_available
from vtcore.errors import DataError, OutputError
from vtcore.frames import Image

__all__ = ["draw_targets"]

_WIDEST, _HIGHEST = 1600, 900
"""Pictures that are larger are shown smaller."""


def draw_targets(image: Image, name: str) -> list[tuple[float, float, float, float]]:
    """Show a picture and have boxes drawn on it.

    A box is drawn with the mouse and taken by Enter or Space; Esc ends. Use it from the main thread: that is where
    window systems want to be called.

    Args:
        image: uint8 ``(height, width, 3)``, blue-green-red.
        name: What to call it in the title of the window.

    Returns:
        Left, top, width, height of each box in pixels of the image, at least one.

    Raises:
        OutputError: No window can be shown.
        DataError: Nothing was drawn.
    """
    import cv2

    if (reason := display_available("name the targets by their boxes")) is not None:
        raise OutputError(f"targets cannot be drawn: {reason}")
    scale = min(1.0, _WIDEST / image.shape[1], _HIGHEST / image.shape[0])
    shown = image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    title = f"{name}: draw a box, Enter takes it, Esc ends"
    try:
        drawn = cv2.selectROIs(title, shown, showCrosshair=False, fromCenter=False)
    except cv2.error as error:
        raise OutputError(f"targets cannot be drawn: {str(error).strip().splitlines()[-1]}") from error
    with suppress(cv2.error):  # the user may have closed it
        cv2.destroyWindow(title)
    ratios = (image.shape[1] / shown.shape[1], image.shape[0] / shown.shape[0])
    boxes = [
        (left * ratios[0], top * ratios[1], width * ratios[0], height * ratios[1])
        for left, top, width, height in (map(int, box) for box in drawn)
        if width > 0 and height > 0
    ]
    if not boxes:
        raise DataError("no target was drawn: draw a box around each, take it with Enter, and end with Esc")
    return boxes
