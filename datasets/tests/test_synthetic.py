from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from vtcore.tables import COUNTED
from vtrack_datasets.randomness import normal, uniform
from vtrack_datasets.synthetic import SyntheticDataset, SyntheticSequence
from vtrack_datasets.synthetic_shapes import outline


def only(**options: object) -> SyntheticSequence:
    chosen: dict[str, object] = {"width": 160, "height": 120, "frames": 60, "objects": 6, **options}
    return SyntheticDataset(**chosen).sequences()[0]


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    corner = np.maximum(first[:, :2], second[:, :2])
    shared = np.clip(np.minimum(first[:, 2:], second[:, 2:]) - corner, 0, None).prod(axis=1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return shared / (areas[0] + areas[1] - shared)


def in_whole_numbers(*keys: int) -> int:
    state, bits = 0, 2**64 - 1
    for key in keys:
        state = ((state + key) * 0x2545F4914F6CDD1D + 0x9E3779B97F4A7C15) & bits
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & bits
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & bits
        state ^= state >> 31
    return state


def test_numbers_are_the_same_everywhere() -> None:
    # The same arithmetic on Python's integers, which no platform or version of numpy changes.
    for key in (0, 1, 2**40):
        assert uniform(5, key)[0] == (in_whole_numbers(5, key) >> 11) / 2**53
    drawn = uniform(7, np.arange(20000))
    assert abs(drawn.mean() - 0.5) < 0.01
    assert abs(np.histogram(drawn, 10, (0, 1))[0] - 2000).max() < 200
    assert abs(normal(3, np.arange(20000)).std() - 1) < 0.02


def test_sequences_tell_what_they_are() -> None:
    sequences = SyntheticDataset(sequences=3, frames=7, classes=["car", "ball"]).sequences()
    assert [sequence.name for sequence in sequences] == ["SYN-01", "SYN-02", "SYN-03"]
    first = sequences[0]
    assert (first.length, first.width, first.height, first.frame_rate) == (7, 640, 480, 25)
    assert (first.classes, first.live, first.has_images) == (("car", "ball"), False, True)
    assert list(first.check({"image", "given-detections", "annotations"})) == []
    assert not np.array_equal(first.render(0), sequences[1].render(0))


def test_the_seed_decides_everything() -> None:
    first, again, other = only(seed=4), only(seed=4), only(seed=5)
    assert np.array_equal(first.render(30), again.render(30))
    assert np.array_equal(first.annotations().ltwh, again.annotations().ltwh)
    found, found_again = first.detections(), again.detections()
    assert found is not None
    assert found_again is not None
    assert np.array_equal(found.ltwh, found_again.ltwh)
    assert not np.array_equal(first.render(30), other.render(30))


def test_any_frame_is_rendered_without_those_before() -> None:
    in_order = [frame.image for frame in only().frames()]
    sequence = only()
    for index in (59, 3, 30):
        assert np.array_equal(sequence.render(index), in_order[index])


def test_frames_carry_index_time_and_pixels() -> None:
    sequence = only(frames=3, frame_rate=10.0)
    frames = list(sequence.frames())
    assert [(frame.index, frame.time) for frame in frames] == [(0, 0), (1, 0.1), (2, 0.2)]
    for frame in frames:
        assert frame.image is not None
        assert frame.image.shape == (120, 160, 3)
        assert frame.image.dtype == np.uint8
        assert frame.sequence is sequence
    assert all(frame.image is None for frame in sequence.frames(images=False))


@pytest.mark.parametrize("camera_motion", [0.0, 1.0, 3.0])
def test_masks_fit_boxes_and_visibility(camera_motion: float) -> None:
    sequence = only(camera_motion=camera_motion, classes=["pedestrian", "car", "ball", "box"], frames=300, objects=10)
    table = sequence.annotations()
    hidden = 0
    for index in range(0, 300, 20):
        truth = sequence.truth(index)
        rows = table.rows(index)
        assert truth.ids is not None
        assert np.array_equal(truth.ids, table.ids[rows])
        assert np.array_equal(truth.boxes, table.xyxy()[rows])
        assert np.array_equal(truth.labels, table.labels[rows])
        assert truth.masks is not None
        pixels = truth.masks.decode()
        assert (pixels.sum(axis=0) <= 1).all()
        for box, mask, share in zip(truth.boxes.astype(int), pixels, table.visibility[rows], strict=True):
            x1, y1, x2, y2 = box
            assert mask.sum() == mask[y1:y2, x1:x2].sum()
            assert (mask.any()) == (share > 0)
            hidden += share < 1
            if share == 1:  # Nothing hides it: its pixels reach all four sides of its box.
                down, across = np.nonzero(mask)
                assert (across.min(), down.min(), across.max() + 1, down.max() + 1) == (x1, y1, x2, y2)
    assert hidden > 0
    assert len(set(table.labels.tolist())) == 4


def test_pictures_show_the_objects_where_the_masks_are() -> None:
    sequence = only(noise=0.0, camera_motion=0.0, objects=3)
    ground = np.median([sequence.render(index) for index in range(0, 60, 4)], axis=0)
    truth = sequence.truth(30)
    assert truth.masks is not None
    shown = truth.masks.decode().any(axis=0)
    differs = (abs(sequence.render(30).astype(float) - ground) > 0).any(axis=2)
    assert differs[shown].mean() > 0.9


@pytest.mark.parametrize("kind", ["figure", "vehicle", "ellipse", "box"])
def test_outlines_touch_all_sides_at_any_size(kind: str) -> None:
    for width in range(4, 70, 3):
        for height in range(4, 200, 7):
            covered = outline(kind, width, height) > 0
            assert covered.shape == (height, width)
            assert covered[0].any(), (width, height)
            assert covered[-1].any(), (width, height)
            assert covered[:, 0].any(), (width, height)
            assert covered[:, -1].any(), (width, height)


def test_annotations_lie_inside_the_frame_and_are_counted() -> None:
    table = only(frames=200).annotations()
    right, lower = (table.ltwh[:, :2] + table.ltwh[:, 2:]).T
    assert table.ltwh[:, :2].min() >= 0
    assert right.max() <= 160
    assert lower.max() <= 120
    assert table.ltwh[:, 2:].min() >= 1
    assert (table.roles == COUNTED).all()
    assert table.masks is None


def test_objects_move_smoothly_come_and_go() -> None:
    sequence = only(frames=600, objects=4)
    table = sequence.annotations()
    ids = np.unique(table.ids)
    assert len(ids) > 6
    steps = []
    for identity in ids:
        rows = np.flatnonzero(table.ids == identity)
        boxes = table.xyxy()[rows]
        assert len(np.unique(table.frames[rows])) == len(rows)
        assert (np.diff(table.frames[rows]) == 1).all()  # An identity never comes back.
        if len(rows) > 1:
            wide = (boxes[:-1, 2:] - boxes[:-1, :2]).min(axis=1) > 8
            steps.append(overlap(boxes[:-1], boxes[1:])[wide])
    assert np.median(np.concatenate(steps)) > 0.8
    assert np.concatenate(steps).min() > 0.3


def test_annotations_carry_masks_on_request() -> None:
    sequence = only(frames=5, masks=True)
    table = sequence.annotations()
    assert table.masks is not None
    assert len(table.masks) == len(table)
    truth = sequence.truth(2)
    assert truth.masks is not None
    assert np.array_equal(table.masks[table.rows(2)].decode(), truth.masks.decode())


def test_simulated_detections_resemble_a_detector() -> None:
    sequence = only(frames=300, misses=0.1, clutter=0.5, jitter=0.05)
    truth, found = sequence.annotations(), sequence.detections()
    assert found is not None
    assert (found.ids == -1).all()
    assert found.scores.min() >= 0.05
    assert found.scores.max() <= 0.99
    assert (np.round(found.ltwh, 2) == found.ltwh).all()
    assert 0.7 * len(truth) < len(found) < 1.3 * len(truth)
    assert found.instances(10).ids is None


def test_a_perfect_detector_finds_everything_exactly() -> None:
    sequence = only(frames=40, misses=0.0, jitter=0.0, clutter=0.0, classes=["car", "ball"])
    truth, found = sequence.annotations(), sequence.detections()
    assert found is not None
    seen = truth.select((truth.visibility > 0.7) & (truth.ltwh[:, 2:] >= 2).all(axis=1))
    written = {
        (frame, label, *box) for frame, label, box in zip(found.frames, found.labels, found.ltwh.tolist(), strict=True)
    }
    expected = {
        (frame, label, *box) for frame, label, box in zip(seen.frames, seen.labels, seen.ltwh.tolist(), strict=True)
    }
    assert expected <= written
    assert len(found) <= len(truth)


def test_clutter_has_the_mean_that_was_asked_for() -> None:
    found = only(frames=400, objects=1, misses=1.0, clutter=2.5).detections()
    assert found is not None
    assert abs(len(found) / 400 - 2.5) < 0.3
    assert found.scores.max() <= 0.5


def test_no_detections_on_request() -> None:
    assert only(detections=False).detections() is None


def test_noise_changes_from_frame_to_frame() -> None:
    sequence = only(noise=5.0, camera_motion=0.0, objects=1)
    clean = only(noise=0.0, camera_motion=0.0, objects=1)
    first, second = (sequence.render(index).astype(int) - clean.render(index) for index in (10, 11))
    assert 3 < first.std() < 7
    assert not np.array_equal(first, second)


def test_the_camera_moves_the_ground() -> None:
    sequence = only(noise=0.0, objects=1, frames=400)
    grey = [cv2.cvtColor(sequence.render(index), cv2.COLOR_BGR2GRAY).astype(np.float32) for index in (0, 10)]
    shift, _ = cv2.phaseCorrelate(*grey)
    assert np.hypot(*shift) > 0.3
    still = only(noise=0.0, objects=1, frames=400, camera_motion=0.0)
    assert np.array_equal(still.render(0)[:8], still.render(399)[:8])


def test_long_streams_take_flat_memory() -> None:
    sequence = only(frames=100_000, width=64, height=64, objects=3)
    frames = sequence.frames()
    for _ in range(300):
        next(frames)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(2000):
        next(frames)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 500_000
    assert sequence.render(99_999).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 0}, "frames: must be >= 1, got 0"),
        ({"width": 32}, "width: must be >= 64, got 32"),
        ({"frame_rate": 0.0}, "frame_rate: must be > 0, got 0.0"),
        ({"misses": 1.5}, "misses: must be <= 1, got 1.5"),
        ({"noise": 256.0}, "noise: must be <= 255, got 256.0"),
        ({"classes": []}, r"classes: must name at least one class, such as \['pedestrian'\]"),
        ({"classes": ["a", "a"]}, "classes: 'a' stands twice"),
    ],
)
def test_options_out_of_bounds_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        SyntheticDataset(**options)


def test_any_frame_alone_is_the_one_of_the_whole_sequence() -> None:
    frames = list(only(frames=10).frames())
    sequence = only(frames=10)
    assert sequence.random_access
    for index in (7, 0, 9):
        found = sequence.frame(index)
        assert (found.index, found.time, found.sequence) == (index, frames[index].time, sequence)
        assert np.array_equal(found.image, frames[index].image)
    for index in (-1, 10):
        with pytest.raises(IndexError, match=f"sequence 'SYN-01' has no frame {index}"):
            sequence.frame(index)
