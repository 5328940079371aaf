from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.frames import Frame
from vtrack_plugin_classic.hog import HogDetector, _thinned, score_of_distance


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    shared = np.clip(np.minimum(first[:, None, 2:], second[None, :, 2:]) - corner, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None] - shared)


def figure(width: int = 640, height: int = 480) -> tuple[Frame, np.ndarray]:
    """Draw a dark, upright figure on a plain light ground."""
    image = np.full((height, width, 3), 210, np.uint8)
    x, y, dark = width // 2, height // 4, (40, 40, 50)
    cv2.circle(image, (x, y + 20), 19, dark, cv2.FILLED)
    cv2.ellipse(image, (x, y + 90), (36, 62), 0, 0, 360, dark, cv2.FILLED)
    for side in (-1, 1):
        cv2.line(image, (x + 12 * side, y + 130), (x + 18 * side, y + 232), dark, 22)
    return Frame(0, image), np.array([[x - 36, y, x + 36, y + 243]])


def test_finds_an_upright_figure() -> None:
    frame, box = figure()
    found = HogDetector().detect([frame])[0]
    assert overlaps(box, found.boxes).max() > 0.6
    assert found.scores[overlaps(box, found.boxes)[0].argmax()] > 0.6
    assert found.labels.tolist() == [0] * len(found)
    assert found.ids is None


@pytest.mark.parametrize(("size", "scale", "hit"), [((640, 480), 1.08, 0.0), ((300, 400), 1.03, -2.0)])
def test_windows_are_those_of_opencv_in_one_thread(size: tuple[int, int], scale: float, hit: float) -> None:
    image = figure(*size)[0].image
    assert image is not None
    descriptor = cv2.HOGDescriptor()
    descriptor.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        windows, distances = descriptor.detectMultiScale(
            image, hitThreshold=hit, winStride=(8, 8), padding=(16, 16), scale=scale, groupThreshold=0
        )
    finally:
        cv2.setNumThreads(threads)
    found = HogDetector(scale=scale, hit_threshold=hit)._search(image)
    assert len(windows) > 3
    np.testing.assert_array_equal(found[0], windows)
    np.testing.assert_array_equal(found[1], np.ravel(distances))


def test_people_who_are_alike_come_in_one_order() -> None:
    image = figure(320)[0].image
    assert image is not None
    frame = Frame(0, np.tile(image, (1, 3, 1)))
    answers = [
        HogDetector(hit_threshold=-1.0, nms_overlap=1.0, nested_overlap=1.0).detect([frame])[0] for _ in range(5)
    ]
    assert len(np.unique(answers[0].scores)) < len(answers[0].scores)
    for other in answers[1:]:
        np.testing.assert_array_equal(other.boxes, answers[0].boxes)


def test_boxes_are_in_pixels_of_the_original_picture() -> None:
    frame, _ = figure()
    assert frame.image is not None
    small = HogDetector().detect([frame])[0]
    large = HogDetector(resize_width=640).detect([Frame(0, np.kron(frame.image, np.ones((2, 2, 1), np.uint8)))])[0]
    assert len(small) == len(large) > 0
    np.testing.assert_allclose(large.boxes, 2 * small.boxes, atol=0.01)
    np.testing.assert_allclose(large.scores, small.scores, atol=0.05)


def test_best_comes_first_and_min_score_cuts_off() -> None:
    frame, _ = figure()
    every = HogDetector(nms_overlap=1.0, nested_overlap=1.0).detect([frame])[0]
    assert len(every) > 1
    assert (np.diff(every.scores) <= 0).all()
    middle = float(np.median(every.scores))
    some = HogDetector(nms_overlap=1.0, nested_overlap=1.0, min_score=middle).detect([frame])[0]
    assert len(some) == (every.scores >= middle).sum() < len(every)


def test_frames_are_independent_and_left_alone() -> None:
    frame, _ = figure()
    assert frame.image is not None
    before = frame.image.copy()
    detector = HogDetector()
    detector.reset()
    first, blank, again = detector.detect([frame, Frame(1, np.full((480, 640, 3), 128, np.uint8)), frame])
    assert np.array_equal(first.boxes, again.boxes)
    assert np.array_equal(first.scores, again.scores)
    assert len(blank) == 0
    assert np.array_equal(frame.image, before)


@pytest.mark.parametrize("shape", [(1, 1), (40, 600), (600, 20), (95, 63), (96, 32), (128, 64)])
def test_pictures_of_any_size(shape: tuple[int, int]) -> None:
    found = HogDetector().detect([Frame(0, np.zeros((*shape, 3), np.uint8))])[0]
    assert len(found) == 0


def test_scores_rise_with_the_distance() -> None:
    distances = np.linspace(-5, 8, 200)
    scores = score_of_distance(distances)
    assert (np.diff(scores) > 0).all()
    assert scores.min() > 0
    assert scores.max() < 1
    stated = score_of_distance(np.array([0, 0.28, 0.49, 2]))
    np.testing.assert_allclose(stated, [0.45, 0.6, 0.7, 0.98], atol=0.006)


def test_thinning_keeps_the_better_box() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10], [32, 2, 36, 6]], float)
    scores = np.array([0.5, 0.9, 0.4, 0.3], np.float32)
    assert _thinned(boxes, scores, 0.5, 1.0).tolist() == [1, 2, 3]
    assert _thinned(boxes, scores, 0.5, 0.8).tolist() == [1, 2]
    assert _thinned(boxes, scores, 0.9, 1.0).tolist() == [1, 0, 2, 3]
    assert _thinned(boxes[:0], scores[:0], 0.5, 0.8).tolist() == []


def test_a_frame_without_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"<Frame 3> has no image; the detector needs one"):
        HogDetector().detect([Frame(3)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["car"]}, "classes: this detector finds 'person' only, not 'car'; leave classes out"),
        ({"win_stride": 6}, "win_stride: must be a multiple of 4, got 6"),
        ({"padding": 12}, "padding: must be a multiple of 8, got 12"),
        ({"scale": 1.0}, "scale: must be > 1, got 1.0"),
        ({"min_score": 2.0}, "min_score: must be <= 1, got 2.0"),
    ],
)
def test_options_out_of_bounds_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        HogDetector(**options)


def test_the_one_class_may_be_named() -> None:
    assert HogDetector(classes=["person"]).classes == ("person",)


@pytest.mark.data
def test_recall_and_precision_on_a_real_sequence(reference_data: Path) -> None:
    datasets = pytest.importorskip("vtrack_datasets.mot_challenge")
    folder = reference_data / "real" / "mot_tud_campus"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    (sequence,) = datasets.MotChallengeDataset(str(folder)).sequences()
    truth = sequence.annotations()
    detector = HogDetector()
    hits, found, wanted = 0, 0, 0
    for frame in list(sequence.frames())[::5]:
        people = detector.detect([frame])[0].boxes
        overlap = overlaps(truth.instances(frame.index).boxes, people)
        hits += int((overlap.max(axis=1, initial=0) >= 0.5).sum())
        wanted, found = wanted + len(overlap), found + len(people)
    assert hits / wanted > 0.55
    assert hits / found > 0.6
