"""Deep OC-SORT's rules, one at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host
from vtrack_common_mot.kalman import XysrFilter
from vtrack_common_mot.observation_centric import replay as replay_module
from vtrack_common_mot.observation_centric.observations import OBSERVED
from vtrack_plugin_deepocsort import DeepOcSort
from vtrack_plugin_deepocsort.kalman import WarpedXysrFilter
from vtrack_plugin_deepocsort.matching import prominence

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]
RED, BLUE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]


class Camera:
    """Moves as it is told; notes what it was shown."""

    def __init__(self) -> None:
        self.warp = np.eye(2, 3)
        self.resets: list[Any] = []
        self.shown: list[Any] = []

    def reset(self, sequence: Any = None) -> None:
        self.resets.append(sequence)

    def proceed(self, sequence: Any) -> None:
        """Nothing."""

    def estimate(self, frame: Any, detections: Any = None) -> Any:
        self.shown.append(detections.scores.tolist())
        return self.warp


def moved(step: float, box: Any = BOX) -> list[float]:
    return [box[0] + step, box[1], box[2] + step, box[3]]


def ids(tracker: DeepOcSort, boxes: Any = (), scores: Any = None, **options: Any) -> list[int]:
    """Return the identities in the order of the detections."""
    scores = [0.9] * len(boxes) if scores is None else scores
    tracks = tracker.update(boxes=np.reshape(boxes, (-1, 4)), scores=scores, **options)
    assert tracks.ids is not None
    assert tracks.detection_index is not None
    return tracks.ids[tracks.detection_index.argsort()].tolist()


# --- Appearance ---------------------------------------------------------------------------------------------------


def meeting(**options: Any) -> list[int]:
    """Two who look different stand side by side, and then so that either box could be either's."""
    tracker = DeepOcSort(inertia=0.0, **options)
    for _ in range(4):
        ids(tracker, [BOX, moved(20)], embeddings=[RED, BLUE])
    return ids(tracker, [moved(8), moved(13)], embeddings=[BLUE, RED])


def test_appearance_decides_where_overlap_leaves_a_choice() -> None:
    assert meeting() == [2, 1]
    assert meeting(appearance=False) == [1, 2]
    assert meeting(appearance_weight=0.0, adaptive_weighting=False) == [1, 2]


def test_what_stands_out_counts_more() -> None:
    assert meeting(appearance_weight=0.0) == [2, 1]
    assert meeting(appearance_weight=0.0, adaptive_limit=0.0) == [1, 2]


def test_prominence_is_that_of_each_row_and_each_column() -> None:
    random = np.random.default_rng(3)
    for rows, columns in ((1, 1), (1, 4), (5, 1), (4, 6), (7, 2)):
        cosines = random.uniform(-1, 1, (rows, columns))
        wanted = np.zeros((rows, columns))
        for row in range(rows):
            for column in range(columns):
                for line in (cosines[row], cosines[:, column]):
                    best = sorted(line, reverse=True)
                    wanted[row, column] += min(best[0] - best[1], 0.5) / 2 if len(best) > 1 else 0
        assert prominence(cosines, 0.5) == pytest.approx(wanted)


def test_the_less_sure_a_detection_the_less_is_learnt_of_its_look() -> None:
    learnt = []
    for score in (0.601, 0.8, 1.0, 40.0):
        tracker = DeepOcSort(appearance_momentum=0.5)
        ids(tracker, [BOX], embeddings=[RED])
        ids(tracker, [BOX], [score], embeddings=[BLUE])
        learnt.append(float(tracker._bank.similarity(np.array([0]), np.array([BLUE], np.float32))[0, 0]))
    assert learnt[0] == pytest.approx(0, abs=0.01)
    # A quarter of it, and half, each brought to length 1; no more of a score that is no probability.
    assert learnt[1:] == pytest.approx([0.25 / np.hypot(0.25, 0.75), np.sqrt(0.5), np.sqrt(0.5)], abs=1e-6)


def test_frames_without_embeddings_are_matched_by_boxes() -> None:
    tracker = DeepOcSort()
    assert [ids(tracker, [BOX, FAR], embeddings=look) for look in (None, [RED, BLUE], None, [RED, BLUE])] == [
        [1, 2]
    ] * 4
    with pytest.raises(ValueError, match="embeddings must have 3 numbers as those before, got 2"):
        ids(tracker, [BOX], embeddings=[[1.0, 0]])


def test_looks_of_ended_tracks_are_given_up() -> None:
    tracker = DeepOcSort(max_age=0)
    for step in range(200):
        ids(tracker, [moved(1000.0 * (step % 2)), [500.0, 500, 540, 580]], embeddings=[RED, BLUE])
    assert len(tracker._bank) < 80
    assert float(tracker._bank.similarity(tracker._rows.facts[6], np.array([BLUE], np.float32)).max()) > 0.99


