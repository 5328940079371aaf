from __future__ import annotations

import os
import sys
import threading

import pytest

from vtcore.processor import available_cores, make_way

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
