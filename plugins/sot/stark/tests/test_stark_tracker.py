from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from vtcore.errors import StateError
from vtcore.instances import Instances
from vtrack_common_sot.crops import square_crop
from vtrack_common_sot.errors import StartError
from vtrack_plugin_stark import StarkTracker

NOTHING = Instances.empty()
BOX = (60.0, 50.0, 24.0, 18.0)


def _rows(tracker, frame, indices):
    """Return boxes and scores of frames."""
    found = [tracker.update(frame(index), NOTHING) for index in indices]
    return np.array([np.column_stack((each.boxes, each.scores)) for each in found])


def test_without_targets_there_are_no_rows(track, spatial, frame):
    tracks = track(spatial).update(frame(0), NOTHING)
    assert len(tracks) == 0
    assert tracks.ids.shape == (0,)


@pytest.mark.parametrize("kind", ["spatial", "temporal", "lightning"])
def test_a_target_has_a_box_in_every_frame(request, track, frame, target, kind):
    tracker = track(request.getfixturevalue(kind))
    tracker.start(frame(0), target(BOX, ids=(7,)))
    for index in range(1, 4):
        tracks = tracker.update(frame(index), NOTHING)
        assert tracks.ids.tolist() == [7]
        assert tracks.labels.tolist() == [0]
        assert tracks.detection_index.tolist() == [-1]
        assert np.isfinite(tracks.boxes).all()
        assert (tracks.boxes[:, 2:] - tracks.boxes[:, :2] >= 9.99).all()
    assert (tracks.scores == 1 if kind != "temporal" else (tracks.scores > 0) & (tracks.scores < 1)).all()
    assert tracker.seconds["forward"] > 0


@pytest.mark.parametrize("kind", ["spatial", "temporal", "lightning"])
def test_targets_of_a_batch_do_not_see_each_other(request, track, frame, target, kind):
    network = request.getfixturevalue(kind)
    options = {"update_intervals": (2,), "update_threshold": 0.0} if kind == "temporal" else {}
    # At the border, in the middle, large: with padding and without.
    boxes = (BOX, (-4.0, 2.0, 30.0, 20.0), (130.0, 90.0, 28.0, 26.0))
    tracker = track(network, **options)
    tracker.start(frame(0), target(*boxes))
    together = _rows(tracker, frame, range(1, 5))
    for row, box in enumerate(boxes):
        alone = track(network, **options)
        alone.start(frame(0), target(box))
        np.testing.assert_allclose(_rows(alone, frame, range(1, 5))[:, 0], together[:, row], rtol=0, atol=0.01)


def test_a_target_that_is_started_later_renews_its_template_at_its_own_age(track, temporal, frame, target):
    options = {"update_intervals": (2,), "update_threshold": 0.0}
    tracker, alone = track(temporal, **options), track(temporal, **options)
    tracker.start(frame(0), target(BOX))
    tracker.update(frame(1), NOTHING)
    for each in (tracker, alone):
        each.start(frame(1), target((20.0, 30.0, 30.0, 30.0), ids=(5,)))
    np.testing.assert_allclose(
        _rows(tracker, frame, range(2, 6))[:, 1], _rows(alone, frame, range(2, 6))[:, 0], rtol=0, atol=0.01
    )


def test_started_anew_a_target_forgets_what_was(track, temporal, frame, target):
    tracker, fresh = track(temporal), track(temporal)
    tracker.start(frame(0), target(BOX, (100.0, 60.0, 20.0, 20.0)))
    tracker.update(frame(1), NOTHING)
    for each in (tracker, fresh):
        each.start(frame(3), target((30.0, 20.0, 24.0, 30.0)))
    tracks = tracker.update(frame(4), NOTHING)
    assert tracks.ids.tolist() == [0, 1]
    np.testing.assert_allclose(tracks.boxes[0], fresh.update(frame(4), NOTHING).boxes[0], rtol=0, atol=0.01)


def _renewed(tracker, before):
    (after,) = tracker._targets.values()
    return [new is not old for new, old in zip(after.templates, before, strict=True)]


def test_templates_are_renewed_when_their_time_has_come(track, temporal, frame, target):
    tracker = track(temporal, update_intervals=(2, 3), update_threshold=0.0)
    tracker.start(frame(0), target(BOX))
    seen = []
    for index in range(1, 7):
        before = next(iter(tracker._targets.values())).templates
        tracker.update(frame(index), NOTHING)
        seen.append(_renewed(tracker, before))
    assert seen == [[False, index % 2 == 0, index % 3 == 0] for index in range(1, 7)]