# --- The camera ---------------------------------------------------------------------------------------------------


def test_tracks_go_with_the_camera() -> None:
    seen = {}
    for follows in (False, True):
        camera = Camera()
        tracker = DeepOcSort(camera_motion=camera if follows else None)
        for _ in range(4):
            ids(tracker, [BOX])
        camera.warp = np.array([[1.0, 0, 60], [0, 1, 0]])
        seen[follows] = [ids(tracker, [moved(60.0 * step)]) for step in range(1, 4)]
    assert seen == {False: [[], [], []], True: [[1], [1], [1]]}


def test_the_camera_is_shown_the_sure_detections_of_every_frame() -> None:
    camera = Camera()
    tracker = DeepOcSort(camera_motion=camera, high_threshold=0.5)
    ids(tracker, [BOX, FAR], [0.25, 0.75])
    ids(tracker)
    assert camera.shown == [[0.75], []]
    tracker.reset()
    assert camera.resets == [None, None]


def test_a_recent_last_box_is_carried_twice_in_the_original_and_once_in_the_paper() -> None:
    """By the paper a box goes with the camera as its object does."""
    places = {}
    for convention in ("original", "paper"):
        camera = Camera()
        tracker = DeepOcSort(camera_motion=camera, convention=convention, delta_t=2)
        for _ in range(3):
            ids(tracker, [BOX])
        camera.warp = np.array([[1.0, 0, 7], [0, 1, 0]])
        found = []
        for _ in range(5):
            ids(tracker)
            found.append((float(tracker._rows.last_edges()[2, 0]), float(tracker._rows.replay_edges()[2, 0])))
        places[convention] = found
    assert places["paper"] == [(57.0, 57.0), (64.0, 64.0), (71.0, 71.0), (78.0, 78.0), (85.0, 85.0)]
    # Twice in the three frames after it, and the box that the filter is put right from not in the first.
    assert places["original"] == [(64.0, 50.0), (78.0, 57.0), (92.0, 64.0), (99.0, 71.0), (106.0, 78.0)]


def test_directions_go_on_from_where_the_camera_carried_their_origins() -> None:
    camera = Camera()
    tracker = DeepOcSort(camera_motion=camera, convention="paper", delta_t=3)
    camera.warp = np.array([[1.0, 0, 5], [0, 1, 0]])
    for step in range(6):
        ids(tracker, [moved(5.0 * step)])
    # The object stands still; the camera alone moves, by five pixels in each of the frames since.
    assert tracker._rows.directions()[:, 0] == pytest.approx([0, 0], abs=1e-6)
    assert tracker._rows.facts[OBSERVED, 0] == 1
    assert tracker._rows.origins(7)[0, 0] == pytest.approx(30 + 25)


# --- The filter ---------------------------------------------------------------------------------------------------


def test_without_warps_the_filter_is_that_of_ocsort() -> None:
    random = np.random.default_rng(5)
    plain, warped = XysrFilter(), WarpedXysrFilter()
    boxes = random.uniform(20, 90, (4, 6))
    states = [box_filter.start(box_filter.measure(boxes.copy())) for box_filter in (plain, warped)]
    for step in range(8):
        elapsed = 1.0 if step % 2 else 1.5
        states = [box_filter.predict(state, elapsed) for box_filter, state in zip((plain, warped), states, strict=True)]
        measured = plain.measure(boxes + random.normal(0, 2, boxes.shape))
        for box_filter, state in zip((plain, warped), states, strict=True):
            box_filter.update(state, measured, np.full(6, 0.1 * step))
        assert states[1][:8] == pytest.approx(states[0][:8])
        assert warped.edges(states[1]) == pytest.approx(plain.edges(states[0]))
        assert warped.shapes(states[1]) == pytest.approx(plain.shapes(states[0]))
        for ours, theirs in zip(warped.project(states[1]), plain.project(states[0]), strict=True):
            assert ours == pytest.approx(theirs)
        for position_only in (False, True):
            pairs = zip((warped, plain), states[::-1], strict=True)
            gates = [each.gate(state, measured, position_only=position_only) for each, state in pairs]
            assert gates[0] == pytest.approx(gates[1])


