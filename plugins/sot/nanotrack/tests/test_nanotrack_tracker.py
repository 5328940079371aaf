from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from vtcore.errors import StateError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_common_sot.errors import StartError

NONE = Instances.empty()


def follow(tracker: Any, frame: Any, first: int, last: int, **options: Any) -> list[Instances]:
    return [tracker.update(frame(index, **options), NONE) for index in range(first, last)]


def same(one: list[Instances], other: list[Instances]) -> None:
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.boxes, theirs.boxes)
        np.testing.assert_array_equal(mine.scores, theirs.scores)
        np.testing.assert_array_equal(mine.ids, theirs.ids)


@pytest.mark.parametrize("compat", ["", "nanotrack", "opencv"])
def test_a_target_is_followed(make: Any, frame: Any, target: Any, overlap: Any, compat: str) -> None:
    tracker = make(compat=compat)
    tracker.start(frame(0), target(0, 0))
    for index, tracks in enumerate(follow(tracker, frame, 1, 25), 1):
        assert overlap(tracks.boxes[0], target(index, 0).boxes[0]) > 0.5, index
        assert 0 < tracks.scores[0] <= 1
    assert tracks.ids.tolist() == [0]
    assert tracks.detection_index.tolist() == [-1]
    assert all(spent > 0 for spent in tracker.seconds.values())


def test_without_a_target_there_are_no_rows(make: Any, frame: Any) -> None:
    tracks = make().update(frame(0), NONE)
    assert (len(tracks), tracks.ids.shape) == (0, (0,))


def test_targets_of_one_frame_are_followed_as_each_alone(make: Any, frame: Any, target: Any) -> None:
    together = make()
    together.start(frame(0, squares=3), target(0, 0, 1, 2, ids=(7, 3, 5)))
    found = follow(together, frame, 1, 10, squares=3)
    assert found[0].ids.tolist() == [7, 3, 5]
    for number in range(3):
        alone = make()
        alone.start(frame(0, squares=3), target(0, number))
        for one, all_ in zip(follow(alone, frame, 1, 10, squares=3), found, strict=True):
            np.testing.assert_allclose(one.boxes[0], all_.boxes[number], atol=1e-3)


def test_a_head_that_takes_no_batch_answers_alike(make: Any, write_head: Any, frame: Any, target: Any) -> None:
    trackers = [make(head=write_head(f"{alone}.onnx", alone=alone)) for alone in (False, True)]
    assert [each._network._head._batches for each in trackers] == [True, False]
    for tracker in trackers:
        tracker.start(frame(0, squares=2), target(0, 0, 1))
    same(*(follow(tracker, frame, 1, 6, squares=2) for tracker in trackers))


def test_a_target_started_anew_leaves_the_others_alone(make: Any, frame: Any, target: Any) -> None:
    tracker, untouched = make(), make()
    for each in (tracker, untouched):
        each.start(frame(0, squares=2), target(0, 0, 1))
        follow(each, frame, 1, 5, squares=2)
    tracker.start(frame(4, squares=3), target(4, 2, ids=(0,)))
    for index in range(5, 9):
        mine, theirs = (each.update(frame(index, squares=3), NONE) for each in (tracker, untouched))
        assert mine.ids.tolist() == [0, 1]
        np.testing.assert_allclose(mine.boxes[1], theirs.boxes[1], atol=1e-3)
        x, y = (mine.boxes[0, :2] + mine.boxes[0, 2:]) / 2
        there = target(index, 2).boxes[0]
        assert there[0] < x < there[2]
        assert there[1] < y < there[3]


def test_stopped_and_continued(make: Any, frame: Any, target: Any, tmp_path: Any) -> None:
    whole, first, second = make(), make(), make()
    for each in (whole, first):
        each.start(frame(0, squares=2), target(0, 0, 1))
    follow(first, frame, 1, 6, squares=2)
    np.savez(tmp_path / "state.npz", **first.state_dict())
    second.load_state_dict(np.load(tmp_path / "state.npz"))
    same(follow(whole, frame, 1, 12, squares=2)[5:], follow(second, frame, 6, 12, squares=2))
    with pytest.raises(StateError, match="compat"):
        make(compat="opencv").load_state_dict(first.state_dict())


