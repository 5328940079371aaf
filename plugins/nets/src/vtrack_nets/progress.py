"""A bar that tells how far a download is, on a terminal; elsewhere nothing."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

__all__ = ["Progress"]


class Progress:
    """A bar of bytes, shown from entering to leaving the block."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bars: Bars | None = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        """Show the bar where standard error is a terminal."""
        if sys.stderr is not None and sys.stderr.isatty():
            from rich import progress

            from vtcore.cli.console import error_console

            columns = (
                progress.TextColumn("{task.description}", markup=False),
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
            )
            self._bars = progress.Progress(*columns, console=error_console(), transient=True)
            self._task = self._bars.add_task(f"fetching {self._name}", total=None)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take it away."""
        if self._bars is not None:
            self._bars.stop()

    def begin(self, size: int | None, done: int) -> None:
        """Say how many bytes there will be, if known, and how many are there."""
        if self._bars is not None:
            self._bars.update(self._task, total=size, completed=done)

    def advance(self, count: int) -> None:
        """Say that so many more bytes have come."""
        if self._bars is not None:
            self._bars.advance(self._task, count)
