"""Sweeps: the same data tracked with many settings, to find the best.

`Sweep` is what ``vtcore sweep`` runs::

    from vtcore.experiments import load_experiment
    from vtcore.sweeps import Sweep

    sweep = Sweep(load_experiment("sweep.toml", sweep=True), jobs=2)
    sweep.execute()
    print(sweep.best().parameters, sweep.best().values)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtcore.sweeps.sweep import Sweep as Sweep
    from vtcore.sweeps.trials import Trial as Trial

__all__ = ["Sweep", "Trial"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: the checking of experiments needs the options alone."""
    if name == "Sweep":
        from vtcore.sweeps.sweep import Sweep

        return Sweep
    if name == "Trial":
        from vtcore.sweeps.trials import Trial

        return Trial
    raise AttributeError(f"module 'vtcore.sweeps' has no attribute {name!r}")
