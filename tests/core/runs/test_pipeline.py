"""From frames to tracks: order, batches, damage, class names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from collections.abc import Sequence as Seq
from typing import cast

import numpy as np
import pytest

from vtcore.errors import DamagedSourceError, PluginError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Float32Array, Instances
from vtcore.runs.pipeline import Pipeline


class Street(Sequence):
    """Frames whose pixels are their index; damaged after some of them if asked."""

    def __init__(
        self, frames: int, *, damaged: bool = False, classes: tuple[str, ...] = (), live: bool = False
    ) -> None:
        super().__init__("street", length=frames, classes=classes, live=live)
        self._damaged = damaged
        self.read = 0

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(self.length or 0):
            self.read += 1
            image = np.full((4, 4, 3), index, np.uint8) if images else None
            yield Frame(index, image, sequence=self)
        if self._damaged:
            raise DamagedSourceError("damaged", file="street.mp4", frames_read=self.read)


class Detector:
    """Finds one box a frame, as wide as the frame's index."""

    classes = ("car", "person")

    def __init__(self, batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.batches: list[int] = []
        self.resets = 0

    def reset(self, sequence: Sequence) -> None:
        self.resets += 1

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        self.batches.append(len(frames))
        return [Instances([[0, 0, frame.index, 1]], labels=[1]) for frame in frames]


class AheadDetector(Detector):
    """Takes two batches more than it has answered to."""

    def detect_each(self, batches: Iterator[Seq[Frame]]) -> Iterator[list[Instances]]:
        taken: list[Seq[Frame]] = []
        error: Exception | None = None
        while error is None:
            try:
                taken.append(next(batches))
            except StopIteration:
                break
            except DamagedSourceError as raised:
                error = raised
            if len(taken) > 2:
                yield self.detect(taken.pop(0))
        yield from map(self.detect, taken)
        if error is not None:
            raise error


class AheadLooks:
    """Describes a box by its frame; takes one batch more than it has answered to."""

    def __init__(self) -> None:
        self.side_by_side = 0

    def embed(self, frames: Seq[Frame], boxes: Seq[Float32Array]) -> list[Float32Array]:
        return [np.full((len(some), 2), frame.index, np.float32) for frame, some in zip(frames, boxes, strict=True)]

    def embed_each(self, batches: Iterator[tuple[Seq[Frame], Seq[Float32Array]]]) -> Iterator[list[Float32Array]]:
        waiting: list[tuple[Seq[Frame], Seq[Float32Array]]] = []
        for batch in batches:
            self.side_by_side += 1
            waiting.append(batch)
            if len(waiting) > 1:
                yield self.embed(*waiting.pop(0))
        for batch in waiting:
            yield self.embed(*batch)


class Tracker:
    """Gives every detection the number of the update as its id."""

    def __init__(self) -> None:
        self.updates = 0

    def reset(self, sequence: Sequence | None = None) -> None:
        self.updates = 0

    def update(self, frame: Frame, detections: Instances) -> Instances:
        self.updates += 1
        return detections.replace(ids=np.full(len(detections), self.updates))


@pytest.mark.parametrize("batch_size", [1, 4])
def test_every_frame_comes_once_and_in_order(batch_size: int) -> None:
    detector = Detector(batch_size)
    pipeline = Pipeline(detector=detector, tracker=Tracker())
    for _ in range(2):
        tracked = list(pipeline.track(Street(10)))
        assert [frame.index for frame, _, _ in tracked] == list(range(10))
        assert [tracks.boxes[0, 2] for _, _, tracks in tracked] == list(range(10))
        assert [int(tracks.ids[0]) for _, _, tracks in tracked if tracks.ids is not None] == list(range(1, 11))
    assert detector.batches == ([1] * 20 if batch_size == 1 else [4, 4, 2] * 2)
    assert detector.resets == 2


@pytest.mark.parametrize("live", [False, True])
def test_a_reid_may_take_batches_ahead_but_of_live_sources(live: bool) -> None:
    looks = AheadLooks()
    pipeline = Pipeline(detector=Detector(1), reid=looks, tracker=Tracker())
    for index, (frame, detections, _) in enumerate(pipeline.track(Street(10, live=live))):
        assert frame.index == index
        assert detections.embeddings is not None
        assert detections.embeddings.tolist() == [[index, index]]
    assert index == 9
    assert looks.side_by_side == (0 if live else 10)


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_detector_may_take_batches_ahead(batch_size: int, damaged: bool) -> None:
    pipeline = Pipeline(detector=AheadDetector(batch_size), tracker=Tracker())
    tracked = pipeline.track(Street(10, damaged=damaged))
    for index in range(10):
        frame, detections, tracks = next(tracked)
        assert (frame.index, detections.boxes[0, 2], tracks.boxes[0, 2]) == (index, index, index)
    with pytest.raises(DamagedSourceError if damaged else StopIteration):
        next(tracked)


def test_nothing_is_taken_ahead_of_a_live_source() -> None:
    detector = AheadDetector(4)
    tracked = Pipeline(detector=detector, tracker=Tracker()).track(Street(6, live=True))
    assert next(tracked)[0].index == 0
    assert detector.batches == [1]
    tracked.close()


def test_a_detector_that_takes_batches_ahead_can_be_left() -> None:
    street = Street(1000)
    tracked = Pipeline(detector=AheadDetector(), tracker=Tracker()).track(street)
    next(tracked)
    tracked.close()
    assert street.read < 60


def test_a_live_source_is_never_made_to_wait_for_a_batch() -> None:
    detector = Detector(4)
    pipeline = Pipeline(detector=detector, images=False)
    assert len(list(pipeline.track(Street(5, live=True)))) == 5
    assert detector.batches == [1] * 5


@pytest.mark.parametrize("batch_size", [1, 4])
def test_frames_before_the_damage_are_tracked(batch_size: int) -> None:
    pipeline = Pipeline(detector=Detector(batch_size), tracker=Tracker())
    seen: list[int] = []
    with pytest.raises(DamagedSourceError):
        seen.extend(frame.index for frame, _, _ in pipeline.track(Street(6, damaged=True)))
    assert seen == list(range(6))


def test_transforms_are_applied_in_order() -> None:
    def brighter(frame: Frame) -> Frame:
        assert frame.image is not None
        return Frame(frame.index, frame.image + np.uint8(1), sequence=frame.sequence)

    def double(frame: Frame) -> Frame:
        assert frame.image is not None
        return Frame(frame.index, frame.image * np.uint8(2), sequence=frame.sequence)

    pipeline = Pipeline(transforms=[brighter, double])
    pixels = [int(frame.image[0, 0, 0]) for frame, _, _ in pipeline.track(Street(3)) if frame.image is not None]
    assert pixels == [2, 4, 6]


def test_without_need_no_image_is_made() -> None:
    assert all(frame.image is None for frame, _, _ in Pipeline(images=False).track(Street(3)))


def test_a_sequence_without_class_names_takes_the_detectors() -> None:
    sequence = Street(1)
    Pipeline(detector=Detector()).track(sequence)
    assert sequence.classes == ("car", "person")


def test_labels_become_those_of_the_sequence() -> None:
    sequence = Street(1, classes=("pedestrian",))
    ((_, detections, tracks),) = Pipeline(detector=Detector()).track(sequence)
    assert detections.labels.tolist() == [0]
    assert tracks is detections


def test_stopping_early_reads_only_so_far_ahead_and_leaves_no_thread() -> None:
    before = threading.active_count()
    sequence = Street(1000)
    tracked = Pipeline(prefetch=4).track(sequence)
    next(tracked)
    tracked.close()
    assert sequence.read <= 8
    assert threading.active_count() == before


def test_the_limit_of_frames() -> None:
    sequence = Street(1000)
    assert len(list(Pipeline(max_frames=7, images=False).track(sequence))) == 7
    assert sequence.read == 7


def test_the_time_of_each_stage_is_measured() -> None:
    pipeline = Pipeline(detector=Detector(), tracker=Tracker())
    list(pipeline.track(Street(10)))
    assert pipeline.seconds["decode"] > 0
    assert pipeline.seconds["detect"] > 0
    assert pipeline.seconds["track"] > 0
    assert pipeline.seconds["write"] == 0


class Wrong(Tracker):
    """Answers what a test says."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    def update(self, frame: Frame, detections: Instances) -> Instances:
        return cast("Instances", self.answer)


@pytest.mark.parametrize(
    ("answer", "told"),
    [([], "list"), (None, "NoneType"), (Instances([[0, 0, 1, 1]]), "Instances without ids")],
    ids=["list", "none", "no-ids"],
)
def test_answers_that_are_no_tracks_are_refused(answer: object, told: str) -> None:
    with pytest.raises(PluginError) as refused:
        list(Pipeline(tracker=Wrong(answer)).track(Street(2)))
    assert str(refused.value) == (
        f"{__name__}:Wrong answered {told} for frame 0; tracks are vtcore.Instances with ids, as of "
        "detections.replace(ids=..., detection_index=...)"
    )


def test_no_tracks_need_no_ids() -> None:
    nothing = Instances([])
    assert [tracks for *_, tracks in Pipeline(tracker=Wrong(nothing)).track(Street(1))] == [nothing]
