from __future__ import annotations

import os
import sys
import threading

import pytest

from vtcore.processor import available_cores, make_ordinary, make_way, own_threads

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
def test_threads_that_ran_before_all_others_take_their_turn_and_those_not_named_keep_theirs(name: str) -> None:
    policy = getattr(os, name)
    kept = Running(policy)
    if not kept.allowed:
        kept.stop()
        pytest.skip("this user may not have threads of such priority")
    before = own_threads()
    started, plain = Running(policy), Running(None)
    try:
        assert started.policy == policy
        make_ordinary(own_threads() - before)
        assert (kept.policy, started.policy, plain.policy) == (policy, os.SCHED_OTHER, os.SCHED_OTHER)
    finally:
        for each in (kept, started, plain):
            each.stop()


@linux
def test_a_thread_that_has_ended_is_no_error() -> None:
    before = own_threads()
    thread = Running(None)
    numbers = own_threads() - before
    assert len(numbers) == 1
    thread.stop()
    make_ordinary(numbers)


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
    assert seen == [min(mine + 10, 19)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine
