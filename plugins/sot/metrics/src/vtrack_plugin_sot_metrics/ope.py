"""One-pass evaluation: success, precision and normalised precision.

Wu, Lim and Yang, Object Tracking Benchmark, TPAMI 2015, https://doi.org/10.1109/TPAMI.2014.2388226 (success and
precision); Mueller et al., TrackingNet, ECCV 2018, https://arxiv.org/abs/1803.10794 (normalised precision).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from vtcore.evaluation import EvaluatedSequence, FrameErrors
from vtcore.instances import Float64Array
from vtrack_plugin_sot_metrics.box_errors import BoxErrors, mmtracking_errors, pytracking_errors
from vtrack_plugin_sot_metrics.config import OpeConfig
from vtrack_plugin_sot_metrics.diagnosis import diagnose
from vtrack_plugin_sot_metrics.frame_errors import frame_errors
from vtrack_plugin_sot_metrics.target_tracks import TargetTrack, target_tracks

__all__ = ["CENTRE_THRESHOLDS", "NORMALISED_THRESHOLDS", "OVERLAP_THRESHOLDS", "Ope"]

OVERLAP_THRESHOLDS: Float64Array = np.arange(0.0, 1.05, 0.05)
CENTRE_THRESHOLDS: Float64Array = np.arange(51, dtype=np.float64)
NORMALISED_THRESHOLDS: Float64Array = CENTRE_THRESHOLDS / 100
_AT_20 = 20
"""Place of 20 pixels, and of 0.20, among the thresholds."""
_AT_50, _AT_75 = 10, 15

Record = dict[str, Any]


class Ope:
    """Success AUC, precision at 20 pixels, normalised precision at 0.20, OP50 and OP75, with their curves."""

    summary: ClassVar[tuple[str, ...]] = ("AUC", "Precision", "NormPrecision", "OP50", "OP75")

    def __init__(
        self, *, convention: str = "pytracking", exclude_invisible: bool = False, hidden: str = "lasot"
    ) -> None:
        """Choose whose numbers they are to be.

        Args:
            convention: ``"pytracking"`` or ``"mmtracking"``.
            exclude_invisible: Whether frames without a visible annotation are left out.
            hidden: With ``"pytracking"``, what becomes of such frames otherwise; see `OpeConfig`.

        Raises:
            ValueError: There is no such choice.
        """
        self.config = OpeConfig(convention=convention, exclude_invisible=exclude_invisible, hidden=hidden)

    def evaluate(self, sequence: EvaluatedSequence) -> Record:
        """Return the share of hits at each threshold, for each target.

        Returns:
            ``{"attributes": [...], "targets": {id: {"success": (21,), "precision": (51,), "normalised": (51,),
            "average_overlap": float or None, "frames": int}}}``; curves are NaN where no frame counts.

        Raises:
            DataError: An id stands twice in a frame.
        """
        targets = {track.id: self._record(track) for track in target_tracks(sequence)}
        return {"attributes": list(sequence.attributes), "targets": targets}

    def frame_errors(self, sequence: EvaluatedSequence) -> FrameErrors:
        """Return in which frames targets were met or missed, at an overlap of 0.5."""
        return frame_errors(sequence)

    def diagnose(self, sequence: EvaluatedSequence) -> list[str]:
        """Say why no result of a sequence meets its target beyond the first frame; nothing if any does."""
        return diagnose(sequence)

    def report(self, evaluated: Mapping[str, Record], classes: tuple[str, ...]) -> dict[str, Any]:
        """Average over tracks: COMBINED is what papers quote, all sequences weighed alike.

        Returns:
            As ``Metric.report``, with ``"by_attribute": {"<attribute>": {"COMBINED": {...}}}`` where sequences have
            attributes. A sequence of several targets is the mean of its tracks, which stand under ``"targets"``;
            COMBINED weighs all tracks alike.
        """
        tables = {"COMBINED": _table(_all_tracks(evaluated.values()))}
        for name, record in evaluated.items():
            tables[name] = _table(record["targets"].values())
            if len(record["targets"]) > 1:
                tables[name]["targets"] = {str(number): _table([each]) for number, each in record["targets"].items()}
        attributes = dict.fromkeys(name for record in evaluated.values() for name in record["attributes"])
        if attributes:
            tables["by_attribute"] = {
                name: {"COMBINED": _table(_all_tracks(r for r in evaluated.values() if name in r["attributes"]))}
                for name in attributes
            }
        return tables

    def _record(self, track: TargetTrack) -> Record:
        errors = self._errors(track)
        return {
            "success": _shares(errors.overlaps[:, None] > OVERLAP_THRESHOLDS, errors.frames),
            "precision": _shares(errors.centres[:, None] <= CENTRE_THRESHOLDS, errors.frames),
            "normalised": _shares(errors.normalised[:, None] <= NORMALISED_THRESHOLDS, errors.frames),
            "average_overlap": errors.average_overlap,
            "frames": errors.frames,
        }

    def _errors(self, track: TargetTrack) -> BoxErrors:
        config = self.config
        if config.convention == "mmtracking":
            return mmtracking_errors(track, exclude_invisible=config.exclude_invisible)
        return pytracking_errors(track, hidden=config.hidden, exclude_invisible=config.exclude_invisible)


def _all_tracks(records: Iterable[Record]) -> list[Record]:
    return [track for record in records for track in record["targets"].values()]


def _shares(hits: np.ndarray[Any, np.dtype[np.bool_]], frames: int) -> Float64Array:
    counts = hits.sum(axis=0).astype(np.float64)
    shares: Float64Array = counts / frames if frames else np.full(len(counts), np.nan)
    return shares


def _table(tracks: Iterable[Record]) -> dict[str, Any]:
    """Return one table of ``metrics.json``: means over tracks, all None where no track has a frame that counts."""
    counted = [track for track in tracks if track["frames"]]
    overlaps = [track["average_overlap"] for track in counted if track["average_overlap"] is not None]
    success = _mean(counted, "success", OVERLAP_THRESHOLDS)
    precision = _mean(counted, "precision", CENTRE_THRESHOLDS)
    normalised = _mean(counted, "normalised", NORMALISED_THRESHOLDS)
    return {
        "AUC": _number(success.mean()),
        "OP50": _number(success[_AT_50]),
        "OP75": _number(success[_AT_75]),
        "Precision": _number(precision[_AT_20]),
        "NormPrecision": _number(normalised[_AT_20]),
        "AverageOverlap": _number(np.mean(overlaps)) if overlaps else None,
        "Tracks": len(counted),
        "Frames": sum(track["frames"] for track in counted),
        "curves": {
            "overlap_thresholds": [round(value, 2) for value in OVERLAP_THRESHOLDS.tolist()],
            "success": [_number(value) for value in success],
            "centre_thresholds": CENTRE_THRESHOLDS.tolist(),
            "precision": [_number(value) for value in precision],
            "normalised_thresholds": NORMALISED_THRESHOLDS.tolist(),
            "normalised_precision": [_number(value) for value in normalised],
        },
    }


def _mean(tracks: list[Record], name: str, thresholds: Float64Array) -> Float64Array:
    if not tracks:
        return np.full(len(thresholds), np.nan)
    mean: Float64Array = np.mean([track[name] for track in tracks], axis=0)
    return mean


def _number(value: Any) -> float | None:
    """Return a number that JSON has: None for what is not one."""
    return float(value) if math.isfinite(value) else None