def test_a_renewed_template_is_what_a_start_would_take(track, temporal, frame, target):
    tracker, other = track(temporal, update_intervals=(1,), update_threshold=0.0), track(temporal)
    tracker.start(frame(0), target(BOX))
    tracker.update(frame(1), NOTHING)
    (kept,) = tracker._targets.values()
    x, y, width, height = kept.box
    fresh = other._start(frame(1), np.array((x, y, width, height)))
    assert torch.equal(kept.templates[1], fresh.templates[0])
    assert not torch.equal(kept.templates[1], kept.templates[0])


@pytest.mark.parametrize("options", [{"update_threshold": 1.0}, {"variant": "st1", "update_threshold": 0.0}])
def test_templates_stay_where_the_score_or_the_variant_forbids(track, temporal, frame, target, options):
    tracker = track(temporal, update_intervals=(1,), **options)
    tracker.start(frame(0), target(BOX))
    (before,) = (each.templates for each in tracker._targets.values())
    tracks = tracker.update(frame(1), NOTHING)
    assert _renewed(tracker, before) == [False, False]
    assert (tracks.scores == 1).all() == ("variant" in options)


def test_the_spatial_way_of_a_temporal_network_has_one_template(track, temporal, frame, target):
    tracker = track(temporal, variant="s")
    tracker.start(frame(0), target(BOX))
    assert len(next(iter(tracker._targets.values())).templates) == 1


def test_stopped_and_continued_it_goes_on_as_if_it_had_not(track, temporal, frame, target, tmp_path):
    options = {"update_intervals": (2,), "update_threshold": 0.0}
    one, other = track(temporal, **options), track(temporal, **options)
    one.start(frame(0), target(BOX, (-4.0, 2.0, 30.0, 20.0), ids=(3, 9)))
    _rows(one, frame, range(1, 4))
    np.savez(tmp_path / "state.npz", **one.state_dict())
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(dict(state))
    assert np.array_equal(_rows(one, frame, range(4, 8)), _rows(other, frame, range(4, 8)))


def test_a_state_of_other_options_is_refused(track, temporal, frame, target):
    one, other = track(temporal, update_intervals=(2,)), track(temporal, update_intervals=(3,))
    one.start(frame(0), target(BOX))
    with pytest.raises(StateError):
        other.load_state_dict(one.state_dict())


def test_reset_is_as_new(track, temporal, frame, target):
    tracker = track(temporal)
    tracker.start(frame(0), target(BOX))
    first = _rows(tracker, frame, range(1, 3))
    tracker.reset()
    assert len(tracker.update(frame(3), NOTHING)) == 0
    tracker.start(frame(0), target(BOX))
    assert np.array_equal(_rows(tracker, frame, range(1, 3)), first)


@pytest.mark.parametrize("box", [(-30.0, 40.0, 40.0, 30.0), (150.0, 110.0, 40.0, 40.0), (-10.0, -10.0, 200.0, 150.0)])
def test_boxes_at_the_border_stay_in_the_picture(track, temporal, frame, target, box):
    tracker = track(temporal)
    tracker.start(frame(0), target(box))
    for rows in _rows(tracker, frame, range(1, 4)):
        x1, y1, x2, y2 = rows[0, :4]
        assert x1 <= 150
        assert y1 <= 110
        assert x2 >= 10
        assert y2 >= 10


def test_a_target_out_of_sight_keeps_its_box(track, temporal, frame, target):
    tracker = track(temporal, update_intervals=(1,), update_threshold=0.0)
    tracker.start(frame(0), target((5000.0, 5000.0, 20.0, 20.0), BOX))
    tracks = tracker.update(frame(1), NOTHING)
    assert tracks.boxes[0].tolist() == [5000, 5000, 5020, 5020]
    assert tracks.scores[0] == 0
    assert tracks.scores[1] > 0


def test_a_template_without_anything_of_the_picture_does_not_break_what_follows(track, temporal, frame, target):
    tracker = track(temporal)
    # The template lies beyond the picture, the search region reaches into it.
    tracker.start(frame(0), target((190.0, 50.0, 20.0, 20.0)))
    tracks = tracker.update(frame(1), NOTHING)
    assert np.isfinite(tracks.boxes).all()
    assert tracks.scores[0] > 0


