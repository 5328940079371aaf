"""BoostTrack's rules, one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtrack_common_mot.overlap import BoxReader
from vtrack_plugin_boosttrack import BoostTrack
from vtrack_plugin_boosttrack.config import BoostTrackConfig
from vtrack_plugin_boosttrack.motion import XyhrFilter

BOX = [100.0, 100, 140, 180]
NEAR = [125.0, 100, 165, 180]
FAR = [900.0, 100, 940, 180]
PLAIN = {"rich_similarity": False, "soft_boost": False, "varying_threshold": False}
RED, GREEN = [1.0, 0, 0], [0.0, 1, 0]


class Street(Sequence):
    """Nothing but a frame rate."""

    def frames(self) -> Iterator[Frame]:
        return iter(())


def moved(step: float, box: Any = BOX) -> list[float]:
    return [box[0] + step, box[1], box[2] + step, box[3]]


def ids(tracker: BoostTrack, boxes: Any = (), scores: Any = None, labels: Any = None, embeddings: Any = None) -> Any:
    """Return the identities reported, in the order of the detections."""
    scores = [0.9] * len(boxes) if scores is None else scores
    boxes = np.reshape(boxes, (-1, 4))
    tracks = tracker.update(boxes=boxes, scores=scores, labels=labels, embeddings=embeddings)
    return tracks.ids[tracks.detection_index.argsort()].tolist()


def seen(times: int, **options: Any) -> BoostTrack:
    """A tracker that has seen one object standing still, sure of itself."""
    tracker = BoostTrack(**options)
    for _ in range(times):
        ids(tracker, [BOX])
    return tracker


# --- The life of a track --------------------------------------------------------------------------------------------


def test_first_frames_are_reported_at_once_and_later_births_after_enough_hits() -> None:
    tracker = seen(3)
    assert [ids(tracker, [BOX, FAR]) for _ in range(5)] == [[1], [1], [1], [1, 2], [1, 2]]


@pytest.mark.parametrize(("score", "starts"), [(0.59, False), (0.6, True)])
def test_a_score_on_the_threshold_starts_a_track(score: float, starts: bool) -> None:
    assert ids(BoostTrack(), [BOX], [score]) == ([1] if starts else [])


@pytest.mark.parametrize("max_age", [0, 1, 6])
def test_a_track_outlives_as_many_misses_as_its_greatest_age(max_age: int) -> None:
    for misses, wanted in ((max_age, [1]), (max_age + 1, [2])):
        tracker = seen(9, max_age=max_age, min_hits=0)
        for _ in range(misses):
            assert ids(tracker) == []
        assert ids(tracker, [BOX]) == wanted


@pytest.mark.parametrize(
    ("rate", "seconds", "patience"), [(20.0, 2.0, 40), (10.0, 2.0, 30), (None, 2.0, 30), (60.0, 0.0, 30)]
)
def test_where_the_frame_rate_is_known_a_track_lives_for_a_time(rate: Any, seconds: float, patience: int) -> None:
    for misses, wanted in ((patience, [1]), (patience + 1, [2])):
        tracker = BoostTrack(max_age_seconds=seconds, min_hits=0)
        tracker.reset(Street("street", frame_rate=rate))
        for _ in range(9):
            ids(tracker, [BOX])
        for _ in range(misses):
            ids(tracker)
        assert ids(tracker, [BOX]) == wanted


@pytest.mark.parametrize("options", [{"max_age_seconds": 1e308}, {"max_age": 10**30}])
def test_patience_without_end_can_be_kept(options: Any) -> None:
    tracker = BoostTrack(min_hits=0, **options)
    tracker.reset(Street("street", frame_rate=30.0))
    ids(tracker, [BOX])
    continued = BoostTrack(min_hits=0, **options)
    continued.load_state_dict(tracker.state_dict())
    for _ in range(100):
        ids(continued)
    assert ids(continued, [BOX]) == [1]


def test_tracks_are_reported_with_the_filters_box_and_the_detections_score() -> None:
    tracker = seen(5)
    tracks = tracker.update(boxes=[FAR, moved(4)], scores=[0.2, 0.7])
    assert tracks.detection_index.tolist() == [1]
    assert tracks.scores.tolist() == pytest.approx([0.7])
    assert BOX[0] + 1 < tracks.boxes[0, 0] < BOX[0] + 4


# --- Detections of likely objects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [PLAIN, {}, {"varying_threshold": False}, {"soft_boost": False}])
def test_unsure_detections_where_a_track_is_expected_continue_it(options: Any) -> None:
    assert ids(seen(9, **options), [BOX], [0.45]) == [1]
    assert ids(seen(9, boost_likely=False, **options), [BOX], [0.45]) == []


def test_scores_are_raised_to_a_share_of_overlap() -> None:
    for factor, wanted in ((0.65, [1]), (0.59, [])):
        assert ids(seen(9, likely_factor=factor, **PLAIN), [BOX], [0.1]) == wanted
    # The overlap is 0.9.
    assert ids(seen(9, likely_factor=0.65, **PLAIN), [[100, 100, 136, 180]], [0.1]) == []


def test_scores_are_raised_softly_a_third_of_the_way() -> None:
    options = {"rich_similarity": False, "varying_threshold": False}
    # 0.65 * score + 0.35 * 1 reaches 0.6 from 0.385 on.
    for score, wanted in ((0.38, []), (0.39, [1])):
        assert ids(seen(9, **options), [BOX], [score]) == wanted


def test_what_is_asked_of_likeness_falls_while_a_track_is_missing() -> None:
    options = {"rich_similarity": False, "soft_boost": False}
    shifted = moved(2)  # Overlaps by 38 / 42 = 0.905.
    for misses, wanted in ((0, []), (4, []), (8, [1])):
        tracker = seen(30, min_hits=0, **options)
        for _ in range(misses):
            ids(tracker)
        assert ids(tracker, [shifted], [0.05]) == wanted


def test_a_rich_likeness_is_more_than_overlap() -> None:
    """A track that is missing overlaps little with where it went, but is there as far as its filter knows."""
    for rich, wanted in ((False, []), (True, [1])):
        tracker = seen(4, rich_similarity=rich, soft_boost=True, varying_threshold=False, min_hits=0)
        for _ in range(2):
            ids(tracker)
        assert ids(tracker, [moved(9)], [0.5]) == wanted


# --- Detections of unlikely objects ---------------------------------------------------------------------------------


def test_what_no_track_explains_starts_one_whatever_it_scores() -> None:
    for boost, wanted in ((True, [1, 2]), (False, [1])):
        tracker = seen(9, boost_unlikely=boost, min_hits=0)
        assert ids(tracker, [BOX, FAR], [0.9, 0.05]) == wanted
        assert ids(tracker, [BOX, FAR], [0.9, 0.9]) == [1, 2]


def test_without_tracks_nothing_is_unlikely() -> None:
    assert ids(BoostTrack(), [FAR], [0.3]) == []


def test_of_unlikely_detections_that_overlap_the_best_starts_a_track() -> None:
    tracker = seen(9, min_hits=0)
    tracks = tracker.update(boxes=[BOX, FAR, moved(3, FAR), moved(300, FAR)], scores=[0.9, 0.2, 0.3, 0.1])
    assert sorted(tracks.detection_index.tolist()) == [0, 2, 3]


# --- The matching ---------------------------------------------------------------------------------------------------


def test_a_pair_that_overlaps_too_little_is_cut() -> None:
    # The overlap is 20 / 60.
    for least, wanted in ((0.3, [1]), (0.4, [2])):
        assert ids(seen(9, min_hits=0, iou_threshold=least), [moved(20)]) == wanted


def test_confidence_decides_between_two_detections() -> None:
    """Both overlap alike with the track; the surer one is it, unless confidence counts for nothing."""
    pair = [moved(-9), moved(9)]
    weights = {"distance_weight": 0.0, "min_hits": 0}
    for scores, index in (([0.95, 0.65], 0), ([0.65, 0.95], 1)):
        tracks = seen(9, **weights).update(boxes=pair, scores=scores)
        assert tracks.detection_index[tracks.ids == 1].tolist() == [index]


def test_shape_decides_between_two_detections() -> None:
    taller = [100.0, 130, 140, 190]
    wider = [100.0, 100, 160, 180]
    alike = [116.0, 100, 156, 180]
    for weight, boxes in ((3.0, [alike, taller]), (3.0, [alike, wider])):
        tracks = seen(9, shape_weight=weight, distance_weight=0, min_hits=0).update(boxes=boxes, scores=[0.9, 0.9])
        plain = seen(9, shape_weight=0, distance_weight=0, min_hits=0).update(boxes=boxes, scores=[0.9, 0.9])
        assert tracks.detection_index[tracks.ids == 1].tolist() == [0]
        assert plain.detection_index[plain.ids == 1].tolist() == [1]


def test_scores_above_one_are_no_surer_than_certain() -> None:
    pair = [moved(-4), moved(9)]
    tracks = seen(9, min_hits=0).update(boxes=pair, scores=[1.0, 40.0])
    assert tracks.detection_index[tracks.ids == 1].tolist() == [0]
    assert sorted(tracks.scores.tolist()) == [1.0, 40.0]


def test_looks_decide_between_two_who_meet() -> None:
    for looks, wanted in (((RED, GREEN), [1, 2]), ((GREEN, RED), [2, 1])):
        tracker = BoostTrack()
        for step in range(6):
            ids(tracker, [moved(2 * step), moved(60 - 2 * step)], embeddings=[RED, GREEN])
        assert ids(tracker, [moved(22), moved(36)], embeddings=list(looks)) == wanted


def test_who_looks_alike_needs_to_overlap_half_as_much() -> None:
    # The overlap is 13 / 67 = 0.19.
    for look, threshold, wanted in ((RED, 0.75, [1]), (GREEN, 0.75, [2]), (RED, 1.0, [1]), ([1, 1, 0], 0.75, [2])):
        tracker = BoostTrack(min_hits=0, appearance_threshold=threshold - 1e-6)
        for _ in range(9):
            ids(tracker, [BOX], embeddings=[RED])
        assert ids(tracker, [moved(27)], embeddings=[look]) == wanted


def test_surer_detections_change_a_tracks_look_more() -> None:
    looks = []
    for score in (0.6, 0.8, 1.0):
        tracker = BoostTrack(appearance_momentum=0.9, boost_likely=False)
        ids(tracker, [BOX], embeddings=[RED])
        ids(tracker, [BOX], [score], embeddings=[[0.6, 0.8, 0]])
        looks.append(float(tracker._bank.similarity(np.array([0]), np.array([GREEN], np.float32))[0, 0]))
    assert looks[0] == pytest.approx(0.0, abs=1e-3)
    assert looks == sorted(looks)
    assert looks[2] == pytest.approx(0.08 / np.hypot(0.96, 0.08), abs=1e-4)


def test_frames_without_looks_are_matched_by_boxes() -> None:
    tracker = BoostTrack()
    assert ids(tracker, [BOX], embeddings=[RED]) == [1]
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX], embeddings=[RED]) == [1]


def test_classes_are_kept_apart_unless_told_otherwise() -> None:
    for per_class, wanted in ((True, [2]), (False, [1])):
        tracker = BoostTrack(min_hits=0, per_class=per_class)
        ids(tracker, [BOX], labels=[0])
        assert ids(tracker, [BOX], labels=[1]) == wanted


# --- Motion ---------------------------------------------------------------------------------------------------------


def measured(box: Any) -> Any:
    return XyhrFilter().measure(BoxReader().read(np.array([box], np.float32))[1])


def test_the_filter_is_that_of_whole_matrices() -> None:
    random = np.random.default_rng(3)
    transition = np.eye(8) + np.eye(8, k=4)
    process, noise = np.diag([1.0] * 4 + [0.01] * 4), np.diag([1, 1, 10, 0.01])
    box_filter = XyhrFilter()
    tracks = box_filter.start(measured(BOX))
    mean, covariance = np.append([120, 140, 80, 0.5], np.zeros(4)), np.diag([10.0] * 4 + [1e4] * 4)
    for _ in range(12):
        tracks = box_filter.predict(tracks)
        mean, covariance = transition @ mean, transition @ covariance @ transition.T + process
        assert tracks[:8, 0] == pytest.approx(mean, rel=1e-6, abs=1e-6)
        assert tracks[8:12, 0] == pytest.approx(np.diag(covariance)[:4], rel=1e-9)
        box = np.array(BOX) + random.normal(0, 5, 4)
        given = measured(box)
        box_filter.update(tracks, given)
        total = covariance[:4, :4] + noise
        gain = covariance[:, :4] @ np.linalg.inv(total)
        mean = mean + gain @ (given[:, 0] - mean[:4])
        covariance = covariance - gain @ total @ gain.T


def test_boxes_of_less_than_nothing_overlap_nothing() -> None:
    box_filter = XyhrFilter()
    tracks = box_filter.start(np.tile(measured(BOX), 3))
    tracks[2, 1], tracks[3, 2] = -40, -0.3
    edges = box_filter.edges(tracks)
    assert edges[:4, 0] == pytest.approx([-100, -100, 140, 180], abs=1e-4)
    assert (np.minimum(*(edges[:2] + edges[2:4]))[1:] <= 0).all()


def test_tracks_go_along_with_the_camera() -> None:
    class Camera:
        warp: Any = np.eye(2, 3)

        def reset(self, sequence: Any = None) -> None: ...

        def proceed(self, sequence: Any) -> None: ...

        def estimate(self, frame: Any, detections: Any = None) -> Any:
            return self.warp

    camera = Camera()
    tracker = seen(9, camera_motion=camera)
    camera.warp = np.array([[1.1, 0, 60], [0, 1.1, -20]])
    tracks = tracker.update(boxes=[[170, 90, 214, 178]], scores=[0.9])
    assert tracks.ids.tolist() == [1]
    assert tracks.boxes[0] == pytest.approx([170, 90, 214, 178], abs=0.5)
    still = seen(9, min_hits=0)
    assert ids(still, [[170, 90, 214, 178]]) == [2]


def test_a_turned_box_stays_upright_and_a_flat_one_is_a_box() -> None:
    box_filter = XyhrFilter()
    tracks = box_filter.start(np.tile(measured(BOX), 2))
    tracks[2, 1] = 0
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0]])
    box_filter.warp(tracks, turn)
    corners = turn[:, :2] @ np.array([[100, 140.0], [100, 180]])
    assert tracks[:2, 0] == pytest.approx(corners.mean(1), abs=1e-4)
    assert tracks[2, 0] == pytest.approx(corners[1, 1] - corners[1, 0], abs=1e-4)
    assert np.isfinite(tracks).all()


# --- The component ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score_threshold": 1.0}, "score_threshold: must be < 1, got 1.0"),
        ({"iou_threshold": 0.0}, "iou_threshold: must be > 0, got 0.0"),
        ({"max_age": -1}, "max_age: must be >= 0, got -1"),
        ({"shape_weight": -0.5}, "shape_weight: must be >= 0, got -0.5"),
        ({"distance_weight": math.inf}, "distance_weight: must be < inf, got inf"),
        ({"max_age_seconds": math.inf}, "max_age_seconds: must be < inf, got inf"),
        ({"appearance_momentum": 1.5}, "appearance_momentum: must be <= 1, got 1.5"),
        ({"clock": "hours"}, "clock: must be one of 'frames', 'seconds', got 'hours'"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BoostTrack(**options)


def test_what_estimates_nothing_is_no_camera() -> None:
    with pytest.raises(TypeError, match=r"camera_motion must be an estimator such as .* or None, got str 'ecc'"):
        BoostTrack(camera_motion="ecc")  # type: ignore[arg-type]


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "boosttrack")
    config = component.load_config()(score_threshold=0.5, camera_motion=None)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, BoostTrack)
    assert tracker.config == config


@pytest.mark.parametrize(
    ("name", "wanted"), [("mot17", (0.6, 0.65, 2.0)), ("mot20", (0.4, 0.5, 2.0)), ("dancetrack", (0.5, 0.6, 0.0))]
)
def test_shipped_experiments_load(name: str, wanted: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    config = vtcore.load_experiment(f"boosttrack:{name}").tracker.config
    assert (config.score_threshold, config.likely_factor, config.max_age_seconds) == wanted
    assert config.shape_by_width
    assert config.camera_motion.component.name == "ecc"
    # That of the original: neither the size of its pictures nor when it stops is left to another's defaults.
    camera = config.camera_motion.config
    assert (camera.width, camera.epsilon, camera.motion, camera.iterations) == (350, 1e-4, "euclidean", 100)
    assert attrs.fields(BoostTrackConfig).camera_motion.default.options == {"epsilon": 1e-4, "width": 350}
