from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from vtcore.components import BuildContext
from vtrack_nets.cores import Cores
from vtrack_nets.lanes import Lanes, in_lane, lanes_of
from vtrack_nets.running import NetworkRunner


@pytest.fixture(scope="module")
def lanes() -> Lanes:
    return Lanes(2)


def test_results_come_in_order_whoever_is_first(lanes: Lanes) -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0)
        return item * item

    assert list(lanes.spread(slow_first, range(20))) == [item * item for item in range(20)]
    assert list(lanes.spread(slow_first, [])) == []


def test_two_are_in_the_making_at_once(lanes: Lanes) -> None:
    meeting = threading.Barrier(2)
    # Alone, the first would wait for the second until the barrier breaks.
    assert list(lanes.spread(lambda item: (meeting.wait(10), item)[1], range(4))) == [0, 1, 2, 3]


def test_items_are_taken_a_few_ahead_in_the_thread_that_asks(lanes: Lanes) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            assert not in_lane()
            taken.append(item)
            yield item

    made = lanes.spread(lambda item: item, items())
    assert taken == []
    assert next(made) == 0
    assert len(taken) == lanes.count + 1
    made.close()
    assert len(taken) == lanes.count + 1


def test_a_failure_comes_in_its_turn_and_nothing_behind_it(lanes: Lanes) -> None:
    def refuse(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    made = lanes.spread(refuse, range(10))
    assert [next(made) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(made)
    with pytest.raises(StopIteration):
        next(made)


def test_what_was_taken_before_the_items_fail_comes_first(lanes: Lanes) -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the end is damaged")

    made = lanes.spread(lambda item: -item, items())
    assert [next(made), next(made)] == [-1, -2]
    with pytest.raises(OSError, match="damaged"):
        next(made)


def test_lanes_share_the_cores_and_leave_other_threads_theirs() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(6)
    try:
        lanes = Lanes(3)
        assert set(lanes.spread(lambda _: torch.get_num_threads(), range(9))) == {2}
        assert torch.get_num_threads() == 6
        assert list(Lanes(8).spread(lambda _: torch.get_num_threads(), range(3))) == [1, 1, 1]
    finally:
        torch.set_num_threads(before)


def test_a_lane_does_not_share_its_batches_with_other_cores(lanes: Lanes) -> None:
    where: list[str] = []

    def infer(batch: torch.Tensor) -> torch.Tensor:
        where.append(threading.current_thread().name)
        return batch

    cores = Cores(infer, 2)
    cores(torch.zeros(4, 1))
    assert len(where) == 2
    where.clear()
    assert next(lanes.spread(cores, [torch.ones(4, 1)])).tolist() == [[1]] * 4
    assert len(where) == 1
    assert where[0].startswith("vtrack-lane")


def test_lanes_are_for_several_cores_of_a_processor() -> None:
    before = torch.get_num_threads()
    runner = NetworkRunner(nn.Identity(), BuildContext(device="cpu"), name="network")
    try:
        torch.set_num_threads(1)
        assert lanes_of(runner, compiled=False) is None
        torch.set_num_threads(16)
        lanes = lanes_of(runner, compiled=False)
        assert lanes is not None
        assert lanes.count == 4
        assert lanes_of(runner, compiled=True) is None
        torch.set_num_threads(2)
        fewer = lanes_of(runner, compiled=False)
        assert fewer is not None
        assert fewer.count == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_lanes_make_way_for_the_threads_that_give_them_work() -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    seen = list(Lanes(2).spread(lambda _: os.getpriority(os.PRIO_PROCESS, 0), range(4)))
    assert all(each > mine or each == 19 for each in seen)
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine
