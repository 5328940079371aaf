"""Cases of Tracktor that were not at hand: what they state reaches every part that it is about."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

MEAN, STD = [103.53, 116.28, 123.675], [1.0, 1.0, 1.0]
REID = {"num_samples": 1, "img_scale": [128, 64], "match_score_thr": 3.0, "match_iou_thr": 0.1}


@pytest.fixture(scope="module")
def cases() -> Any:
    path = Path(__file__).with_name("mot_tracktor_cases.py")
    spec = importlib.util.spec_from_file_location("tracktor_cases_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_camera_motion_and_looks_see_the_picture_as_the_detector_does(cases: Any) -> None:
    hyper = {"image_mean": MEAN, "image_std": STD, "tracker": {"reid": {**REID, "img_norm_cfg": None}}}
    motion = cases._motion([{"type": "CameraMotionCompensation", "warp_mode": "cv2.MOTION_AFFINE"}], hyper)
    assert (motion["camera_motion.motion"], motion["camera_motion.std"]) == ("affine", STD)
    reid = cases._reid(hyper, (192, 256))
    assert (reid["reid.size"], reid["reid.detector_scale"]) == ([128, 64], [256, 192])
    assert (reid["reid.detector_mean"], reid["reid.detector_std"]) == (MEAN, STD)
    assert (reid["reid.mean"], reid["reid.std"]) == (MEAN, STD)


def test_looks_may_have_a_normalisation_of_their_own(cases: Any) -> None:
    own = {"mean": [1.0, 2.0, 3.0], "std": [4.0, 5.0, 6.0], "to_rgb": False}
    reid = cases._reid({"tracker": {"reid": {**REID, "img_norm_cfg": own}}}, (192, 256))
    assert (reid["reid.mean"], reid["reid.std"], reid["reid.colours"]) == ([1, 2, 3], [4, 5, 6], "bgr")
    assert "reid.detector_mean" not in reid


@pytest.mark.parametrize("reid", [None, {**REID, "num_samples": None}])
def test_options_that_are_null_or_left_out_are_those_of_the_reference(cases: Any, reid: Any) -> None:
    options = cases._options({"type": "TracktorTracker", "reid": reid})
    assert options["gallery_size"] == 1
    assert (options["new_track_threshold"], options["keep_threshold"], options["nms_threshold"]) == (0.5, 0.5, 0.6)
    assert cases._motion([], {}) == {"camera_motion.type": "none"}
