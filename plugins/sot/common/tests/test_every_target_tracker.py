"""What holds for every installed tracker of targets."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.frames import Frame
from vtcore.instances import Instances

MakeTracker = Callable[[], Any]
HEIGHT, WIDTH = 96, 128
BOXES: Mapping[int, list[float]] = {7: [40.5, 30, 30, 24.25], 3: [70, 50, 25.5, 31], 12: [10, 20.75, 22, 28]}
"""Three targets, ``x, y, width, height``."""


def picture(index: int, *, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Any:
    """A texture that moves by two and one pixels a frame."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x + 2 * index, y + index
    planes = [127 + 60 * np.sin(x / (5 + 2 * place) + y / 23) + 60 * np.cos(y / (4 + place)) for place in range(3)]
    return np.stack(planes, axis=2).clip(0, 255).astype(np.uint8)


IMAGES: list[Any] = [picture(index) for index in range(6)]
VIDEO = [Frame(index, image) for index, image in enumerate(IMAGES)]


def targets(*numbers: int, **others: list[float]) -> Instances:
    """Some of the three, and others by their ids: ``t5=[x, y, width, height]``."""
    given = {number: BOXES[number] for number in numbers} | {int(name[1:]): box for name, box in others.items()}
    return Instances.from_ltwh(list(given.values()), ids=list(given), labels=[number % 4 for number in given])


def outcome(tracks: Instances) -> list[list[Any]]:
    fields = (tracks.ids, tracks.boxes, tracks.scores, tracks.labels, tracks.detection_index)
    return [field.tolist() for field in fields if field is not None]


def followed(tracker: Any, frames: list[Frame] = VIDEO, started: Instances | None = None) -> list[Instances]:
    """Start targets in the first frame, and return what is answered in the others."""
    tracker.start(frames[0], targets(*BOXES) if started is None else started)
    return [tracker.update(frame, Instances.empty()) for frame in frames[1:]]


def outcomes(answers: list[Instances]) -> list[list[list[Any]]]:
    return [outcome(tracks) for tracks in answers]


def close(found: Instances, wanted: Instances) -> None:
    """Compare what came from batches of other sizes."""
    assert found.boxes == pytest.approx(wanted.boxes, abs=0.02)
    assert found.scores == pytest.approx(wanted.scores, abs=1e-3)


def test_the_small_trackers_do_something(make_tracker: MakeTracker) -> None:
    # Else what follows would hold for a tracker that never looks.
    answers = followed(make_tracker())
    moved = np.abs(answers[-1].boxes - answers[0].boxes).max(axis=1)
    assert (moved > 0.5).any(), moved
    black = [Frame(frame.index, np.zeros_like(frame.image)) for frame in VIDEO]
    others = followed(make_tracker(), [VIDEO[0], *black[1:]])
    assert outcomes(answers) != outcomes(others)


def test_answers_have_a_row_for_each_target_in_order_of_starting(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    tracker.start(VIDEO[0], targets(7))
    tracker.update(VIDEO[1], Instances.empty())
    tracker.start(VIDEO[1], targets(12, 3))
    for frame in VIDEO[2:5]:
        tracks = tracker.update(frame, Instances.empty())
        assert tracks.ids.tolist() == [7, 12, 3]
        assert tracks.labels.tolist() == [3, 0, 3]
        assert tracks.detection_index.tolist() == [-1] * 3
        assert [tracks.boxes.shape, tracks.scores.shape] == [(3, 4), (3,)]
        fields = (tracks.boxes, tracks.scores, tracks.ids, tracks.labels, tracks.detection_index)
        types = [each.dtype for each in fields]
        assert types == [np.float32, np.float32, np.int64, np.int64, np.int64]
        assert np.isfinite(tracks.boxes).all()
        assert (tracks.boxes[:, 2:] > tracks.boxes[:, :2]).all()
        assert ((tracks.scores >= 0) & (tracks.scores <= 1)).all()


def test_without_targets_there_are_no_rows(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    for step in range(3):
        if step == 1:
            tracker.reset(None)
        if step == 2:
            tracker.start(VIDEO[0], targets())
        tracks = tracker.update(VIDEO[step], Instances.empty())
        assert [tracks.boxes.shape, tracks.scores.shape, tracks.ids.shape] == [(0, 4), (0,), (0,)]
        assert tracks.ids.dtype == np.int64


def test_a_reset_tracker_is_a_new_one(make_tracker: MakeTracker) -> None:
    used = make_tracker()
    followed(used, VIDEO[3:], targets(3, t99=[5, 5, 40, 50]))
    used.reset(None)
    assert outcomes(followed(used)) == outcomes(followed(make_tracker()))


def test_the_same_again(make_tracker: MakeTracker) -> None:
    assert outcomes(followed(make_tracker())) == outcomes(followed(make_tracker()))


def test_two_trackers_do_not_know_of_each_other(make_tracker: MakeTracker) -> None:
    one, other = make_tracker(), make_tracker()
    alone = followed(make_tracker())
    one.start(VIDEO[0], targets(*BOXES))
    other.start(VIDEO[4], targets(7, t1=[60, 10, 12, 40]))
    for step, frame in enumerate(VIDEO[1:]):
        assert outcome(one.update(frame, Instances.empty())) == outcome(alone[step])
        other.update(VIDEO[-1 - step], Instances.empty())


def test_targets_together_are_targets_alone(make_tracker: MakeTracker) -> None:
    together = followed(make_tracker())
    for row, number in enumerate(BOXES):
        for found, wanted in zip(followed(make_tracker(), started=targets(number)), together, strict=True):
            close(found, wanted[[row]])


def test_targets_started_one_by_one_are_targets_started_at_once(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    for number in BOXES:
        tracker.start(VIDEO[0], targets(number))
    for frame, wanted in zip(VIDEO[1:], followed(make_tracker()), strict=True):
        close(tracker.update(frame, Instances.empty()), wanted)


def test_a_new_start_leaves_the_others_alone_and_is_a_first_start(make_tracker: MakeTracker) -> None:
    tracker, wanted, fresh = make_tracker(), followed(make_tracker()), make_tracker()
    tracker.start(VIDEO[0], targets(*BOXES))
    again = Instances.from_ltwh([[50, 40, 26, 30]], ids=[3], labels=[9])
    for step, frame in enumerate(VIDEO[1:]):
        tracks = tracker.update(frame, Instances.empty())
        assert tracks.ids.tolist() == list(BOXES)
        close(tracks[[0, 2]], wanted[step][[0, 2]])
        if step > 2:
            assert tracks.labels.tolist() == [3, 9, 0]
            close(tracks[[1]], fresh.update(frame, Instances.empty()))
        if step == 2:
            tracker.start(frame, again)
            fresh.start(frame, again)


@pytest.mark.parametrize("stop", [1, 4])
def test_a_state_goes_on_as_if_nothing_had_been(make_tracker: MakeTracker, stop: int, tmp_path: Path) -> None:
    tracker, other = make_tracker(), make_tracker()
    followed(tracker, VIDEO[:stop])
    state = tracker.state_dict()
    kept = pickle.dumps(state)
    np.savez(tmp_path / "state.npz", **state)
    # What the other one did before counts nothing.
    followed(other, VIDEO[2:5], targets(12, t50=[0, 0, 30, 30]))
    with np.load(tmp_path / "state.npz", allow_pickle=False) as loaded:
        other.load_state_dict(loaded)
    for frame in VIDEO[stop:]:
        assert outcome(tracker.update(frame, Instances.empty())) == outcome(other.update(frame, Instances.empty()))
    assert pickle.dumps(state) == kept


ODD: Mapping[str, list[float]] = {
    "upper left": [-12, -9, 30, 30],
    "lower right": [110, 80, 30, 30],
    "whole": [0, 0, WIDTH, HEIGHT],
    "beyond on all sides": [-200, -150, 600, 500],
    "one pixel": [60, 40, 1, 1],
    "a dot": [60.3, 40.7, 0.01, 0.02],
    "a line": [30, 40, 90, 1],
    "huge": [-1e5, -1e5, 3e5, 2e5],
}


def test_boxes_of_all_kinds_are_followed(make_tracker: MakeTracker) -> None:
    started = Instances.from_ltwh([*ODD.values(), BOXES[7]], ids=range(len(ODD) + 1))
    for tracks in followed(make_tracker(), VIDEO[:4], started):
        for name, box, score in zip([*ODD, "usual"], tracks.boxes, tracks.scores, strict=True):
            assert np.isfinite(box).all(), name
            assert (box[2:] >= box[:2]).all(), name
            assert 0 <= score <= 1, name


def test_what_lies_far_beyond_the_picture_stays_there(make_tracker: MakeTracker) -> None:
    alone = followed(make_tracker(), VIDEO[:5], targets(7, 12))
    beyond: dict[str, Any] = {"t1": [400, 30, 20, 20], "t2": [-300, 30, 20, 20], "t3": [9e5, 9e5, 40, 30]}
    beyond |= {"t4": [40, 500, 20, 20], "t5": [40, -300, 20, 20]}
    tracker = make_tracker()
    tracker.start(VIDEO[0], targets(7, **beyond))
    for place, tracks in enumerate(followed(tracker, VIDEO[:5], targets(12))):
        close(tracks[[0, -1]], alone[place])
        assert tracks.scores[1:-1].tolist() == [0] * len(beyond)
        found = np.hstack((tracks.boxes[:, :2], tracks.boxes[:, 2:] - tracks.boxes[:, :2]))[1:-1]
        assert found == pytest.approx(np.array(list(beyond.values())), abs=0.1)


def test_one_that_only_lies_beyond_waits_alone(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    for tracks in followed(tracker, VIDEO[:3], targets(t1=[400.0, 30, 20, 20])):
        assert tracks.boxes.tolist() == [[400, 30, 420, 50]]
        assert tracks.scores.tolist() == [0]
    # A new start finds it again.
    tracker.start(VIDEO[2], targets(t1=BOXES[7]))
    assert tracker.update(VIDEO[3], Instances.empty()).boxes[0, 0] < WIDTH


def test_a_target_that_a_smaller_picture_lacks_waits_for_it(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    large = [Frame(index, picture(index, size=(200, 900))) for index in range(6)]
    tracker.start(large[0], targets(t1=[860, 20, 20, 20]))
    before = tracker.update(large[1], Instances.empty())
    for index in (2, 3):
        hidden = tracker.update(Frame(index, picture(index, size=(200, 300))), Instances.empty())
        assert hidden.boxes.tolist() == before.boxes.tolist()
        assert hidden.scores.tolist() == [0]
    found = tracker.update(large[4], Instances.empty())
    assert found.boxes[0, 0] > 600
    assert np.isfinite(found.boxes).all()


def test_a_box_that_is_none_is_refused_in_a_line(make_tracker: MakeTracker) -> None:
    tracker, alone = make_tracker(), followed(make_tracker(), VIDEO[:3])
    tracker.start(VIDEO[0], targets(*BOXES))
    nan, inf = float("nan"), float("inf")
    boxes: list[list[float]] = [[10, 10, 0, 5], [10, 10, 5, -1], [1e12, 10, 5, 5]]
    for box in (*boxes, [nan, 10, 5, 5], [10, inf, 5, 5], [10, 10, nan, 5], [10, 10, 5, inf]):
        wrong = targets(12, t3=[1, 2, 3, 4])
        assert wrong.ltwh is not None
        wrong.ltwh[1] = box
        with pytest.raises(DataError, match=r"^tracker '[\w-]+': target 3: its box [^\n]+$"):
            tracker.start(VIDEO[0], wrong)
    for frame, wanted in zip(VIDEO[1:3], alone, strict=True):
        assert outcome(tracker.update(frame, Instances.empty())) == outcome(wanted)


def test_pictures_without_colour(make_tracker: MakeTracker) -> None:
    grey = [Frame(index, np.repeat(image[..., :1], 3, axis=2)) for index, image in enumerate(IMAGES)]
    flat = [Frame(index, np.full_like(image, 77)) for index, image in enumerate(IMAGES)]
    for video in (grey, flat):
        for tracks in followed(make_tracker(), video):
            assert np.isfinite(tracks.boxes).all()
            assert np.isfinite(tracks.scores).all()


def test_pictures_may_change_their_size(make_tracker: MakeTracker) -> None:
    sizes = [(96, 128), (60, 80), (200, 33), (1, 1), (3, 300), (96, 128)]
    video = [Frame(index, picture(index, size=size)) for index, size in enumerate(sizes)]
    for tracks in followed(make_tracker(), video):
        assert outcome(tracks)[0] == list(BOXES)
        assert np.isfinite(tracks.boxes).all()
        assert np.isfinite(tracks.scores).all()


def test_pictures_lie_in_memory_as_they_like_and_are_not_changed(make_tracker: MakeTracker) -> None:
    wanted = outcomes(followed(make_tracker()))
    video = []
    for index, image in enumerate(IMAGES):
        wide = np.zeros((2 * HEIGHT, 3 + WIDTH, 4), np.uint8)
        # Every second row, from the last to the first, of the middle of four channels turned round.
        view = wide[::-2, 3:, 2::-1]
        view[:] = image
        view.flags.writeable = False
        assert not view.flags.c_contiguous
        video.append(Frame(index, view))
    started, none = targets(*BOXES), Instances.empty()
    before = pickle.dumps((started, none))
    tracker = make_tracker()
    tracker.start(video[0], started)
    found = [outcome(tracker.update(frame, none)) for frame in video[1:]]
    assert found == wanted
    assert pickle.dumps((started, none)) == before
    assert all((frame.image == picture(frame.index)).all() for frame in video)


def test_earlier_answers_and_starts_are_not_touched(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    started: Any = targets(*BOXES)
    tracker.start(VIDEO[0], started)
    # Neither does what the caller does with them count.
    wanted, kept = followed(make_tracker()), []
    started.ltwh[:], started.boxes[:], started.ids[:], started.labels[:] = 0, 0, 0, 0
    for frame, expected in zip(VIDEO[1:], wanted, strict=True):
        tracks = tracker.update(frame, Instances.empty())
        assert outcome(tracks) == outcome(expected)
        kept.append((tracks, outcome(tracks)))
    assert all(outcome(tracks) == then for tracks, then in kept)
    other = make_tracker()
    other.start(VIDEO[0], targets(*BOXES))
    for frame, expected in zip(VIDEO[1:], wanted, strict=True):
        tracks = other.update(frame, Instances.empty())
        assert outcome(tracks) == outcome(expected)
        tracks.boxes[:], tracks.ids[:], tracks.scores[:], tracks.labels[:] = 0, 0, 0, 0


def test_boxes_in_single_precision_start_the_same(make_tracker: MakeTracker) -> None:
    exact = targets(*BOXES)
    rounded = Instances(exact.boxes, exact.scores, exact.labels, ids=exact.ids)
    for found, wanted in zip(followed(make_tracker(), started=rounded), followed(make_tracker()), strict=True):
        close(found, wanted)


def test_numbers_of_frames_may_jump(make_tracker: MakeTracker) -> None:
    # Only every third frame of a video; what counts is what is shown.
    thinned = [Frame(3 * frame.index, frame.image) for frame in VIDEO]
    assert outcomes(followed(make_tracker(), thinned)) == outcomes(followed(make_tracker()))


def test_frames_without_a_picture_are_refused(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    with pytest.raises(ValueError, match=r"^[^\n]+ has no image; tracker '[\w-]+' needs one$"):
        tracker.start(Frame(0), targets(7))
    with pytest.raises(ValueError, match="has no image"):
        tracker.update(Frame(0), Instances.empty())


def test_pictures_without_pixels_are_refused(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    message = r"^tracker '[\w-]+': .* has an image of 128x0 pixels; leave such frames out$"
    with pytest.raises(DataError, match=message):
        tracker.start(Frame(0, np.zeros((0, 128, 3), np.uint8)), targets(3))
    tracker.start(VIDEO[0], targets(3))
    with pytest.raises(DataError, match=message):
        tracker.update(Frame(1, np.zeros((0, 128, 3), np.uint8)), Instances.empty())


def test_memory_is_bounded(make_tracker: MakeTracker) -> None:
    tracker, sizes = make_tracker(), []
    for step in range(24):
        if step % 4 == 0:
            tracker.start(VIDEO[step % 6], targets(*BOXES))
        tracker.update(VIDEO[(step + 1) % 6], Instances.empty())
        sizes.append(sum(part.nbytes for part in tracker.state_dict().values()))
    assert max(sizes[12:]) <= max(sizes[:12])


def test_what_a_config_allows_a_tracker_allows(make_tracker: MakeTracker) -> None:
    tracker = make_tracker()
    taken = inspect.signature(type(tracker).__init__).parameters
    fields = [field.name for field in type(tracker.config).__attrs_attrs__]
    assert set(fields) <= set(taken)
    assert all(getattr(type(tracker.config)(), name) == taken[name].default for name in fields)
    assert tracker.config.needs == {"image", "targets"}
