from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch

from vtcore.components import BuildContext
from vtcore.errors import DataError, OptionError, StateError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.interfaces import TargetTracker
from vtrack_plugin_ostrack import OstrackTracker
from vtrack_plugin_ostrack.config import OstrackConfig

from .conftest import boxes

TrackerMaker = Callable[..., OstrackTracker]
FIRST = [60.0, 40.0, 30.0, 24.0]
SECOND = [20.5, 60.25, 20.0, 40.0]


def follow(tracker: OstrackTracker, frames: list[Frame]) -> Any:
    """Return the boxes of every frame, ``(frames, targets, 4)``."""
    return np.array([tracker.update(frame, Instances.empty()).boxes for frame in frames])


def test_it_follows_targets_that_it_is_told(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    tracker = make_tracker()
    assert isinstance(tracker, TargetTracker)
    assert len(tracker.update(video[0], Instances.empty())) == 0
    tracker.start(video[0], boxes(t4=FIRST))
    found = tracker.update(video[1], Instances.empty())
    assert found.ids is not None
    assert found.ids.tolist() == [4]
    assert found.boxes.dtype == np.float32
    assert 1e-4 <= found.scores[0] <= 1 - 1e-4
    rest = follow(tracker, video[2:])
    assert len(np.unique(rest.reshape(-1, 4), axis=0)) == len(rest)
    # They reach into the picture by ten pixels, and are as long.
    assert (rest[..., 2:] - rest[..., :2] >= 10 - 1e-4).all()
    assert (rest[..., :2] <= [150, 110]).all()
    assert (rest[..., 2:] >= 10).all()


@pytest.mark.parametrize("options", [{}, {"elimination_range": "GT_BOX"}, {"elimination_range": "ALL"}], ids=str)
def test_targets_together_are_followed_as_alone(
    make_tracker: TrackerMaker, video: list[Frame], options: dict[str, Any]
) -> None:
    together = make_tracker(**options)
    together.start(video[0], boxes(t1=FIRST))
    later = make_tracker(**options)
    later.start(video[2], boxes(t9=SECOND))
    alone = make_tracker(**options)
    alone.start(video[0], boxes(t1=FIRST))
    follow(together, video[1:3])
    first = follow(alone, video[1:])[:, 0]
    together.start(video[2], boxes(t9=SECOND))
    both = follow(together, video[3:])
    np.testing.assert_allclose(both[:, 0], first[2:], atol=0.01)
    np.testing.assert_allclose(both[:, 1], follow(later, video[3:])[:, 0], atol=0.01)


def test_a_target_starts_anew_in_the_middle(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    tracker, fresh = make_tracker(), make_tracker()
    tracker.start(video[0], boxes(t1=FIRST, t2=SECOND))
    follow(tracker, video[1:4])
    tracker.start(video[3], boxes(t1=SECOND))
    fresh.start(video[3], boxes(t1=SECOND))
    found = follow(tracker, video[4:])
    np.testing.assert_allclose(found[:, 0], follow(fresh, video[4:])[:, 0], atol=0.01)


def test_reset_is_as_good_as_new(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    tracker = make_tracker()
    runs = []
    for _ in range(2):
        tracker.reset()
        tracker.start(video[0], boxes(t1=FIRST))
        runs.append(follow(tracker, video[1:4]))
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("choice", ["CTR_POINT", "ALL", "GT_BOX"])
def test_a_stopped_tracker_goes_on(make_tracker: TrackerMaker, video: list[Frame], tmp_path: Path, choice: str) -> None:
    tracker, other = make_tracker(elimination_range=choice), make_tracker(elimination_range=choice)
    tracker.start(video[0], boxes(t3=FIRST, t1=SECOND))
    follow(tracker, video[1:3])
    kept: dict[str, Any] = tracker.state_dict()
    np.savez(tmp_path / "state.npz", **kept)
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    np.testing.assert_array_equal(follow(other, video[3:]), follow(tracker, video[3:]))


def test_a_state_of_other_options_is_refused(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    tracker = make_tracker()
    tracker.start(video[0], boxes(t1=FIRST))
    with pytest.raises(StateError, match=r"taken with search_factor = 3.0, and here it is 0.0"):
        tracker.load_state_dict(make_tracker(search_factor=3.0).state_dict())


@pytest.mark.parametrize(
    "box",
    [
        [-20.0, -10.0, 30.0, 24.0],
        [150.0, 110.0, 30.0, 24.0],
        [0.0, 0.0, 160.0, 120.0],
        [50.0, 50.0, 0.5, 0.5],
        [-1000.0, -1000.0, 3000.0, 3000.0],
        [10.0, 50.0, 140.0, 1.0],
    ],
    ids=str,
)
@pytest.mark.parametrize("choice", ["CTR_POINT", "GT_BOX"])
def test_boxes_at_the_border_beyond_it_and_of_any_size(
    make_tracker: TrackerMaker, video: list[Frame], box: list[float], choice: str
) -> None:
    tracker = make_tracker(elimination_range=choice)
    tracker.start(video[0], boxes(t1=box))
    found = follow(tracker, video[1:4])
    assert np.isfinite(found).all()
    assert (found[..., 2:] - found[..., :2] >= 10 - 1e-3).all()
    assert (found[..., :2] >= 0).all()
    assert (found[..., 2:] <= [160, 120]).all()


@pytest.mark.parametrize("box", [[-300.0, -300.0, 10.0, 10.0], [1000.0, 50.0, 20.0, 20.0]], ids=str)
@pytest.mark.parametrize("choice", ["CTR_POINT", "GT_BOX"])
def test_a_target_that_is_looked_for_beyond_the_picture_stays(
    make_tracker: TrackerMaker, video: list[Frame], box: list[float], choice: str
) -> None:
    tracker = make_tracker(elimination_range=choice)
    tracker.start(video[0], boxes(t1=box, t2=FIRST))
    found = tracker.update(video[1], Instances.empty())
    assert found.scores[0] == 0
    assert found.boxes[0].tolist() == [box[0], box[1], box[0] + box[2], box[1] + box[3]]
    assert found.scores[1] > 0


def test_a_picture_smaller_than_the_margin_is_survived(make_tracker: TrackerMaker) -> None:
    tracker = make_tracker()
    tiny = Frame(0, np.full((6, 8, 3), 90, np.uint8))
    tracker.start(tiny, boxes(t1=[2.0, 2.0, 3.0, 3.0]))
    assert np.isfinite(follow(tracker, [tiny, tiny])).all()


def test_a_box_without_area_is_told(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    with pytest.raises(DataError, match=r"tracker 'ostrack': target 1: its box .* has no area"):
        make_tracker().start(video[0], boxes(t1=[10.0, 10.0, 0.0, 5.0]))


def test_a_network_that_answers_no_numbers(
    make_tracker: TrackerMaker, video: list[Frame], caplog: pytest.LogCaptureFixture
) -> None:
    tracker = make_tracker()
    tracker.start(video[0], boxes(t1=FIRST))
    before = follow(tracker, video[1:2])
    with torch.no_grad():
        tracker.network.backbone.pos_embed_x.fill_(torch.nan)
    found = tracker.update(video[2], Instances.empty())
    np.testing.assert_allclose(found.boxes, before[0])
    assert found.scores.tolist() == [0]
    assert "no numbers" in caplog.text


def test_without_a_window_a_target_may_jump(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    found = []
    for influence in (1.0, 0.0):
        tracker = make_tracker(window_influence=influence)
        tracker.start(video[0], boxes(t1=FIRST))
        found.append(follow(tracker, video[1:]))
    assert np.abs(found[0] - found[1]).max() > 1


def test_the_search_factor_follows_from_the_size(make_tracker: TrackerMaker) -> None:
    assert make_tracker()._search_factor == 4
    assert make_tracker(search_factor=5.0)._search_factor == 5


def test_fused_or_not_boxes_are_the_same(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    found = []
    for fuse in (True, False):
        tracker = make_tracker(fuse=fuse)
        tracker.start(video[0], boxes(t1=FIRST))
        found.append(follow(tracker, video[1:]))
    np.testing.assert_allclose(found[0], found[1], atol=0.01)


def test_half_precision_follows_too(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    tracker = make_tracker(context=BuildContext(device="cpu", dtype="bfloat16"))
    tracker.start(video[0], boxes(t1=FIRST, t2=SECOND))
    assert follow(tracker, video[1:3]).dtype == np.float32


def test_time_is_told_by_stage(make_tracker: TrackerMaker, video: list[Frame]) -> None:
    tracker = make_tracker()
    tracker.start(video[0], boxes(t1=FIRST))
    follow(tracker, video[1:3])
    assert all(tracker.seconds[stage] > 0 for stage in ("crop", "forward", "decode"))


def test_options_that_do_not_go_together_are_told(make_tracker: TrackerMaker) -> None:
    with pytest.raises(ValueError, match="elimination_blocks: names a block twice"):
        OstrackConfig(elimination_blocks=(3, 3))
    with pytest.raises(ValueError, match="elimination_keep: must be one number, or one for each of the 3 blocks"):
        OstrackConfig(elimination_keep=(0.5, 0.6))
    with pytest.raises(OptionError, match=r"elimination_blocks: the network has blocks 0 to 3, and no 9"):
        make_tracker(elimination_blocks=(1, 9))
    assert attrs.evolve(OstrackConfig(), elimination_blocks=()).needs == {"image", "targets"}
