"""CLEAR MOT of one sequence and class, over many frames at a time.

Bernardin and Stiefelhagen, EURASIP JIVP 2008, https://doi.org/10.1155/2008/246309. Every number is that of trackeval's
``CLEAR.eval_sequence`` (https://github.com/JonathonLuiten/TrackEval, MIT), bit by bit.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from scipy.optimize import linear_sum_assignment

from vtcore.instances import Float64Array, Int64Array
from vtrack_plugin_mot_metrics.frame_pairs import FramePairs
from vtrack_plugin_mot_metrics.preparation import PreparedClass
from vtrack_plugin_mot_metrics.sums import sum_by_frame

__all__ = ["clear_record"]

_EPSILON = float(np.finfo(np.float64).eps)
_KEEPS_MATCH = 1000
"""Worth of a pair that was matched in the frame before: more than any overlap."""
_LEAST_THRESHOLD = 1e-6
"""Below, boxes that do not overlap at all may match."""


@attrs.frozen(eq=False)
class _Matches:
    """Matched pairs in order: frame, number of the annotation's and of the result's identity, overlap."""

    frames: Int64Array
    truth: Int64Array
    results: Int64Array
    overlaps: Float64Array


def clear_record(scorer: Any, part: PreparedClass) -> dict[str, Any]:
    """Return what trackeval's CLEAR returns for a sequence.

    Args:
        scorer: trackeval's metric, for its threshold and last formulas.
        part: What is scored.
    """
    threshold: float = scorer.threshold
    if part.is_one_sided or threshold < _LEAST_THRESHOLD:
        record: dict[str, Any] = scorer.eval_sequence(part.for_trackeval())
        return record
    matches = _matches(part, threshold - _EPSILON)
    hits = len(matches.frames)
    res: dict[str, Any] = dict.fromkeys(scorer.fields, 0)
    res["CLR_TP"], res["CLR_FN"], res["CLR_FP"] = hits, len(part.truth_rows) - hits, len(part.result_rows) - hits
    res["MOTP_sum"] = sum_by_frame(matches.overlaps, matches.frames)
    res["IDSW"], res["Frag"] = _switches_and_gaps(part, matches)
    present = np.bincount(part.truth_numbers, minlength=part.truth_id_count)
    ratio = np.bincount(matches.truth, minlength=part.truth_id_count) / present
    res["MT"] = np.sum(np.greater(ratio, 0.8))
    res["PT"] = np.sum(np.greater_equal(ratio, 0.2)) - res["MT"]
    res["ML"] = part.truth_id_count - res["MT"] - res["PT"]
    res["CLR_Frames"] = part.length
    finished: dict[str, Any] = scorer._compute_final_fields(res)
    return finished


def _matches(part: PreparedClass, floor: float) -> _Matches:
    nobody = np.zeros(0, np.int64)
    before = nobody, nobody
    found: list[_Matches] = []
    for pairs in part.pairs:
        if not len(pairs.overlaps):
            continue
        matched, before = _match(part, pairs, floor, before)
        rows = pairs.rows()
        truth, results = part.truth_numbers[rows[0][matched]], part.result_numbers[rows[1][matched]]
        found.append(_Matches(pairs.frames(matched), truth, results, pairs.overlaps[matched]))
    if not found:
        return _Matches(nobody, nobody, nobody, np.zeros(0))
    columns = zip(*(attrs.astuple(each, recurse=False) for each in found), strict=True)
    return _Matches(*map(np.concatenate, columns))


def _match(
    part: PreparedClass, pairs: FramePairs, floor: float, before: tuple[Int64Array, Int64Array]
) -> tuple[Int64Array, tuple[Int64Array, Int64Array]]:
    """Match in every frame, keeping matches of the frame before it where boxes still overlap enough.

    Where no two pairs compete all of them match, whatever was before; only the others go one after the other.

    Args:
        part: What is scored.
        pairs: The frames.
        floor: Least overlap.
        before: Identities matched in the last frame before these that has boxes on both sides.

    Returns:
        The places of the matched pairs, and what is `before` for the next frames.
    """
    rows = pairs.rows()
    is_match = pairs.overlaps >= floor
    crowded = set(pairs.crowded(is_match, rows).tolist())
    sizes = np.diff(pairs.bounds)
    bounds, widths = pairs.bounds.tolist(), np.diff(pairs.result_bounds).tolist()
    occupied = np.flatnonzero(sizes).tolist()
    kept = np.full(part.truth_id_count, -1)

    def identities(place: int) -> tuple[Int64Array, Int64Array]:
        chosen = bounds[place] + np.flatnonzero(is_match[bounds[place] : bounds[place + 1]])
        return part.truth_numbers[rows[0][chosen]], part.result_numbers[rows[1][chosen]]

    for order, place in enumerate(occupied):
        if place not in crowded:
            continue
        here = slice(bounds[place], bounds[place + 1])
        owners, now = identities(occupied[order - 1]) if order else before
        kept[owners] = now
        truth, results = part.truth_numbers[rows[0][here]], part.result_numbers[rows[1][here]]
        worth = _KEEPS_MATCH * (results == kept[truth]) + pairs.overlaps[here]
        kept[owners] = -1
        worth[~is_match[here]] = 0
        chosen_truth, chosen_results = linear_sum_assignment(-worth.reshape(-1, widths[place]))
        best = np.zeros(len(worth), bool)
        best[chosen_truth * widths[place] + chosen_results] = True
        is_match[here] &= best & (worth > _EPSILON)
    return np.flatnonzero(is_match), identities(occupied[-1])


def _switches_and_gaps(part: PreparedClass, matches: _Matches) -> tuple[int, int]:
    """Return how often an annotation changed its result, and how often it was lost and found again.

    Frames without boxes on one side are passed over, as trackeval does.
    """
    if not len(matches.frames):
        return 0, 0
    occupied = (np.diff(part.truth_bounds) > 0) & (np.diff(part.result_bounds) > 0)
    turns = np.cumsum(occupied)[matches.frames]
    order = np.argsort(matches.truth, kind="stable")
    truth, results, turns = matches.truth[order], matches.results[order], turns[order]
    same = truth[1:] == truth[:-1]
    switches = np.count_nonzero(same & (results[1:] != results[:-1]))
    gaps = np.count_nonzero(same & (turns[1:] != turns[:-1] + 1))
    return int(switches), int(gaps)
