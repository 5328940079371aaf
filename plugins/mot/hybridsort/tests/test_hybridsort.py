"""Hybrid-SORT's rules, one at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtcore.instances import Float64Array, Instances
from vtrack_plugin_hybridsort import HybridSort

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]
RED, BLUE = [1.0, 0.1, 0], [0.1, 1.0, 0]


def moved(step: float, box: Any = BOX) -> list[float]:
    return [box[0] + step, box[1], box[2] + step, box[3]]


def identities(tracker: HybridSort, boxes: Any = (), scores: Any = None, **more: Any) -> list[int]:
    """Return the identity of each of the boxes, 0 for none."""
    scores = [0.9] * len(boxes) if scores is None else scores
    tracks = tracker.update(boxes=np.reshape(boxes, (-1, 4)), scores=scores, **more)
    ids = np.zeros(len(boxes), int)
    ids[tracks.detection_index] = tracks.ids
    return ids.tolist()


def test_first_frames_are_reported_at_once_and_later_births_after_enough_hits() -> None:
    tracker = HybridSort(min_hits=3)
    for _ in range(3):
        assert identities(tracker, [BOX]) == [1]
    assert [identities(tracker, [BOX, FAR])[1] for _ in range(5)] == [0, 0, 0, 2, 2]


def test_confidence_tells_who_is_who() -> None:
    """Two in the same place, one sure and one not: the boxes alone would fit either way."""
    for weight, wanted in ((0.0, [2, 1]), (3.0, [1, 2])):
        tracker = HybridSort(confidence_weight=weight, inertia=0.0, min_hits=0)
        for _ in range(6):
            assert identities(tracker, [BOX, moved(10)], [0.98, 0.65]) == [1, 2]
        assert identities(tracker, [moved(8), moved(4)], [0.98, 0.65]) == wanted


def test_falling_confidence_is_expected_to_fall_on() -> None:
    """Of two equally near, the unsure detection is the one's whose confidence was falling towards it."""
    for weight, wanted in ((0.0, [2]), (1.0, [1])):
        tracker = HybridSort(second_confidence_weight=weight, min_hits=0, iou_threshold=0.1)
        for first in (0.95, 0.9, 0.8, 0.62):
            identities(tracker, [BOX, moved(16)], [first, 0.9])
        # 0.62 - 0.18 = 0.44 is expected of the first; of the second no less than the threshold.
        assert identities(tracker, [moved(9)], [0.44]) == wanted


def test_height_tells_who_is_who() -> None:
    tall, small = [10.0, 10, 50, 110], [10.0, 60, 50, 110]
    for similarity, kept in (("iou", True), ("height-iou", False)):
        tracker = HybridSort(similarity=similarity, min_hits=0, iou_threshold=0.4)
        identities(tracker, [tall])
        assert (identities(tracker, [small]) == [1]) == kept


@pytest.mark.parametrize(("score", "continues"), [(0.1, False), (0.11, True), (0.59, True), (0.6, False)])
def test_unsure_detections_continue_tracks_unless_told_otherwise(score: float, continues: bool) -> None:
    for use_byte in (True, False):
        tracker = HybridSort(use_byte=use_byte, second_confidence_weight=0.0)
        identities(tracker, [BOX])
        assert identities(tracker, [BOX, FAR], [score, score]) == [int(continues and use_byte), 0]


def test_looks_tell_who_is_who() -> None:
    swapped = []
    for appearance in (False, True):
        tracker = HybridSort(appearance=appearance, inertia=0.0)
        for step in range(6):
            identities(tracker, [moved(4 * step), moved(60 - 4 * step)], embeddings=[RED, BLUE])
        # They have met, and turned back.
        swapped.append(identities(tracker, [moved(24), moved(36)], embeddings=[BLUE, RED]))
    assert swapped == [[1, 2], [2, 1]]


def test_who_looks_the_same_is_kept_wherever() -> None:
    for threshold, wanted in ((0.0, 2), (0.4, 1)):
        tracker = HybridSort(appearance_threshold=threshold, min_hits=0)
        identities(tracker, [BOX], embeddings=[RED])
        assert identities(tracker, [FAR], embeddings=[RED]) == [wanted]


def test_who_looks_unlike_is_not_continued_by_an_unsure_detection() -> None:
    for threshold, wanted in ((0.4, 0), (2.0, 1)):
        tracker = HybridSort(second_appearance_threshold=threshold, min_hits=0)
        identities(tracker, [BOX], embeddings=[RED])
        assert identities(tracker, [BOX], [0.59], embeddings=[BLUE]) == [wanted]


