from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.errors import StateError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_common_sot.errors import StartError
from vtrack_plugin_correlation import Kcf, Mosse
from vtrack_plugin_correlation.config import KcfConfig, MosseConfig

NONE = Instances.empty()
BOTH = pytest.mark.parametrize("kind", [Kcf, Mosse])
ALL = pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Kcf, {}),
        (Kcf, {"scale": "none", "kernel": "linear"}),
        (Kcf, {"features": "grey", "kernel_sigma": 0.2, "scale": "none", "learning_rate": 0.075}),
        (Mosse, {}),
        (Mosse, {"scale": "filter", "variants": 0}),
    ],
    ids=str,
)


def follow(tracker: Any, frame: Any, first: int, last: int, **options: Any) -> list[Instances]:
    return [tracker.update(frame(index, **options), NONE) for index in range(first, last)]


def same(one: list[Instances], other: list[Instances]) -> None:
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.boxes, theirs.boxes)
        np.testing.assert_array_equal(mine.scores, theirs.scores)


def middle(boxes: Any) -> Any:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


@ALL
def test_a_target_is_followed(kind: Any, options: Any, frame: Any, target: Any) -> None:
    tracker = kind(**options)
    tracker.start(frame(0), target(0, 0))
    for index, tracks in enumerate(follow(tracker, frame, 1, 25), 1):
        assert np.abs(middle(tracks.boxes) - middle(target(index, 0).boxes)).max() < 1.5, index
        assert 0.5 < tracks.scores[0] <= 1
    size = tracks.boxes[0, 2:] - tracks.boxes[0, :2]
    assert size == pytest.approx([40, 48], rel=0.06)
    assert tracks.ids.tolist() == [0]
    assert tracks.detection_index.tolist() == [-1]
    assert all(spent > 0 for spent in tracker.seconds.values())


@pytest.mark.parametrize("growth", [0.985, 1.02])
@pytest.mark.parametrize("kind", [Kcf, Mosse])
def test_a_target_that_grows(kind: Any, growth: float, frame: Any, target: Any) -> None:
    tracker = kind(scale="filter")
    tracker.start(frame(0), target(0, 0))
    tracks = follow(tracker, frame, 1, 21, growth=growth)[-1]
    there = target(20, 0, growth=growth).boxes[0]
    assert tracks.boxes[0, 2:] - tracks.boxes[0, :2] == pytest.approx(there[2:] - there[:2], rel=0.1)


@BOTH
def test_without_a_target_there_are_no_rows(kind: Any, frame: Any) -> None:
    tracks = kind().update(frame(0), NONE)
    assert (len(tracks), tracks.ids.shape) == (0, (0,))


@BOTH
def test_targets_are_followed_as_each_alone(kind: Any, frame: Any, target: Any) -> None:
    together = kind()
    together.start(frame(0, targets=3), target(0, 0, 1, 2, ids=(7, 3, 5)))
    found = follow(together, frame, 1, 8, targets=3)
    assert found[0].ids.tolist() == [7, 3, 5]
    for number in range(3):
        alone = kind()
        alone.start(frame(0, targets=3), target(0, number))
        for one, everything in zip(follow(alone, frame, 1, 8, targets=3), found, strict=True):
            np.testing.assert_array_equal(one.boxes[0], everything.boxes[number])


@BOTH
def test_a_target_started_anew_leaves_the_others_alone(kind: Any, frame: Any, target: Any) -> None:
    tracker, untouched = kind(), kind()
    for each in (tracker, untouched):
        each.start(frame(0, targets=3), target(0, 0, 1))
        follow(each, frame, 1, 5, targets=3)
    tracker.start(frame(4, targets=3), target(4, 2, ids=(0,)))
    for index in range(5, 9):
        mine, theirs = (each.update(frame(index, targets=3), NONE) for each in (tracker, untouched))
        assert mine.ids.tolist() == [0, 1]
        np.testing.assert_array_equal(mine.boxes[1], theirs.boxes[1])
        assert np.abs(middle(mine.boxes)[0] - middle(target(index, 2).boxes)[0]).max() < 2


@ALL
def test_stopped_and_continued(kind: Any, options: Any, frame: Any, target: Any, tmp_path: Any) -> None:
    whole, first, second = (kind(**options) for _ in range(3))
    for each in (whole, first):
        each.start(frame(0, targets=2), target(0, 0, 1))
    follow(first, frame, 1, 6, targets=2)
    np.savez(tmp_path / "state.npz", **first.state_dict())
    second.load_state_dict(np.load(tmp_path / "state.npz"))
    same(follow(whole, frame, 1, 11, targets=2)[5:], follow(second, frame, 6, 11, targets=2))
    with pytest.raises(StateError, match="padding"):
        kind(**options, padding=3.0).load_state_dict(first.state_dict())


@BOTH
def test_reset_is_as_new(kind: Any, frame: Any, target: Any) -> None:
    tracker = kind()
    runs = []
    for _ in range(2):
        tracker.reset()
        tracker.start(frame(0), target(0, 0))
        runs.append(follow(tracker, frame, 1, 8))
    same(*runs)


