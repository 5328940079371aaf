import gc
import threading
import time

import pytest

from vtcore.errors import DamagedSourceError
from vtcore.frames import Frame
from vtcore.sources.live import LiveSequence
from vtcore.sources.prefetch import prefetch


class Live(LiveSequence):
    def frames(self, *, images=True):
        raise AssertionError("nothing here reads frames")


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "vtcore-prefetch"]


def source(count, *, error=None, closed=None, made=None):
    try:
        for index in range(count):
            if made is not None:
                made.append(index)
            yield Frame(index)
        if error is not None:
            raise error
    finally:
        if closed is not None:
            closed.append(threading.current_thread().name)


@pytest.mark.parametrize("depth", [0, 1, 3, 100])
def test_every_frame_in_order(depth):
    assert [frame.index for frame in prefetch(source(50), depth)] == list(range(50))
    assert readers() == []


@pytest.mark.parametrize("sequence", [None, Live("cam", real_time=False)])
def test_what_the_source_raises_comes_after_its_frames(sequence):
    error = DamagedSourceError("broken", frames_read=3)
    ahead = prefetch(source(3, error=error), 8, sequence=sequence)
    assert [next(ahead).index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DamagedSourceError) as caught:
        next(ahead)
    assert caught.value is error
    with pytest.raises(StopIteration):
        next(ahead)
    assert readers() == []


@pytest.mark.parametrize("sequence", [None, Live("cam", real_time=False)])
def test_no_more_is_read_than_asked_for(sequence):
    made = []
    with prefetch(source(100, made=made), 4, sequence=sequence) as ahead:
        next(ahead)
        time.sleep(0.1)
        # One was taken, four wait, and one is in the reader's hand.
        assert len(made) <= 6


@pytest.mark.parametrize("sequence", [None, Live("cam"), Live("cam", real_time=False)])
@pytest.mark.parametrize("taken", [0, 1, 5])
def test_stopping_early_closes_the_source_in_its_thread(taken, sequence):
    closed = []
    with prefetch(source(10**9, closed=closed), 2, sequence=sequence) as ahead:
        for _ in range(taken):
            next(ahead)
    assert closed == ["vtcore-prefetch"]
    assert readers() == []


def test_closing_twice_or_after_the_end_is_fine():
    ahead = prefetch(source(2), 2)
    assert len(list(ahead)) == 2
    ahead.close()
    ahead.close()
    with pytest.raises(StopIteration):
        next(ahead)


def test_forgetting_to_close_leaves_no_thread():
    ahead = prefetch(source(10**9), 2)
    next(ahead)
    del ahead
    gc.collect()
    until = time.monotonic() + 5
    while readers() and time.monotonic() < until:
        time.sleep(0.01)
    assert readers() == []


def test_an_error_in_closing_is_told():
    def bad():
        try:
            yield Frame(0)
            yield Frame(1)
        finally:
            raise RuntimeError("cannot close")

    ahead = prefetch(bad(), 4)
    with pytest.raises(RuntimeError, match="cannot close"):
        list(ahead)


def test_a_live_source_drops_the_oldest():
    sequence = Live("cam")
    made = []
    done = threading.Event()

    def burst():
        for index in range(20):
            made.append(index)
            yield Frame(index, time=index / 10)
        done.set()

    with prefetch(burst(), 3, sequence=sequence) as ahead:
        assert done.wait(5)
        frames = list(ahead)
    # Those that are left are the latest; they are numbered without gaps, and their times tell.
    assert [frame.time for frame in frames] == [1.7, 1.8, 1.9]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert sequence.dropped == 17


def test_a_file_behind_an_address_waits():
    sequence = Live("file", real_time=False)
    with prefetch(source(30), 2, sequence=sequence) as ahead:
        time.sleep(0.05)
        assert [frame.index for frame in ahead] == list(range(30))
    assert sequence.dropped == 0


def test_overhead_is_small():
    start = time.perf_counter()
    count = sum(1 for _ in prefetch(source(20_000), 8))
    # It takes about five microseconds a frame.
    assert (time.perf_counter() - start) / count < 500e-6
