"""What a person should know of a sweep before its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtcore.detection_cache.identity import DETECTING, detecting_needs
from vtcore.evaluation import beyond_the_end, truth_of
from vtcore.suggestions import listing

if TYPE_CHECKING:
    from vtcore.sweeps.sweep import Sweep

__all__ = ["sweep_notes"]


def sweep_notes(sweep: Sweep) -> list[str]:
    """Return what makes a sweep slow, or leaves part of it out, one line each."""
    notes = []
    experiment, space = sweep.experiment, sweep.space
    detecting = [parameter.name for parameter in space.parameters if str(parameter.key[0]) in DETECTING]
    if detecting and experiment.detector is not None and "image" in detecting_needs(experiment):
        notes.append(f"{listing(detecting)} changes detections: they are made anew for each different value")
    for sequence in sweep.sequences:
        notes += beyond_the_end(sequence, truth_of(sequence))
    if space.size is not None and sweep.plan.trials < space.size:
        notes.append(f"{sweep.plan.trials:,} of {space.size:,} settings are tried")
    return notes