def test_looks_are_not_learnt_where_place_alone_decided() -> None:
    """Neither from an unsure detection nor from a track that was recovered where it was last seen."""
    for score, misses in ((0.55, 0), (0.9, 12)):
        tracker = HybridSort(min_hits=0, second_appearance_threshold=2.0, appearance_threshold=0.0)
        for step in range(8):
            identities(tracker, [moved(15 * step)], embeddings=[RED])
        for _ in range(misses):
            identities(tracker)
        known = tracker.state_dict()["looks.bank.rows"]
        assert identities(tracker, [moved(15 * 7 + 2)], [score], embeddings=[BLUE]) == [1]
        assert (tracker.state_dict()["looks.bank.rows"] == known).all()


def test_the_last_looks_may_count_as_they_are() -> None:
    """Who has just turned round looks like himself of before, by the mean of all, more than by the running one."""
    for weight, wanted in ((0.0, [0, 1]), (5.0, [1, 0])):
        tracker = HybridSort(gallery_weight=weight, appearance_momentum=0.0)
        for looks in [RED] * 9 + [BLUE]:
            assert identities(tracker, [BOX], embeddings=[looks]) == [1]
        assert identities(tracker, [moved(2), moved(-2)], embeddings=[RED, BLUE]) == wanted


class Pan:
    """A camera that turns by so many pixels a frame."""

    def __init__(self, pixels: float) -> None:
        self.warp: Float64Array = np.array([[1.0, 0, pixels], [0, 1, 0]])

    def reset(self, sequence: Any = None) -> None:
        """Forget nothing."""

    def proceed(self, sequence: Any) -> None:
        """Go on."""

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        return self.warp


def test_tracks_are_moved_along_with_the_camera() -> None:
    for camera, wanted in ((None, 2), (Pan(200.0), 1)):
        tracker = HybridSort(camera_motion=camera, min_hits=0)
        identities(tracker, [BOX])
        assert identities(tracker, [moved(200)]) == [wanted]
    with pytest.raises(TypeError, match="camera_motion must be an estimator such as SparseFlow"):
        HybridSort(camera_motion="ecc")  # type: ignore[arg-type]


def test_confidence_falls_by_time_and_not_by_frames() -> None:
    """Half the frames dropped, twice the fall between them: the same is expected of the next moment."""
    expected = []
    for stride in (1, 2):
        tracker = HybridSort(clock="seconds")
        for index in range(0, 9, stride):
            tracker.update(Frame(index), boxes=[BOX], scores=[0.95 - 0.02 * index])
        expected.append(tracker._view.expected_confidence(tracker._rows.past, 2.0)[0])
    assert expected == pytest.approx([0.95 - 0.02 * 10] * 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"high_threshold": 1.5}, "high_threshold: must be <= 1, got 1.5"),
        ({"low_threshold": 0.7}, "low_threshold: must be <= high_threshold .0.6., got 0.7"),
        ({"delta_t": 0}, "delta_t: must be >= 1, got 0"),
        ({"inertia": math.inf}, "inertia: must be < inf, got inf"),
        ({"second_confidence_weight": math.inf}, "second_confidence_weight: must be < inf, got inf"),
        ({"gallery_length": 0}, "gallery_length: must be >= 1, got 0"),
        ({"similarity": "hmiou"}, "similarity: must be one of 'height-iou', 'iou', .*, got 'hmiou'"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HybridSort(**options)


def test_embeddings_of_another_length_are_refused() -> None:
    tracker = HybridSort()
    identities(tracker, [BOX], embeddings=[RED])
    with pytest.raises(ValueError, match="embeddings must have 3 numbers as those before, got 2"):
        identities(tracker, [BOX], embeddings=[[1.0, 0]])


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "hybridsort")
    config = component.load_config()(high_threshold=0.5, delta_t=2, camera_motion=None)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, HybridSort)
    assert tracker.config == config


@pytest.mark.parametrize("name", ["mot17", "mot20", "dancetrack", "dancetrack-test"])
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    config = vtcore.load_experiment(f"hybridsort:{name}").tracker.config
    assert config.similarity == "height-iou"
    assert (config.high_threshold, config.iou_threshold) == (
        0.4 if name == "mot20" else 0.6,
        0.15 if "dance" in name else 0.25,
    )
