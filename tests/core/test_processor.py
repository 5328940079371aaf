from __future__ import annotations

import os
import sys
import threading

import pytest

from vtcore import processor
from vtcore.processor import OwnCores, available_cores, make_way

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has threads of such priority")


def test_available_cores_are_those_of_the_process() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


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


class Clock:
    """Processor time and time as told, for each thread its own."""

    def __init__(self) -> None:
        self.used: dict[int, float] = {}
        self.passed: dict[int, float] = {}

    def work(self, used: float, seconds: float) -> None:
        me = threading.get_native_id()
        self.used[me] = self.used.get(me, 0.0) + used
        self.passed[me] = self.passed.get(me, 0.0) + seconds

    def thread_time(self) -> float:
        return self.used.get(threading.get_native_id(), 0.0)

    def perf_counter(self) -> float:
        return self.passed.get(threading.get_native_id(), 0.0)


def cores_of(count: int, works: list[list[tuple[float, float]]], monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Return where threads may run that each took a core and did such pieces of work, (processor time, time)."""
    clock = Clock()
    monkeypatch.setattr(processor, "time", clock)
    own, everyone, seen = OwnCores(count), threading.Barrier(len(works), timeout=10), {}

    def thread(index: int) -> None:
        own.take()
        everyone.wait()
        for used, seconds in works[index]:
            with own.working():
                clock.work(used, seconds)
        everyone.wait()
        seen[index] = os.sched_getaffinity(0)

    threads = [threading.Thread(target=thread, args=(index,)) for index in range(len(works))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return [seen[index] for index in range(len(works))]


@linux
class TestOwnCores:
    @pytest.fixture
    def all_cores(self) -> set[int]:
        cores = os.sched_getaffinity(0)
        if len(cores) < 2:
            pytest.skip("one core")
        return cores

    @pytest.mark.parametrize("part", [0.9, 0.3])
    def test_as_many_threads_as_cores_have_one_each(
        self, part: float, all_cores: set[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        works = [[(part, 1.0), (part * 0.9, 1.0), (part, 1.0)] for _ in all_cores]
        assert sorted(cores_of(len(all_cores), works, monkeypatch), key=min) == [{core} for core in sorted(all_cores)]

    def test_all_are_let_go_when_one_falls_behind(self, all_cores: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
        works = [[(0.1, 1.0)], *([(0.5, 0.6), (0.5, 0.6)] for _ in range(len(all_cores) - 1))]
        assert cores_of(len(all_cores), works, monkeypatch) == [all_cores] * len(all_cores)

    def test_what_is_long_ago_counts_little(self, all_cores: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
        works = [
            [*[(0.9, 1.0)] * 20, *[(0.2, 1.0)] * 4],
            *([(0.9, 1.0)] * 24 for _ in range(len(all_cores) - 1)),
        ]
        assert cores_of(len(all_cores), works, monkeypatch) == [all_cores] * len(all_cores)

    def test_one_that_has_no_work_does_not_keep_the_others_from_being_let_go(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = OwnCores(3)
        let_go: list[bool] = []
        monkeypatch.setattr(own, "_let_go", lambda: let_go.append(True))
        for identity, (used, seconds) in enumerate([(0.1, 1.0), (0.9, 1.0), (0.0, 0.0)]):
            own._shares[identity] = share = processor._Share()
            share.add(used, seconds)
        own._shares[threading.get_native_id()] = processor._Share()
        with own.working():
            pass
        assert let_go == [True]

    def test_a_second_is_awaited(self, all_cores: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
        works = [[(0.1, 0.8)], *([(0.8, 0.8)] for _ in range(len(all_cores) - 1))]
        assert all(len(cores) == 1 for cores in cores_of(len(all_cores), works, monkeypatch))

    def test_fewer_threads_than_cores_go_where_they_like(
        self, all_cores: set[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        works = [[(0.1, 2.0)] for _ in range(len(all_cores) - 1)]
        assert cores_of(len(works), works, monkeypatch) == [all_cores] * len(works)

    def test_one_thread_too_many_has_no_core_of_its_own(
        self, all_cores: set[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        works = [[(0.9, 1.0)] for _ in range(len(all_cores) + 1)]
        kept = cores_of(len(all_cores), works, monkeypatch)
        assert sorted(len(cores) for cores in kept) == [*[1] * len(all_cores), len(all_cores)]

    def test_a_core_that_was_taken_away_is_done_without(
        self, all_cores: set[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(thread: int, cores: object) -> None:
            raise OSError("Invalid argument")

        monkeypatch.setattr(os, "sched_setaffinity", gone)
        works = [[(0.1, 2.0)], *([(0.9, 2.0)] for _ in range(len(all_cores) - 1))]
        assert cores_of(len(all_cores), works, monkeypatch) == [all_cores] * len(all_cores)


def test_without_affinity_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    own = OwnCores(2)
    own.take()
    with own.working():
        pass
