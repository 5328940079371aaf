"""Decoding ahead: frames are read in a thread of their own, a bounded number at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from vtcore.ahead import Ahead, End, InOrder, Waiting
from vtcore.frames import Frame, Sequence
from vtcore.sources.live import LiveSequence

__all__ = ["prefetch"]

CLOSING_SECONDS = 5.0
"""How long closing waits for a read in progress; a stream that is silent for longer ends by itself."""


def prefetch(frames: Iterator[Frame], depth: int, *, sequence: Sequence | None = None) -> Ahead[Frame]:
    """Read frames ahead in the background.

    Args:
        frames: The source; from now on used, and closed, by the background thread alone.
        depth: How many frames may wait, at least 1; more even out slow and fast frames, and cost memory.
        sequence: The sequence they belong to. Where it is a camera or a stream that must not fall behind
            (`LiveSequence.real_time`), a frame that finds the queue full takes the place of the oldest, which is
            counted in `LiveSequence.dropped`; the frames that are left are numbered without gaps, their times tell.
    """
    depth = max(1, depth)
    waiting: Waiting[Frame] = _Latest(depth, sequence) if isinstance(sequence, LiveSequence) else InOrder(depth)
    return Ahead(frames, waiting, name="vtcore-prefetch", patience=CLOSING_SECONDS)


class _Latest:
    """Time does not wait: a full queue loses its oldest frame, unless the sequence can wait after all."""

    def __init__(self, depth: int, sequence: LiveSequence) -> None:
        self._items: deque[Frame | End] = deque()
        self._depth = depth
        self._sequence = sequence
        self._changed = threading.Condition()
        self._stopped = False
        self._taken = 0

    def put(self, item: Frame | End) -> bool:
        with self._changed:
            if isinstance(item, Frame):
                while not self._stopped and len(self._items) >= self._depth:
                    # Asked anew each time: whether a stream can wait is known once it is open.
                    if self._sequence.real_time:
                        self._items.popleft()
                        self._sequence.dropped += 1
                    else:
                        self._changed.wait()
                if self._stopped:
                    return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def take(self, seconds: float | None = None) -> Frame | End | None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._items, seconds):
                return None
            item = self._items.popleft()
            self._changed.notify_all()
        if isinstance(item, Frame):
            item.index = self._taken
            self._taken += 1
        return item

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
