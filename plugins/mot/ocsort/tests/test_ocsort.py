"""OC-SORT's rules, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host
from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.observation_centric.matching import direction_gain
from vtrack_common_mot.observation_centric.replay import replay
from vtrack_common_mot.overlap import BoxReader
from vtrack_plugin_ocsort import OcSort

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]


def moved(step: float, box: Any = BOX) -> list[float]:
    return [box[0] + step, box[1], box[2] + step, box[3]]


def ids(tracker: OcSort, boxes: Any = (), scores: Any = None, labels: Any = None) -> list[int]:
    scores = [0.9] * len(boxes) if scores is None else scores
    return sorted(tracker.update(boxes=np.reshape(boxes, (-1, 4)), scores=scores, labels=labels).ids.tolist())


def test_first_frames_are_reported_at_once_and_later_births_after_enough_hits() -> None:
    tracker = OcSort(min_hits=3)
    for _ in range(3):
        assert ids(tracker, [BOX]) == [1]
    assert [ids(tracker, [BOX, FAR]) for _ in range(5)] == [[1], [1], [1], [1, 2], [1, 2]]


def test_tracks_are_reported_with_box_and_score_of_their_detections() -> None:
    tracker = OcSort()
    for step in range(3):
        tracks = tracker.update(boxes=[FAR, moved(7 * step)], scores=[0.1, 0.7])
        assert tracks.boxes.tolist() == [moved(7 * step)]
        assert tracks.scores.tolist() == pytest.approx([0.7])
        assert tracks.detection_index.tolist() == [1]


@pytest.mark.parametrize("max_age", [0, 1, 4])
def test_a_track_outlives_as_many_misses_as_its_greatest_age(max_age: int) -> None:
    for misses, wanted in ((max_age, [1]), (max_age + 1, [2])):
        tracker = OcSort(max_age=max_age, min_hits=0)
        ids(tracker, [BOX])
        for _ in range(misses):
            assert ids(tracker) == []
        assert ids(tracker, [BOX]) == wanted


@pytest.mark.parametrize(("score", "starts"), [(0.6, False), (0.61, True)])
def test_a_score_on_the_threshold_starts_nothing(score: float, starts: bool) -> None:
    assert ids(OcSort(), [BOX], [score]) == ([1] if starts else [])


def test_new_tracks_may_need_more() -> None:
    tracker = OcSort(min_hits=0, new_track_threshold=0.8)
    assert ids(tracker, [BOX], [0.7]) == []
    assert ids(tracker, [BOX], [0.9]) == [1]
    assert ids(tracker, [BOX], [0.7]) == [1]


@pytest.mark.parametrize(("score", "continues"), [(0.1, False), (0.11, True), (0.59, True), (0.6, False)])
def test_unsure_detections_continue_tracks_only_with_byte(score: float, continues: bool) -> None:
    for use_byte, wanted in ((False, []), (True, [1] if continues else [])):
        tracker = OcSort(use_byte=use_byte)
        ids(tracker, [BOX])
        assert ids(tracker, [BOX, FAR], [score, score]) == wanted


def test_direction_decides_between_two_who_meet() -> None:
    """Two walk towards each other and meet: by overlap alone either detection could be either's."""
    outcomes = []
    for inertia in (0.0, 5.0):
        tracker = OcSort(inertia=inertia, iou_threshold=0.1, delta_t=1)
        for step in range(4):
            ids(tracker, [moved(4 * step), moved(60 - 4 * step)])
        tracks = tracker.update(boxes=[moved(24), moved(36)], scores=[0.9, 0.9])
        outcomes.append(tracks.ids[tracks.detection_index.argsort()].tolist())
    assert outcomes == [[1, 2], [1, 2]]
    gain = direction_gain(np.zeros((2, 3)), np.array([[1.0, -1, 0], [0, 0, 0]]), np.array([[5.0, 0], [0, 5]]))
    assert gain == pytest.approx(np.array([[np.pi / 2, 0], [-np.pi / 2, 0], [0, 0]]), abs=1e-3)


def test_direction_is_measured_over_delta_t_frames_and_from_the_oldest_of_them() -> None:
    tracker = OcSort(delta_t=3)
    steps = [0.0, 0.0, 10.0, 20.0, 30.0, None, 50.0, 60.0]
    # The detection that starts a track is no observation. Frame 7 is measured from frame 4, frame 8 from frame 5.
    origins = []
    for frame, step in enumerate(steps, 1):
        ids(tracker, [] if step is None else [moved(step)])
        # The next frame overwrites what this frame was measured from, so ask before.
        origins.append(float(tracker._rows.origins(frame + 1)[0, 0]) - 30)
    assert origins[1:] == [0, 0, 0, 10, 20, 30, 50]