def test_reset_is_as_new(make: Any, frame: Any, target: Any) -> None:
    tracker = make()
    runs = []
    for _ in range(2):
        tracker.reset()
        tracker.start(frame(0), target(0, 0))
        runs.append(follow(tracker, frame, 1, 8))
    same(*runs)


@pytest.mark.parametrize("compat", ["", "nanotrack", "opencv"])
@pytest.mark.parametrize(
    "box",
    [
        (-20, -10, 40, 40),
        (300, 220, 40, 40),
        (-80, -60, 40, 40),
        (370, 280, 40, 40),
        (100.2, 80.7, 0.3, 0.2),
        (0, 0, 320, 240),
        (-500, -500, 2000, 2000),
        (10, 10, 300, 1),
    ],
)
def test_boxes_at_the_border_and_beyond(make: Any, frame: Any, box: Any, compat: str) -> None:
    tracker = make(compat=compat)
    tracker.start(frame(0), Instances.from_ltwh([box], ids=[0]))
    for tracks in follow(tracker, frame, 1, 6):
        x1, y1, x2, y2 = tracks.boxes[0].tolist()
        assert np.isfinite(tracks.boxes).all()
        assert 9 <= x2 - x1 <= 320.01
        assert 9 <= y2 - y1 <= 240.01
        assert -1 <= (x1 + x2) / 2 <= 321
        assert -1 <= (y1 + y2) / 2 <= 241


@pytest.mark.parametrize("box", [(10, 10, 0, 20), (10, 10, 20, 0)])
def test_a_box_without_area_starts_nothing(make: Any, frame: Any, box: Any) -> None:
    tracker = make()
    with pytest.raises(StartError, match=r"tracker 'nanotrack': target 4: .* has no area"):
        tracker.start(frame(0), Instances.from_ltwh([box], ids=[4]))
    assert len(tracker.update(frame(1), NONE)) == 0


def test_a_target_that_is_gone_is_still_answered(make: Any, frame: Any, target: Any) -> None:
    tracker = make()
    tracker.start(frame(0), target(0, 0))
    seen = follow(tracker, frame, 1, 3)[-1]
    lost = follow(tracker, frame, 3, 20, squares=0)
    assert all(len(tracks) == 1 and np.isfinite(tracks.boxes).all() for tracks in lost)
    assert lost[-1].scores[0] < seen.scores[0]


def test_grey_pictures_and_pictures_of_another_size(make: Any, frame: Any, target: Any) -> None:
    tracker = make()
    grey = [Frame(i, np.repeat(frame(i).image[:, :, :1], 3, axis=2)) for i in range(4)]
    tracker.start(grey[0], target(0, 0))
    for each in (*grey[1:], frame(4, size=(480, 640)), Frame(5, np.zeros((8, 6, 3), np.uint8))):
        tracks = tracker.update(each, NONE)
        assert np.isfinite(tracks.boxes).all()
    assert (tracks.boxes[0, 2:] - tracks.boxes[0, :2] >= 9.9).all()


def test_numbers_that_are_none_leave_a_target_where_it_is(
    make: Any, write_head: Any, frame: Any, target: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = make(head=write_head(half=float("nan")))
    tracker.start(frame(0), target(0, 0))
    with caplog.at_level(logging.WARNING, "vtcore"):
        found = follow(tracker, frame, 1, 4)
    for tracks in found:
        assert tracks.scores.tolist() == [0]
        np.testing.assert_array_equal(tracks.boxes, target(0, 0).boxes)
    assert caplog.text.count("no numbers") == 1


def test_channel_order(make: Any, frame: Any, target: Any) -> None:
    blue, red = make(), make(channel_order="rgb")
    turned = [Frame(i, np.ascontiguousarray(frame(i).image[..., ::-1])) for i in range(5)]
    blue.start(frame(0), target(0, 0))
    red.start(turned[0], target(0, 0))
    same(follow(blue, frame, 1, 5), [red.update(each, NONE) for each in turned[1:]])
