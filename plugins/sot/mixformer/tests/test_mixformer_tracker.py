from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from vtcore.components import BuildContext
from vtcore.errors import OptionError, StateError
from vtcore.instances import Instances
from vtrack_common_sot.errors import StartError
from vtrack_plugin_mixformer import MixFormerTracker, MixFormerV2Tracker

NOTHING = Instances.empty()
BOX = (60.0, 50.0, 24.0, 18.0)
EVERY_LOOK = {"update": "score", "update_interval": 1, "min_score": 0.0, "online_size": 3}
"""Takes up a look in every frame."""


def _rows(tracker, frame, indices):
    """Return boxes and scores of frames."""
    found = [tracker.update(frame(index), NOTHING) for index in indices]
    return np.array([np.column_stack((each.boxes, each.scores)) for each in found])


def _later(tracker, number=0):
    return len(tracker._targets[number].templates) - 1


def test_without_targets_there_are_no_rows(track, network_of, frame):
    tracks = track(network_of("v2")).update(frame(0), NOTHING)
    assert len(tracks) == 0
    assert tracks.ids.shape == (0,)


@pytest.mark.parametrize("scored", [True, False])
def test_a_target_has_a_box_in_every_frame(make_network, family, track, frame, target, scored):
    tracker = track(make_network(family, scored=scored))
    tracker.start(frame(0), target(BOX, ids=(7,)))
    for index in range(1, 4):
        tracks = tracker.update(frame(index), NOTHING)
        assert tracks.ids.tolist() == [7]
        assert tracks.labels.tolist() == [0]
        assert tracks.detection_index.tolist() == [-1]
        assert (tracks.boxes[:, 2:] - tracks.boxes[:, :2] >= 9.99).all()
    assert ((tracks.scores > 0) & (tracks.scores < 1) if scored else tracks.scores == 1).all()
    assert all(tracker.seconds[stage] > 0 for stage in ("crop", "forward", "decode"))


def test_targets_of_a_batch_do_not_see_each_other(network_of, family, track, frame, target):
    boxes = (BOX, (-4.0, 2.0, 30.0, 20.0), (130.0, 90.0, 28.0, 26.0))
    tracker = track(network_of(family), **EVERY_LOOK)
    tracker.start(frame(0), target(*boxes))
    together = _rows(tracker, frame, range(1, 6))
    for row, box in enumerate(boxes):
        alone = track(network_of(family), **EVERY_LOOK)
        alone.start(frame(0), target(box))
        np.testing.assert_allclose(_rows(alone, frame, range(1, 6))[:, 0], together[:, row], rtol=0, atol=0.02)


def test_a_target_that_is_started_later_has_its_own_count_of_looks(network_of, family, track, frame, target):
    tracker, alone = (track(network_of(family), **EVERY_LOOK) for _ in range(2))
    tracker.start(frame(0), target(BOX))
    _rows(tracker, frame, (1, 2))
    for each in (tracker, alone):
        each.start(frame(2), target((20.0, 30.0, 30.0, 30.0), ids=(5,)))
    found = _rows(tracker, frame, range(3, 7))
    np.testing.assert_allclose(found[:, 1], _rows(alone, frame, range(3, 7))[:, 0], rtol=0, atol=0.02)


def test_started_anew_a_target_forgets_what_was(network_of, track, frame, target):
    tracker, fresh = (track(network_of("v2"), **EVERY_LOOK) for _ in range(2))
    tracker.start(frame(0), target(BOX, (100.0, 60.0, 20.0, 20.0)))
    _rows(tracker, frame, (1, 2))
    for each in (tracker, fresh):
        each.start(frame(3), target((30.0, 20.0, 24.0, 30.0)))
    tracks = tracker.update(frame(4), NOTHING)
    assert tracks.ids.tolist() == [0, 1]
    np.testing.assert_allclose(tracks.boxes[0], fresh.update(frame(4), NOTHING).boxes[0], rtol=0, atol=0.02)
    assert (_later(tracker, 0), _later(tracker, 1)) == (2, 3)


