from __future__ import annotations

from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from vtcore.errors import DataError, StateError
from vtcore.frames import Frame
from vtcore.instances import Float32Array, Float64Array, Instances
from vtcore.interfaces import TargetTracker
from vtrack_common_sot.errors import StartError
from vtrack_common_sot.tracker import TargetTrackerBase, decimal_ltwh


@attrs.define
class Moved:
    """Something that goes to the right."""

    box: Float64Array
    steps: int = 0
    looks: tuple[Any, ...] = ()


class Mover(TargetTrackerBase[Moved]):
    """Moves every target by a pixel for each frame that it has seen."""

    _TARGET_CLASS: ClassVar[type[Any]] = Moved

    def __init__(self) -> None:
        super().__init__(name="tracker 'mover'")
        self.batches: list[int] = []

    def _start(self, frame: Frame, ltwh: Float64Array) -> Moved:
        return Moved(ltwh.copy(), looks=(np.arange(3.0), None))

    def _follow(self, frame: Frame, targets: list[Moved]) -> tuple[Float64Array, Float32Array]:
        self.batches.append(len(targets))
        for target in targets:
            target.steps += 1
            target.box[0] += target.steps
        return np.array([target.box for target in targets]), np.full(len(targets), 0.5, np.float32)


def frame(index: int = 0) -> Frame:
    return Frame(index, np.zeros((60, 80, 3), np.uint8))


def targets(**boxes: list[float]) -> Instances:
    ids = [int(name[1:]) for name in boxes]
    return Instances.from_ltwh(list(boxes.values()), ids=ids, labels=[number % 3 for number in ids])


def test_it_is_a_target_tracker() -> None:
    assert isinstance(Mover(), TargetTracker)


def test_without_targets_nothing_is_answered() -> None:
    tracker = Mover()
    tracker.reset()
    found = tracker.update(frame(), Instances.empty())
    assert len(found) == 0
    assert found.ids is not None
    assert found.ids.shape == (0,)
    assert tracker.batches == []


def test_targets_are_answered_in_the_order_they_were_started_in() -> None:
    tracker = Mover()
    tracker.start(frame(), targets(t7=[10, 10, 5, 6]))
    first = tracker.update(frame(1))
    tracker.start(frame(1), targets(t2=[30, 20, 8, 9], t5=[1, 2, 3, 4]))
    second = tracker.update(frame(2))
    assert first.ids is not None
    assert second.ids is not None
    assert second.detection_index is not None
    assert first.ids.tolist() == [7]
    assert second.ids.tolist() == [7, 2, 5]
    assert second.labels.tolist() == [1, 2, 2]
    assert second.boxes.tolist() == [[13, 10, 18, 16], [31, 20, 39, 29], [2, 2, 5, 6]]
    assert second.boxes.dtype == second.scores.dtype == np.float32
    assert second.detection_index.tolist() == [-1, -1, -1]
    assert tracker.batches == [1, 3]


def test_a_known_target_starts_anew_and_keeps_its_place() -> None:
    tracker = Mover()
    tracker.start(frame(), targets(t1=[10, 10, 5, 6], t2=[20, 10, 5, 6]))
    tracker.update(frame(1))
    tracker.update(frame(2))
    tracker.start(frame(2), targets(t1=[40, 40, 5, 6]))
    found = tracker.update(frame(3))
    assert found.ids is not None
    assert found.ids.tolist() == [1, 2]
    assert found.boxes[:, 0].tolist() == [41, 26]


def test_reset_forgets_all_targets() -> None:
    tracker = Mover()
    tracker.start(frame(), targets(t1=[10, 10, 5, 6]))
    tracker.reset()
    assert len(tracker.update(frame(1))) == 0


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([10, 10, 0, 5], "has no area"),
        ([10, 10, 5, 0], "has no area"),
        ([2e6, 10, 5, 5], "reaches beyond 1000000 pixels"),
    ],
)
def test_a_box_that_cannot_be_started_from_is_told(box: list[float], told: str) -> None:
    tracker = Mover()
    with pytest.raises(StartError, match=rf"tracker 'mover': target 3: its box .* {told}; give one") as error:
        tracker.start(frame(), targets(t1=[10, 10, 5, 6], t3=box))
    assert isinstance(error.value, DataError)
    assert len(tracker.update(frame(1))) == 0