@pytest.mark.parametrize(
    ("box", "told"), [((10.0, 10.0, 0.0, 5.0), "has no area"), ((10.0, 10.0, 2e7, 5.0), "reaches beyond")]
)
def test_a_box_that_is_none_is_refused(track, spatial, frame, target, box, told):
    tracker = track(spatial)
    with pytest.raises(StartError, match=rf"tracker 'stark': target 4: .* {told}"):
        tracker.start(frame(0), target(box, ids=(4,)))
    assert len(tracker.update(frame(1), NOTHING)) == 0


def test_an_answer_that_is_no_number_leaves_the_box(make_network, track, frame, target, caplog):
    network = make_network(score_layers=2)
    with torch.no_grad():
        network.box_head.conv5_tl.bias.fill_(float("inf"))
    tracker = track(network)
    tracker.start(frame(0), target(BOX))
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        first, second = _rows(tracker, frame, (1, 2))
    x, y, width, height = BOX
    assert first[0, :4].tolist() == second[0, :4].tolist() == [x, y, x + width, y + height]


def test_pictures_of_a_few_pixels_and_of_grey_are_pictures(track, temporal, frame, target):
    tracker = track(temporal)
    for size in ((1, 1), (12, 9)):
        tracker.start(frame(0, size=size), target((0.0, 0.0, 5.0, 5.0)))
        assert np.isfinite(tracker.update(frame(1, size=size), NOTHING).boxes).all()


def test_half_precision_is_near(track, temporal, frame, target, write):
    from vtcore.components import BuildContext

    boxes = []
    for dtype in ("float32", "bfloat16"):
        tracker = StarkTracker(
            str(write(temporal)), template_size=32, search_size=64, heads=4, context=BuildContext("cpu", dtype)
        )
        tracker.start(frame(0), target(BOX))
        boxes.append(tracker.update(frame(1), NOTHING).boxes)
    np.testing.assert_allclose(boxes[1], boxes[0], rtol=0, atol=3)


def test_padding_is_that_of_the_whole_crop(track, temporal, frame):
    import cv2

    tracker = track(temporal, template_size=48, search_size=96)
    image = frame(0).image
    for box in ((-4.0, 2.0, 30.0, 20.0), (130.0, 90.0, 28.0, 26.0), (0.5, 0.5, 7.3, 9.1), BOX):
        for factor, size in ((2.0, 48), (5.0, 96)):
            # What the original does: a mask of the crop's size, scaled, then sampled.
            x, y, width, height = box
            side = int(np.ceil(np.sqrt(width * height) * factor))
            left, top = round(x + 0.5 * width - side * 0.5), round(y + 0.5 * height - side * 0.5)
            mask = np.ones((side, side))
            rows = slice(max(0, -top), side - max(top + side - image.shape[0] + 1, 0))
            mask[rows, max(0, -left) : side - max(left + side - image.shape[1] + 1, 0)] = 0
            whole = torch.from_numpy(cv2.resize(mask, (size, size)).astype(bool))[None, None].float()
            wanted = torch.nn.functional.interpolate(whole, size=(size // 16, size // 16))[0, 0].bool().numpy()
            found = tracker._padding(image, np.array(box), factor, size)
            assert np.array_equal(found, wanted)
            assert square_crop(image, box, factor, size)[0].shape == (size, size, 3)


def test_a_sliver_of_the_picture_is_looked_at_with_a_template_that_shows_something(track, temporal, frame, target):
    tracker = track(temporal)
    # So large a box that what is left of the picture lies between the first pixels of all cells.
    far = (-800.0, -800.0, 300.0, 300.0)
    tracker.start(frame(0), target(far, BOX))
    blind, kept = tracker._targets.values()
    assert blind.paddings[0].all()
    kept.box = np.array(far)
    tracks = tracker.update(frame(1), NOTHING)
    assert tracks.boxes[0].tolist() == [-800, -800, -500, -500]
    assert tracks.scores[0] == 0
    assert tracks.scores[1] > 0


def test_what_does_not_change_is_joined_once(track, temporal, frame, target):
    tracker = track(temporal, update_intervals=(2,), update_threshold=0.0)
    tracker.start(frame(0), target(BOX))
    kept = list(tracker._targets.values())
    padding = [np.zeros((4, 4), bool)]
    first = tracker._rows(kept, padding)
    assert tracker._rows(kept, padding) is first
    assert first[2] is None
    other = tracker._rows(kept, [np.eye(4, dtype=bool)])
    assert other is not first
    assert (~other[2]).sum() == 4
    for index in (1, 2):
        tracker.update(frame(index), NOTHING)
    renewed = tracker._rows(kept, padding)
    assert not torch.equal(renewed[0], first[0])
    assert torch.equal(renewed[1], first[1])
