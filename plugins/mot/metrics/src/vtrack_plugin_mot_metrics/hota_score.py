"""HOTA of one sequence and class, over many frames at a time.

Luiten et al., HOTA, IJCV 2021, https://arxiv.org/abs/2009.07736. Every number is that of trackeval's
``HOTA.eval_sequence`` (https://github.com/JonathonLuiten/TrackEval, MIT), bit by bit: sums of floats are taken in its
order, frame after frame, and sums of counts are exact in any.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vtcore.instances import Float64Array, Int64Array
from vtrack_plugin_mot_metrics.frame_pairs import FramePairs
from vtrack_plugin_mot_metrics.preparation import PreparedClass
from vtrack_plugin_mot_metrics.sums import sum_by_frame

__all__ = ["hota_record"]

_EPSILON = float(np.finfo(np.float64).eps)


def hota_record(scorer: Any, part: PreparedClass) -> dict[str, Any]:
    """Return what trackeval's HOTA returns for a sequence.

    Args:
        scorer: trackeval's metric, for its thresholds and last formulas.
        part: What is scored.
    """
    if part.is_one_sided:
        record: dict[str, Any] = scorer.eval_sequence(part.for_trackeval())
        return record
    truth_counts, result_counts = part.id_counts()
    alignment = _alignment(part, truth_counts, result_counts)
    overlaps, frames, cells = _matches(part, alignment)
    alphas = scorer.array_labels
    count = len(alphas)
    res: dict[str, Any] = {name: np.zeros(count) for name in (*scorer.float_array_fields, *scorer.integer_array_fields)}
    res.update(dict.fromkeys(scorer.float_fields, 0))
    both, at_least = truth_counts + result_counts, np.maximum(1, truth_counts)
    result_at_least = np.maximum(1, result_counts)
    for place, alpha in enumerate(alphas):
        good = overlaps >= alpha - _EPSILON
        hits = int(np.count_nonzero(good))
        res["HOTA_TP"][place] = hits
        res["LocA"][place] = sum_by_frame(overlaps[good], frames[good])
        matches = np.bincount(cells[good], minlength=alignment.size).reshape(alignment.shape).astype(np.float64)
        for name, whole in (
            ("AssA", np.maximum(1, both - matches)),
            ("AssRe", at_least),
            ("AssPr", result_at_least),
        ):
            res[name][place] = np.sum(matches * (matches / whole)) / np.maximum(1, res["HOTA_TP"][place])
    res["HOTA_FN"] = len(part.truth_rows) - res["HOTA_TP"]
    res["HOTA_FP"] = len(part.result_rows) - res["HOTA_TP"]
    res["LocA"] = np.maximum(1e-10, res["LocA"]) / np.maximum(1e-10, res["HOTA_TP"])
    finished: dict[str, Any] = scorer._compute_final_fields(res)
    return finished


def _alignment(part: PreparedClass, truth_counts: Float64Array, result_counts: Float64Array) -> Float64Array:
    """Return how well each pair of identities fits over the whole sequence, ``(truth ids, result ids)``."""
    potential = np.zeros((part.truth_id_count, part.result_id_count))
    flat = potential.reshape(-1)
    for pairs in part.pairs:
        if len(pairs.overlaps):
            # One after the other, as the frames come: what a cell holds depends on the order.
            np.add.at(flat, part.cells(pairs), _shares(pairs))
    fitting: Float64Array = potential / (truth_counts + result_counts - potential)
    return fitting


def _shares(pairs: FramePairs) -> Float64Array:
    """Return each pair's overlap over all overlap of its two boxes, 0 where there is none."""
    by_truth, by_result = [], []
    for block in pairs.blocks(pairs.overlaps):
        # Here numpy's order of summation counts, which depends on the frame's shape.
        by_truth.append(np.add.reduce(block, 1))
        by_result.append(np.add.reduce(block, 0))
    truth, results = pairs.rows()
    all_of = np.concatenate(by_result)[results - pairs.result_bounds[0]]
    all_of += np.concatenate(by_truth)[truth - pairs.truth_bounds[0]]
    all_of -= pairs.overlaps
    shares: Float64Array = np.zeros(len(all_of))
    np.divide(pairs.overlaps, all_of, out=shares, where=all_of > _EPSILON)
    return shares


def _matches(part: PreparedClass, alignment: Float64Array) -> tuple[Float64Array, Int64Array, Int64Array]:
    """Return overlap, frame and cell of `alignment` of each matched pair, in order."""
    found: list[tuple[Float64Array, Int64Array, Int64Array]] = []
    flat = alignment.reshape(-1)
    for pairs in part.pairs:
        cells = part.cells(pairs)
        matched = pairs.matched(flat[cells] * pairs.overlaps)
        found.append((pairs.overlaps[matched], pairs.frames(matched), cells[matched]))
    overlaps, frames, cells = (np.concatenate(column) for column in zip(*found, strict=True))
    return overlaps, frames, cells
