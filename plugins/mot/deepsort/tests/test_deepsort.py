"""DeepSORT's rules, one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vtcore
from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtrack_plugin_deepsort import DeepSort

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]
RED, BLUE = [1.0, 0, 0], [0.0, 1, 0]


def moved(step: float) -> list[float]:
    return [BOX[0] + step, BOX[1], BOX[2] + step, BOX[3]]


def ids(tracker: DeepSort, boxes: Any = (), looks: Any = None, scores: Any = None, labels: Any = None) -> list[int]:
    """Return the identity of every detection, 0 for one that is not reported."""
    scores = [0.9] * len(boxes) if scores is None else scores
    tracks = tracker.update(
        boxes=np.reshape(boxes, (-1, 4)), scores=scores, labels=labels, embeddings=looks if len(boxes) else None
    )
    found = np.zeros(len(boxes), int)
    found[tracks.detection_index] = tracks.ids
    return found.tolist()


def seen(tracker: DeepSort, boxes: Any, looks: Any = None, times: int = 3) -> None:
    for _ in range(times):
        ids(tracker, boxes, looks)


def test_a_track_is_reported_once_seen_three_times_in_a_row() -> None:
    tracker = DeepSort()
    assert [ids(tracker, [BOX], [RED]) for _ in range(4)] == [[0], [0], [1], [1]]
    tracker = DeepSort()
    seen(tracker, [BOX], [RED], times=2)
    ids(tracker)
    assert [ids(tracker, [BOX], [RED]) for _ in range(3)] == [[0], [0], [2]]
    assert ids(DeepSort(min_hits=1), [BOX], [RED]) == [1]


def test_unsure_detections_count_for_nothing() -> None:
    tracker = DeepSort()
    seen(tracker, [BOX], [RED])
    assert ids(tracker, [FAR, BOX], [BLUE, RED], scores=[0.29, 0.3]) == [0, 1]
    assert len(tracker._rows) == 1


def test_who_looks_alike_is_the_same_though_another_is_nearer() -> None:
    tracker = DeepSort()
    near = moved(14)
    seen(tracker, [BOX, near], [RED, BLUE])
    assert ids(tracker, [BOX, near], [RED, BLUE]) == [1, 2]
    assert ids(tracker, [BOX, near], [BLUE, RED]) == [2, 1]


def test_nobody_is_matched_beyond_the_gate() -> None:
    for gate, wanted in (("box", 0), ("position", 0), ("none", 1)):
        tracker = DeepSort(gate=gate)
        seen(tracker, [BOX], [RED], times=10)
        assert ids(tracker, [FAR], [RED]) == [wanted], gate


def test_the_gate_may_forget_about_sizes() -> None:
    for gate, wanted in (("box", 0), ("position", 1)):
        tracker = DeepSort(gate=gate, iou_threshold=0.9)
        seen(tracker, [BOX], [RED], times=10)
        assert ids(tracker, [[-60, 10, 120, 90]], [RED]) == [wanted], gate


def test_who_looks_unlike_is_matched_by_overlap_if_seen_just_before() -> None:
    tracker = DeepSort()
    seen(tracker, [BOX], [RED])
    assert ids(tracker, [BOX], [BLUE]) == [1]
    ids(tracker)
    assert ids(tracker, [BOX], [[0, 0, 1]]) == [0]
    assert ids(tracker, [BOX], [BLUE]) == [1]


def test_any_of_the_last_embeddings_will_do() -> None:
    for gallery, wanted in (("nearest", 1), ("mean", 0), ("running-mean", 0)):
        tracker = DeepSort(gallery=gallery)
        seen(tracker, [BOX], [RED])
        seen(tracker, [BOX], [BLUE], times=9)
        ids(tracker)
        assert ids(tracker, [BOX], [RED]) == [wanted], gallery
    tracker = DeepSort(gallery_size=9)
    seen(tracker, [BOX], [RED])
    seen(tracker, [BOX], [BLUE], times=9)
    ids(tracker)
    assert ids(tracker, [BOX], [RED]) == [0]


def test_the_latest_seen_is_served_first() -> None:
    # Two who look nearly alike: the one lost for longer looks more like the one who comes.
    for depth, wanted in ((None, 2), (1, 2), (0, 1)):
        tracker = DeepSort(cascade_depth=depth)
        seen(tracker, [BOX, moved(10)], [RED, [1, 0.3, 0]])
        ids(tracker, [moved(10)], [[1, 0.3, 0]])
        assert ids(tracker, [moved(5)], [RED]) == [wanted], depth


def test_a_lost_track_comes_back_within_its_age_only() -> None:
    for depth, gap, wanted in ((None, 29, 1), (None, 30, 0), (0, 30, 1), (0, 31, 0)):
        tracker = DeepSort(cascade_depth=depth)
        seen(tracker, [BOX], [RED])
        for _ in range(gap):
            ids(tracker)
        assert len(tracker._rows) == wanted
        assert ids(tracker, [BOX], [RED]) == [wanted]


def test_without_embeddings_lost_tracks_are_found_by_overlap_within_the_gate() -> None:
    tracker = DeepSort()
    seen(tracker, [BOX], times=5)
    for _ in range(10):
        ids(tracker)
    assert ids(tracker, [moved(3)]) == [1]


def test_embeddings_may_come_and_go() -> None:
    tracker = DeepSort()
    seen(tracker, [BOX])
    assert ids(tracker, [BOX], [RED]) == [1]
    assert ids(tracker, [BOX]) == [1]
    ids(tracker)
    assert ids(tracker, [BOX], [RED]) == [1]
    with pytest.raises(ValueError, match="embeddings must have 3 numbers as those before, got 2"):
        ids(tracker, [BOX], [[1, 0]])


def test_slots_of_ended_tracks_are_given_up() -> None:
    tracker = DeepSort(max_age=5)
    for step in range(100):
        ids(tracker, [[200 * step, 0, 200 * step + 40, 80]], [RED])
        assert len(tracker._gallery) == len(tracker._rows) <= 2


def test_classes_are_kept_apart_unless_told_otherwise() -> None:
    for per_class, wanted in ((True, 0), (False, 1)):
        for looks in (None, [RED]):
            tracker = DeepSort(per_class=per_class)
            for _ in range(3):
                ids(tracker, [BOX], looks, labels=[0])
            assert ids(tracker, [BOX], looks, labels=[1]) == [wanted]


def test_by_the_rules_of_mmtracking_all_are_reported_with_the_boxes_of_their_detections() -> None:
    tracker = DeepSort(convention="mmtracking", min_hits=2)
    tracks = tracker.update(boxes=[BOX, FAR], scores=[0.9, 0.3], embeddings=[RED, BLUE])
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1], [0])
    assert ids(tracker, [moved(2)], [RED]) == [1]
    tracks = tracker.update(boxes=[moved(5)], scores=[0.9], embeddings=[RED])
    assert (tracks.ids.tolist(), tracks.boxes.tolist()) == ([1], [moved(5)])
    # Lost for a frame, and found by appearance alone.
    ids(tracker)
    assert ids(tracker, [moved(5)], [BLUE]) == [2]
    assert ids(tracker, [moved(5)], [RED]) == [1]


def test_it_can_be_stopped_and_continued() -> None:
    first, second = DeepSort(), DeepSort()
    seen(first, [BOX, FAR], [RED, BLUE])
    second.load_state_dict(first.state_dict())
    for looks in ([RED, BLUE], [BLUE, RED], None):
        assert ids(first, [BOX, FAR], looks) == ids(second, [BOX, FAR], looks)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_hits": -1}, "min_hits: must be >= 0, got -1"),
        ({"gallery_size": 0}, "gallery_size: must be >= 1, got 0"),
        ({"appearance_threshold": float("nan")}, "appearance_threshold: must be a number, got nan"),
        ({"metric": "manhattan"}, "metric: .*'manhattan'"),
        ({"gallery": "last"}, "gallery: .*'last'"),
        ({"gate": "wide"}, "gate: .*'wide'"),
        ({"motion_weight": 1.5}, "motion_weight: must be <= 1, got 1.5"),
        ({"convention": "mmdet"}, "convention: .*'mmdet'"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeepSort(**options)


def test_a_camera_motion_must_be_one() -> None:
    with pytest.raises(TypeError, match=r"camera_motion must be an estimator such as .* or None, got str 'ecc'"):
        DeepSort(camera_motion="ecc")  # type: ignore[arg-type]


def test_the_component_builds_it() -> None:
    component = plugin_host().component("tracker", "deepsort")
    tracker = build(Configured(component, component.load_config()(max_age=7)), BuildContext())
    assert isinstance(tracker, DeepSort)
    assert tracker.config.max_age == 7


@pytest.mark.parametrize("name", ["mot17", "mot20", "dancetrack"])
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = vtcore.load_experiment(f"deepsort:{name}")
    assert experiment.tracker.config == DeepSort().config
    assert "image" not in experiment.needs()


def test_who_went_away_and_is_found_small_again_has_no_box_turned_inside_out() -> None:
    tracker = DeepSort(gate="position", min_hits=1)
    for height in range(300, 20, -10):
        ids(tracker, [[100, 200 - height / 2, 100 + height / 2, 200 + height / 2]], [RED])
    for _ in range(10):
        ids(tracker)
    tracks = tracker.update(boxes=[[105, 198, 107, 202]], scores=[0.9], embeddings=[RED])
    assert tracks.ids.tolist() == [1]
    assert (tracks.boxes[:, 2:] >= tracks.boxes[:, :2]).all(), tracks.boxes.tolist()


@pytest.mark.parametrize("depth", [None, 0, 5])
@pytest.mark.parametrize("convention", ["original", "mmtracking"])
def test_who_was_there_before_a_stall_has_one_more_chance_to_be_recognised(convention: str, depth: int | None) -> None:
    """However long nobody looked; what is not found in the first frame after it has ended."""

    def see(second: float, box: list[float], look: list[float]) -> list[int]:
        frame = Frame(0, time=second)
        ids: list[int] = tracker.update(frame, boxes=[box], scores=[0.9], embeddings=[look]).ids.tolist()
        return ids

    born = [2] if convention == "mmtracking" else []
    for look, at_once, later in ((RED, [1], [1]), (BLUE, born, [2])):
        tracker = DeepSort(clock="seconds", convention=convention, cascade_depth=depth)
        for index in range(4):
            see(index / 30, BOX, RED)
        assert see(3.1 + 31 / 30, moved(60), look) == at_once
        for index in range(3):
            found = see(5.0 + index / 30, moved(60), look)
        assert found == later
