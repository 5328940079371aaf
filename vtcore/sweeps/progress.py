"""How far a sweep is: a bar on a terminal, a line for each new best elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from vtcore.sweeps.report import score_text

if TYPE_CHECKING:
    from rich.console import Console

    from vtcore.sweeps.sweep import Sweep
    from vtcore.sweeps.trials import Trial

__all__ = ["SweepProgress"]


class SweepProgress:
    """Shows the trials of a sweep while it goes on, within a ``with`` statement."""

    def __init__(self, sweep: Sweep, console: Console) -> None:
        """Draw on `console`; nothing is drawn where it is not a terminal, but every new best is told."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._sweep = sweep
        self._console = console
        self._best: Trial | None = None
        self._progress = Progress(
            TextColumn("trials"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("trials", total=sweep.plan.trials, best="")

    def __enter__(self) -> SweepProgress:
        self._progress.start()
        return self

    def trial_done(self, trial: Trial) -> None:
        """Count a trial, and tell of the best."""
        best = self._sweep.best()
        if best is not None and best is not self._best:
            scores = ", ".join(f"{name} {score_text(value)}" for name, value in best.values.items())
            self._progress.update(self._task, best=f"best: {scores}")
            if not self._console.is_terminal:
                self._console.print(f"trial {best.number}: {scores}", soft_wrap=True)
            self._best = best
        self._progress.update(self._task, completed=len(self._sweep.trials))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()
