"""What became of a tracker that is started again after each failure: states of frames, and the expected overlap.

Kristan et al., The Visual Object Tracking VOT2015 challenge results, ICCV Workshops 2015 (expected average overlap), as
mmtracking 0.x (``eval_sot_vot``, Apache-2.0) computes it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from vtcore.instances import BoolArray, Float64Array

__all__ = ["FAILED", "PAUSED", "STARTED", "TRACKED", "accuracy_mask", "expected_overlaps", "fragments", "states_of"]

TRACKED, STARTED, FAILED, PAUSED = 0, 1, 2, 3
"""States of a frame: a result that counts, a start from the annotation, a failure, not tracked."""

States = npt.NDArray[np.uint8]


def states_of(has_result: BoolArray) -> States:
    """Return the state of each frame, uint8 ``(F,)``, from which frames have a result.

    The first result, and the first after a gap, is a start; the first frame of a gap is a failure, the rest a pause.
    Frames before the first result are a pause; where there is no result at all, the first frame is a failure.
    """
    states = np.full(len(has_result), PAUSED, np.uint8)
    before = np.concatenate([[False], has_result[:-1]])
    states[has_result] = TRACKED
    states[has_result & ~before] = STARTED
    states[~has_result & before] = FAILED
    if len(states) and not has_result.any():
        states[0] = FAILED
    return states


def accuracy_mask(states: States, burn_in: int) -> BoolArray:
    """Return which frames count for the accuracy: tracked ones, but the first ``burn_in`` from each start on."""
    frames = np.arange(len(states))
    starts = np.where(states == STARTED, frames, -1)
    since = frames - np.maximum.accumulate(starts) if len(states) else frames
    started_before = np.maximum.accumulate(starts) >= 0 if len(states) else np.zeros(0, bool)
    counted: BoolArray = (states == TRACKED) | ((states == STARTED) & (burn_in == 0))
    return counted & ~(started_before & (since < burn_in))


def fragments(overlaps: Float64Array, states: States) -> list[tuple[Float64Array, bool]]:
    """Return the overlaps from each start to its failure, or to the end, and whether it lasted to the end."""
    starts = np.flatnonzero(states == STARTED)
    failures = np.flatnonzero(states == FAILED)
    if not len(starts):
        return [(np.zeros(1), False)] if len(failures) else []
    found = []
    for start in starts.tolist():
        later = failures[failures > start]
        stop = int(later[0]) if len(later) else len(states)
        found.append((overlaps[start:stop], not len(later)))
    return found


def expected_overlaps(runs: Iterable[tuple[Float64Array, bool]]) -> Float64Array:
    """Return the overlap to be expected over each length.

    Entry n is the mean, over the runs that it is known for, of their mean overlap from frame 1 to frame n; frame 0 is
    where the run was started, and entry 0 its overlap. A run that failed goes on with overlaps of zero; one that lasted
    to the end of its sequence says nothing of longer ones.

    Args:
        runs: As `fragments` returns them, of all sequences.

    Returns:
        float64, as long as the longest run; empty without runs.
    """
    runs = [run for run in runs if len(run[0])]
    longest = max((len(overlaps) for overlaps, _ in runs), default=0)
    sums, counts = np.zeros(longest), np.zeros(longest)
    divisors = np.maximum(np.arange(longest), 1)
    for overlaps, lasted in runs:
        padded = np.zeros(longest)
        padded[: len(overlaps)] = overlaps
        means = np.concatenate([padded[:1], np.cumsum(padded[1:])]) / divisors
        known = len(overlaps) if lasted else longest
        sums[:known] += means[:known]
        counts[:known] += 1
    expected: Float64Array = sums / np.maximum(counts, 1)
    return expected
