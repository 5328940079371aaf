"""Detection and re-identification ahead of the tracker: overlap, order, errors, closing, what is embedded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from collections.abc import Sequence as Seq
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DamagedSourceError, DataError, PluginError
from vtcore.frames import Frame, Sequence
from vtcore.instances import BoolArray, Float32Array, Instances
from vtcore.runs.pipeline import Pipeline


class Street(Sequence):
    """Frames without content; damaged after the last if asked."""

    def __init__(self, frames: int, *, live: bool = False, damaged: bool = False) -> None:
        super().__init__("street", length=frames, live=live)
        self.read = 0
        self._damaged = damaged

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(self.length or 0):
            self.read += 1
            yield Frame(index, np.zeros((4, 4, 3), np.uint8) if images else None, sequence=self)
        if self._damaged:
            raise DamagedSourceError("damaged", file="street.mp4", frames_read=self.read)


class Detector:
    """Finds ``index % 4`` boxes in a frame, scored 0.1, 0.2, ...; may be slow, and fail at a frame."""

    classes = ("car", "person")

    def __init__(self, batch_size: int = 1, *, seconds: float = 0.0, fails_at: int = -1) -> None:
        self.batch_size = batch_size
        self.seconds_a_frame = seconds
        self.fails_at = fails_at
        self.done = 0
        self.threads: set[str] = set()

    def reset(self, sequence: Sequence) -> None:
        self.threads.clear()

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        self.threads.add(threading.current_thread().name)
        time.sleep(self.seconds_a_frame * len(frames))
        if any(frame.index == self.fails_at for frame in frames):
            raise RuntimeError("no idea what this is")
        self.done += len(frames)
        return [found(frame.index) for frame in frames]


def found(index: int) -> Instances:
    count = index % 4
    boxes = [[place, 0, place + 1, index + 1] for place in range(count)]
    return Instances(boxes, [0.1 * (place + 1) for place in range(count)], [1] * count)


class Looks:
    """Describes a box by its place and its height."""

    def __init__(self, *, seconds: float = 0.0) -> None:
        self.seconds_a_frame = seconds
        self.boxes = 0
        self.together: list[tuple[int, int]] = []
        self.threads: set[str] = set()

    def embed(self, frames: Seq[Frame], boxes: Seq[Float32Array]) -> list[Float32Array]:
        self.threads.add(threading.current_thread().name)
        time.sleep(self.seconds_a_frame * len(frames))
        self.boxes += sum(map(len, boxes))
        self.together.append((len(frames), sum(map(len, boxes))))
        return [each[:, [0, 3]] + np.float32(1) for each in boxes]


class Tracker:
    """Keeps what it is handed; may be slow, and ask for embeddings of sure detections only."""

    def __init__(self, *, seconds: float = 0.0, high: float | None = None) -> None:
        self.seconds_a_frame = seconds
        self.handed: list[Instances] = []
        self.threads: set[str] = set()
        if high is not None:
            self.wants_embeddings = lambda detections: detections.scores > high

    def reset(self, sequence: Sequence | None = None) -> None:
        self.handed = []

    def update(self, frame: Frame, detections: Instances) -> Instances:
        self.threads.add(threading.current_thread().name)
        time.sleep(self.seconds_a_frame)
        self.handed.append(detections)
        return detections.replace(ids=np.arange(len(detections)))


def described(index: int) -> Float32Array:
    embeddings: Float32Array = found(index).boxes[:, [0, 3]] + np.float32(1)
    return embeddings


def assert_same(a: Instances, b: Instances) -> None:
    for name in ("boxes", "scores", "labels"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_decoding_detecting_describing_and_tracking_overlap() -> None:
    seconds, frames = 0.02, 20
    detector, looks, tracker = Detector(seconds=seconds), Looks(seconds=seconds), Tracker(seconds=seconds)
    pipeline = Pipeline(detector=detector, reid=looks, tracker=tracker)
    began = time.perf_counter()
    assert len(list(pipeline.track(Street(frames)))) == frames
    took = time.perf_counter() - began
    # One after the other they would take three times as long.
    assert took < 2 * frames * seconds
    assert tracker.threads == {threading.current_thread().name}
    assert (detector.threads, looks.threads) == ({"vtcore-detect"}, {"vtcore-embed"})
    for stage in ("detect", "embed", "track"):
        assert pipeline.seconds[stage] == pytest.approx(frames * seconds, rel=0.5)


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_what_the_tracker_is_handed_is_the_same_in_any_thread(batch_size: int) -> None:
    handed = []
    for ahead in (True, False):
        tracker = Tracker()
        pipeline = Pipeline(detector=Detector(batch_size), reid=Looks(), tracker=tracker, ahead=ahead)
        indices = [frame.index for frame, _, _ in pipeline.track(Street(21))]
        assert indices == list(range(21))
        handed.append(tracker.handed)
    for index, (one, other) in enumerate(zip(*handed, strict=True)):
        assert_same(one, found(index))
        assert_same(one, other)
        for each in (one, other):
            assert each.embeddings is not None
            np.testing.assert_array_equal(each.embeddings, described(index))


def test_only_what_the_tracker_wants_is_described() -> None:
    looks, tracker = Looks(), Tracker(high=0.15)
    list(Pipeline(detector=Detector(4), reid=looks, tracker=tracker).track(Street(8)))
    assert looks.boxes == 2 * (0 + 0 + 1 + 2)
    for index, detections in enumerate(tracker.handed):
        expected = described(index)
        expected[detections.scores <= 0.15] = 0
        assert detections.embeddings is not None
        np.testing.assert_array_equal(detections.embeddings, expected)


def test_embeddings_that_came_with_the_detections_give_way() -> None:
    class Jde(Detector):
        def detect(self, frames: Seq[Frame]) -> list[Instances]:
            return [each.replace(embeddings=np.ones((len(each), 5))) for each in super().detect(frames)]

    tracker = Tracker()
    list(Pipeline(detector=Jde(), reid=Looks(), tracker=tracker).track(Street(4)))
    assert [each.embeddings.shape for each in tracker.handed if each.embeddings is not None] == [
        (count, 2) for count in range(4)
    ]


def test_labels_the_sequence_has_no_class_for_are_not_described() -> None:
    class Two(Detector):
        def detect(self, frames: Seq[Frame]) -> list[Instances]:
            return [Instances([[0, 0, 1, 1], [1, 0, 2, 1]], labels=[0, 1]) for _ in frames]

    sequence = Street(3)
    sequence.classes = ("person",)
    looks, tracker = Looks(), Tracker()
    list(Pipeline(detector=Two(), reid=looks, tracker=tracker).track(sequence))
    assert looks.boxes == 3
    assert [each.labels.tolist() for each in tracker.handed] == [[0]] * 3


def test_where_detections_cost_nothing_they_are_made_in_the_thread_of_the_run() -> None:
    detector = Detector()
    list(Pipeline(detector=detector, tracker=Tracker(), ahead=False).track(Street(3)))
    assert detector.threads == {threading.current_thread().name}
    list(Pipeline(detector=detector, tracker=Tracker(), images=False).track(Street(3)))
    assert detector.threads == {threading.current_thread().name}


class Crowd(Detector):
    """Finds as many boxes in each frame as it is told, for nothing."""

    def __init__(self, counts: Seq[int], **options: Any) -> None:
        super().__init__(**options)
        self.counts = counts

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        super().detect(frames)
        return [Instances(np.tile([0, 0, 1, frame.index + 1], (self.counts[frame.index], 1))) for frame in frames]


def test_where_detections_cost_nothing_several_frames_are_described_at_once() -> None:
    counts = [5] * 7 + [0] * 9 + [100, 20, 12, 1]
    looks, tracker = Looks(), Tracker()
    list(Pipeline(detector=Crowd(counts), reid=looks, tracker=tracker, ahead=False).track(Street(len(counts))))
    assert looks.together == [(6, 30), (8, 5), (2, 0), (1, 100), (2, 32), (1, 1)]
    for index, (count, detections) in enumerate(zip(counts, tracker.handed, strict=True)):
        assert detections.embeddings is not None
        np.testing.assert_array_equal(detections.embeddings, np.tile(np.array([1, index + 2], np.float32), (count, 1)))
    assert looks.threads == {"vtcore-embed"}


def test_a_live_source_with_given_detections_is_described_frame_by_frame() -> None:
    looks = Looks()
    tracked = Pipeline(detector=Crowd([5] * 6), reid=looks, tracker=Tracker(), ahead=False).track(Street(6, live=True))
    for place, _ in enumerate(tracked):
        assert looks.together == [(1, 5)] * (place + 1)


def test_frames_gathered_before_a_failure_are_tracked() -> None:
    for sequence, fails_at, error in ((Street(6, damaged=True), -1, DamagedSourceError), (Street(9), 6, RuntimeError)):
        before = threading.active_count()
        detector = Crowd([1] * 9, fails_at=fails_at)
        seen: list[int] = []
        with pytest.raises(error):
            seen.extend(
                frame.index
                for frame, _, _ in Pipeline(detector=detector, reid=Looks(), tracker=Tracker(), ahead=False).track(
                    sequence
                )
            )
        assert seen == list(range(6))
        assert threading.active_count() == before


def test_stopping_early_reads_only_so_far_ahead_where_frames_are_gathered() -> None:
    before = threading.active_count()
    sequence, detector = Street(1000), Crowd([1] * 1000)
    tracked = Pipeline(detector=detector, reid=Looks(), tracker=Tracker(), prefetch=2, ahead=False).track(sequence)
    next(tracked)
    time.sleep(0.1)
    tracked.close()
    assert threading.active_count() == before
    assert detector.done <= 4 * 8


def test_a_live_source_is_tracked_in_one_thread() -> None:
    """No frame is detected in before the one ahead of it is tracked: it would be old by then."""
    detector, looks = Detector(4), Looks()
    tracked = Pipeline(detector=detector, reid=looks, tracker=Tracker()).track(Street(5, live=True))
    for place, (frame, _, _) in enumerate(tracked):
        assert frame.index == place
        assert detector.done == place + 1
    assert detector.threads == looks.threads == {threading.current_thread().name}


@pytest.mark.parametrize("batch_size", [1, 4])
def test_frames_before_the_damage_are_tracked(batch_size: int) -> None:
    seen: list[int] = []
    pipeline = Pipeline(detector=Detector(batch_size), reid=Looks(), tracker=Tracker())
    with pytest.raises(DamagedSourceError):
        seen.extend(frame.index for frame, _, _ in pipeline.track(Street(6, damaged=True)))
    assert seen == list(range(6))


@pytest.mark.parametrize("reid", [None, Looks()])
def test_the_frames_before_a_failure_are_tracked(reid: Any) -> None:
    before = threading.active_count()
    pipeline = Pipeline(detector=Detector(fails_at=7), reid=reid, tracker=Tracker())
    seen: list[int] = []
    with pytest.raises(RuntimeError, match="no idea what this is"):
        seen.extend(frame.index for frame, _, _ in pipeline.track(Street(50)))
    assert seen == list(range(7))
    assert threading.active_count() == before


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_stopping_early_works_only_so_far_ahead_and_leaves_no_thread(batch_size: int) -> None:
    before = threading.active_count()
    sequence, detector = Street(1000), Detector(batch_size)
    tracked = Pipeline(detector=detector, reid=Looks(), tracker=Tracker(), prefetch=2).track(sequence)
    next(tracked)
    time.sleep(0.1)
    tracked.close()
    assert threading.active_count() == before
    # Waiting twice, being worked on in three places; what is decoded ahead besides.
    assert detector.done <= 5 * max(4, batch_size)
    assert sequence.read <= detector.done + batch_size + 5


def test_an_abandoned_pipeline_leaves_no_thread() -> None:
    before = threading.active_count()
    tracked = Pipeline(detector=Detector(), reid=Looks(), tracker=Tracker()).track(Street(1000))
    next(tracked)
    del tracked
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_failing_tracker_stops_the_threads() -> None:
    class Failing(Tracker):
        def update(self, frame: Frame, detections: Instances) -> Instances:
            raise RuntimeError("lost")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="lost"):
        list(Pipeline(detector=Detector(), reid=Looks(), tracker=Failing()).track(Street(100)))
    assert threading.active_count() == before


def test_the_limit_of_frames() -> None:
    detector = Detector(4)
    pipeline = Pipeline(detector=detector, reid=Looks(), tracker=Tracker(), max_frames=7)
    assert len(list(pipeline.track(Street(100)))) == 7
    assert detector.done == 7


def test_a_detector_that_loses_frames_is_told() -> None:
    class Forgetful(Detector):
        def detect(self, frames: Seq[Frame]) -> list[Instances]:
            return []

    with pytest.raises(DataError, match="street: Forgetful returned detections of 0 frames, not of 1"):
        list(Pipeline(detector=Forgetful()).track(Street(1)))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([], "Wrong returned embeddings of 0 frames, not of 1"),
        ([np.zeros((1, 8), np.float32)], r"Wrong must return float32 \(3, D\) for 3 boxes, got float32 \(1, 8\)"),
        ([np.zeros((3, 8))], r"Wrong must return float32 \(3, D\) for 3 boxes, got float64 \(3, 8\)"),
        ([np.full((3, 8), np.nan, np.float32)], "Wrong returned embeddings that are not finite"),
    ],
)
def test_wrong_embeddings_are_told(answer: Any, told: str) -> None:
    class Wrong:
        def embed(self, frames: Any, boxes: Any) -> Any:
            return answer if frames[0].index == 3 else [np.zeros((len(each), 8), np.float32) for each in boxes]

    with pytest.raises(PluginError, match=told):
        list(Pipeline(detector=Detector(), reid=Wrong(), tracker=Tracker()).track(Street(4)))


def test_a_tracker_that_wants_nonsense_is_told() -> None:
    class Odd(Tracker):
        def wants_embeddings(self, detections: Instances) -> BoolArray:
            return np.ones(2, bool)

    with pytest.raises(PluginError, match=r"wants_embeddings of Odd must return bool \(0,\), got bool \(2,\)"):
        list(Pipeline(detector=Detector(), reid=Looks(), tracker=Odd()).track(Street(4)))
