"""The table ``[sweep]``: what to try, how, and by which scores to judge."""

from __future__ import annotations

from typing import Any

import attrs

from vtcore.options import option

__all__ = ["DEFAULT_TRIALS", "SAMPLERS", "SweepOptions"]

SAMPLERS = ("auto", "grid", "random", "tpe")

DEFAULT_TRIALS = 100
"""Trials of a sampler that has no end of its own."""


@attrs.frozen(kw_only=True)
class SweepOptions:
    """The table ``[sweep]``."""

    sampler: str = option(
        "auto",
        "grid tries every combination, random draws, tpe learns from the trials before; auto is grid where every "
        "parameter has a list, else tpe.",
        choices=SAMPLERS,
    )
    trials: int | None = option(
        None,
        f"How many settings to try at most; when left out, all of a grid, and {DEFAULT_TRIALS} by random and tpe.",
        ge=1,
    )
    metrics: list[str] = option(
        factory=list,
        help="Scores to raise, metric.field as in metrics.json (hota.HOTA); a minus before it lowers one "
        "(-clear.IDSW). Several give a Pareto front. Empty means the first field of the first metric.",
    )
    seed: int = option(0, "Seed of random and tpe.", ge=0, le=2**32 - 1)
    picture_memory: int = option(
        1024,
        "Memory for decoded pictures that stay between trials, for all jobs together; those of a video that does not "
        "fit are decoded again in each trial. 0 keeps none.",
        unit="MB",
        ge=0,
    )
    parameters: dict[str, Any] = option(
        factory=dict,
        help="What to try, under the keys of the experiment: a list of values, or {low, high} with step or log.",
    )
