"""BoT-SORT's rules, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.errors import DataError, StateError
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtrack_common_mot.camera_motion.sparse_flow import SparseFlow
from vtrack_plugin_botsort import BotSort

BOX = [10.0, 10, 50, 90]
FAR = [300.0, 10, 340, 90]
RED, BLUE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]


def moved(step: float) -> list[float]:
    return [BOX[0] + step, BOX[1], BOX[2] + step, BOX[3]]


def ids(tracker: BotSort, boxes: Any = (), scores: Any = None, **options: Any) -> list[int]:
    scores = [0.9] * len(boxes) if scores is None else scores
    return sorted(tracker.update(boxes=np.reshape(boxes, (-1, 4)), scores=scores, **options).ids.tolist())


class Camera:
    """Moves as it is told; notes what it was shown."""

    def __init__(self) -> None:
        self.shift = 0.0
        self.resets: list[Any] = []
        self.parts: list[Any] = []
        self.shown: list[Any] = []

    def proceed(self, sequence: Any) -> None:
        self.parts.append(sequence)

    def reset(self, sequence: Any = None) -> None:
        self.resets.append(sequence)

    def estimate(self, frame: Any, detections: Any = None) -> Any:
        self.shown.append(detections.scores.tolist())
        return np.array([[1.0, 0, self.shift], [0, 1, 0]])


class Clip(Sequence):
    def frames(self, *, images: bool = True) -> Any:
        yield from ()


def test_births_are_reported_at_once_unless_told_otherwise() -> None:
    at_once, later = BotSort(), BotSort(report_unconfirmed=False)
    for tracker, wanted in ((at_once, [1, 2]), (later, [1])):
        assert ids(tracker, [BOX]) == [1]
        assert ids(tracker, [BOX, FAR]) == wanted
        assert ids(tracker, [BOX, FAR]) == [1, 2]


def test_a_reported_birth_tells_its_detection_and_place() -> None:
    tracker = BotSort()
    ids(tracker, [BOX])
    tracks = tracker.update(boxes=[FAR, BOX], scores=[0.8, 0.9], labels=[3, 0])
    order = np.argsort(tracks.ids)
    assert tracks.ids[order].tolist() == [1, 2]
    assert tracks.detection_index[order].tolist() == [1, 0]
    assert tracks.labels[order].tolist() == [0, 3]
    assert tracks.boxes[order] == pytest.approx(np.array([BOX, FAR]), abs=0.5)


def test_a_birth_without_a_second_look_is_dropped() -> None:
    tracker = BotSort()
    ids(tracker, [BOX])
    ids(tracker, [BOX, FAR])
    assert ids(tracker, [BOX]) == [1]
    assert ids(tracker, [BOX, FAR]) == [1, 3]


def test_width_and_height_of_a_lost_track_stop_changing() -> None:
    tracker = BotSort()
    for step in range(10):
        ids(tracker, [[10 + step, 10, 50 + 3 * step, 90 + 3 * step]])
    assert (tracker._rows.motion[6:8, 0] > 1).all()
    ids(tracker)
    seen = tracker._rows.motion[:4, 0].copy()
    ids(tracker)
    lost = tracker._rows.motion[:4, 0]
    assert lost[2:].tolist() == seen[2:].tolist()
    assert lost[0] > seen[0] + 1


def test_overlap_counts_last_pixels_in_unless_told_otherwise() -> None:
    # Sides of 4, shifted by 1: 3 x 4 of 20 are shared, or 4 x 5 of 30 pixels when the last ones count.
    small, beside = [0.0, 0, 4, 4], [1.0, 0, 5, 4]
    for inclusive, overlap in ((True, 20 / 30), (False, 12 / 20)):
        for limit, wanted in ((1 - overlap + 0.01, 1), (1 - overlap - 0.01, 2)):
            tracker = BotSort(inclusive_overlap=inclusive, match_threshold=limit)
            ids(tracker, [small], [1.0])
            assert ids(tracker, [beside], [1.0]) == [wanted]


def test_tracks_move_with_the_camera() -> None:
    camera = Camera()
    with_camera, without = BotSort(camera_motion=camera), BotSort()
    for tracker, wanted in ((with_camera, [1]), (without, [2])):
        camera.shift = 0
        for _ in range(3):
            ids(tracker, [BOX])
        camera.shift = 60
        assert ids(tracker, [moved(60)]) == wanted


def test_the_camera_knows_which_part_of_a_stream_comes() -> None:
    camera, one, two = Camera(), Clip("one"), Clip("two")
    tracker = BotSort(camera_motion=camera, persist=True)
    tracker.reset(one)
    ids(tracker, [BOX])
    tracker.reset(two)
    assert ids(tracker, [BOX]) == [1]
    tracker.reset()
    assert ids(tracker, [FAR]) == [1]
    assert camera.resets == [None, one, None]
    assert camera.parts == [two]


def test_a_camera_that_cannot_be_kept_is_named() -> None:
    with pytest.raises(StateError, match="the state of its 'camera', of Camera, cannot be kept; derive that class"):
        BotSort(camera_motion=Camera()).state_dict()


def test_unconfirmed_and_lost_tracks_move_with_the_camera() -> None:
    camera = Camera()
    tracker = BotSort(camera_motion=camera)
    ids(tracker, [BOX])
    ids(tracker, [FAR])
    camera.shift = 100
    assert ids(tracker, [moved(100), [FAR[0] + 100, FAR[1], FAR[2] + 100, FAR[3]]]) == [1, 2]


def test_the_camera_is_asked_in_every_frame_and_shown_sure_detections() -> None:
    camera, clip = Camera(), Clip("clip")
    tracker = BotSort(camera_motion=camera)
    tracker.reset(clip)
    ids(tracker)
    ids(tracker, [BOX, FAR, moved(500)], [0.3, 0.9, 0.05])
    assert camera.shown == [[], [pytest.approx(0.9)]]
    assert camera.resets == [None, clip]


def test_appearance_decides_between_near_boxes() -> None:
    for looks, wanted in (([RED, BLUE], [1, 2]), ([BLUE, RED], [2, 1])):
        tracker = BotSort()
        tracker.update(boxes=[BOX, moved(8)], scores=[0.9, 0.9], embeddings=[RED, BLUE])
        tracks = tracker.update(boxes=[moved(3), moved(5)], scores=[0.9, 0.9], embeddings=looks)
        order = np.argsort(tracks.detection_index)
        assert tracks.ids[order].tolist() == wanted
    tracker = BotSort(appearance=False)
    tracker.update(boxes=[BOX, moved(8)], scores=[0.9, 0.9], embeddings=[RED, BLUE])
    tracks = tracker.update(boxes=[moved(3), moved(5)], scores=[0.9, 0.9], embeddings=[BLUE, RED])
    assert tracks.ids[np.argsort(tracks.detection_index)].tolist() == [1, 2]


def test_appearance_counts_only_when_near_and_alike() -> None:
    # An overlap of 28 / 52, times the score, is too little alone; one of 20 / 60 is too far for appearance too.
    for options, look, step, wanted in (
        ({}, RED, 12, 1),
        ({}, BLUE, 12, 2),
        ({"proximity_threshold": 0.4}, RED, 12, 2),
        ({"appearance_threshold": 0.5}, BLUE, 12, 1),
        ({}, RED, 20, 2),
    ):
        tracker = BotSort(match_threshold=0.51, inclusive_overlap=False, **options)
        tracker.update(boxes=[BOX], scores=[0.9], embeddings=[RED])
        tracks = tracker.update(boxes=[moved(step)], scores=[0.9], embeddings=[look])
        assert tracks.ids.tolist() == [wanted], (options, look, step)


def test_the_mean_embedding_moves_slowly() -> None:
    tracker = BotSort()
    tracker.update(boxes=[BOX], scores=[0.9], embeddings=[RED])
    tracker.update(boxes=[BOX], scores=[0.9], embeddings=[[0.0, 2.0, 0.0]])
    mean = tracker._bank._rows[tracker._rows.facts[5, 0]]
    assert mean == pytest.approx(np.array([0.9, 0.1, 0]) / np.hypot(0.9, 0.1))
    tracker.update(boxes=[BOX], scores=[0.3], embeddings=[BLUE])
    assert tracker._bank._rows[tracker._rows.facts[5, 0]] == pytest.approx(mean)


def test_embeddings_keep_their_length() -> None:
    tracker = BotSort()
    tracker.update(boxes=[BOX], scores=[0.9], embeddings=[RED])
    with pytest.raises(ValueError, match="embeddings must have 3 numbers as those before, got 2"):
        tracker.update(boxes=[BOX], scores=[0.9], embeddings=[[1.0, 0.0]])
    tracker.reset()
    tracker.update(boxes=[BOX], scores=[0.9], embeddings=[[1.0, 0.0]])


def test_memory_of_appearances_is_bounded() -> None:
    tracker = BotSort()
    random = np.random.default_rng(0)
    for _ in range(300):
        corners = random.uniform(0, 1e6, (5, 2))
        boxes = np.column_stack((corners, corners + 10))
        tracker.update(boxes=boxes, scores=[0.9] * 5, embeddings=random.normal(0, 1, (5, 8)))
    assert len(tracker._bank) < 300


def test_classes_are_kept_apart_by_appearance_too() -> None:
    tracker = BotSort(proximity_threshold=1.0)
    tracker.update(boxes=[BOX], scores=[0.9], labels=[0], embeddings=[RED])
    assert tracker.update(boxes=[BOX], scores=[0.9], labels=[1], embeddings=[RED]).ids.tolist() == [2]
    together = BotSort(per_class=False)
    together.update(boxes=[BOX], scores=[0.9], labels=[0], embeddings=[RED])
    assert together.update(boxes=[BOX], scores=[0.9], labels=[1], embeddings=[RED]).ids.tolist() == [1]


def test_a_box_that_shrinks_fast_stays_a_box() -> None:
    tracker = BotSort(match_threshold=1.0)
    for side in (1000.0, 700.0, 300.0, 20.0, 0.0, 0.0):
        tracks = tracker.update(boxes=[[0, 0, side, side]], scores=[0.9])
        assert (tracks.boxes[:, 2:] >= tracks.boxes[:, :2]).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"high_threshold": 1.5}, ValueError, "high_threshold: must be <= 1, got 1.5"),
        ({"appearance_momentum": -0.1}, ValueError, "appearance_momentum: must be >= 0, got -0.1"),
        ({"low_threshold": 0.7}, ValueError, r"low_threshold: must be <= high_threshold \(0.6\), got 0.7"),
        ({"camera_motion": "ecc"}, TypeError, "camera_motion must be an estimator such as SparseFlow"),
    ],
)
def test_wrong_options_are_refused(options: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        BotSort(**options)


def test_images_are_asked_for_where_a_camera_needs_them() -> None:
    tracker = BotSort(camera_motion=SparseFlow())
    with pytest.raises(DataError, match="camera motion 'sparse-flow' looks at images, and was given none"):
        tracker.update(Frame(0), boxes=[BOX])


def test_the_plugin_offers_it() -> None:
    component = plugin_host().component("tracker", "botsort")
    config = component.load_config()(high_threshold=0.5, new_track_threshold=0.55, camera_motion=None)
    tracker = build(Configured(component, config), BuildContext())
    assert isinstance(tracker, BotSort)
    assert tracker.config == config
    assert config.needs == {"detections"}


@pytest.mark.parametrize("name", ["mot17", "mot20"])
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    import vtcore

    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = vtcore.load_experiment(f"botsort:{name}")
    assert experiment.tracker.config.fuse_score is (name == "mot17")
    assert experiment.tracker.config.match_threshold == (0.8 if name == "mot17" else 0.7)
    assert "image" in experiment.needs()
    still = vtcore.load_experiment(f"botsort:{name}", overrides=["tracker.camera_motion.type=none"])
    assert "image" not in still.needs()


def test_a_camera_is_followed_unless_the_experiment_says_otherwise() -> None:
    import vtcore

    table = {"dataset": {"type": "images", "path": "pictures"}, "detector": {"type": "given"}}
    experiment = vtcore.load_experiment({**table, "tracker": {"type": "botsort"}})
    tracker = build(experiment.tracker, BuildContext())
    assert isinstance(tracker.config.camera_motion, SparseFlow)