def test_a_target_that_is_hidden_is_waited_for(frame: Any, target: Any) -> None:
    """MOSSE leaves box and filter as they are; what comes back at the same place is found."""
    tracker = Mosse()
    tracker.start(frame(0), target(0, 0))
    seen = follow(tracker, frame, 1, 6)[-1]
    hidden = [tracker.update(Frame(index, frame(0, hidden=True).image), NONE) for index in range(6, 30)]
    for tracks in hidden:
        np.testing.assert_array_equal(tracks.boxes, seen.boxes)
        assert tracks.scores[0] < 0.5
    back = tracker.update(Frame(30, frame(6).image), NONE)
    assert back.scores[0] > 0.5
    assert np.abs(middle(back.boxes) - middle(target(6, 0).boxes)).max() < 1


def test_kcf_learns_nothing_of_what_hides_a_target(frame: Any, target: Any) -> None:
    tracker = Kcf(min_score=0.5)
    tracker.start(frame(0), target(0, 0))
    follow(tracker, frame, 1, 6)
    before = tracker.state_dict()
    low = tracker.update(frame(6, hidden=True), NONE)
    assert low.scores[0] < 0.5
    after = tracker.state_dict()
    for name in ("model", "filter", "scale_numerator"):
        np.testing.assert_array_equal(after[f"target.0.{name}"], before[f"target.0.{name}"])


@BOTH
@pytest.mark.parametrize(
    "box",
    [
        (-20, -10, 40, 40),
        (300, 220, 40, 40),
        (-65, -60, 40, 40),
        (340, 250, 40, 40),
        (100.2, 80.7, 0.3, 0.2),
        (0, 0, 320, 240),
        (-500, -500, 2000, 2000),
        (10, 10, 300, 1),
        (100, 10, 1, 200),
    ],
)
def test_boxes_at_the_border_and_beyond(kind: Any, frame: Any, box: Any) -> None:
    tracker = kind(scale="filter")
    tracker.start(frame(0), Instances.from_ltwh([box], ids=[0]))
    for tracks in follow(tracker, frame, 1, 5):
        assert np.isfinite(tracks.boxes).all()
        assert (tracks.boxes[0, 2:] > tracks.boxes[0, :2]).all()
        assert 0 <= tracks.scores[0] <= 1
    if tracks.scores[0] > 0.5 or kind is Kcf:
        x, y = middle(tracks.boxes)[0]
        assert -0.01 <= x <= 320.01
        assert -0.01 <= y <= 240.01


@BOTH
@pytest.mark.parametrize("box", [(10, 10, 0, 20), (10, 10, 20, 0)])
def test_a_box_without_area_starts_nothing(kind: Any, frame: Any, box: Any) -> None:
    tracker = kind()
    with pytest.raises(StartError, match=r"target 4: .* has no area"):
        tracker.start(frame(0), Instances.from_ltwh([box], ids=[4]))
    assert len(tracker.update(frame(1), NONE)) == 0


@BOTH
def test_pictures_of_one_colour_and_of_another_size(kind: Any, frame: Any, target: Any) -> None:
    tracker = kind(scale="filter")
    flat = Frame(0, np.full((240, 320, 3), 90, np.uint8))
    tracker.start(flat, target(0, 0))
    others = (flat, frame(1), Frame(2, np.zeros((480, 640, 3), np.uint8)), Frame(3, np.zeros((5, 7, 3), np.uint8)))
    for each in others:
        tracks = tracker.update(each, NONE)
        assert np.isfinite(tracks.boxes).all()
        assert np.isfinite(tracks.scores).all()


@BOTH
def test_grey_pictures(kind: Any, frame: Any, target: Any) -> None:
    tracker = kind()
    pictures = [Frame(i, np.repeat(frame(i).image[:, :, 1:2], 3, axis=2)) for i in range(8)]
    tracker.start(pictures[0], target(0, 0))
    for index, each in enumerate(pictures[1:], 1):
        tracks = tracker.update(each, NONE)
        assert np.abs(middle(tracks.boxes) - middle(target(index, 0).boxes)).max() < 1


@pytest.mark.parametrize(
    ("config", "option", "value", "told"),
    [
        (KcfConfig, "padding", 0.0, "padding: must be > 0"),
        (KcfConfig, "kernel", "cubic", "kernel: must be one of"),
        (KcfConfig, "scale_count", 16, "scale_count: must be odd, got 16"),
        (KcfConfig, "scale_step", 1.0, "scale_step: must be > 1"),
        (KcfConfig, "min_score", 2.0, "min_score: must be <= 1"),
        (MosseConfig, "learning_rate", 1.1, "learning_rate: must be <= 1"),
        (MosseConfig, "template_size", 8, "template_size: must be >= 16"),
        (MosseConfig, "variants", -1, "variants: must be >= 0"),
    ],
)
def test_options_out_of_bounds(config: Any, option: str, value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        config(**{option: value})
    assert config().needs == {"image", "targets"}
