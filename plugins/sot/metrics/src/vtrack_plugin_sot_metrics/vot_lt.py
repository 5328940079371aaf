"""Scores of long-term tracking: precision, recall and F-score over the tracker's own confidence.

Lukezic, Cehovin Zajc, Vojir, Matas, Kristan: Now You See Me: Evaluating Performance in Long-Term Visual Tracking, 2018,
https://arxiv.org/abs/1804.07056, as the VOT-LT challenges use it. Which thresholds are tried was found by measuring
vot-toolkit 0.9.0, of whose code (GPL) none was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import Float64Array
from vtrack_plugin_sot_metrics.config import VotLtConfig
from vtrack_plugin_sot_metrics.diagnosis import diagnose
from vtrack_plugin_sot_metrics.target_tracks import target_tracks
from vtrack_plugin_sot_metrics.vot import track_overlaps

__all__ = ["VotLt", "confidence_thresholds", "precision_and_recall"]

Record = dict[str, Any]

_RECALLS: Float64Array = np.arange(101) / 100
"""At which recalls a curve of precision is drawn."""


class VotLt:
    """F-score of trackers that tell by their score whether the target is there, at the threshold that suits them."""

    summary: ClassVar[tuple[str, ...]] = ("F", "Precision", "Recall")

    def __init__(self, *, resolution: int = 100) -> None:
        """Choose how finely thresholds are tried.

        Args:
            resolution: Number of thresholds, those included that let everything and nothing pass.

        Raises:
            ValueError: There are fewer than 3.
        """
        self.config = VotLtConfig(resolution=resolution)

    def evaluate(self, sequence: EvaluatedSequence) -> Record:
        """Return overlap and score of each frame, for each target.

        Returns:
            ``{"targets": {id: {"overlaps": float64 (F,), "scores": float64 (F,), "present": int}}}``: overlaps are 0
            where the target is not to be seen; scores NaN where there is no result, and in the frame of the start;
            ``present`` counts the frames in which the target is to be seen, that of the start included.

        Raises:
            DataError: An id stands twice in a frame.
        """
        size = (sequence.width, sequence.height) if sequence.width and sequence.height else None
        targets = {}
        for track in target_tracks(sequence):
            present = track.is_annotated & track.is_visible
            scores = np.where(track.has_result, track.scores, np.nan)
            scores[:1] = np.nan
            targets[track.id] = {
                "overlaps": np.where(present, track_overlaps(track, size), 0.0),
                "scores": scores,
                "present": int(present.sum()),
            }
        return {"targets": targets}

    def diagnose(self, sequence: EvaluatedSequence) -> list[str]:
        """Say why no result meets its target; nothing if all is as it should be."""
        return diagnose(sequence)

    def explain(self, evaluated: Mapping[str, Record]) -> list[str]:
        """Say that scores tell nothing apart."""
        scores = np.concatenate([track["scores"] for track in _tracks(evaluated.values())] or [np.zeros(0)])
        known = np.unique(scores[~np.isnan(scores)])
        if len(known) != 1:
            return []
        return [
            f"vot-lt: all results have the score {known[0]:g}, so that no threshold leaves out a frame: the F-score is "
            "meant for trackers whose score tells whether the target is there"
        ]

    def report(self, evaluated: Mapping[str, Record], classes: tuple[str, ...]) -> dict[str, Any]:
        """Average precision and recall over targets at each threshold, and take the threshold with the best F-score.

        Returns:
            As ``Metric.report``: ``F``, ``Precision``, ``Recall`` and ``Threshold``, the lowest score that counts, of
            all targets together; those of a sequence are at the same threshold. None where there is no target, or
            no result; an F-score of 0 has no threshold.
        """
        thresholds = confidence_thresholds(
            np.concatenate([track["scores"] for track in _tracks(evaluated.values())] or [np.zeros(0)]),
            self.config.resolution,
        )
        of_sequence = {
            name: [precision_and_recall(track, thresholds) for track in _tracks([record])]
            for name, record in evaluated.items()
        }
        curves = _mean([each for found in of_sequence.values() for each in found])
        best = None if curves is None else int(_f_scores(curves).argmax())
        tables = {"COMBINED": _table(curves, best, thresholds)}
        tables["COMBINED"]["Frames"] = sum(len(track["scores"]) for track in _tracks(evaluated.values()))
        if curves is not None:
            tables["COMBINED"]["curves"] = _drawn(curves, thresholds)
        for name, found in of_sequence.items():
            tables[name] = _table(_mean(found), best, thresholds)
            tables[name]["Frames"] = sum(len(track["scores"]) for track in _tracks([evaluated[name]]))
        return tables


def confidence_thresholds(scores: Float64Array, resolution: int = 100) -> Float64Array:
    """Return the thresholds that are tried: scores at even distances among all of them.

    Args:
        scores: Of all frames of all sequences; NaN counts for nothing.
        resolution: How many there are at most.

    Returns:
        Descending, from infinity, which nothing reaches, to minus infinity.
    """
    descending = np.sort(scores[~np.isnan(scores)])[::-1]
    wanted, count = resolution - 2, len(descending)
    if count > wanted:
        step = count // wanted
        descending = descending[np.rint(np.linspace(step, count - step, wanted)).astype(np.int64)]
    return np.concatenate([[np.inf], descending, [-np.inf]])


def precision_and_recall(track: Record, thresholds: Float64Array) -> Float64Array | None:
    """Return precision and recall of a target at each threshold, float64 ``(2, K)``.

    Precision is the mean overlap of the frames whose score reaches the threshold, 1 where none does; recall their
    overlap by the number of frames in which the target is to be seen.

    Returns:
        None where the target is never to be seen.
    """
    if not track["present"]:
        return None
    counted = np.flatnonzero(~np.isnan(track["scores"]))
    order = counted[np.argsort(-track["scores"][counted], kind="stable")]
    sums = np.concatenate([[0.0], np.cumsum(track["overlaps"][order])])
    reached = np.searchsorted(-track["scores"][order], -thresholds, side="right")
    precision = np.divide(sums[reached], reached, out=np.ones(len(thresholds)), where=reached > 0)
    return np.stack([precision, sums[reached] / track["present"]])


def _tracks(records: Iterable[Record]) -> list[Record]:
    return [track for record in records for track in record["targets"].values()]


def _mean(curves: list[Float64Array | None]) -> Float64Array | None:
    known = [each for each in curves if each is not None]
    return np.mean(known, axis=0) if known else None


def _f_scores(curves: Float64Array) -> Float64Array:
    precision, recall = curves
    total = precision + recall
    found: Float64Array = 2 * np.divide(precision * recall, total, out=np.zeros(len(total)), where=total > 0)
    return found


def _table(curves: Float64Array | None, best: int | None, thresholds: Float64Array) -> dict[str, Any]:
    if curves is None or best is None:
        return {"F": None, "Precision": None, "Recall": None, "Threshold": None}
    score = float(_f_scores(curves)[best])
    precision, recall = curves[:, best].tolist() if score else (0.0, 0.0)
    # Whatever passes at minus infinity passes at the lowest score, too.
    lowest = thresholds[best] if np.isfinite(thresholds[best]) else thresholds[-2]
    known = score and np.isfinite(lowest)
    return {"F": score, "Precision": precision, "Recall": recall, "Threshold": float(lowest) if known else None}


def _drawn(curves: Float64Array, thresholds: Float64Array) -> dict[str, list[float]]:
    """Return the curves by names that reports draw, at recalls in even steps, and as they are at finite thresholds."""
    precision, recall = curves
    reached = _RECALLS[recall[-1] >= _RECALLS]
    finite = np.isfinite(thresholds)
    return {
        "recalls": reached.tolist(),
        "precision_at_recall": np.interp(reached, recall, precision).tolist(),
        "score_thresholds": thresholds[finite].tolist(),
        "score_precision": precision[finite].tolist(),
        "score_recall": recall[finite].tolist(),
    }
