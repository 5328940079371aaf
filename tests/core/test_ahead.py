"""Items that are made ahead: in order, boundedly, with errors in their place, and never a thread left behind."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from vtcore.ahead import run_ahead


class Made:
    """Counts what was made, notes the threads that made and closed it, and fails where it is told to."""

    def __init__(self, count: int, *, fails_at: int = -1) -> None:
        self.count = count
        self.fails_at = fails_at
        self.made = 0
        self.threads: set[str] = set()
        self.closed_by = ""

    def __call__(self) -> Iterator[int]:
        try:
            for number in range(self.count):
                self.threads.add(threading.current_thread().name)
                if number == self.fails_at:
                    raise ValueError(f"no {number}")
                self.made += 1
                yield number
        finally:
            self.closed_by = threading.current_thread().name


def settled(made: Made) -> int:
    """How many were made, once no more are."""
    before = -1
    while made.made != before:
        before = made.made
        time.sleep(0.02)
    return before


@pytest.mark.parametrize("depth", [1, 3, 100])
def test_every_item_comes_once_and_in_order_from_another_thread(depth: int) -> None:
    made = Made(50)
    assert list(run_ahead(made(), depth, name="maker")) == list(range(50))
    assert (made.threads, made.closed_by) == ({"maker"}, "maker")


@pytest.mark.parametrize("depth", [1, 4])
def test_no_more_are_made_than_may_wait(depth: int) -> None:
    made = Made(100)
    with run_ahead(made(), depth, name="maker") as items:
        for taken in range(5):
            # One is held back, made but not handed over.
            assert settled(made) == taken + depth + 1
            next(items)
    assert made.closed_by == "maker"


def test_an_error_comes_after_what_was_made_before_it() -> None:
    taken = []
    items = run_ahead(Made(9, fails_at=4)(), 2, name="maker")
    with pytest.raises(ValueError, match="no 4"):
        taken.extend(items)
    assert list(items) == []


def test_the_end_stays_the_end() -> None:
    items = run_ahead(iter([1]), 1, name="maker")
    assert [next(items), next(items, None), next(items, None)] == [1, None, None]


@pytest.mark.parametrize("taken", [0, 1, 7])
def test_closing_stops_the_thread_and_closes_the_iterator_there(taken: int) -> None:
    before = threading.active_count()
    made = Made(1000)
    items = run_ahead(made(), 2, name="maker")
    for _ in range(taken):
        next(items)
    items.close()
    assert (threading.active_count(), made.closed_by) == (before, "maker")
    assert list(items) == []


def test_chains_are_closed_from_their_end() -> None:
    before = threading.active_count()
    first, second = Made(1000), run_ahead(Made(0)(), 1, name="none")
    second.close()

    def doubled() -> Iterator[int]:
        with run_ahead(first(), 1, name="first") as items:
            for item in items:
                yield 2 * item

    with run_ahead(doubled(), 1, name="second") as items:
        assert [next(items), next(items)] == [0, 2]
    assert (threading.active_count(), first.closed_by) == (before, "first")


def test_what_nobody_closes_stops_when_it_is_forgotten() -> None:
    before = threading.active_count()
    items = run_ahead(Made(1000)(), 1, name="maker")
    next(items)
    del items
    gc.collect()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_what_was_handed_over_is_not_held() -> None:
    """Pictures are large: the thread keeps none but the one at hand."""

    class Picture:
        pass

    hold = threading.Event()

    def pictures() -> Iterator[Picture]:
        yield Picture()
        hold.wait(5)
        yield Picture()

    with run_ahead(pictures(), 1, name="maker") as items:
        kept = weakref.ref(next(items))
        gc.collect()
        assert kept() is None
        hold.set()


class Pressed:
    """Interrupts as soon as it is asked."""

    def __init__(self) -> None:
        self.interrupted = False

    def check(self) -> None:
        self.interrupted = True
        raise KeyboardInterrupt


def test_who_waits_can_be_interrupted_and_waits_no_longer_for_what_is_in_the_making() -> None:
    release = threading.Event()

    def stuck() -> Iterator[int]:
        yield 1
        release.wait(30)
        yield 2

    try:
        began = time.monotonic()
        items = run_ahead(stuck(), 1, name="maker", interrupts=Pressed())
        assert next(items) == 1
        with pytest.raises(KeyboardInterrupt):
            next(items)
        items.close()
        assert time.monotonic() - began < 10
    finally:
        release.set()


def test_leaving_by_ctrl_c_does_not_wait_for_what_is_in_the_making() -> None:
    release = threading.Event()

    def stuck() -> Iterator[int]:
        yield 1
        release.wait(30)

    began = time.monotonic()
    try:
        with contextlib.suppress(KeyboardInterrupt), run_ahead(stuck(), 1, name="maker") as items:
            next(items)
            raise KeyboardInterrupt
        assert time.monotonic() - began < 10
    finally:
        release.set()
