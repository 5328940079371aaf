"""The first matching of Deep OC-SORT: overlap, direction and appearance."""

from __future__ import annotations

import numpy as np

from vtcore.instances import Float64Array
from vtrack_common_mot.embedding import AppearanceBank
from vtrack_common_mot.observation_centric.matching import Known, Matcher, Offered
from vtrack_common_mot.observation_centric.observations import FACTS
from vtrack_common_mot.similarity import Similarity

__all__ = ["SLOT", "AppearanceMatcher", "prominence"]

SLOT = FACTS
"""Row of the facts: the track's slot in the bank of appearances."""


class AppearanceMatcher(Matcher):
    """Adds cosines to overlap and direction; those that single out a track or a detection count more."""

    def __init__(
        self,
        bank: AppearanceBank,
        *,
        least: float,
        inertia: float,
        similarity: Similarity,
        weight: float,
        limit: float | None,
    ) -> None:
        """Keep the options.

        Args:
            bank: Appearances of the tracks.
            least: As `Matcher` takes it.
            inertia: As `Matcher` takes it.
            similarity: As `Matcher` takes it.
            weight: Of a cosine.
            limit: The most by which a best cosine may stand out, and count; None: all cosines count alike.
        """
        super().__init__(least, inertia, similarity, fuse_score=False)
        self._bank = bank
        self._cosine_weight = weight
        self._limit = limit

    def _gain(self, known: Known, offered: Offered, overlap: Float64Array) -> Float64Array:
        gain = super()._gain(known, offered, overlap)
        if offered.embeddings is None:
            return gain
        cosines = self._bank.similarity(known.facts[SLOT], offered.embeddings[: offered.high], unknown=0.0)
        if self._limit is None:
            cosines *= self._cosine_weight
        else:
            cosines *= prominence(cosines, self._limit) + self._cosine_weight
        gain += cosines
        return gain


def prominence(cosines: Float64Array, limit: float) -> Float64Array:
    """Return how far the best cosine of each row and of each column stands out from the second best, both halved.

    Args:
        cosines: ``(n, m)``.
        limit: The most that counts.

    Returns:
        float64 ``(n, m)``: for every pair half of its row's, none where a row has a single entry, and half of its
        column's.
    """
    standing_out = np.zeros(cosines.shape)
    for axis in (1, 0):
        if cosines.shape[axis] < 2:
            continue
        best = np.partition(cosines, -2, axis)
        first, second = best.take(-1, axis), best.take(-2, axis)
        share = np.minimum(first - second, limit) / 2
        standing_out += share[:, None] if axis else share
    return standing_out
