"""Hybrid-SORT against the answers of the original code, on a scripted scene.

`hybridsort_original.npz` holds the scene, detections of all frames one after the other (``counts`` says how many each
frame has) with boxes, scores, embeddings of 8 numbers and a warp per frame, and under ``out:<case>`` what the original
made of it: a row per reported box, of frame, detection and identity. The scene was drawn with numpy's
``default_rng``: sixteen upright boxes walk between walls, hide one another (scores fall with what is covered) or are
missing for up to 13 frames, with noisy boxes and embeddings and some false detections; one frame is empty. The
original is https://github.com/ymzis69/HybridSORT (MIT licence) at commit 396f8d3, its classes ``Hybrid_Sort`` and,
where embeddings count, ``Hybrid_Sort_ReID``, called for every frame with float32 detections and ``img_info`` equal to
``img_size``, on Python 3.11 with numpy 1.23.5, scipy 1.10.1, lap 0.5.13 and filterpy 2.0.0; ``np.float`` was defined
as ``float``, and nothing else was changed. The cases' options are those below by their original names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame, Sequence
from vtcore.instances import Float64Array, Instances
from vtrack_plugin_hybridsort import HybridSort

STORED = np.load(Path(__file__).with_name("hybridsort_original.npz"))

MOT20 = {"high_threshold": 0.4}
DANCE = {"iou_threshold": 0.15}
ANYWHERE = {"appearance_threshold": 0.0, "second_appearance_threshold": 2.0}
MOT20_LOOKS = {"appearance_weight": 4.6, "second_appearance_weight": 2.4, **ANYWHERE}
DANCE_LOOKS = {"appearance_weight": 4.0, "second_appearance_weight": 4.4, **ANYWHERE}
DANCE_TEST_LOOKS = {
    "appearance_weight": 2.8,
    "second_appearance_weight": 1.4,
    "appearance_threshold": 0.2,
    "second_appearance_threshold": 1.0,
}
CASES: dict[str, dict[str, Any]] = {
    "mot17": {},
    "mot17-reid": {},
    "mot20": MOT20,
    "mot20-reid": MOT20 | MOT20_LOOKS,
    "dance-val": DANCE,
    "dance-val-reid": DANCE | DANCE_LOOKS,
    "dance-test": DANCE | {"confidence_weight": 1.5},
    "dance-test-reid": DANCE | DANCE_TEST_LOOKS | {"confidence_weight": 1.5},
    "camera": {},
    "gallery": {"adaptive_momentum": True, "gallery_weight": 5.0, "gallery_length": 8},
    "bare": {"use_byte": False, "confidence_weight": 0.0, "second_confidence_weight": 0.0},
    "ciou": {"similarity": "ciou", "iou_threshold": 0.5, "delta_t": 1},
    "diou": {"similarity": "diou", "iou_threshold": 0.5},
    "iou": {"similarity": "iou", "delta_t": 5, "inertia": 0.2, "min_hits": 1, "max_age": 8},
    "steady": {"inertia": 1.0, "confidence_weight": 0.3, "second_confidence_weight": 0.4},
}
LOOKING = {name for name in CASES if name.endswith("-reid")} | {"camera", "gallery"}


class GivenWarps:
    """A camera whose motion is told."""

    def __init__(self, warps: Float64Array) -> None:
        self.warps, self.calls = warps, 0

    def reset(self, sequence: Sequence | None = None) -> None:
        self.calls = 0

    def proceed(self, sequence: Sequence) -> None:
        """Go on."""

    def estimate(self, frame: Frame | None, detections: Instances | None = None) -> Float64Array:
        self.calls += 1
        warp: Float64Array = self.warps[self.calls - 1]
        return warp


def scene(*, looks: bool) -> list[Instances]:
    ends = np.cumsum(STORED["counts"])[:-1]
    fields = (np.split(STORED[name], ends) for name in ("boxes", "scores", "embeddings"))
    return [
        Instances(boxes, scores, embeddings=embeddings if looks else None)
        for boxes, scores, embeddings in zip(*fields, strict=True)
    ]


@pytest.mark.parametrize("case", list(CASES))
def test_it_answers_as_the_original(case: str) -> None:
    wanted = STORED[f"out:{case}"].tolist()
    tracker = HybridSort(**CASES[case], camera_motion=GivenWarps(STORED["warps"]) if case == "camera" else None)
    found: list[list[int]] = []
    names: dict[int, int] = {}
    for frame, detections in enumerate(scene(looks=case in LOOKING)):
        tracks = tracker.update(None, detections)
        assert (tracks.boxes == detections.boxes[tracks.detection_index]).all()
        found += [[frame, *row] for row in zip(tracks.detection_index.tolist(), tracks.ids.tolist(), strict=True)]
    assert [row[:2] for row in sorted(found)] == [row[:2] for row in sorted(wanted)]
    for mine, theirs in zip(sorted(found), sorted(wanted), strict=True):
        assert names.setdefault(mine[2], theirs[2]) == theirs[2], f"frame {mine[0]}"
    assert len(set(names.values())) == len(names)


def test_embeddings_are_left_out_where_they_shall_not_count() -> None:
    with_looks, without = HybridSort(appearance=False), HybridSort()
    for detections, plain in zip(scene(looks=True), scene(looks=False), strict=True):
        assert with_looks.update(None, detections).ids.tolist() == without.update(None, plain).ids.tolist()


def test_every_case_is_one_of_its_own() -> None:
    answers = [STORED[f"out:{case}"].tolist() for case in CASES]
    assert all(answers.count(answer) == 1 for answer in answers)
    assert {name for name in STORED.files if name.startswith("out:")} == {f"out:{case}" for case in CASES}
