"""One pass: who is started when, and what is written."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vtcore.components import build
from vtcore.errors import DataError
from vtcore.experiments import Experiment, load_experiment
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import TargetProtocol, TargetTracker
from vtcore.protocols.annotated import annotated_targets, plain_boxes
from vtcore.protocols.one_pass import OnePass
from vtcore.protocols.starting import with_started
from vtcore.tables import DISTRACTOR, TrackTable

Load = Callable[..., Experiment]


class Noting:
    """A tracker that moves every target by a pixel, and notes what it is asked."""

    def __init__(self) -> None:
        self.boxes: dict[int, list[float]] = {}
        self.asked: list[str] = []

    def reset(self, sequence: Sequence | None = None) -> None:
        self.boxes = {}

    def start(self, frame: Frame, targets: Instances) -> None:
        assert targets.ids is not None
        self.asked.append(f"start {frame.index} {targets.ids.tolist()}")
        self.boxes |= dict(zip(targets.ids.tolist(), targets.boxes.tolist(), strict=True))

    def update(self, frame: Frame, detections: Instances) -> Instances:
        self.asked.append(f"update {frame.index}")
        self.boxes = {number: [value + 1 for value in box] for number, box in self.boxes.items()}
        count = len(self.boxes)
        return Instances(list(self.boxes.values()), [0.5] * count, ids=np.array(list(self.boxes), np.int64))


class Still(Sequence):
    """Black pictures with the annotations it is given."""

    def __init__(self, table: TrackTable | None = None, *, length: int = 4, size: tuple[int, int] | None = (40, 30)):
        width, height = size or (None, None)
        super().__init__("still", length=length, width=width, height=height)
        self.table = table

    def frames(self, *, images: bool = True):
        for index in range(self.length or 0):
            yield Frame(index, np.zeros((30, 40, 3), np.uint8), sequence=self)

    def annotations(self):
        return self.table


def passed(protocol: OnePass, sequence: Sequence) -> tuple[Noting, list[Instances]]:
    tracker = Noting()
    protocol.reset(sequence)
    return tracker, [protocol.step(tracker, frame) for frame in sequence.frames()]


def test_interfaces() -> None:
    assert isinstance(Noting(), TargetTracker)
    assert isinstance(OnePass(), TargetProtocol)


def test_given_boxes_are_the_result_of_the_frame_that_they_are_given_in() -> None:
    tracker, rows = passed(OnePass(init=[[1, 2, 3, 4], [5, 6, 7.5, 8]]), Still(length=2))
    assert tracker.asked == ["update 0", "start 0 [0, 1]", "update 1"]
    assert rows[0].boxes.tolist() == [[1, 2, 4, 6], [5, 6, 12.5, 14]]
    assert rows[0].scores.tolist() == [1, 1]
    assert rows[0].ids.tolist() == [0, 1]
    assert rows[0].detection_index.tolist() == [-1, -1]
    assert rows[1].boxes.tolist() == [[2, 3, 5, 7], [6, 7, 13.5, 15]]
    assert rows[1].scores.tolist() == [0.5, 0.5]


def test_targets_of_annotations_start_where_they_are_first_seen() -> None:
    table = TrackTable(
        [0, 0, 1, 1, 2, 2, 3],
        [[1, 1, 9, 9], [2, 2, 9, 9], [3, 3, 9, 9], [4, 4, 0, 9], [5, 5, 9, 9], [6, 6, 9, 9], [7, 7, 9, 9]],
        ids=[0, 1, 0, 2, 2, 3, 4],
        visibility=[0, 1, 0.2, 1, 1, 1, 0],
        labels=[0, 0, 0, 0, 1, -1, 0],
        roles=[0, 0, 0, 0, 0, 0, 0],
    )
    tracker, rows = passed(OnePass(), Still(table))
    # 0 is hidden at first; 2 has no area at first; 3 is of no class that is scored; 4 is never visible, but annotated.
    starts = [line for line in tracker.asked if line.startswith("start")]
    assert starts == ["start 0 [1]", "start 1 [0]", "start 2 [2]", "start 3 [4]"]
    assert [each.ids.tolist() for each in rows] == [[1], [1, 0], [1, 0, 2], [1, 0, 2, 4]]
    assert rows[2].labels.tolist() == [0, 0, 1]
    assert rows[1].scores.tolist() == [0.5, 1]
    roles = TrackTable([0, 1], [[1, 1, 9, 9]] * 2, ids=[0, 0], roles=[DISTRACTOR, 0])
    assert list(annotated_targets(Still(roles))) == [1]


def test_nothing_is_written_before_the_first_target() -> None:
    _, rows = passed(OnePass(), Still(TrackTable([2], [[1, 1, 9, 9]], ids=[0])))
    assert list(map(len, rows)) == [0, 0, 1, 1]


def test_all_digits_reach_the_tracker() -> None:
    class Digits(Noting):
        def start(self, frame: Frame, targets: Instances) -> None:
            self.exact = targets.ltwh

    tracker = Digits()
    protocol = OnePass(init=[[10.3, 4.7, 5.1, 8.9]])
    protocol.reset(Still())
    protocol.step(tracker, next(Still().frames()))
    assert tracker.exact.tolist() == [[10.3, 4.7, 5.1, 8.9]]


def test_a_target_started_anew_keeps_its_place() -> None:
    tracked = Instances([[0, 0, 1, 1], [0, 0, 2, 2], [0, 0, 3, 3]], [0.1, 0.2, 0.3], [4, 5, 6], ids=[7, 8, 9])
    rows = with_started(tracked, Instances.from_ltwh([[1, 1, 5, 5], [2, 2, 6, 6]], ids=[10, 8], labels=[1, 2]))
    assert rows.ids.tolist() == [7, 8, 9, 10]
    assert rows.boxes.tolist() == [[0, 0, 1, 1], [2, 2, 8, 8], [0, 0, 3, 3], [1, 1, 6, 6]]
    assert rows.scores.tolist() == pytest.approx([0.1, 1, 0.3, 1])
    assert rows.labels.tolist() == [4, 2, 6, 1]
    assert with_started(Instances.empty(), Instances.from_ltwh([[1, 1, 5, 5]], ids=[3])).ids.tolist() == [3]


ROTATED = [10, 0, 20, 10, 10, 20, 0, 10]


def test_plain_boxes_of_rotated_ones() -> None:
    table = TrackTable([0], [[0, 0, 20, 20]], ids=[0], polygons=[ROTATED])
    side = np.sqrt(200)
    assert plain_boxes(table, np.array([0])).tolist() == [[0, 0, 20, 20]]
    equal = plain_boxes(table, np.array([0]), "equal-area")
    np.testing.assert_allclose(equal, [[10 - side / 2, 10 - side / 2, side, side]], rtol=1e-12)
    np.testing.assert_allclose(
        plain_boxes(table, np.array([0]), "pysot"), [[10 - side / 2, 10 - side / 2, side + 1, side + 1]], rtol=1e-12
    )
    plain = TrackTable([0], [[1, 2, 20, 10]], ids=[0])
    assert plain_boxes(plain, np.array([0]), "pysot").tolist() == [[1, 2, 20, 10]]
    flat = TrackTable([0], [[1, 2, 5, 0]], ids=[0], polygons=[[1, 2, 6, 2, 6, 2, 1, 2]])
    assert np.isfinite(plain_boxes(flat, np.array([0]), "equal-area")).all()
    _, rows = passed(OnePass(polygon_box="equal-area"), Still(table))
    np.testing.assert_allclose(rows[0].boxes[0, 2:] - rows[0].boxes[0, :2], [side, side], rtol=1e-6)


def test_plain_boxes_may_be_moved_before_the_start() -> None:
    plain = TrackTable([0], [[1, 2, 20, 10]], ids=[0])
    _, rows = passed(OnePass(shift=0.5), Still(plain))
    assert rows[0].boxes.tolist() == [[1.5, 2.5, 21.5, 12.5]]
    rotated = TrackTable([0], [[0, 0, 20, 20]], ids=[0], polygons=[ROTATED])
    _, rows = passed(OnePass(shift=0.5), Still(rotated))
    assert rows[0].boxes.tolist() == [[0, 0, 20, 20]]
    _, rows = passed(OnePass(init=[[1, 2, 20, 10]], shift=0.5), Still(plain))
    assert rows[0].boxes.tolist() == [[1, 2, 21, 12]]


@pytest.mark.parametrize(
    ("protocol", "sequence", "message"),
    [
        (
            OnePass(),
            Still(),
            "sequence 'still' has no annotations to tell its targets; name them by init, file or draw",
        ),
        (
            OnePass(),
            Still(TrackTable([0], [[1, 1, 0, 5]], ids=[0])),
            "sequence 'still' has no annotation that a target can be started from; leave it out with run.sequences, or",
        ),
        (
            OnePass(init=[[1, 1, 5, 5], [40, 0, 5, 5]]),
            Still(),
            "target 1 at 40, 0, 5, 5 (left, top, width, height) lies outside the picture of "
            "sequence 'still', which is 40x30",
        ),
        (
            OnePass(init=[[-5, 0, 5, 5]]),
            Still(size=None),
            "target 0 at -5, 0, 5, 5 (left, top, width, height) lies outside the picture of "
            "sequence 'still', which is 40x30",
        ),
    ],
)
def test_targets_that_cannot_be_followed(protocol: OnePass, sequence: Sequence, message: str) -> None:
    with pytest.raises(DataError) as caught:
        passed(protocol, sequence)
    assert str(caught.value).startswith(message)


def test_a_box_at_the_border_is_fine() -> None:
    _, rows = passed(OnePass(init=[[-4, -4, 5, 5], [39, 29, 50, 50]]), Still())
    assert rows[0].boxes.tolist() == [[-4, -4, 1, 1], [39, 29, 89, 79]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"init": [[1, 2, 3]]}, "init: a box is four numbers, left, top, width, height, got 1, 2, 3"),
        ({"init": [[1, 2, 3, 0]]}, "init: width and height of a box must be above 0, got 1, 2, 3, 0"),
        (
            {"init": [[1, 2, float("nan"), 4]]},
            "init: the numbers of a box must be finite, and within 1e+09, got 1, 2, nan, 4",
        ),
        ({"init": [[1, 2, 3, 4]], "draw": True}, "draw: the targets are told by init already; leave one of them out"),
        ({"file": "a.txt", "init": [[1, 2, 3, 4]]}, "file: the targets are told by init already"),
        ({"polygon_box": "round"}, "polygon_box: must be one of 'enclosing', 'equal-area', 'pysot', got 'round'"),
    ],
)
def test_wrong_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        OnePass(**options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_built_from_an_experiment(load: Load) -> None:
    experiment = load(protocol__init=[[1, 2, 30, 40]])
    assert experiment.protocol is not None
    protocol = build(experiment.protocol)
    protocol.reset(Still())
    assert protocol.step(Noting(), next(Still().frames())).boxes.tolist() == [[1, 2, 31, 42]]
    assert load_experiment(experiment.resolved()) == experiment
