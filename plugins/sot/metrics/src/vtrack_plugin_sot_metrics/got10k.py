"""Average overlap and success rates of GOT-10k, as its toolkit 0.1.3 computes them.

Huang, Zhao and Huang, GOT-10k: A Large High-Diversity Benchmark for Generic Object Tracking in the Wild, TPAMI 2021,
https://arxiv.org/abs/1810.11981; toolkit https://github.com/got-10k/toolkit (MIT).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import Float64Array
from vtrack_plugin_sot_metrics.box_errors import overlaps_of
from vtrack_plugin_sot_metrics.config import Got10kConfig
from vtrack_plugin_sot_metrics.diagnosis import diagnose
from vtrack_plugin_sot_metrics.target_tracks import TargetTrack, target_tracks

__all__ = ["Got10k"]

_THRESHOLDS: Float64Array = np.linspace(0, 1, 101)


class Got10k:
    """Average overlap (AO) and success rates at 0.5 and 0.75 over visible frames, the first left out."""

    summary: ClassVar[tuple[str, ...]] = ("AO", "SR50", "SR75")

    def __init__(self, *, clip: bool = True) -> None:
        """Choose how boxes are compared.

        Args:
            clip: Whether they are clipped to the picture first, as the toolkit does: corners beyond the left or upper
                border are moved onto it while the size stays, and the size ends at the right and lower border.
        """
        self.config = Got10kConfig(clip=clip)

    def evaluate(self, sequence: EvaluatedSequence) -> dict[str, Any]:
        """Return the overlaps that count.

        Returns:
            ``{"overlaps": float64 (n,), "length": int}``; the length is that of all frames but the first.

        Raises:
            DataError: An id stands twice in a frame, or boxes are to be clipped to a picture of unknown size.
        """
        tracks = target_tracks(sequence)
        overlaps = [self._overlaps(track, sequence) for track in tracks]
        return {
            "overlaps": np.concatenate([np.zeros(0), *overlaps]),
            "length": sum(max(len(track) - 1, 0) for track in tracks),
        }

    def diagnose(self, sequence: EvaluatedSequence) -> list[str]:
        """Say why no result of a sequence meets its target beyond the first frame; nothing if any does."""
        return diagnose(sequence)

    def report(self, evaluated: Mapping[str, dict[str, Any]], classes: tuple[str, ...]) -> dict[str, Any]:
        """Combine sequences: COMBINED weighs all frames alike, SEQUENCE_AVERAGED all sequences."""
        records = list(evaluated.values())
        everything = {
            "overlaps": np.concatenate([np.zeros(0), *(record["overlaps"] for record in records)]),
            "length": sum(record["length"] for record in records),
        }
        tables = {name: _table(record) for name, record in evaluated.items()}
        counted = [table for table in tables.values() if table["AO"] is not None]
        averaged = {
            name: float(np.mean([table[name] for table in counted])) if counted else None for name in self.summary
        }
        return {"COMBINED": _table(everything), "SEQUENCE_AVERAGED": averaged, **tables}

    def _overlaps(self, track: TargetTrack, sequence: EvaluatedSequence) -> Float64Array:
        counted = (track.is_annotated & (track.visibility > 0))[1:]
        truth, results = track.truth[1:][counted], track.results[1:][counted]
        if self.config.clip and len(truth):
            if not sequence.width or not sequence.height:
                raise DataError(
                    f"sequence {sequence.name!r}: boxes are to be clipped to the picture, but its size is not known: "
                    "have the images where the data set looks for them, or set clip = false"
                )
            truth, results = (_clipped(boxes, sequence.width, sequence.height) for boxes in (truth, results))
        return overlaps_of(results, truth)


def _clipped(ltwh: Float64Array, width: int, height: int) -> Float64Array:
    size = np.array([width, height], np.float64)
    origins = np.clip(ltwh[:, :2], 0, size)
    return np.concatenate([origins, np.clip(ltwh[:, 2:], 0, size - origins)], axis=1)


def _table(record: Mapping[str, Any]) -> dict[str, Any]:
    overlaps: Float64Array = record["overlaps"]
    counts = {"Frames": len(overlaps), "Length": record["length"]}
    if not len(overlaps):
        return {"AO": None, "SR50": None, "SR75": None, **counts}
    # Sorted, so that the curve needs no table of frames and thresholds.
    above = len(overlaps) - np.searchsorted(np.sort(overlaps), _THRESHOLDS, side="right")
    return {
        "AO": float(np.mean(overlaps)),
        "SR50": float(np.mean(overlaps > 0.5)),
        "SR75": float(np.mean(overlaps > 0.75)),
        **counts,
        "curves": {
            "overlap_thresholds": [round(value, 2) for value in _THRESHOLDS.tolist()],
            "success": (above / len(overlaps)).tolist(),
        },
    }
