from __future__ import annotations

import os
import sys
import threading

import pytest

from vtcore.processor import available_cores, make_way, ordinary_threads

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has threads of such priority")


class Running:
    """A thread that sets its own policy and waits to be let go."""

    def __init__(self, policy: int | None) -> None:
        self._policy = policy
        self._settled, self._over = threading.Event(), threading.Event()
        self.allowed = True
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._settled.wait()

    def _run(self) -> None:
        try:
            if self._policy is not None:
                os.sched_setscheduler(0, self._policy, os.sched_param(1))
        except PermissionError:
            self.allowed = False
        self._settled.set()
        self._over.wait()

    @property
    def policy(self) -> int:
        return os.sched_getscheduler(self._thread.native_id or 0)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def test_available_cores_are_those_of_the_process() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@linux
@pytest.mark.parametrize("name", ["SCHED_FIFO", "SCHED_RR"])
def test_threads_started_meanwhile_take_their_turn_and_those_from_before_keep_theirs(name: str) -> None:
    policy = getattr(os, name)
    before = Running(policy)
    plain = after = None
    try:
        if not before.allowed:
            pytest.skip("this user may not have threads of such priority")
        with ordinary_threads():
            after, plain = Running(policy), Running(None)
            assert after.policy == policy
        assert (before.policy, after.policy, plain.policy) == (policy, os.SCHED_OTHER, os.SCHED_OTHER)
    finally:
        for each in (before, after, plain):
            if each is not None:
                each.stop()


@linux
def test_threads_are_made_ordinary_where_the_library_fails_too() -> None:
    started: list[Running] = []

    def library() -> None:
        started.append(Running(os.SCHED_FIFO))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), ordinary_threads():
        library()
    try:
        assert started[0].policy == os.SCHED_OTHER
    finally:
        started[0].stop()


@linux
def test_a_thread_that_has_ended_is_no_error() -> None:
    with ordinary_threads():
        Running(None).stop()


@linux
def test_a_thread_that_makes_way_is_the_only_one_to_do_so() -> None:
    seen: list[int] = []

    def work() -> None:
        make_way()
        make_way()  # once is enough
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [min(mine + 5, 19)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine
