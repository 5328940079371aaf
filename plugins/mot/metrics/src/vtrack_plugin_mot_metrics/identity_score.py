"""Identity F1 of one sequence and class, over many frames at a time.

Ristani et al., ECCV Workshops 2016, https://arxiv.org/abs/1609.01775. Every number is that of trackeval's
``Identity.eval_sequence`` (https://github.com/JonathonLuiten/TrackEval, MIT): all that is added up are counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtrack_plugin_mot_metrics.preparation import PreparedClass

__all__ = ["identity_record"]

_FORBIDDEN = 1e10
"""Cost of leaving an identity to another one's absence."""


def identity_record(scorer: Any, part: PreparedClass) -> dict[str, Any]:
    """Return what trackeval's Identity returns for a sequence.

    Args:
        scorer: trackeval's metric, for its threshold and last formulas.
        part: What is scored.
    """
    if part.is_one_sided:
        record: dict[str, Any] = scorer.eval_sequence(part.for_trackeval())
        return record
    truth_counts, result_counts = (counts.reshape(-1) for counts in part.id_counts())
    truths, results = part.truth_id_count, part.result_id_count
    together = np.zeros(truths * results)
    for pairs in part.pairs:
        hits = part.cells(pairs)[pairs.overlaps >= scorer.threshold]
        together += np.bincount(hits, minlength=len(together))
    missed, false = np.zeros((2, truths + results, truths + results))
    false[truths:, :results] = _FORBIDDEN
    missed[:truths, results:] = _FORBIDDEN
    missed[:truths, :results] = truth_counts[:, np.newaxis]
    missed[np.arange(truths), results + np.arange(truths)] = truth_counts
    false[:truths, :results] = result_counts
    false[truths + np.arange(results), np.arange(results)] = result_counts
    missed[:truths, :results] -= together.reshape(truths, results)
    false[:truths, :results] -= together.reshape(truths, results)
    chosen = linear_sum_assignment(missed + false)
    res: dict[str, Any] = dict.fromkeys(scorer.fields, 0)
    res["IDFN"] = int(missed[chosen].sum())
    res["IDFP"] = int(false[chosen].sum())
    res["IDTP"] = int(truth_counts.sum() - res["IDFN"])
    finished: dict[str, Any] = scorer._compute_final_fields(res)
    return finished
