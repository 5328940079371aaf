"""Boxes as lines of text."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["SEPARATORS", "box_line"]

SEPARATORS = {"comma": ",", "tab": "\t"}


def box_line(box: Iterable[float], *, decimals: int, separator: str = ",") -> str:
    """Return a box as a line: ``488.587,201.278,115.200,93.600``.

    Args:
        box: Left, top, width, height in pixels.
        decimals: Of each number; a negative zero is written without its sign.
        separator: What stands between the numbers.
    """
    return separator.join(f"{round(value, decimals) + 0.0:.{decimals}f}" for value in box)
