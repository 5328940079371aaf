"""A simulated detector: what it would find of known objects, with misses, jitter and clutter."""

from __future__ import annotations

import attrs
import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array
from vtrack_datasets.config import SyntheticConfig
from vtrack_datasets.randomness import normal, uniform

__all__ = ["Found", "simulate_detections"]

_MISSED, _JITTER, _SCORE, _COUNT, _CLUTTER = 31, 32, 33, 34, 35  # What a random number is for.


@attrs.frozen(eq=False)
class Found:
    """What the simulated detector finds in one frame.

    Attributes:
        ltwh: float64 ``(N, 4)``, to 0.01 px, inside the frame.
        scores: float32 ``(N,)``, 0.05 to 0.99: near 0.9 for objects in full sight, less for hidden ones,
            0.1 to 0.5 for clutter.
        labels: int64 ``(N,)``.
    """

    ltwh: Float64Array
    scores: Float32Array
    labels: Int64Array


def simulate_detections(
    config: SyntheticConfig,
    key: tuple[int, ...],
    ids: Int64Array,
    ltwh: Float64Array,
    labels: Int64Array,
    visibility: Float32Array,
) -> Found:
    """Return what a detector would find in one frame.

    An object is found with the chance ``(1 - misses) * min(1, 1.6 * visibility)``. Its box is shifted and scaled by
    normal noise, more so when part of it is hidden.

    Args:
        config: ``misses``, ``jitter``, ``clutter``, size of the frame and classes.
        key: Seed, sequence and frame: the same key finds the same.
        ids: int64 ``(N,)`` of the objects in the frame.
        ltwh: float64 ``(N, 4)`` of the objects.
        labels: int64 ``(N,)`` of the objects.
        visibility: float32 ``(N,)`` of the objects.
    """
    seen = visibility.astype(np.float64)
    chance = (1 - config.misses) * np.minimum(1, 1.6 * seen)
    found = uniform(*key, _MISSED, ids) < chance
    ids, boxes, seen = ids[found], ltwh[found], seen[found]
    noise = config.jitter * (1 + 2 * (1 - seen))[:, None] * normal(*key, _JITTER, ids[:, None], np.arange(4))
    centre = boxes[:, :2] + boxes[:, 2:] * (0.5 + noise[:, :2])
    size = boxes[:, 2:] * np.exp(noise[:, 2:])
    scores = np.clip(0.38 + 0.55 * seen + 0.06 * normal(*key, _SCORE, ids), 0.05, 0.99)

    false_boxes, false_scores, false_labels = _clutter(config, key)
    all_boxes = np.concatenate([np.concatenate([centre - size / 2, size], axis=1), false_boxes])
    all_boxes, kept = _inside(all_boxes, config.width, config.height)
    return Found(
        all_boxes[kept],
        np.concatenate([scores, false_scores])[kept].astype(np.float32),
        np.concatenate([labels[found], false_labels])[kept],
    )


def _clutter(config: SyntheticConfig, key: tuple[int, ...]) -> tuple[Float64Array, Float64Array, Int64Array]:
    """Return false boxes, their scores and labels; their number is Poisson's, by inversion."""
    left = float(uniform(*key, _COUNT)[0])
    count, chance = 0, float(np.exp(-config.clutter))
    while left >= chance and count < 4 * config.clutter + 20:
        left -= chance
        count += 1
        chance *= config.clutter / count
    drawn = uniform(*key, _CLUTTER, np.arange(count)[:, None], np.arange(6))
    height = config.height * (0.1 + 0.3 * drawn[:, 0])
    width = height * (0.3 + 0.5 * drawn[:, 1])
    left_top = np.stack([drawn[:, 2] * (config.width - width), drawn[:, 3] * (config.height - height)], axis=1)
    boxes = np.concatenate([left_top, np.stack([width, height], axis=1)], axis=1)
    return boxes, 0.1 + 0.4 * drawn[:, 4] ** 2, (drawn[:, 5] * len(config.classes)).astype(np.int64)


def _inside(ltwh: Float64Array, width: int, height: int) -> tuple[Float64Array, BoolArray]:
    """Return the boxes cut off at the frame, to 0.01 px, and which of them are at least 2 px wide and high."""
    limit = np.array([width, height])
    start = np.clip(ltwh[:, :2], 0, limit)
    end = np.clip(ltwh[:, :2] + ltwh[:, 2:], 0, limit)
    boxes = np.round(np.concatenate([start, end - start], axis=1), 2)
    wide_enough: BoolArray = boxes[:, 2:].min(axis=1, initial=np.inf) >= 2
    return boxes, wide_enough
