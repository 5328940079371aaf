"""BoostTrack against what the original code made of the same detections, embeddings and warps.

``boosttrack_original.npz`` was written by a script that ran ``tracker.boost_track.BoostTrack`` of
https://github.com/vukasin-stanojevic/BoostTrack (MIT licence) at commit 3c391f4, unchanged, with numpy 1.26 and lap
0.5, its network and its finder of the camera's motion replaced by classes that hand out what is given here. The
options are those of its flags, the thresholds those of its data sets: ``mot17`` for the crowd, and for the others, of
which it knows nothing, the general ones. For each scene and each set of options the file holds a row per reported box:
frame, identity, and the corners in eighths of a pixel.

The scene ``crowd`` is drawn at random and stored: objects that hide for a while, false detections in pairs, scores of
every height, and a camera that shifts, turns and zooms. The others are real detections with drawn warps; their
embeddings are waves over place and size.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.instances import Instances
from vtrack_plugin_boosttrack import BoostTrack

STORED = Path(__file__).with_name("boosttrack_original.npz")
DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or Path(__file__).parents[5] / "shared" / "data")
REAL = {"TUD-Campus": 25, "KITTI-17": 10}
"""Sequences of 2D MOT 2015 and their frame rates."""

PLAIN = {"rich_similarity": False, "soft_boost": False, "varying_threshold": False}
BOXES = {"appearance": False, "camera": False}
AS_IT_IS = {"shape_by_width": True}
OPTIONS: dict[str, dict[str, Any]] = {
    "boost": {**PLAIN, **BOXES, **AS_IT_IS},
    "pp": {**BOXES, **AS_IT_IS},
    "pp-corr": {"appearance": False},
    "plus": {**PLAIN, **AS_IT_IS},
    "pp-full": AS_IT_IS,
    "moved": {"appearance": False, **AS_IT_IS},
    "sb-iou": {"rich_similarity": False, "varying_threshold": False, **BOXES},
    "vt-rich": {"soft_boost": False, "appearance": False, **AS_IT_IS},
}
SIXTEENTH = 1 / 16 + 1e-3
"""What storing boxes in eighths of a pixel takes away."""


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


def check(scene: list[Instances], warps: Any, rows: Any, **options: Any) -> None:
    """Compare every box and, up to a renaming, every identity."""
    camera = Camera(warps) if options.pop("camera", True) else None
    tracker = BoostTrack(camera_motion=camera, **options)
    names = set()
    assert len(rows) > 100
    for frame, detections in enumerate(scene):
        tracks = tracker.update(None, detections)
        wanted = rows[rows[:, 0] == frame]
        assert len(tracks) == len(wanted), frame
        if len(wanted) == 0:
            continue
        apart = np.abs(tracks.boxes[:, None] - wanted[:, 2:] / 8).max(2)
        theirs = apart.argmin(1)
        assert len(set(theirs.tolist())) == len(wanted), frame
        assert apart.min(1).max() < SIXTEENTH, frame
        names |= set(zip(tracks.ids.tolist(), wanted[theirs, 1].tolist(), strict=True))
    assert len(names) == len({ours for ours, _ in names}) == len({theirs for _, theirs in names})


@pytest.mark.parametrize("name", OPTIONS)
def test_a_crowd_comes_out_as_the_originals(name: str, stored: Any) -> None:
    warps = stored["crowd/warps"]
    parts = [np.flatnonzero(stored["crowd/frames"] == frame) for frame in range(len(warps))]
    boxes, scores, embeddings = (stored[f"crowd/{part}"] for part in ("boxes", "scores", "embeddings"))
    scene = [Instances(boxes[part], scores[part], embeddings=embeddings[part].astype(np.float32)) for part in parts]
    check(scene, warps, stored[f"crowd/{name}"], **OPTIONS[name])


@pytest.mark.data
@pytest.mark.parametrize("sequence", REAL)
def test_real_detections_come_out_as_the_originals(sequence: str, stored: Any) -> None:
    folder = DATA / "mot15" / "train" / sequence
    if not folder.is_dir():
        pytest.skip(f"no {sequence} in {DATA}; name the reference data in VTCORE_REFERENCE_DATA")
    rows = np.loadtxt(folder / "det" / "det.txt", delimiter=",", ndmin=2)
    rows[:, 4:6] += rows[:, 2:4]
    scene = []
    for frame in range(1, int(rows[:, 0].max()) + 1):
        boxes = rows[rows[:, 0] == frame, 2:6].astype(np.float32)
        place = (boxes[:, :2].astype(np.float64) + boxes[:, 2:]) / 300
        size = (boxes[:, 2:].astype(np.float64) - boxes[:, :2]) / [60, 120]
        embeddings = np.cos(np.column_stack((place, size)) @ stored["real/waves"] + stored["real/phases"])
        scene.append(Instances(boxes, rows[rows[:, 0] == frame, 6], embeddings=embeddings))
    settings = {"score_threshold": 0.5, "likely_factor": 0.6, "max_age": max(2 * REAL[sequence], 30)}
    for name, options in OPTIONS.items():
        check(scene, stored["real/warps"], stored[f"{sequence}/{name}"], **settings, **options)
