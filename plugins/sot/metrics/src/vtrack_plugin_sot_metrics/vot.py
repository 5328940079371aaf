"""Scores of the VOT challenge with starts after failures: accuracy, robustness, expected average overlap.

Kristan et al., A Novel Performance Evaluation Methodology for Single-Target Trackers, TPAMI 2016,
https://arxiv.org/abs/1503.01313; the arithmetic is that of mmtracking 0.x (``eval_sot_vot``, Apache-2.0) with the
overlaps of vot-toolkit 0.5.3 (`region_overlap`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from vtcore.evaluation import EvaluatedSequence
from vtcore.instances import BoolArray, Float64Array
from vtrack_plugin_sot_metrics.config import INTERVALS, VotConfig
from vtrack_plugin_sot_metrics.diagnosis import diagnose
from vtrack_plugin_sot_metrics.region_overlap import Regions, region_overlaps
from vtrack_plugin_sot_metrics.reset_runs import (
    FAILED,
    TRACKED,
    accuracy_mask,
    expected_overlaps,
    fragments,
    states_of,
)
from vtrack_plugin_sot_metrics.target_tracks import TargetTrack, target_tracks

__all__ = ["Vot", "track_overlaps"]

Record = dict[str, Any]


class Vot:
    """Expected average overlap (EAO), accuracy and robustness of results of the protocol ``vot-reset``."""

    summary: ClassVar[tuple[str, ...]] = ("EAO", "Accuracy", "Robustness", "Failures")

    def __init__(self, *, year: int = 2018, interval: Iterable[int] = (), burn_in: int = 10) -> None:
        """Choose the challenge.

        Args:
            year: 2015 to 2019, which says over which lengths the expected overlap is averaged.
            interval: First and last length, in frames, in place of the year's.
            burn_in: Frames from each start on that do not count for the accuracy.

        Raises:
            ValueError: The year is none of those, or the interval is none.
        """
        self.config = VotConfig(year=year, interval=tuple(interval), burn_in=burn_in)

    def evaluate(self, sequence: EvaluatedSequence) -> Record:
        """Return overlap and state of each frame, for each target.

        Returns:
            ``{"targets": {id: {"overlaps": float64 (F,), "states": uint8 (F,), "tags": {name: bool (F,)}}}}``; states
            are those of `reset_runs`, the overlap of frames that were not tracked is 0.

        Raises:
            DataError: An id stands twice in a frame.
        """
        size = (sequence.width, sequence.height) if sequence.width and sequence.height else None
        tags = _tags(sequence)
        targets = {}
        for track in target_tracks(sequence):
            states = states_of(track.has_result)
            overlaps = np.where(states == TRACKED, track_overlaps(track, size), 0)
            inside = slice(track.start, track.start + len(track))
            targets[track.id] = {
                "overlaps": overlaps,
                "states": states,
                "tags": {name: values[inside] for name, values in tags.items()},
            }
        return {"targets": targets}

    def diagnose(self, sequence: EvaluatedSequence) -> list[str]:
        """Say why no result meets its target, or that nothing was started again; nothing if all is as it should be."""
        found = diagnose(sequence)
        if found:
            return found
        annotated = {track.id: track.is_annotated for track in target_tracks(sequence)}
        for number, track in self.evaluate(sequence)["targets"].items():
            # A frame without annotation is no failure.
            missed = (track["overlaps"] == 0) & annotated[number]
            lost = int((missed & (track["states"] == TRACKED)).sum())
            if lost and not (track["states"] == FAILED).any():
                return [
                    f"sequence {sequence.name!r}: {lost} results do not meet their target, and the tracker was not "
                    "started again: these scores are meant for runs with protocol.type = 'vot-reset'"
                ]
        return []

    def explain(self, evaluated: Mapping[str, Record]) -> list[str]:
        """Say why there is no expected overlap, or no accuracy, of all sequences together."""
        tracks = [track for record in evaluated.values() for track in record["targets"].values()]
        if not tracks:
            return []
        found = []
        (low, high), burn_in = self._interval(), self.config.burn_in
        runs = [run for track in tracks for run, _ in fragments(track["overlaps"], track["states"])]
        longest = max(map(len, runs), default=0)
        if longest <= low:
            found.append(
                f"vot: there is no EAO: it is the mean over lengths of {low} to {high} frames, and the longest run has "
                f"{longest}; set the metric's interval"
            )
        if not any(accuracy_mask(track["states"], burn_in).any() for track in tracks):
            found.append(
                f"vot: no frame counts for the accuracy, which is 0 therefore: each is one of the first {burn_in} from "
                "a start, or was not tracked; lower the metric's burn_in"
            )
        return found

    def _interval(self) -> tuple[int, int]:
        low, high = self.config.interval or INTERVALS[self.config.year]
        return low, high

    def report(self, evaluated: Mapping[str, Record], classes: tuple[str, ...]) -> dict[str, Any]:
        """Combine sequences: frames weigh alike for accuracy and robustness, runs for the expected overlap.

        Returns:
            As ``Metric.report``: ``EAO``, None where no run is as long as the interval's first length; ``Accuracy``;
            ``Robustness``, failures by frames (papers give it by 100 frames); ``Failures``. With
            ``"by_attribute": {"<tag>": {"COMBINED": {...}}}`` where frames have tags, of the frames with the tag
            (``empty``: with none).
        """
        tracks = {name: list(record["targets"].values()) for name, record in evaluated.items()}
        everything = [track for found in tracks.values() for track in found]
        tables = {"COMBINED": self._table(everything, curves=True)}
        tables |= {name: self._table(found) for name, found in tracks.items()}
        tags = dict.fromkeys(name for track in everything for name in track["tags"])
        if tags:
            tables["by_attribute"] = {name: {"COMBINED": self._tag_table(everything, name)} for name in tags}
        return tables

    def _table(self, tracks: list[Record], *, curves: bool = False) -> dict[str, Any]:
        expected = expected_overlaps(run for track in tracks for run in fragments(track["overlaps"], track["states"]))
        low, high = self._interval()
        within = expected[low : high + 1]
        masks = [accuracy_mask(track["states"], self.config.burn_in) for track in tracks]
        table: dict[str, Any] = {"EAO": float(within.mean()) if len(within) else None}
        table |= _accuracy_and_robustness(tracks, masks, [np.ones(len(mask), bool) for mask in masks])
        if curves and len(expected):
            table["curves"] = {
                "lengths": list(range(len(expected))),
                "expected_overlap": expected.tolist(),
                "interval": [low, high],
            }
        return table

    def _tag_table(self, tracks: list[Record], tag: str) -> dict[str, Any]:
        tagged = [track for track in tracks if tag in track["tags"]]
        masks = [accuracy_mask(track["states"], self.config.burn_in) for track in tagged]
        return _accuracy_and_robustness(tagged, masks, [track["tags"][tag] for track in tagged])


def track_overlaps(track: TargetTrack, size: tuple[int, int] | None) -> Float64Array:
    """Return the region overlap of each frame, float64 ``(F,)``; 0 where there is no annotation or no result.

    Args:
        track: Annotations and results. Rows of a sequence with rotated boxes are compared as polygons, others as
            rectangles.
        size: Width and height of the picture, None where they are not known.
    """
    both = track.is_annotated & track.has_result
    overlaps = np.zeros(len(track))
    overlaps[both] = region_overlaps(
        _regions(track.results, track.result_polygons, both), _regions(track.truth, track.truth_polygons, both), size
    )
    return overlaps


def _regions(boxes: Float64Array, polygons: Float64Array | None, rows: BoolArray) -> Regions:
    return Regions.rectangles(boxes[rows]) if polygons is None else Regions.polygons(polygons[rows])


def _tags(sequence: EvaluatedSequence) -> dict[str, BoolArray]:
    """Return the labels that say yes or no of each frame, and where none of them says yes."""
    labels = {name: np.asarray(values) for name, values in sequence.frame_labels.items()}
    tags = {
        name: values.astype(bool)
        for name, values in labels.items()
        if values.dtype.kind in "bui" and ((values == 0) | (values == 1)).all()
    }
    if tags and "empty" not in tags:
        tags["empty"] = ~np.any(list(tags.values()), axis=0)
    return tags


def _accuracy_and_robustness(tracks: list[Record], masks: list[BoolArray], chosen: list[BoolArray]) -> dict[str, Any]:
    """Return accuracy and robustness over chosen frames of tracks, each track weighed by the number of its frames."""
    weights = [int(rows.sum()) for rows in chosen]
    failures = sum(int((track["states"][rows] == FAILED).sum()) for track, rows in zip(tracks, chosen, strict=True))
    total = sum(weights)
    table: dict[str, Any] = {"Accuracy": None, "Robustness": None, "Failures": failures, "Frames": total}
    if total:
        means = [
            float(track["overlaps"][mask & rows].mean()) if (mask & rows).any() else 0.0
            for track, mask, rows in zip(tracks, masks, chosen, strict=True)
        ]
        table["Accuracy"] = sum(mean * weight for mean, weight in zip(means, weights, strict=True)) / total
        table["Robustness"] = failures / total
    return table
