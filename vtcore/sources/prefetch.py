"""Decoding ahead: frames are read in a thread of their own, a bounded number at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol

from vtcore.frames import Frame, Sequence
from vtcore.sources.live import LiveSequence

__all__ = ["Prefetched", "prefetch"]

CLOSING_SECONDS = 5.0
"""How long `Prefetched.close` waits for a read in progress; a stream that is silent for longer ends by itself."""


class Prefetched(Iterator[Frame]):
    """Frames that a background thread reads ahead; also a context manager.

    What the source raises is raised here, after the frames before it. Leaving the loop early needs `close` (or
    ``with``): it stops the thread, which closes the source.
    """

    def __init__(self, frames: Iterator[Frame], waiting: _Waiting) -> None:
        self._waiting = waiting
        self._ended = False
        self._thread = threading.Thread(target=_read, args=(frames, waiting), name="vtcore-prefetch", daemon=True)
        self._thread.start()

    def __iter__(self) -> Prefetched:
        """Return itself."""
        return self

    def __next__(self) -> Frame:
        """Return the next frame, as soon as there is one."""
        if self._ended:
            raise StopIteration
        item = self._waiting.take()
        if isinstance(item, Frame):
            return item
        self._ended = True
        self._thread.join()
        if item is None:
            raise StopIteration
        raise item

    def __enter__(self) -> Prefetched:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Stop reading; the source is closed in its own thread before this returns."""
        self._ended = True
        self._waiting.stop()
        self._thread.join(CLOSING_SECONDS)

    def __del__(self) -> None:
        """Stop reading, where nobody closed: the thread knows nothing of this object, so it can go."""
        self._waiting.stop()


def prefetch(frames: Iterator[Frame], depth: int, *, sequence: Sequence | None = None) -> Prefetched:
    """Read frames ahead in the background.

    Args:
        frames: The source; from now on used, and closed, by the background thread alone.
        depth: How many frames may wait, at least 1; more even out slow and fast frames, and cost memory.
        sequence: The sequence they belong to. Where it is a camera or a stream that must not fall behind
            (`LiveSequence.real_time`), a frame that finds the queue full takes the place of the oldest, which is
            counted in `LiveSequence.dropped`; the frames that are left are numbered without gaps, their times tell.
    """
    depth = max(1, depth)
    if isinstance(sequence, LiveSequence):
        return Prefetched(frames, _Latest(depth, sequence))
    return Prefetched(frames, _InOrder(depth))


_Item = Frame | BaseException | None
"""A frame, what the source raised, or None for its end."""


class _Waiting(Protocol):
    """The frames between the two threads."""

    def put(self, item: _Item) -> bool:
        """Hand over an item, waiting for room; False when nobody wants more."""

    def take(self) -> _Item:
        """Wait for the next item."""

    def stop(self) -> None:
        """Want no more."""


def _read(frames: Iterator[Frame], waiting: _Waiting) -> None:
    last: BaseException | None = None
    try:
        for frame in frames:
            if not waiting.put(frame):
                break
    except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
        last = error
    try:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    except Exception as error:  # noqa: BLE001
        last = last or error
    waiting.put(last)


class _InOrder:
    """Every frame counts: a full queue makes the source wait.

    Two queues in C, one of frames and one of permits to read another, cost less than one lock with a condition.
    """

    def __init__(self, depth: int) -> None:
        self._items: SimpleQueue[_Item] = SimpleQueue()
        self._permits: SimpleQueue[bool] = SimpleQueue()
        self._stopped = False
        for _ in range(depth):
            self._permits.put(True)

    def put(self, item: _Item) -> bool:
        if isinstance(item, Frame):
            self._permits.get()
            if self._stopped:
                return False
        self._items.put(item)
        return True

    def take(self) -> _Item:
        item = self._items.get()
        self._permits.put(True)
        return item

    def stop(self) -> None:
        self._stopped = True
        self._permits.put(True)


class _Latest:
    """Time does not wait: a full queue loses its oldest frame, unless the sequence can wait after all."""

    def __init__(self, depth: int, sequence: LiveSequence) -> None:
        self._items: deque[_Item] = deque()
        self._depth = depth
        self._sequence = sequence
        self._changed = threading.Condition()
        self._stopped = False
        self._taken = 0

    def put(self, item: _Item) -> bool:
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

    def take(self) -> _Item:
        with self._changed:
            while not self._items:
                self._changed.wait()
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
