"""ByteTrack's rules, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtrack_plugin_bytetrack import ByteTrack

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]


def moved(step: float) -> list[float]:
    return [BOX[0] + step, BOX[1], BOX[2] + step, BOX[3]]


def ids(tracker: ByteTrack, boxes: Any = (), scores: Any = None, labels: Any = None) -> list[int]:
    scores = [0.9] * len(boxes) if scores is None else scores
    return sorted(tracker.update(boxes=np.reshape(boxes, (-1, 4)), scores=scores, labels=labels).ids.tolist())


class Clip(Sequence):
    """Ten frames a second, of nothing."""

    def frames(self, *, images: bool = True) -> Any:
        yield from ()


def test_first_frame_is_reported_at_once_and_later_births_after_a_second_look() -> None:
    tracker = ByteTrack()
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX, FAR]) == [1]
    assert ids(tracker, [BOX, FAR]) == [1, 2]


def test_a_birth_without_a_second_look_is_dropped() -> None:
    tracker = ByteTrack()
    ids(tracker, [BOX])
    ids(tracker, [BOX, FAR])
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX, FAR]) == [1]
    assert ids(tracker, [BOX, FAR]) == [1, 3]


def test_unsure_detections_continue_tracks_but_start_none() -> None:
    tracker = ByteTrack()
    ids(tracker, [BOX])
    assert ids(tracker, [BOX, FAR], [0.3, 0.3]) == [1]
    assert ids(tracker, [BOX, FAR], [0.3, 0.65]) == [1]
    assert ids(tracker, [BOX, FAR], [0.9, 0.65]) == [1]


@pytest.mark.parametrize(("score", "continues"), [(0.1, False), (0.11, True), (0.6, False), (0.61, True)])
def test_scores_on_the_thresholds_count_for_nothing(score: float, continues: bool) -> None:
    tracker = ByteTrack()
    ids(tracker, [BOX])
    assert ids(tracker, [BOX], [score]) == ([1] if continues else [])


def test_thresholds_move() -> None:
    tracker = ByteTrack(high_threshold=0.3, low_threshold=0.2, new_track_threshold=0.35)
    assert ids(tracker, [BOX, FAR], [0.36, 0.34]) == [1]
    assert ids(tracker, [BOX], [0.25]) == [1]


def test_a_lost_track_comes_back_within_the_buffer_only() -> None:
    for gap, wanted in ((31, [1]), (32, [])):
        tracker = ByteTrack()
        ids(tracker, [BOX])
        for _ in range(gap):
            assert ids(tracker) == []
        assert ids(tracker, [BOX]) == wanted


def test_the_buffer_follows_the_frame_rate() -> None:
    clip = Clip("clip", frame_rate=10.0)
    for options, sequence, gap in (
        ({"frame_rate": 60.0}, None, 61),
        ({"frame_rate": 0.0}, clip, 11),
        ({"frame_rate": 0.0}, None, 31),
        ({"frame_rate": 30.0}, clip, 31),
        ({"track_buffer": 6}, clip, 7),
        ({"track_buffer": 0}, clip, 2),
    ):
        for missed, wanted in ((gap, [1]), (gap + 1, [])):
            tracker = ByteTrack(**options)
            tracker.reset(sequence)
            ids(tracker, [BOX])
            for _ in range(missed):
                ids(tracker)
            assert ids(tracker, [BOX]) == wanted, options


def test_the_buffer_follows_a_rate_that_is_told_by_the_first_frame() -> None:
    for missed, wanted in ((11, [1]), (12, [])):
        tracker, camera = ByteTrack(frame_rate=0.0), Clip("camera")
        tracker.reset(camera)
        camera.frame_rate = 10.0
        for index in range(missed + 2):
            seen = index in (0, missed + 1)
            tracks = tracker.update(Frame(index, sequence=camera), boxes=[BOX] if seen else [])
        assert tracks.ids.tolist() == wanted


@pytest.mark.parametrize("convention", ["original", "mmtracking"])
def test_the_buffer_is_one_of_time_by_the_clock_of_seconds(convention: str) -> None:
    clip = Clip("clip", frame_rate=30.0)
    for pause, wanted in ((0.8, [1]), (1.2, [])):
        tracker = ByteTrack(clock="seconds", convention=convention, min_hits=1)
        tracker.reset(clip)
        found: list[list[int]] = []
        # Frames come at a third of their rate, and the object is gone for some of them.
        times = [0.0, 0.1, 0.1 + pause / 2, 0.1 + pause, 0.2 + pause]
        for index, (time, boxes) in enumerate(zip(times, ([BOX], [BOX], [], [], [BOX]), strict=True)):
            far = [FAR] if index else []
            tracks = tracker.update(Frame(index, time=time, sequence=clip), boxes=[*boxes, *far])
            found.append(sorted(tracks.ids.tolist()))
        assert [identity for identity in found[-1] if identity == 1] == wanted


def test_a_track_found_on_its_last_frame_ends_with_the_next_miss() -> None:
    tracker = ByteTrack(track_buffer=2)
    ids(tracker, [BOX])
    for _ in range(3):
        ids(tracker)
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker) == []
    assert ids(tracker, [BOX]) == []


def test_a_lost_track_under_a_longer_one_is_dropped() -> None:
    tracker, start = ByteTrack(), 150
    ids(tracker, [moved(start)])
    for _ in range(3):
        ids(tracker, [moved(start), BOX])
    known = []
    for step in range(20):
        assert ids(tracker, [moved(2 + (start - 2) * (1 - step / 19))]) == [1]
        known.append(len(tracker._rows))
    assert known[0] == 2
    assert known[-1] == 1


def test_the_younger_of_two_in_one_place_is_the_one_dropped() -> None:
    tracker = ByteTrack(match_threshold=0.01, duplicate_threshold=0.5)
    for _ in range(4):
        ids(tracker, [BOX])
    # Too far to be matched: the old track is lost, and the new one is born in its place, to be dropped at once.
    assert ids(tracker, [moved(8)]) == []
    assert tracker._rows.facts[0].tolist() == [1]


def test_height_of_a_lost_track_stops_changing() -> None:
    tracker = ByteTrack()
    for step in range(10):
        ids(tracker, [[10 + step, 10, 50 + step, 90 + 3 * step]])
    assert tracker._rows.motion[7, 0] > 1
    ids(tracker)
    seen = tracker._rows.motion[:4, 0].copy()
    for _ in range(5):
        ids(tracker)
    lost = tracker._rows.motion[:4, 0]
    assert lost[3] == seen[3]
    assert lost[0] > seen[0] + 3


def test_classes_are_kept_apart_unless_told_otherwise() -> None:
    apart, together = ByteTrack(), ByteTrack(per_class=False)
    for tracker, wanted in ((apart, []), (together, [1])):
        ids(tracker, [BOX], labels=[0])
        assert ids(tracker, [BOX], labels=[1]) == wanted


def test_score_is_that_of_the_detection_and_counts_in_the_matching() -> None:
    tracker = ByteTrack()
    ids(tracker, [BOX])
    tracks = tracker.update(boxes=[moved(12)], scores=[0.62])
    assert tracks.scores.tolist() == pytest.approx([0.62])
    strict, plain = ByteTrack(match_threshold=0.6), ByteTrack(match_threshold=0.6, fuse_score=False)
    for tracker, wanted in ((strict, []), (plain, [1])):
        ids(tracker, [BOX])
        assert ids(tracker, [moved(12)], [0.62]) == wanted


def test_by_the_rules_of_mmtracking_all_is_reported_and_kept_when_seen_often_enough() -> None:
    tracker = ByteTrack(convention="mmtracking", min_hits=3)
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX, FAR], [0.9, 0.61]) == [1, 2]
    assert ids(tracker, [BOX, FAR]) == [1, 2]
    # Seen twice only, the second does not outlive a miss; seen three times, its successor does.
    assert ids(tracker, [BOX]) == [1]
    assert [ids(tracker, [BOX, FAR]) for _ in range(3)] == [[1, 3]] * 3
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX, FAR]) == [1, 3]
    # Unsure detections continue tracks, with their own boxes, and start none.
    tracks = tracker.update(boxes=[moved(3), [600, 10, 640, 90]], scores=[0.3, 0.3])
    assert (tracks.ids.tolist(), tracks.boxes.tolist()) == ([1], [moved(3)])
    tracker.reset()
    assert ids(tracker, [BOX], [0.65]) == []


def test_by_the_rules_of_mmtracking_classes_are_kept_apart_unless_told_otherwise() -> None:
    for per_class, wanted in ((True, [2]), (False, [1])):
        tracker = ByteTrack(convention="mmtracking", per_class=per_class)
        ids(tracker, [BOX], labels=[0])
        assert ids(tracker, [BOX], labels=[1]) == wanted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"high_threshold": 1.5}, "high_threshold: must be <= 1, got 1.5"),
        ({"track_buffer": -1}, "track_buffer: must be >= 0, got -1"),
        ({"match_threshold": float("nan")}, "match_threshold: must be a number, got nan"),
        ({"low_threshold": 0.7}, r"low_threshold: must be <= high_threshold \(0.6\), got 0.7"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ByteTrack(**options)


def test_low_and_high_threshold_may_be_one() -> None:
    tracker = ByteTrack(low_threshold=0.6)
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX], scores=[0.5]) == []


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "bytetrack")
    config = component.load_config()(high_threshold=0.5, new_track_threshold=0.55)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, ByteTrack)
    assert tracker.config == config
    assert config.needs == {"detections"}


@pytest.mark.parametrize("name", ["mot17", "mot20", "dancetrack"])
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = vtcore.load_experiment(f"bytetrack:{name}")
    assert experiment.tracker.config.fuse_score is (name != "mot20")
