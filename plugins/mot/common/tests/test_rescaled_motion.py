"""Camera motion seen in resized pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.camera_motion.rescaled import RescaledMotion

SMALL = np.array([[0.9, -0.1, 6], [0.2, 1.1, -3]])


class Told:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def reset(self, sequence: Any = None) -> None:
        self.calls.append("reset")

    def proceed(self, sequence: Any) -> None:
        self.calls.append("proceed")

    def estimate(self, frame: Any, detections: Any = None) -> np.ndarray:
        return SMALL


def test_a_point_goes_where_it_goes_in_the_small_picture() -> None:
    scale = np.array([0.5, 0.25])
    warp = RescaledMotion(Told(), scale=(0.5, 0.25)).estimate(None)
    point = np.array([100.0, 40])
    small = SMALL[:, :2] @ (point * scale) + SMALL[:, 2]
    assert warp[:, :2] @ point + warp[:, 2] == pytest.approx(small / scale)


def test_the_other_sides_factor_by_compat() -> None:
    warp = RescaledMotion(Told(), scale=(0.5, 0.25), compat="mmdetection").estimate(None)
    assert warp == pytest.approx(np.array([[0.9, -0.1, 24], [0.2, 1.1, -6]]))


def test_one_factor_leaves_no_room_for_mistakes() -> None:
    right, wrong = (RescaledMotion(Told(), scale=(2, 2), compat=compat) for compat in ("", "mmdetection"))
    assert right.estimate(None) == pytest.approx(wrong.estimate(None))
    assert isinstance(right, CameraMotion)


def test_the_estimator_is_told() -> None:
    told = Told()
    motion = RescaledMotion(told, scale=(1, 1))
    motion.reset()
    motion.proceed(None)  # type: ignore[arg-type]
    assert told.calls == ["reset", "proceed"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": (0, 1)}, r"scale: must be > 0, got \(0, 1\)"),
        ({"scale": (1, float("nan"))}, "scale: must be > 0"),
        ({"scale": (1, 1), "compat": "mmcv"}, "compat: must be '' or 'mmdetection', got 'mmcv'"),
    ],
)
def test_wrong_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RescaledMotion(Told(), **options)
