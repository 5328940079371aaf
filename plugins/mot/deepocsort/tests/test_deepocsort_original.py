"""Deep OC-SORT against what the original code made of the same detections, embeddings and warps.

``deepocsort_original.npz`` was written by a script that ran ``trackers/integrated_ocsort_embedding`` of
https://github.com/GerardMaggiolino/Deep-OC-SORT (MIT licence) at commit 6bb51d0, unchanged, with numpy 1.26 and
filterpy, its networks and its finder of the camera's motion replaced by classes that hand out what is given here, and
with ``--new_kf_off --grid_off``, as its published results were made. Boxes are float32, handed over in double
precision as scores are, so that both see the same numbers. For each scene and each set of options it holds a row per
reported box: frame, identity, and which of the frame's detections it is.

The scene ``crowd`` is drawn at random and stored: objects that cross, hide and change their look, false detections,
and a camera that shifts, turns and zooms. The others are real detections, seen through a camera that is made to move
in the same way; their embeddings are waves over place and size.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.instances import Instances
from vtrack_plugin_deepocsort import DeepOcSort

STORED = Path(__file__).with_name("deepocsort_original.npz")
DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or Path(__file__).parents[5] / "shared" / "data")
REAL = (
    "mot15/train/TUD-Campus",
    "mot15/train/KITTI-17",
    "mot17-frcnn/train/MOT17-10-FRCNN",
    "mot20-noisy/train/MOT20-01",
)
OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "fixed-weights": {"adaptive_weighting": False},
    "boxes-only": {"appearance": False, "camera": False},
    "no-appearance": {"appearance": False},
    "no-camera": {"camera": False},
    "dancers": {"appearance_weight": 1.25, "adaptive_limit": 1.0},
    "long-view": {
        "delta_t": 5,
        "inertia": 0.4,
        "high_threshold": 0.4,
        "appearance_momentum": 0.8,
        "max_age": 10,
        "min_hits": 1,
        "similarity": "diou",
    },
}


class Camera:
    """Moves as it is told."""

    def __init__(self, warps: Any) -> None:
        self.warps = iter(warps)

    def reset(self, sequence: Any = None) -> None:
        """Nothing: the warps are those of one sequence."""

    def proceed(self, sequence: Any) -> None:
        """Nothing."""

    def estimate(self, frame: Any, detections: Any = None) -> Any:
        return next(self.warps)


@pytest.fixture(scope="module")
def stored() -> Any:
    with np.load(STORED) as file:
        return dict(file)


def outcome(scene: list[Instances], warps: Any, options: dict[str, Any]) -> dict[tuple[int, int], int]:
    """Which track each reported detection was taken for, by frame and detection."""
    options = dict(options)
    camera = Camera(warps) if options.pop("camera", True) else None
    tracker = DeepOcSort(camera_motion=camera, **options)
    found = {}
    for frame, detections in enumerate(scene):
        tracks = tracker.update(None, detections)
        for identity, index in zip(tracks.ids.tolist(), tracks.detection_index.tolist(), strict=True):
            found[frame, index] = identity
    return found


def compare(found: dict[tuple[int, int], int], rows: Any) -> None:
    wanted = {(frame, index): identity for frame, identity, index in rows.tolist()}
    assert len(wanted) > 200
    assert sorted(found) == sorted(wanted)
    # The original numbers tracks in another order.
    names = {(wanted[key], identity) for key, identity in found.items()}
    assert len(names) == len({theirs for theirs, _ in names}) == len({ours for _, ours in names})


@pytest.mark.parametrize("name", OPTIONS)
def test_a_crowd_comes_out_as_the_originals(name: str, stored: Any) -> None:
    frames = stored["crowd/frames"]
    parts = [np.flatnonzero(frames == frame) for frame in range(len(stored["crowd/warps"]))]
    boxes, scores, embeddings = (stored[f"crowd/{part}"] for part in ("boxes", "scores", "embeddings"))
    scene = [Instances(boxes[part], scores[part], embeddings=embeddings[part]) for part in parts]
    compare(outcome(scene, stored["crowd/warps"], OPTIONS[name]), stored[f"crowd/{name}"])


def seen(folder: Path, stored: Any, warps: Any) -> Iterator[Instances]:
    """Detections of a sequence as the moving camera sees them."""
    rows = np.loadtxt(folder / "det" / "det.txt", delimiter=",", ndmin=2)
    rows[:, 4:6] += rows[:, 2:4]
    motion = np.eye(3)
    for frame, warp in enumerate(warps, 1):
        motion = np.vstack((warp, [0, 0, 1])) @ motion
        some = rows[rows[:, 0] == frame]
        boxes = some[:, 2:6].astype(np.float32).astype(np.float64)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ motion[:2, :2].T + motion[:2, 2]
        half = (boxes[:, 2:] - boxes[:, :2]) * np.hypot(*motion[:2, 0]) / 2
        boxes = np.round(np.column_stack((centres - half, centres + half)), 2).astype(np.float32)
        place = (boxes[:, :2].astype(np.float64) + boxes[:, 2:]) / 300
        size = (boxes[:, 2:].astype(np.float64) - boxes[:, :2]) / [60, 120]
        embeddings = np.cos(np.column_stack((place, size)) @ stored["real/waves"] + stored["real/phases"])
        yield Instances(boxes, some[:, 6], embeddings=embeddings)


@pytest.mark.data
@pytest.mark.parametrize("sequence", REAL)
def test_real_detections_come_out_as_the_originals(sequence: str, stored: Any) -> None:
    if not (DATA / sequence).is_dir():
        pytest.skip(f"no {sequence} in {DATA}; name the reference data in VTCORE_REFERENCE_DATA")
    warps = stored[f"{sequence}/warps"]
    scene = list(seen(DATA / sequence, stored, warps))
    for name, options in OPTIONS.items():
        compare(outcome(scene, warps, options), stored[f"{sequence}/{name}"])