def test_looks_are_taken_up_until_there_is_no_room(network_of, family, track, frame, target):
    tracker = track(network_of(family), **EVERY_LOOK)
    tracker.start(frame(0), target(BOX))
    counts = []
    for index in range(1, 6):
        tracker.update(frame(index), NOTHING)
        counts.append(_later(tracker))
    assert counts == [2, 3, 3, 3, 3]


@pytest.mark.parametrize(
    ("kind", "scored", "own"),
    [
        ("cvt", True, "score"),
        ("cvt", False, "interval"),
        ("vit", False, "interval"),
        ("v2", True, "score"),
        ("v2", False, "never"),
    ],
)
def test_left_to_itself_it_does_what_the_original_does_with_such_weights(make_network, track, kind, scored, own):
    assert track(make_network(kind, scored=scored)).rule.update == own


def test_what_is_remembered_is_computed_once(network_of, family, track, frame, target, monkeypatch):
    tracker = track(network_of(family), update="never")
    tracker.start(frame(0), target(BOX, (100.0, 60.0, 20.0, 20.0)))
    calls = []
    remember = tracker._remember
    monkeypatch.setattr(tracker, "_remember", lambda *given: calls.append(len(given[0])) or remember(*given))
    monkeypatch.setattr(tracker._remember, "dtype", remember.dtype, raising=False)
    _rows(tracker, frame, range(1, 4))
    assert calls == [2]
    parts = tracker._batch[1]
    _rows(tracker, frame, (4,))
    assert all(one is other for one, other in zip(tracker._batch[1], parts, strict=True))


def test_stopped_and_continued_it_goes_on_as_if_it_had_not(network_of, family, track, frame, target, tmp_path):
    options = {**EVERY_LOOK, "update_interval": 2, "max_score_decay": 0.98}
    one, other = (track(network_of(family), **options) for _ in range(2))
    one.start(frame(0), target(BOX, (-4.0, 2.0, 30.0, 20.0), ids=(3, 9)))
    _rows(one, frame, range(1, 4))
    np.savez(tmp_path / "state.npz", **one.state_dict())
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(dict(state))
    # Templates are looked at again, in batches of other sizes: the same but for rounding.
    found, wanted = (_rows(each, frame, range(4, 9)) for each in (other, one))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-3)


def test_a_state_of_other_options_is_refused(network_of, track, frame, target):
    one, other = track(network_of("v2"), online_size=2), track(network_of("v2"), online_size=3)
    one.start(frame(0), target(BOX))
    with pytest.raises(StateError):
        other.load_state_dict(one.state_dict())


def test_reset_is_as_new(network_of, track, frame, target):
    tracker = track(network_of("v2"), **EVERY_LOOK)
    tracker.start(frame(0), target(BOX))
    first = _rows(tracker, frame, range(1, 4))
    tracker.reset()
    assert len(tracker.update(frame(3), NOTHING)) == 0
    tracker.start(frame(0), target(BOX))
    assert np.array_equal(_rows(tracker, frame, range(1, 4)), first)


@pytest.mark.parametrize("box", [(-30.0, 40.0, 40.0, 30.0), (150.0, 110.0, 40.0, 40.0), (-10.0, -10.0, 200.0, 150.0)])
def test_boxes_at_the_border_stay_in_the_picture(network_of, family, track, frame, target, box):
    tracker = track(network_of(family))
    tracker.start(frame(0), target(box))
    for x1, y1, x2, y2, _ in _rows(tracker, frame, range(1, 4))[:, 0]:
        assert x1 <= 150
        assert y1 <= 110
        assert x2 >= 10
        assert y2 >= 10


