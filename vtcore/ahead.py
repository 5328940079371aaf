"""Working ahead: what an iterator yields is made in a thread of its own, a bounded number of items at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, Protocol, TypeVar

__all__ = ["Ahead", "End", "InOrder", "Interrupts", "Waiting", "run_ahead"]

T = TypeVar("T")

_ASK_SECONDS = 0.2
"""How often who waits for an item asks whether it still should."""
_INTERRUPTED_SECONDS = 1.0
"""How long who is interrupted waits for an item in the making; the thread goes no further and ends by itself."""


class End:
    """What stands behind the last item.

    Attributes:
        error: What the iterator raised, None where it came to its end.
    """

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Waiting(Protocol[T]):
    """The items between the two threads."""

    def put(self, item: T | End) -> bool:
        """Hand over an item, waiting for room; False when nobody wants more."""

    def take(self, seconds: float | None = None) -> T | End | None:
        """Wait for the next item, so many seconds at most: None when there is none by then."""

    def stop(self) -> None:
        """Want no more."""


class Interrupts(Protocol):
    """What tells who waits that it is to stop: `vtcore.runs.interrupts.DeferredInterrupts`.

    Attributes:
        interrupted: Whether it told so.
    """

    interrupted: bool

    def check(self) -> None:
        """Raise `KeyboardInterrupt` when it is time to stop."""


class Ahead(Iterator[T], Generic[T]):
    """Items that a background thread makes; also a context manager.

    What the iterator raises is raised here, after the items before it. Leaving the loop early needs `close` (or
    ``with``): it stops the thread, which closes the iterator.
    """

    def __init__(
        self,
        items: Iterator[T],
        waiting: Waiting[T],
        *,
        name: str,
        patience: float | None = None,
        interrupts: Interrupts | None = None,
    ) -> None:
        """Start the thread.

        Args:
            items: From now on used, and closed, by the thread alone.
            waiting: Where finished items wait.
            name: Of the thread.
            patience: Seconds that `close` waits for an item in the making; None for as long as it takes.
            interrupts: Asked while an item is waited for; once it interrupts, `close` waits for hardly a moment.
        """
        self._waiting = waiting
        self._patience = patience
        self._interrupts = interrupts
        self._ended = False
        self._thread = threading.Thread(target=_make, args=(items, waiting), name=name, daemon=True)
        self._thread.start()

    def __iter__(self) -> Ahead[T]:
        """Return itself."""
        return self

    def __next__(self) -> T:
        """Return the next item, as soon as there is one."""
        if self._ended:
            raise StopIteration
        item = self._take()
        if not isinstance(item, End):
            return item
        self._ended = True
        self._thread.join()
        if item.error is None:
            raise StopIteration
        raise item.error

    def __enter__(self) -> Ahead[T]:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; without waiting for what takes long where Ctrl-C was pressed."""
        if isinstance(error, KeyboardInterrupt):
            self._close(at_once=True)
        else:
            self.close()

    def close(self) -> None:
        """Make no more; the iterator is closed in its own thread before this returns, unless it was interrupted."""
        self._close(at_once=self._interrupts is not None and self._interrupts.interrupted)

    def _close(self, *, at_once: bool) -> None:
        self._ended = True
        self._waiting.stop()
        patience = self._patience
        self._thread.join(_INTERRUPTED_SECONDS if at_once and patience is None else patience)

    def _take(self) -> T | End:
        # Without a limit nothing comes but an item.
        seconds = None if self._interrupts is None else _ASK_SECONDS
        while (item := self._waiting.take(seconds)) is None:
            if self._interrupts is not None:
                self._interrupts.check()
        return item

    def __del__(self) -> None:
        """Make no more, where nobody closed: the thread knows nothing of this object, so it can go."""
        self._waiting.stop()


def run_ahead(items: Iterator[T], depth: int, *, name: str, interrupts: Interrupts | None = None) -> Ahead[T]:
    """Make items ahead in the background, every one and in order.

    Args:
        items: What makes them; from now on used, and closed, by the background thread alone.
        depth: How many finished items may wait, at least 1; another is in the making meanwhile.
        name: Of the thread.
        interrupts: Asked while an item is waited for.
    """
    return Ahead(items, InOrder(depth), name=name, interrupts=interrupts)


def _make(items: Iterator[T], waiting: Waiting[T]) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            if not waiting.put(item):
                break
            # What has been handed over is not to be kept alive until the next is there.
            del item
    except BaseException as raised:  # noqa: BLE001 - raised again in the thread that waits
        error = raised
    try:
        close = getattr(items, "close", None)
        if close is not None:
            close()
    except Exception as raised:  # noqa: BLE001
        error = error or raised
    waiting.put(End(error))


class InOrder(Generic[T]):
    """Every item counts: a full queue makes the thread wait.

    Two queues in C, one of items and one of permits to make another, cost less than one lock with a condition.
    """

    def __init__(self, depth: int) -> None:
        self._items: SimpleQueue[T | End] = SimpleQueue()
        self._permits: SimpleQueue[bool] = SimpleQueue()
        self._stopped = False
        for _ in range(max(1, depth)):
            self._permits.put(True)

    def put(self, item: T | End) -> bool:
        """Hand over an item, waiting for a permit; False when nobody wants more."""
        if not isinstance(item, End):
            self._permits.get()
            if self._stopped:
                return False
        self._items.put(item)
        return True

    def take(self, seconds: float | None = None) -> T | End | None:
        """Wait for the next item, so many seconds at most."""
        try:
            item = self._items.get(timeout=seconds)
        except Empty:
            return None
        self._permits.put(True)
        return item

    def stop(self) -> None:
        """Want no more."""
        self._stopped = True
        self._permits.put(True)
