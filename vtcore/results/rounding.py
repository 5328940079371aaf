"""The numbers as every result file writes them, so that all formats say the same and score the same."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float32Array

__all__ = ["BOX_DECIMALS", "SCORE_DIGITS", "written_boxes", "written_scores"]

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