@pytest.mark.parametrize("update", ["score", "interval"])
def test_a_target_out_of_sight_keeps_its_box_and_its_looks(network_of, family, track, frame, target, update):
    tracker = track(network_of(family), **{**EVERY_LOOK, "update": update})
    tracker.start(frame(0), target((5000.0, 5000.0, 20.0, 20.0), BOX))
    tracks = tracker.update(frame(1), NOTHING)
    assert tracks.boxes[0].tolist() == [5000, 5000, 5020, 5020]
    assert tracks.scores[0] == 0
    assert tracks.scores[1] > 0
    assert not tracker._targets[0].templates.any()


def test_a_black_picture_is_a_picture(network_of, track, frame, target):
    tracker = track(network_of("v2"))
    black = frame(0)
    black.image = np.zeros_like(black.image)
    tracker.start(black, target(BOX))
    assert tracker.update(black, NOTHING).scores[0] > 0


@pytest.mark.parametrize(
    ("box", "told"), [((10.0, 10.0, 0.0, 5.0), "has no area"), ((10.0, 10.0, 2e7, 5.0), "reaches beyond")]
)
def test_a_box_that_is_none_is_refused(network_of, track, frame, target, box, told):
    tracker = track(network_of("v2"))
    with pytest.raises(StartError, match=rf"tracker 'mixformerv2': target 4: .* {told}"):
        tracker.start(frame(0), target(box, ids=(4,)))
    assert len(tracker.update(frame(1), NOTHING)) == 0


def test_an_answer_that_is_no_number_leaves_the_box(make_network, track, frame, target, caplog):
    network = make_network("v2")
    with torch.no_grad():
        network.box_head.layers[1][0].bias.fill_(float("inf"))
    tracker = track(network, **EVERY_LOOK)
    tracker.start(frame(0), target(BOX))
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        first, second = _rows(tracker, frame, (1, 2))
    x, y, width, height = BOX
    assert first[0].tolist() == second[0].tolist() == [x, y, x + width, y + height, 0]
    assert len([each for each in caplog.records if "no numbers" in each.message]) == 1
    look = tracker._targets[0].templates
    assert (look == look[0]).all()


def test_pictures_of_a_few_pixels_are_pictures(network_of, family, track, frame, target):
    tracker = track(network_of(family))
    for size in ((1, 1), (12, 9)):
        tracker.start(frame(0, size=size), target((0.0, 0.0, 5.0, 5.0)))
        assert np.isfinite(tracker.update(frame(1, size=size), NOTHING).boxes).all()


def test_half_precision_is_near(network_of, family, track, frame, target):
    boxes = []
    for dtype in ("float32", "bfloat16"):
        tracker = track(network_of(family), dtype=dtype)
        tracker.start(frame(0), target(BOX, (90.0, 20.0, 30.0, 30.0)))
        boxes.append(tracker.update(frame(1), NOTHING).boxes)
    np.testing.assert_allclose(boxes[1], boxes[0], rtol=0, atol=4)


def test_a_network_in_memory_serves_as_well_as_a_file(make_network, track, frame, target):
    network = make_network("v2")
    found = []
    for tracker in (track(network), MixFormerV2Tracker(network=network, context=BuildContext(device="cpu"))):
        tracker.start(frame(0), target(BOX))
        found.append(_rows(tracker, frame, (1, 2)))
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-4)


def test_what_does_not_go_together_is_refused(make_network, network_of, track):
    with pytest.raises(OptionError, match='update: the weights cannot score; write update = "interval" or "never"'):
        track(make_network("v2", scored=False), update="score")
    with pytest.raises(ValueError, match="weights: give a file or address of weights"):
        MixFormerTracker()
    with pytest.raises(ValueError, match="network: is one of 'mixformerv2', not of 'mixformer'"):
        MixFormerTracker(network=network_of("v2"))
    with pytest.raises(ValueError, match="network: not both"):
        MixFormerV2Tracker("weights.pth", network=network_of("v2"))
