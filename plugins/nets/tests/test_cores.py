"""Batches shared among cores."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from vtrack_nets.cores import Cores


@pytest.fixture(autouse=True)
def two_cores() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_parts_come_back_in_order_from_threads_of_one_core_each():
    before = torch.get_num_threads()
    seen = []

    def infer(batch):
        seen.append((threading.get_ident(), torch.get_num_threads(), len(batch)))
        return 2 * batch

    workers = Cores(infer, 3)
    batch = torch.arange(10.0).reshape(10, 1)
    for _ in range(4):
        assert torch.equal(workers(batch), 2 * batch)
    assert {cores for _, cores, _ in seen} == {1}
    assert sorted(size for _, _, size in seen[:3]) == [2, 4, 4]
    assert threading.get_ident() not in {thread for thread, _, _ in seen}
    assert torch.get_num_threads() == before
    later = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [before], "threads of others must keep their cores"


def test_a_batch_of_one_has_one_core():
    """Divided among cores that have other work, it took hundred times as long."""
    seen = []
    workers = Cores(lambda batch: seen.append((threading.get_ident(), torch.get_num_threads())) or batch, 2)
    assert workers(torch.zeros(1, 2)).shape == (1, 2)
    ((thread, cores),) = seen
    assert thread != threading.get_ident()
    assert cores == 1


def test_errors_come_through():
    def fail(batch):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Cores(fail, 2)(torch.zeros(4, 1))


def test_a_batch_of_one_may_have_all_cores():
    seen = []
    cores = Cores(lambda batch: seen.append(torch.get_num_threads()) or batch, 2, divide_single=True)
    assert cores(torch.zeros(1, 2)).shape == (1, 2)
    assert cores(torch.zeros(2, 2)).shape == (2, 2)
    assert seen == [2, 1, 1]
