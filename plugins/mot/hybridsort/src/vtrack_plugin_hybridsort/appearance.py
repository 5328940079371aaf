"""What tracks look like: a running mean of their embeddings, and the plain mean of the last ones."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vtcore.instances import Float32Array, Float64Array, Int64Array
from vtcore.state import Stateful
from vtrack_common_mot.embedding import AppearanceBank
from vtrack_common_mot.observation_centric.observations import FACTS
from vtrack_plugin_hybridsort.gallery import Gallery

__all__ = ["SLOT", "Appearance"]

SLOT = FACTS
"""Row of the facts: a track's slot in the bank and in the gallery."""


class Appearance(Stateful):
    """The looks of all tracks of one tracker, each in a slot that stays its own however tracks are reordered."""

    _STATE: ClassVar[tuple[str, ...]] = ("_bank", "_gallery")

    def __init__(self, momentum: float, *, adaptive: bool, gallery_length: int) -> None:
        """Start without slots.

        Args:
            momentum: Share of the old in a running mean.
            adaptive: Weigh old and new by the confidence in each, too.
            gallery_length: How many embeddings a plain mean is of; 0 keeps none.
        """
        self._momentum = momentum
        self._adaptive = adaptive
        self._bank = AppearanceBank(momentum)
        self._gallery = Gallery(gallery_length) if gallery_length else None

    def clear(self) -> None:
        """Forget everything."""
        self._bank.clear()
        if self._gallery is not None:
            self._gallery.clear()

    def read(self, embeddings: Float32Array | None, count: int) -> Float32Array | None:
        """Return a frame's embeddings at length 1, None where there are none; see `AppearanceBank.read`."""
        return self._bank.read(embeddings, count)

    def distances(self, facts: Int64Array, embeddings: Float32Array) -> Float64Array:
        """Return the cosine distance of tracks' running means from embeddings, float64 ``(n, m)``, 0 to 2.

        Args:
            facts: ``(k, n)``, of the tracks.
            embeddings: float32 ``(m, D)``, as `read` returns them.
        """
        return _distances(self._bank.similarity(facts[SLOT], embeddings))

    def gallery_distances(self, facts: Int64Array, embeddings: Float32Array) -> Float64Array:
        """Return the cosine distance of the means of tracks' last embeddings, as `distances` does."""
        assert self._gallery is not None
        return _distances(self._gallery.similarity(facts[SLOT], embeddings))

    def learn(self, facts: Int64Array, embeddings: Float32Array, before: Float64Array, scores: Float32Array) -> None:
        """Take note of what tracks look like now.

        Args:
            facts: ``(k, n)``, of the tracks.
            embeddings: float32 ``(n, D)``, of their detections, as `read` returns them.
            before: float64 ``(n,)``, confidence in the tracks before.
            scores: float32 ``(n,)``, of their detections.
        """
        slots = facts[SLOT]
        momentum = None
        if self._adaptive:
            old, new = self._momentum * before, (1 - self._momentum) * scores
            momentum = (old / np.maximum(old + new, 1e-12)).astype(np.float32)
        self._bank.learn(slots, embeddings, momentum)
        if self._gallery is not None:
            self._gallery.learn(slots, embeddings)

    def begin(self, known: Int64Array, born: Int64Array, embeddings: Float32Array | None) -> None:
        """Give new tracks their slots.

        Args:
            known: ``(k, n)``, facts of the tracks that there are; slots of ended ones are given up now and then.
            born: ``(k, m)``, facts of the new ones; their slots are filled in.
            embeddings: float32 ``(m, D)``, as `read` returns them; None where they are not known.
        """
        slots = known[SLOT].copy()
        if self._bank.give_up(known[SLOT]) and self._gallery is not None:
            self._gallery.keep(slots)
        count = born.shape[1]
        born[SLOT] = self._bank.add(count, embeddings)
        if self._gallery is not None:
            self._gallery.add(count, embeddings)


def _distances(cosines: Float64Array) -> Float64Array:
    return np.maximum(1 - cosines, 0.0)
