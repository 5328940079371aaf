"""Which boxes count as right, false, missed or switched in each frame, by the matching of the CLEAR metrics.

Bernardin and Stiefelhagen, EURASIP JIVP 2008, as trackeval (MIT) computes them: matches of the frame before are kept
where their boxes still overlap enough, the rest is matched for the greatest overlap. Sums over the frames equal
``CLR_TP``, ``CLR_FP``, ``CLR_FN`` and ``IDSW``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.evaluation import FrameErrors
from vtcore.instances import Int64Array
from vtrack_plugin_mot_metrics.preparation import PreparedClass

__all__ = ["frame_errors"]

_EPSILON = float(np.finfo(np.float64).eps)
_NOBODY = -1
_KEEPS_MATCH = 1000.0
"""Worth of a pair that was matched in the frame before: more than any overlap."""


def frame_errors(prepared: Iterable[PreparedClass], length: int, threshold: float) -> FrameErrors:
    """Match frame by frame and note what went wrong.

    Args:
        prepared: Classes of one sequence; their errors are added up.
        length: Number of frames.
        threshold: Overlap from which a result may match.
    """
    counts = {name: np.zeros(length, np.int64) for name in ("tp", "fp", "fn", "idsw")}
    rows: dict[str, list[Int64Array]] = {"fp": [], "fn": [], "idsw": []}
    for part in prepared:
        _match_class(part, threshold, counts, rows)
    joined = {f"{name}_rows": np.sort(np.concatenate([np.zeros(0, np.int64), *found])) for name, found in rows.items()}
    return FrameErrors(**counts, **joined)


def _match_class(
    part: PreparedClass, threshold: float, counts: dict[str, Int64Array], rows: dict[str, list[Int64Array]]
) -> None:
    last_match = np.full(part.truth_id_count, _NOBODY)
    # Frames with nothing on one side leave this as it is: so does the evaluator.
    match_before = np.full(part.truth_id_count, _NOBODY)
    truth_start = result_start = 0
    for frame, (truth_ids, result_ids) in enumerate(zip(part.truth_ids, part.result_ids, strict=True)):
        truth_rows = part.truth_rows[truth_start : truth_start + len(truth_ids)]
        result_rows = part.result_rows[result_start : result_start + len(result_ids)]
        truth_start += len(truth_ids)
        result_start += len(result_ids)
        matched_truth = matched_results = np.zeros(0, np.int64)
        if len(truth_ids) and len(result_ids):
            overlaps = part.overlaps[frame]
            worth = overlaps + _KEEPS_MATCH * (result_ids == match_before[truth_ids][:, np.newaxis])
            worth[overlaps < threshold - _EPSILON] = 0
            matched_truth, matched_results = linear_sum_assignment(-worth)
            good = worth[matched_truth, matched_results] > _EPSILON
            matched_truth, matched_results = matched_truth[good], matched_results[good]
            owners = truth_ids[matched_truth]
            before, now = last_match[owners], result_ids[matched_results]
            switched = result_rows[matched_results[(before != _NOBODY) & (before != now)]]
            last_match[owners] = now
            match_before[:] = _NOBODY
            match_before[owners] = now
            counts["idsw"][frame] += len(switched)
            rows["idsw"].append(switched)
        counts["tp"][frame] += len(matched_truth)
        counts["fn"][frame] += len(truth_ids) - len(matched_truth)
        counts["fp"][frame] += len(result_ids) - len(matched_truth)
        rows["fn"].append(np.delete(truth_rows, matched_truth))
        rows["fp"].append(np.delete(result_rows, matched_results))
