"""Detections as detectors give them: unsure ones first, a class that is mistaken, many new ones at once."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array, Instances
from vtcore.testing.scenes import embeddings_of

__all__ = ["mixed"]

_UNSURE = (90.0, 37.5, 110.0, 40.5)
_CROWDED = range(8, 11)
_MISTAKEN = range(5, 7)


def mixed(detections: list[Instances]) -> list[Instances]:
    """Return the detections of a scene of `vtcore.testing.scenes`, made harder.

    - In every other frame one that scores next to nothing stands before all others, which a tracker that leaves it out
      must not count.
    - In two frames the detector takes the last object for one of another class.
    - In three frames there is a crowd of small ones between the lanes, all new at once.
    """
    return [_mixed(index, found) for index, found in enumerate(detections)]


def _mixed(index: int, found: Instances) -> Instances:
    if not len(found):
        return found
    if index in _MISTAKEN:
        sure = np.flatnonzero(found.scores > 0.5)[-1:]
        labels = found.labels.copy()
        labels[sure] = 1 - labels[sure]
        found = found.replace(labels=labels)
    parts = [found]
    if index in _CROWDED:
        left, top = np.meshgrid(np.arange(8) * 24.0 + 4, np.arange(3) * 38.0 + 37)
        parts.append(_some(np.stack([left, top, left + 12, top + 4], axis=-1).reshape(-1, 4), 0.85, 20_000, found))
    if index % 2:
        parts.insert(0, _some(np.array([_UNSURE]), 0.05, 30_000 + index, found))
    return _joined(parts)


def _some(boxes: Float64Array, score: float, first: int, like: Instances) -> Instances:
    """Return instances of the first class, numbered from `first` on, with embeddings where others have them."""
    looks = None if like.embeddings is None else embeddings_of(first + np.arange(len(boxes)))
    return Instances(boxes, np.full(len(boxes), score), embeddings=looks)


def _joined(parts: list[Instances]) -> Instances:
    looks = [each.embeddings for each in parts if each.embeddings is not None]
    return Instances(
        np.concatenate([each.boxes for each in parts]),
        np.concatenate([each.scores for each in parts]),
        np.concatenate([each.labels for each in parts]),
        embeddings=np.concatenate(looks) if looks else None,
    )
