"""Ctrl-C, taken where nothing is half done.

Python raises `KeyboardInterrupt` between any two instructions of the main thread. Inside a queue or a lock that leaves
the thread at the other end waiting for ever; between opening files and noting them it leaks an encoder. So while a
sequence is tracked the signal only leaves a note, which is read after every frame, and while the next is waited for.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

__all__ = ["DeferredInterrupts"]


class DeferredInterrupts:
    """Context in which Ctrl-C waits for `check`; pressed twice it comes at once, for a source that never answers.

    Attributes:
        interrupted: Whether it came: what is in the making need not be waited for.
    """

    def __init__(self) -> None:
        self.interrupted = False
        self._received = 0
        self._previous: signal._HANDLER = None

    def __enter__(self) -> DeferredInterrupts:
        # Only the main thread is told of signals; elsewhere there is nothing to defer.
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._receive)
        return self

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if Ctrl-C was pressed since entering."""
        if self._received:
            self._received = 0
            self.interrupted = True
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
        if error is None:
            self.check()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received += 1
        if self._received > 1:
            self.interrupted = True
            raise KeyboardInterrupt
