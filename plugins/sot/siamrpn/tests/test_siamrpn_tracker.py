from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from vtcore.errors import StateError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.interfaces import TargetTracker
from vtrack_common_sot.errors import StartError
from vtrack_plugin_siamrpn import SiamRpnTracker
from vtrack_plugin_siamrpn.config import SiamRpnConfig
from vtrack_plugin_siamrpn.cutting import Scissors

BOXES = ([60, 50, 40, 30], [10, 90, 20, 45], [130.3, 20.7, 33.3, 21.9])
Maker = Callable[..., SiamRpnTracker]


def follow(tracker: SiamRpnTracker, frames: Any) -> list[Instances]:
    return [tracker.update(frame) for frame in frames]


def same(found: list[Instances], others: list[Instances], *, tolerance: float = 0) -> None:
    for mine, theirs in zip(found, others, strict=True):
        np.testing.assert_allclose(mine.boxes, theirs.boxes, rtol=0, atol=tolerance)
        np.testing.assert_allclose(mine.scores, theirs.scores, rtol=0, atol=tolerance)
        assert mine.ids.tolist() == theirs.ids.tolist()


def test_it_answers_a_row_for_each_target(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker = make_tracker()
    assert isinstance(tracker, TargetTracker)
    assert len(tracker.update(frames[0])) == 0
    tracker.start(frames[0], targets(*BOXES, ids=[7, 3, 9], labels=[0, 2, 1]))
    for found in follow(tracker, frames[1:]):
        assert found.ids.tolist() == [7, 3, 9]
        assert found.labels.tolist() == [0, 2, 1]
        assert found.boxes.dtype == found.scores.dtype == np.float32
        assert ((found.scores > 0) & (found.scores < 1)).all()
        assert found.detection_index.tolist() == [-1, -1, -1]
    assert set(tracker.seconds) == {"crop", "forward", "decode"}
    assert all(each > 0 for each in tracker.seconds.values())


@pytest.mark.parametrize("options", [{}, {"convention": "mmtracking"}, {"kind": "up-channel"}])
def test_targets_together_are_followed_as_each_alone(
    make_tracker: Maker, frames: Any, targets: Any, options: Any
) -> None:
    together = make_tracker(**options)
    together.start(frames[0], targets(*BOXES))
    found = follow(together, frames[1:])
    assert np.abs(found[-1].boxes - found[0].boxes).max() > 3
    for row, box in enumerate(BOXES):
        alone = make_tracker(**options)
        alone.start(frames[0], targets(box, ids=[row]))
        same([each[[row]] for each in found], follow(alone, frames[1:]), tolerance=1e-2)


def test_one_batch_for_all_targets_and_templates_once(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker = make_tracker()
    calls: list[int] = []
    tracker.network.backbone.register_forward_hook(lambda _module, args, _result: calls.append(len(args[0])))
    tracker.start(frames[0], targets(*BOXES))
    assert calls == [1, 1, 1]
    follow(tracker, frames[1:4])
    assert calls[3:] == [3, 3, 3]


def test_a_target_starts_anew_and_others_go_on(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker, other, fresh = make_tracker(), make_tracker(), make_tracker()
    tracker.start(frames[0], targets(BOXES[0], BOXES[1]))
    other.start(frames[0], targets(BOXES[1], ids=[1]))
    fresh.start(frames[3], targets([70, 40, 30, 50]))
    follow(tracker, frames[1:4])
    others = follow(other, frames[1:])[3:]
    tracker.start(frames[3], targets([70, 40, 30, 50], ids=[0]))
    found = follow(tracker, frames[4:])
    same([each[[0]] for each in found], follow(fresh, frames[4:]), tolerance=1e-2)
    same([each[[1]] for each in found], others, tolerance=1e-2)


def test_reset_forgets(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker = make_tracker()
    tracker.start(frames[0], targets(*BOXES))
    found = follow(tracker, frames[1:])
    tracker.reset()
    assert len(tracker.update(frames[0])) == 0
    tracker.start(frames[0], targets(*BOXES))
    same(follow(tracker, frames[1:]), found)


@pytest.mark.parametrize("options", [{}, {"long_term": True, "confidence_low": 0.5, "confidence_high": 0.6}])
def test_stopped_and_continued(make_tracker: Maker, frames: Any, targets: Any, options: Any, tmp_path: Path) -> None:
    tracker = make_tracker(lost_search_size=271, **options)
    tracker.start(frames[0], targets(*BOXES, ids=[4, 2, 8]))
    follow(tracker, frames[1:4])
    np.savez(tmp_path / "state.npz", **tracker.state_dict())
    expected = follow(tracker, frames[4:])
    other = make_tracker(lost_search_size=271, **options)
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    same(follow(other, frames[4:]), expected)
    with pytest.raises(StateError, match="penalty_k"):
        make_tracker(penalty_k=0.3).load_state_dict(tracker.state_dict())


def test_long_term_keeps_the_box_of_what_is_lost_and_looks_farther(
    make_tracker: Maker, frames: Any, targets: Any
) -> None:
    # So sure no target ever is.
    tracker = make_tracker(long_term=True, lost_search_size=271, confidence_low=1.0, confidence_high=1.0)
    edges: list[int] = []
    tracker.network.backbone.register_forward_hook(lambda _module, args, _result: edges.append(args[0].shape[-1]))
    tracker.start(frames[0], targets(BOXES[0]))
    found = follow(tracker, frames[1:4])
    assert edges == [127, 207, 271, 271]
    # pysot counts the middle from the middles of pixels, and so answers half a pixel off.
    np.testing.assert_allclose([each.boxes[0] for each in found], [[59.5, 49.5, 99.5, 79.5]] * 3)
    easy = make_tracker(long_term=True, confidence_low=0.0, confidence_high=0.0)
    plain = make_tracker()
    for each in (easy, plain):
        each.start(frames[0], targets(BOXES[0]))
    same(follow(easy, frames[1:3]), follow(plain, frames[1:3]))


def test_a_lost_target_and_one_that_is_not_in_one_frame(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker = make_tracker(long_term=True, lost_search_size=271, confidence_low=0.0, confidence_high=1.0)
    tracker.start(frames[0], targets(*BOXES))
    known = list(tracker._targets.values())
    known[1].lost = True
    alone = make_tracker(long_term=True, lost_search_size=271, confidence_low=0.0, confidence_high=1.0)
    alone.start(frames[0], targets(BOXES[1], ids=[1]))
    next(iter(alone._targets.values())).lost = True
    found = tracker.update(frames[1])
    same([found[[1]]], [alone.update(frames[1])], tolerance=1e-2)
    assert found.ids.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "box",
    [
        [-10, 60, 30, 30],
        [190, 150, 40, 40],
        [-40, -40, 20, 20],
        [212, 60, 20, 20],
        [0, 0, 200, 160],
        [50, 50, 0.1, 0.1],
        [-900, -900, 3000, 3000],
    ],
)
@pytest.mark.parametrize("convention", ["pysot", "mmtracking"])
def test_boxes_at_the_border_and_beyond(
    make_tracker: Maker, frames: Any, targets: Any, box: Any, convention: str
) -> None:
    tracker = make_tracker(convention=convention)
    tracker.start(frames[0], targets(box))
    for found in follow(tracker, frames[1:]):
        x1, y1, x2, y2 = found.boxes[0].astype(float)
        # The middle stays in the picture, and sides are between 10 pixels and the picture's.
        assert 0 <= (x1 + x2) / 2 <= 200
        assert 0 <= (y1 + y2) / 2 <= 160
        assert 10 - 1e-4 <= x2 - x1 <= 200 + 1e-4
        assert 10 - 1e-4 <= y2 - y1 <= 160 + 1e-4


def test_a_long_term_target_beyond_the_picture_is_looked_for_in_more_of_it(
    make_tracker: Maker, frames: Any, targets: Any
) -> None:
    # 40 pixels around it show nothing of the picture, 146 do.
    tracker = make_tracker(long_term=True, confidence_low=0.0, lost_search_size=831)
    tracker.start(frames[0], targets([-60, 60, 10, 10]))
    first, second = tracker.update(frames[1]), tracker.update(frames[2])
    assert first.boxes.tolist() == [[-60, 60, -50, 70]]
    assert first.scores.tolist() == [0]
    assert second.scores[0] > 0
    assert second.boxes[0, 0] > -60


@pytest.mark.parametrize("box", [[10, 10, 0, 5], [10, 10, 5, -1], [10, np.nan, 5, 5]])
def test_boxes_without_area_are_refused(make_tracker: Maker, frames: Any, targets: Any, box: Any) -> None:
    tracker = make_tracker()
    given = targets([10, 10, 20, 20], [30, 30, 20, 20], ids=[5, 6])
    given.ltwh[1] = box
    with pytest.raises(StartError, match="tracker 'siamrpn': target 6: its box") as caught:
        tracker.start(frames[0], given)
    assert "\n" not in str(caught.value)
    assert len(tracker.update(frames[1])) == 0


def test_an_answer_that_is_no_number_leaves_the_target(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker, other = make_tracker(), make_tracker()
    for each in (tracker, other):
        each.start(frames[0], targets(BOXES[0]))
    before = tracker.update(frames[1])
    other.update(frames[1])
    whole = tracker.decoder.best
    tracker.decoder.best = lambda *args: whole(*args) * torch.nan  # type: ignore[method-assign]
    found = tracker.update(frames[2])
    np.testing.assert_allclose(found.boxes, before.boxes, atol=1e-4)
    assert found.scores.tolist() == [0]
    tracker.decoder.best = whole  # type: ignore[method-assign]
    same([tracker.update(frames[3])], [other.update(frames[3])])


def test_grey_frames_and_frames_of_another_size(make_tracker: Maker, frames: Any, targets: Any) -> None:
    tracker = make_tracker()
    grey = [
        Frame(each.index, cv2.cvtColor(cv2.cvtColor(each.image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))
        for each in frames
    ]
    tracker.start(grey[0], targets(BOXES[0]))
    assert np.isfinite([each.boxes for each in follow(tracker, grey[1:])]).all()
    assert np.isfinite(tracker.update(Frame(9, np.zeros((30, 40, 3), np.uint8))).boxes).all()


def test_frames_without_pictures_are_refused(make_tracker: Maker, targets: Any) -> None:
    with pytest.raises(ValueError, match="has no image; tracker 'siamrpn' needs one"):
        make_tracker().update(Frame(0))


def test_frames_stay_as_they_are(make_tracker: Maker, frames: Any, targets: Any) -> None:
    before = [each.image.copy() for each in frames]
    tracker = make_tracker()
    tracker.start(frames[0], targets(*BOXES))
    follow(tracker, frames[1:])
    assert all((each.image == image).all() for each, image in zip(frames, before, strict=True))


@pytest.mark.parametrize(
    ("centre", "edge"), [((80.3, 60.2), 50), ((2.5, 150.1), 41), ((195.0, 10.0), 77), ((100.0, 80.0), 31)]
)
def test_pieces_of_mmtracking(frames: Any, centre: Any, edge: int) -> None:
    """Against the plain way: fill up the whole picture, slice it, have torch scale it."""
    scissors = Scissors(SiamRpnConfig(weights="-", convention="mmtracking", template_size=32))
    image, colour = frames[0].image, np.array((10.25, 20.5, 30.75))
    height, width = image.shape[:2]
    (x1, x2), (y1, y2) = ((int(value - edge / 2), int(value + edge / 2)) for value in centre)
    left, top, right, bottom = max(0, -x1), max(0, -y1), max(0, x2 - width), max(0, y2 - height)
    whole = np.empty((height + top + bottom, width + left + right, 3), np.float32)
    whole[:] = colour
    whole[top : top + height, left : left + width] = image
    piece = torch.from_numpy(whole[y1 + top : y2 + top + 1, x1 + left : x2 + left + 1]).permute(2, 0, 1)[None]
    expected = torch.nn.functional.interpolate(piece, size=(32, 32), mode="bilinear", align_corners=False)
    # Half of the square's edge is context.
    found = scissors.template(image, np.array(centre), np.full(2, edge / 2), colour)
    np.testing.assert_allclose(found, expected[0].permute(1, 2, 0), atol=1e-3)


def test_huge_pieces_of_mmtracking_are_sampled_where_they_lie(frames: Any) -> None:
    scissors = Scissors(SiamRpnConfig(weights="-", convention="mmtracking", template_size=64))
    image = cv2.GaussianBlur(cv2.resize(frames[0].image, (2000, 1600)), (0, 0), 25)
    colour, centre = scissors.colour(image), np.array((900.0, 700.0))
    found = [scissors.template(image, centre, np.full(2, edge / 2), colour) for edge in (4090.0, 4100.0)]
    np.testing.assert_allclose(*found, atol=6)
    assert scissors.template(image, centre, np.full(2, 1e6), colour).shape == (64, 64, 3)
