"""Progress bars of a run: frames a second and time left, on a terminal only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtcore.hookspecs import hookimpl

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Task, TaskID

    from vtcore.frames import Sequence
    from vtcore.runs.run import Run

__all__ = ["ProgressBars"]


_BARS = 8
"""Bars that stand at a time: more than a screen holds would hide the one that moves."""


class ProgressBars:
    """Watches a run through its hooks and draws one bar a sequence. Register with `PluginHost.register`."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`; nothing is drawn where it is not a terminal."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._drawn = console.is_terminal
        self._task: TaskID | None = None
        self._waiting = 0

    @hookimpl
    def vtcore_run_started(self, run: Run) -> None:
        """Start drawing."""
        self._progress.start()

    @hookimpl
    def vtcore_sequence_started(self, run: Run, sequence: Sequence) -> None:
        """Add the sequence's bar."""
        self._waiting = 0
        for task_id in self._progress.task_ids[: 1 - _BARS]:
            self._progress.remove_task(task_id)
        count = len(run.sequences)
        place = f"{run.sequences.index(sequence) + 1}/{count} " if count > 1 else ""
        self._task = self._progress.add_task(place + sequence.name, total=run.frames_expected(sequence), rate="")

    @hookimpl
    def vtcore_frame_done(self) -> None:
        """Count a frame; the bar itself is told ten times a second at most, by rich."""
        self._waiting += 1
        if self._drawn and self._waiting >= 10:
            self._advance()

    @hookimpl
    def vtcore_sequence_finished(self, run: Run, sequence: Sequence) -> None:
        """Fill the bar."""
        self._advance()
        if self._task is not None:
            self._progress.update(self._task, total=self._current().completed)
            self._progress.stop_task(self._task)

    @hookimpl
    def vtcore_run_finished(self) -> None:
        """Stop drawing."""
        self._progress.stop()

    def _current(self) -> Task:
        return next(task for task in self._progress.tasks if task.id == self._task)

    def _advance(self) -> None:
        if self._task is None:
            return
        task = self._current()
        speed = task.speed
        self._progress.update(self._task, advance=self._waiting, rate="" if speed is None else f"{speed:.0f} fps")
        self._waiting = 0