def test_a_box_that_is_no_number_is_told() -> None:
    wrong = targets(t1=[10, 10, 5, 6])
    assert wrong.ltwh is not None
    wrong.ltwh[0, 2] = np.nan
    with pytest.raises(StartError, match="is not finite"):
        Mover().start(frame(), wrong)


def test_targets_without_ids_and_frames_without_images_are_refused() -> None:
    tracker = Mover()
    with pytest.raises(ValueError, match="targets need ids"):
        tracker.start(frame(), Instances([[1, 2, 3, 4]]))
    with pytest.raises(ValueError, match="has no image; tracker 'mover' needs one"):
        tracker.start(Frame(0), targets(t1=[10, 10, 5, 6]))
    with pytest.raises(ValueError, match="has no image"):
        tracker.update(Frame(0))


def test_a_network_that_answers_no_numbers_leaves_the_box_where_it_was(caplog: pytest.LogCaptureFixture) -> None:
    tracker = Mover()
    tracker.start(frame(), targets(t1=[10, 10, 5, 6], t2=[20, 10, 5, 6]))
    tracker.update(frame(1))
    tracker._targets[1].box[:] = np.nan
    for index in (2, 3):
        found = tracker.update(frame(index))
    assert found.boxes[0].tolist() == [11, 10, 16, 16]
    assert found.boxes[1, 0] == 26
    assert found.scores.tolist() == [0, 0.5]
    assert len(caplog.records) == 1
    assert "no numbers" in caplog.text


def test_a_tracker_goes_on_from_its_state(tmp_path: Any) -> None:
    tracker, other = Mover(), Mover()
    tracker.start(frame(), targets(t11=[10, 10, 5, 6]))
    tracker.update(frame(1))
    tracker.start(frame(1), targets(t2=[20, 10, 5, 6]))
    kept: dict[str, Any] = tracker.state_dict()
    np.savez(tmp_path / "state.npz", **kept)
    other.start(frame(), targets(t99=[1, 1, 5, 6]))
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    assert other._targets[11].looks[0].tolist() == [0, 1, 2]
    assert other._targets[11].looks[1] is None
    for index in (2, 3):
        mine, theirs = tracker.update(frame(index)), other.update(frame(index))
        assert mine.boxes.tolist() == theirs.boxes.tolist()
        assert mine.ids is not None
        assert theirs.ids is not None
        assert mine.ids.tolist() == theirs.ids.tolist() == [11, 2]


def test_tensors_are_kept(tmp_path: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    tracker, other = Mover(), Mover()
    tracker.start(frame(), targets(t1=[10, 10, 5, 6]))
    tracker._targets[1].looks = (torch.arange(4.0), (torch.ones(2, 2), ()))
    kept: dict[str, Any] = tracker.state_dict()
    np.savez(tmp_path / "state.npz", **kept)
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    flat, (square, nothing) = other._targets[1].looks
    assert flat.tolist() == [0, 1, 2, 3]
    assert square.tolist() == [[1, 1], [1, 1]]
    assert nothing == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: state.pop("target.1.box"), "lacks 'box'"),
        (lambda state: state.update({"target.1.more": np.ones(1)}), "has 'more' besides"),
        (lambda state: state.pop("target.1.looks.0"), "its 'looks' is damaged"),
        (lambda state: state.update({"ids": np.array([4])}), "does not hold the targets"),
        (lambda state: state.pop("ids"), "does not hold the targets"),
        (lambda state: state.pop("labels"), "lacks 'labels'"),
        (lambda state: state.update({"class": np.array("Other")}), "it is one of Other"),
    ],
)
def test_another_state_is_refused_and_nothing_changes(change: Any, told: str) -> None:
    tracker = Mover()
    tracker.start(frame(), targets(t1=[10, 10, 5, 6]))
    state = tracker.state_dict()
    change(state)
    with pytest.raises(StateError, match=told):
        tracker.load_state_dict(state)
    assert tracker.update(frame(1)).boxes.tolist() == [[11, 10, 16, 16]]


def test_boxes_in_single_precision_give_the_numbers_that_were_written() -> None:
    rng = np.random.default_rng(0)
    written = np.round(rng.uniform(1, 1000, (200, 4)), 2)
    corners = written.copy()
    corners[:, 2:] += corners[:, :2]
    assert decimal_ltwh(corners.astype(np.float32)).tolist() == written.tolist()
    assert decimal_ltwh(np.zeros((0, 4), np.float32)).shape == (0, 4)