def test_with_warps_the_filter_is_the_one_with_matrices() -> None:
    random = np.random.default_rng(6)
    transition = np.eye(7) + np.eye(7, k=4)
    process = np.diag([1, 1, 1, 1, 1e-2, 1e-2, 1e-4])
    noise = np.diag([1.0, 1, 10, 10])
    box_filter = WarpedXysrFilter()
    box = np.array([[200.0], [150.0], [40.0], [80.0]])
    track = box_filter.start(box_filter.measure(box.copy()))
    mean, covariance = np.append(track[:4, 0], [0, 0, 0]), np.diag([10.0, 10, 10, 10, 1e4, 1e4, 1e4])
    for _ in range(12):
        angle = random.normal(0, 0.2)
        turn = random.uniform(0.9, 1.1) * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = random.normal(0, 5, 2)
        track = box_filter.warped(track, np.column_stack((turn, shift)))
        mean[:2], mean[4:6] = turn @ mean[:2] + shift, turn @ mean[4:6]
        for part in (slice(0, 2), slice(4, 6)):
            covariance[part, part] = turn @ covariance[part, part] @ turn.T
        track = box_filter.predict(track)
        mean, covariance = transition @ mean, transition @ covariance @ transition.T + process
        measured = np.append(mean[:2] + random.normal(0, 3, 2), [3000 + random.normal(0, 40), 0.5])
        box_filter.update(track, measured[:, None])
        total = covariance[:4, :4] + noise
        gain = covariance[:, :4] @ np.linalg.inv(total)
        mean, covariance = mean + gain @ (measured - mean[:4]), covariance - gain @ total @ gain.T
        assert track[:7, 0] == pytest.approx(mean)
        rows = [(8, 0, 0), (9, 1, 1), (10, 0, 1), (11, 3, 3), (12, 4, 4), (13, 5, 5), (14, 4, 5), (15, 2, 2)]
        rows += [(16, 0, 4), (17, 1, 5), (18, 0, 5), (19, 1, 4), (20, 6, 6), (21, 2, 6)]
        for row, first, second in rows:
            assert track[row, 0] == pytest.approx(covariance[first, second]), row


def test_a_few_lost_tracks_come_out_as_many_do(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    box_filter, count = WarpedXysrFilter(), 7
    shapes = [
        np.concatenate((random.uniform(0, 900, (2, count)), random.uniform(20, 90, (2, count)))) for _ in range(2)
    ]
    edges = [np.concatenate((part[2:] / 2 - part[:2], part[2:] / 2 + part[:2])) for part in shapes]
    states = box_filter.start(box_filter.measure(shapes[0].copy()))
    for _ in range(4):
        warp = np.column_stack((np.eye(2) + random.normal(0, 0.1, (2, 2)), random.normal(0, 5, 2)))
        states = box_filter.predict(box_filter.warped(states, warp))
        box_filter.update(states, states[:4] + random.normal(0, 1, (4, count)) * [[1], [1], [30], [0.01]])
    gaps, outcomes = random.integers(1, 31, count), []
    for few in (0, count):
        monkeypatch.setattr(replay_module, "_FEW", few)
        after = replay_module.replay(box_filter, states, (edges[0], edges[1]), gaps, include_last=True, predict=True)
        outcomes.append(after)
    assert outcomes[0] == pytest.approx(outcomes[1], rel=1e-9, abs=1e-9)


# --- The component ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"high_threshold": 1.5}, "high_threshold: must be <= 1, got 1.5"),
        ({"appearance_momentum": -0.1}, "appearance_momentum: must be >= 0, got -0.1"),
        ({"appearance_weight": math.inf}, "appearance_weight: must be < inf, got inf"),
        ({"adaptive_limit": -1.0}, "adaptive_limit: must be >= 0, got -1.0"),
        ({"convention": "mine"}, "convention: must be one of 'original', 'paper', got 'mine'"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeepOcSort(**options)


def test_what_estimates_nothing_is_no_camera() -> None:
    with pytest.raises(TypeError, match=r"camera_motion must be an estimator such as .* or None, got str"):
        DeepOcSort(camera_motion="sparse-flow")  # type: ignore[arg-type]


def test_classes_are_kept_apart_unless_told_otherwise() -> None:
    for per_class, wanted in ((True, [2]), (False, [1])):
        tracker = DeepOcSort(min_hits=0, per_class=per_class)
        ids(tracker, [BOX], labels=[0], embeddings=[RED])
        assert ids(tracker, [BOX], labels=[1], embeddings=[RED]) == wanted


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "deepocsort")
    config = component.load_config()(high_threshold=0.4, camera_motion=None)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, DeepOcSort)
    assert tracker.config == config


@pytest.mark.parametrize(
    ("name", "wanted"), [("mot17", (0.6, 0.75, 0.5)), ("mot20", (0.4, 0.75, 0.5)), ("dancetrack", (0.6, 1.25, 1.0))]
)
def test_shipped_experiments_load(name: str, wanted: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    config = vtcore.load_experiment(f"deepocsort:{name}").tracker.config
    assert (config.high_threshold, config.appearance_weight, config.adaptive_limit) == wanted
    assert config.camera_motion.component.name == "sparse-flow"
