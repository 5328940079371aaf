"""What StrongSORT does beyond DeepSORT, one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vtcore
from vtcore.components import BuildContext, build
from vtcore.errors import DataError
from vtcore.frames import Frame
from vtrack_common_mot.camera_motion.ecc import Ecc
from vtrack_plugin_strongsort import StrongSort

BOX = [10.0, 10, 50, 90]
RED, BLUE = [1.0, 0, 0], [0.0, 1, 0]


class Panning:
    """A camera that turns by so many pixels in every frame."""

    def __init__(self, shift: float) -> None:
        self.warp = np.array([[1.0, 0, -shift], [0, 1, 0]])

    def reset(self, sequence: Any = None) -> None:
        pass

    def proceed(self, sequence: Any) -> None:
        pass

    def estimate(self, frame: Any, detections: Any = None) -> np.ndarray:
        return self.warp


def step(tracker: StrongSort, box: Any, look: Any = None, score: float = 0.9) -> Any:
    looks = None if look is None else [look]
    return tracker.update(boxes=[box], scores=[score], embeddings=looks)


def test_defaults_are_those_of_the_paper() -> None:
    config = StrongSort().config
    told = config.min_score, config.appearance_threshold, config.gallery, config.appearance_momentum
    assert told == (0.6, 0.45, "running-mean", 0.9)
    assert (config.motion_weight, config.cascade_depth, config.nsa) == (0.02, 0, True)


def test_an_experiment_gets_the_camera_of_the_paper() -> None:
    table = {"dataset": {"type": "images", "path": "pictures"}, "detector": {"type": "given"}}
    experiment = vtcore.load_experiment({**table, "tracker": {"type": "strongsort"}})
    tracker = build(experiment.tracker, BuildContext())
    assert isinstance(tracker, StrongSort)
    assert isinstance(tracker.config.camera_motion, Ecc)
    with pytest.raises(DataError, match="camera motion 'ecc' looks at images"):
        tracker.update(Frame(0), boxes=[BOX])


@pytest.mark.parametrize(
    "name", [f"{data}{steps}" for data in ("mot17", "mot20", "dancetrack") for steps in ("", "-plusplus")]
)
def test_shipped_experiments_load(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("vtrack_datasets")
    pytest.importorskip("vtrack_plugin_mot_metrics")
    if name.endswith("plusplus"):
        pytest.importorskip("vtrack_plugin_aflink")
        pytest.importorskip("vtrack_plugin_mot_refine")
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = vtcore.load_experiment(f"strongsort:{name}")
    assert [refiner.component.name for refiner in experiment.refiners] == (
        ["aflink", "gaussian-smoothing"] if name.endswith("plusplus") else []
    )
    assert "image" in experiment.needs()
    still = vtcore.load_experiment(f"strongsort:{name}", overrides=["tracker.camera_motion.type=none"])
    assert "image" not in still.needs()


def test_an_appearance_changes_slowly() -> None:
    for momentum, wanted in ((0.9, []), (0.0, [1])):
        tracker = StrongSort(appearance_momentum=momentum, appearance_threshold=0.2)
        for _ in range(3):
            step(tracker, BOX, RED)
        step(tracker, BOX, BLUE)
        tracker.update(boxes=np.empty((0, 4)))
        assert step(tracker, BOX, BLUE).ids.tolist() == wanted


def test_among_those_alike_the_nearer_is_taken() -> None:
    for weight, wanted in ((0.02, [1]), (0.0, [2])):
        tracker = StrongSort(motion_weight=weight)
        near, far = BOX, [28.0, 10, 68, 90]
        looks = [[1.0, 0.3, 0], RED]
        for _ in range(6):
            tracker.update(boxes=[near, far], scores=[0.9, 0.9], embeddings=looks)
        assert step(tracker, BOX, RED).ids.tolist() == wanted


def test_a_sure_box_is_taken_as_it_is() -> None:
    for score, least, most in ((0.99, 0.0, 0.5), (0.61, 1.0, 12.0)):
        tracker = StrongSort()
        for _ in range(5):
            step(tracker, BOX, RED, score)
        jump = np.add(BOX, [12, 0, 12, 0])
        apart = abs(step(tracker, jump, RED, score).boxes[0, 0] - jump[0])
        assert least <= apart <= most


def test_tracks_go_along_with_the_camera() -> None:
    for camera, wanted in ((None, []), (Panning(60), [1])):
        tracker = StrongSort(camera_motion=camera)
        start = 500.0
        for frame in range(5):
            step(tracker, [start - 60 * frame, 10, start + 40 - 60 * frame, 90], RED)
        found = step(tracker, [start - 300, 10, start - 260, 90], RED)
        assert found.ids.tolist() == wanted
    assert found.boxes[0] == pytest.approx([200, 10, 240, 90], abs=0.5)


def test_a_warp_that_turns_a_box_over_leaves_one() -> None:
    camera = Panning(0)
    camera.warp = np.array([[-1.0, 0, 100], [0, -1, 100]])
    tracker = StrongSort(camera_motion=camera, min_hits=1)
    for _ in range(3):
        tracks = step(tracker, BOX, RED)
        assert np.isfinite(tracks.boxes).all()


def test_scores_beyond_1_are_as_sure_as_can_be() -> None:
    tracker = StrongSort(min_hits=1)
    for jump in (0, 7, 3):
        box = np.add(BOX, jump)
        assert step(tracker, box, RED, score=87.0).boxes[0] == pytest.approx(box, abs=1e-3)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="appearance_momentum: must be <= 1, got 2"):
        StrongSort(appearance_momentum=2.0)
