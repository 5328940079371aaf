"""What the trackers that match by appearance share, whatever their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtcore.instances import BoolArray, Float32Array, Float64Array, Instances, Int64Array
from vtrack_common_mot.appearance.config import AppearanceSortConfig
from vtrack_common_mot.gallery import UNKNOWN, Gallery
from vtrack_common_mot.kalman import GATES, XyahFilter
from vtrack_common_mot.overlap import BoxReader
from vtrack_common_mot.rows import ID, LABEL, LAST, START, TrackRows
from vtrack_common_mot.tracker import BoxTracker

if TYPE_CHECKING:
    from vtcore.frames import Frame, Sequence

__all__ = ["FACTS", "HITS", "SLOT", "AppearanceTracker"]

HITS = 4
"""Row of the facts: frames in which the track was seen."""
SLOT = 5
"""Row of the facts: its slot in the gallery, `UNKNOWN` if nothing is known of its appearance."""
FACTS = 6
"""Rows of the facts."""

_STILL = np.eye(2, 3)
_LEAST_SIDE = 1e-6


class AppearanceTracker(BoxTracker):
    """A Kalman filter, a gallery of embeddings and a camera; a subclass says by what rules tracks live."""

    _STATE: ClassVar[tuple[str, ...]] = ("_rows", "_gallery", "_camera")

    def __init__(self, config: AppearanceSortConfig, *, normalise: bool) -> None:
        """Take the options.

        Args:
            config: All of them.
            normalise: Bring embeddings to length 1.
        """
        self._config = config
        self._camera = config.camera_motion
        self._reader = BoxReader()
        self._filter = XyahFilter()
        self._gallery = Gallery(
            config.gallery,
            size=config.gallery_size,
            metric=config.metric,
            momentum=config.appearance_momentum,
            normalise=normalise,
        )
        self._by_place = config.gate == "position"
        self._gate = np.inf if config.gate == "none" else GATES[2 if self._by_place else 4]
        super().__init__(clock=config.clock, persist=config.persist)

    def _start(self, sequence: Sequence | None) -> None:
        self._rows = self._no_rows()
        self._gallery.clear()
        if self._camera is not None:
            self._camera.reset(sequence)

    def _proceed(self, sequence: Sequence) -> None:
        if self._camera is not None:
            self._camera.proceed(sequence)

    def _no_rows(self) -> TrackRows:
        """Return what holds the tracks, empty."""
        return TrackRows(FACTS)

    def _camera_warp(self, frame: Frame | None, detections: Instances) -> Float64Array | None:
        """Return the warp from the frame before to this one, None where the camera stands still."""
        if self._camera is None:
            return None
        warp = self._camera.estimate(frame, detections)
        return None if (warp == _STILL).all() else warp

    def _carried(self, motion: Float64Array, warp: Float64Array) -> Float64Array:
        """Return tracks as a moved camera sees them: the upper left and lower right corners go through the warp.

        Velocities and uncertainty stay as they were.

        Args:
            motion: ``(ROWS, n)``.
            warp: float64 ``(2, 3)``.
        """
        corners = self._filter.shapes(motion)[6:]
        turn, shift = warp[:, :2], warp[:, 2:]
        first, last = turn @ corners[:2] + shift, turn @ corners[2:] + shift
        moved: Float64Array = motion.copy()
        moved[:2] = (first + last) / 2
        width, height = last - first
        moved[2] = width / np.where(np.abs(height) < _LEAST_SIDE, _LEAST_SIDE, height)
        moved[3] = height
        return moved

    def _same_class(self, tracks: Int64Array, labels: Int64Array) -> BoolArray:
        """Return which tracks and detections may be of one class, bool ``(n, m)``.

        Args:
            tracks: int64 ``(n,)``, columns.
            labels: int64 ``(m,)``, of the detections.
        """
        if not self._config.per_class:
            return np.ones((len(tracks), len(labels)), bool)
        same: BoolArray = self._rows.facts[LABEL].take(tracks)[:, None] == labels
        return same

    def _cost(self, distance: Float64Array, motion: Float64Array) -> Float64Array:
        """Return the cost of pairs by appearance and, by its weight, motion.

        Args:
            distance: float64 ``(n, m)``, of appearances, infinite where not known.
            motion: float64 ``(n, m)``, squared Mahalanobis distance.
        """
        weight = self._config.motion_weight
        if not weight:
            return distance
        known = np.isfinite(distance)
        return np.where(known, (1 - weight) * np.where(known, distance, 0.0) + weight * motion, np.inf)

    def _corrected(self, motion: Float64Array, measured: Float64Array, scores: Float32Array) -> Float64Array:
        """Correct tracks by what was measured, in place, and return them.

        Args:
            motion: ``(ROWS, n)``.
            measured: ``(4, n)``, coordinates of the filter.
            scores: ``(n,)``.
        """
        surety = np.clip(scores.astype(np.float64), 0, 1) if self._config.nsa else None
        self._filter.update(motion, measured, surety)
        return motion

    def _births(self, labels: Int64Array, embeddings: Float32Array | None) -> Int64Array:
        """Return the facts of new tracks, int64 ``(FACTS, n)``.

        Args:
            labels: int64 ``(n,)``.
            embeddings: float32 ``(n, D)`` or None.
        """
        facts = np.empty((FACTS, len(labels)), np.int64)
        facts[ID] = self._new_ids(len(labels))
        facts[START] = facts[LAST] = self._tick
        facts[LABEL] = labels
        facts[HITS] = 1
        facts[SLOT] = UNKNOWN
        if embeddings is not None:
            facts[SLOT] = self._gallery.learn(facts[SLOT], embeddings)
        return facts

    def _learn(self, tracks: Int64Array, embeddings: Float32Array | None) -> None:
        """Take note of the appearance of tracks that were seen.

        Args:
            tracks: int64 ``(n,)``, columns.
            embeddings: float32 ``(n, D)`` or None.
        """
        if embeddings is not None and len(tracks):
            slots = self._rows.facts[SLOT]
            slots[tracks] = self._gallery.learn(slots.take(tracks), embeddings)
