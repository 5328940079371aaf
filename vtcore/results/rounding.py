"""The numbers as every result file writes them, so that all formats say the same and score the same."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array, Float64Array

__all__ = ["BOX_DECIMALS", "SCORE_DIGITS", "rounded_ltwh", "rounded_scores", "written_boxes", "written_scores"]

BOX_DECIMALS = 2
"""Decimals of a pixel."""
SCORE_DIGITS = 6
"""Significant digits of a score."""


def written_boxes(boxes: Float32Array) -> list[list[float]]:
    """Turn ``(N, 4)`` ``x1, y1, x2, y2`` into the left, top, width, height that files hold, decimally rounded."""
    ltwh = boxes.astype(np.float64)
    ltwh[:, 2:] -= ltwh[:, :2]
    # Through text: numpy's round works on the binary fraction and differs from it in the last digit.
    return [[float(f"{value:.{BOX_DECIMALS}f}") for value in box] for box in ltwh.tolist()]


def written_scores(scores: Float32Array) -> list[float]:
    """Round ``(N,)`` scores to the digits that files hold."""
    return [float(f"{score:.{SCORE_DIGITS}g}") for score in scores.tolist()]


def rounded_ltwh(ltwh: Float64Array) -> Float64Array:
    """Round ``(N, 4)`` left, top, width, height as their text would be, without making it.

    A number and the whole number of hundredths next to it are exact, and division rounds as reading text does. Only
    halves of a hundredth, where the product's own rounding may decide, go through text.
    """
    scale = 10.0**BOX_DECIMALS
    hundredths = ltwh * scale
    whole = np.rint(hundredths)
    rounded: Float64Array = whole / scale
    doubtful = (np.abs(np.abs(hundredths - whole) - 0.5) < 1e-4) | (np.abs(hundredths) > 2.0**32)
    if doubtful.any():
        rounded[doubtful] = [float(f"{value:.{BOX_DECIMALS}f}") for value in ltwh[doubtful].tolist()]
    return rounded


def rounded_scores(scores: Float32Array) -> Float64Array:
    """Round ``(N,)`` scores as `written_scores` does, each different one once."""
    values, places = np.unique(scores, return_inverse=True)
    rounded: Float64Array = np.array(written_scores(values), np.float64)[places.reshape(-1)]
    return rounded
