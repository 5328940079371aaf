from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_plugin_classic.background_subtraction import BackgroundSubtractionDetector, _merged

LEARNT = 60
"""Frames of the empty scene before something comes: by then a slow object is not taken in."""


def moving(index: int) -> tuple[int, int, int, int]:
    return (10 + 4 * index, 80, 40 + 4 * index, 150)


def run(detector: BackgroundSubtractionDetector, frames: list[Frame]) -> list[Instances]:
    return [detector.detect([frame])[0] for frame in frames]


@pytest.mark.parametrize("method", ["mog2", "knn"])
def test_finds_what_moves(scene: Any, method: str) -> None:
    frames = [scene.frame(index) for index in range(LEARNT)]
    frames += [scene.frame(LEARNT + step, moving(step)) for step in range(20)]
    found = run(BackgroundSubtractionDetector(method=method), frames)
    assert all(len(instances) == 0 for instances in found[:LEARNT])
    for step in range(20):
        (box,) = found[LEARNT + step].boxes
        np.testing.assert_allclose(box, moving(step), atol=3)
        assert found[LEARNT + step].scores[0] > 0.9
        assert found[LEARNT + step].labels.tolist() == [0]


def test_boxes_are_in_pixels_of_the_original_picture(scene: Any) -> None:
    frames = [scene.frame(index) for index in range(LEARNT)] + [scene.frame(LEARNT, moving(10))]
    (box,) = run(BackgroundSubtractionDetector(resize_width=160), frames)[-1].boxes
    np.testing.assert_allclose(box, moving(10), atol=6)


def test_nothing_is_found_while_warming_up(scene: Any) -> None:
    frames = [scene.frame(index, moving(8 * index)) for index in range(8)]
    late, soon = (run(BackgroundSubtractionDetector(warm_up=frames_), frames) for frames_ in (6, 1))
    assert [len(found) for found in late][:6] == [0] * 6
    assert min(len(found) for found in late[6:]) > 0
    assert sum(len(found) for found in soon[:6]) > 0


def test_a_change_of_light_is_no_object(scene: Any) -> None:
    frames = [scene.frame(index) for index in range(LEARNT)] + [scene.frame(LEARNT, (0, 0, 320, 200))]
    assert len(run(BackgroundSubtractionDetector(), frames)[-1]) == 0
    (box,) = run(BackgroundSubtractionDetector(max_foreground=1.0), frames)[-1].boxes
    np.testing.assert_allclose(box, [0, 0, 320, 200], atol=3)


def test_specks_are_left_out_and_small_objects_by_min_area(scene: Any) -> None:
    frames = [scene.frame(index) for index in range(LEARNT)] + [
        scene.frame(LEARNT, (50, 50, 51, 51), (100, 100, 108, 108))
    ]
    assert len(run(BackgroundSubtractionDetector(), frames)[-1]) == 1
    assert len(run(BackgroundSubtractionDetector(min_area=0.002), frames)[-1]) == 0


def test_pieces_close_together_are_one_object(scene: Any) -> None:
    pieces = ((100, 60, 120, 90), (100, 100, 120, 130), (200, 60, 220, 90))
    frames = [scene.frame(index) for index in range(LEARNT)] + [scene.frame(LEARNT, *pieces)]
    assert len(run(BackgroundSubtractionDetector(), frames)[-1]) == 3
    joined = run(BackgroundSubtractionDetector(merge_gap=12), frames)[-1].boxes
    np.testing.assert_allclose(joined, [(100, 60, 120, 130), (200, 60, 220, 90)], atol=3)


def test_ragged_blobs_score_less(scene: Any) -> None:
    ragged = [(100 + 8 * step, 60, 104 + 8 * step, 64 + 8 * step) for step in range(8)]
    frames = [scene.frame(index) for index in range(LEARNT)] + [scene.frame(LEARNT, (20, 60, 60, 120), *ragged)]
    solid, loose = run(BackgroundSubtractionDetector(), frames)[-1].scores
    assert solid == 1
    assert loose < 0.9
    assert len(run(BackgroundSubtractionDetector(min_score=0.95), frames)[-1]) == 1


def test_reset_equals_a_new_detector_and_two_are_independent(scene: Any) -> None:
    frames = [scene.frame(index, moving(index)) for index in range(20)]
    other = [scene.frame(index, shade=20) for index in range(20)]
    fresh = run(BackgroundSubtractionDetector(), frames)
    used, neighbour = BackgroundSubtractionDetector(), BackgroundSubtractionDetector()
    run(used, other)
    used.reset()
    again = []
    for frame, another in zip(frames, other, strict=True):
        again.append(used.detect([frame])[0])
        neighbour.detect([another])
    for first, second in zip(fresh, again, strict=True):
        assert np.array_equal(first.boxes, second.boxes)
        assert np.array_equal(first.scores, second.scores)


def test_a_picture_of_another_size_starts_anew(scene: Any) -> None:
    detector = BackgroundSubtractionDetector()
    run(detector, [scene.frame(index, moving(index)) for index in range(10)])
    small = Frame(10, np.zeros((60, 80, 3), np.uint8))
    assert [len(found) for found in run(detector, [small] * 6)] == [0] * 6


def test_pictures_are_left_alone(scene: Any) -> None:
    frame = scene.frame(0, moving(0))
    before = frame.image.copy()
    run(BackgroundSubtractionDetector(), [frame] * 3)
    assert np.array_equal(frame.image, before)


def test_merging_goes_on_until_nothing_is_near() -> None:
    boxes = np.array([[0, 0, 10, 10], [50, 0, 60, 10], [12, 0, 20, 40], [22, 35, 49, 45], [100, 0, 101, 1]], float)
    merged, areas = _merged(boxes, np.arange(5.0), 3)
    assert merged.tolist() == [[0, 0, 60, 45], [100, 0, 101, 1]]
    assert areas.tolist() == [6, 4]
    empty, none = _merged(np.zeros((0, 4)), np.zeros(0), 3)
    assert empty.shape == (0, 4)
    assert none.shape == (0,)


def test_the_class_has_the_name_it_is_given() -> None:
    assert BackgroundSubtractionDetector().classes == ("object",)
    assert BackgroundSubtractionDetector(class_name="car", classes=["car"]).classes == ("car",)


def test_a_frame_without_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"<Frame 3> has no image; the detector needs one"):
        BackgroundSubtractionDetector().detect([Frame(3)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["car"]}, "classes: this detector finds 'object' only, not 'car'; leave classes out"),
        ({"class_name": ""}, "class_name: must not be empty"),
        ({"learning_rate": -0.5}, "learning_rate: must be -1 or between 0 and 1, got -0.5"),
        ({"method": "gmg"}, "method: must be one of 'mog2', 'knn', got 'gmg'"),
        ({"history": 0}, "history: must be >= 1, got 0"),
    ],
)
def test_options_out_of_bounds_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        BackgroundSubtractionDetector(**options)