def test_a_track_is_recovered_where_it_was_last_seen() -> None:
    tracker = OcSort()
    for step in range(8):
        ids(tracker, [moved(15 * step)])
    for _ in range(8):
        ids(tracker)
    # Its prediction is 120 pixels further on by now.
    tracks = [ids(tracker, [moved(15 * 7)]) for _ in range(4)]
    assert tracks[-1] == [1]


def test_a_track_that_was_only_born_is_taken_to_be_in_the_corner_unless_overlap_counts() -> None:
    recovered = {}
    for similarity in ("iou", "giou", "diou", "ciou", "centre-distance"):
        tracker = OcSort(min_hits=0, similarity=similarity)
        ids(tracker, [FAR])
        recovered[similarity] = ids(tracker, [[0.0, 0, 30, 30]]) == [1]
    assert recovered == {"iou": False, "giou": True, "diou": True, "ciou": True, "centre-distance": False}


def test_a_track_whose_filter_is_left_without_area_ends() -> None:
    """Found again far smaller, it is expected to shrink to less than nothing; the original drops it, too."""
    tracker = OcSort(iou_threshold=0.0, min_hits=0)
    large, small = [[100.0, 100, 300, 300]], [[100.0, 100, 120, 120]]
    assert [ids(tracker, boxes) for boxes in (large, large, [], [], small, small)] == [[1], [1], [], [], [1], [2]]


def test_a_recovered_filter_is_as_if_the_way_had_been_seen() -> None:
    """After a gap, speed is that of the straight way between the observations."""
    tracker = OcSort(iou_threshold=0.01)
    for step in range(12):
        ids(tracker, [moved(step)])
    for _ in range(5):
        ids(tracker)
    ids(tracker, [moved(11 + 6 * 3)])
    plain, kept = XysrFilter(), []
    for step in range(18):
        measured = plain.measure(
            BoxReader().read(np.array([moved(min(step, 11) + 3 * max(step - 11, 0))], np.float32))[1]
        )
        kept.append(plain.start(measured) if step == 0 else plain.predict(kept[-1]))
        if step:
            plain.update(kept[-1], measured)
    # The original feeds the new box twice.
    plain.update(kept[-1], measured)
    assert tracker._rows.motion[:20, 0] == pytest.approx(kept[-1][:20, 0], rel=1e-6, abs=1e-6)


def test_replay_of_many_gaps_is_that_of_each_alone() -> None:
    random = np.random.default_rng(1)
    box_filter, reader = XysrFilter(), BoxReader()
    corners = random.uniform(0, 100, (2, 6, 2)).astype(np.float32)
    boxes = np.concatenate((corners, corners + random.uniform(20, 60, (2, 6, 2)).astype(np.float32)), 2)
    ends = [reader.read(some)[0] for some in boxes]
    states = box_filter.start(box_filter.measure(ends[0][6:].copy()))
    gaps = np.array([3, 9, 2, 2, 30, 5])
    for include_last in (False, True):
        for predict in (False, True):
            options = {"include_last": include_last, "predict": predict}
            before = states.copy()
            together = replay(box_filter, states, (ends[0][:6], ends[1][:6]), gaps, **options)
            assert (states == before).all()
            for index in range(6):
                one = slice(index, index + 1)
                part = ends[0][:6, one], ends[1][:6, one]
                alone = replay(box_filter, states[:, one], part, gaps[one], **options)
                assert together[:, one] == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_classes_are_kept_apart_unless_told_otherwise() -> None:
    for convention in ("original", "mmtracking"):
        for per_class, wanted in ((True, [2]), (False, [1])):
            tracker = OcSort(min_hits=0, per_class=per_class, convention=convention)
            ids(tracker, [BOX], labels=[0])
            assert ids(tracker, [BOX], labels=[1]) == wanted


def test_fused_scores_count_against_unsure_detections() -> None:
    for fuse_score, wanted in ((False, [1]), (True, [2])):
        tracker = OcSort(min_hits=0, fuse_score=fuse_score, iou_threshold=0.7)
        ids(tracker, [BOX])
        assert ids(tracker, [moved(1)], [0.65]) == wanted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"high_threshold": 1.5}, "high_threshold: must be <= 1, got 1.5"),
        ({"delta_t": 0}, "delta_t: must be >= 1, got 0"),
        ({"similarity": "l2"}, "similarity: must be one of 'iou', 'giou', 'diou', 'ciou', 'centre-distance', got 'l2'"),
        ({"convention": "mine"}, "convention: must be one of 'original', 'mmtracking', got 'mine'"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OcSort(**options)


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "ocsort")
    config = component.load_config()(high_threshold=0.5, use_byte=True)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, OcSort)
    assert tracker.config == config


@pytest.mark.parametrize("name", ["mot17", "mot20", "dancetrack"])
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    assert vtcore.load_experiment(f"ocsort:{name}").tracker.config.similarity == "iou"
