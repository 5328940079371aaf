"""Files of which one process at a time may write."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["locked"]

_PAUSE_SECONDS = 0.1


@contextlib.contextmanager
def locked(path: Path, *, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold a lock file for as long as the block lasts; the system frees it when a process dies.

    Args:
        path: The lock file; it stays, empty, since removing it would let two in at once.
        waiting: Called once where another holds it.

    Yields:
        Whether the lock is held: not on a file system that knows no locks.

    Raises:
        OSError: The file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _take(descriptor, waiting)
    finally:
        # Closing frees the lock.
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, waiting: Callable[[], None]) -> bool:
        told = False
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError:
                if not told:
                    waiting()
                    told = True
                time.sleep(_PAUSE_SECONDS)
            else:
                return True

else:
    import fcntl

    def _take(descriptor: int, waiting: Callable[[], None]) -> bool:
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    waiting()
                    told = True
                # Not by a blocking call: Ctrl-C must end the wait at once on every system.
                time.sleep(_PAUSE_SECONDS)
            except OSError:
                return False
            else:
                return True
