"""Estimators of camera motion on pictures that were moved as is known, and on a real clip."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import vtcore
from vtcore.components import BuildContext, Configured, build
from vtcore.errors import DataError, PreflightError
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtrack_common_mot.camera_motion.boxes import warped_boxes
from vtrack_common_mot.camera_motion.config import EccConfig
from vtrack_common_mot.camera_motion.ecc import Ecc
from vtrack_common_mot.camera_motion.feature_matching import Orb, Sift
from vtrack_common_mot.camera_motion.given import Still
from vtrack_common_mot.camera_motion.interfaces import CameraMotion
from vtrack_common_mot.camera_motion.sparse_flow import SparseFlow

GIVEN = os.environ.get("VTCORE_REFERENCE_DATA")
DATA = Path(GIVEN) if GIVEN else Path(__file__).resolve().parents[5] / "shared" / "data"
CLIP = DATA / "real" / "clips" / "highway_motorbike.mp4"

TURN = 0.012
WARP = np.array([[np.cos(TURN), -np.sin(TURN), 6.4], [np.sin(TURN), np.cos(TURN), -3.8]])

ESTIMATORS: dict[str, tuple[Callable[..., Any], float]] = {
    "sparse-flow": (SparseFlow, 0.3),
    "ecc": (Ecc, 0.3),
    "orb": (Orb, 1.5),
    "sift": (Sift, 0.5),
}
every_estimator = pytest.mark.parametrize("name", ESTIMATORS)


class Clip(Sequence):
    def frames(self, *, images: bool = True) -> Any:
        yield from ()


def texture(height: int = 240, width: int = 321) -> Any:
    """A picture with structure of all sizes, larger than the frame so that borders are real."""
    random = np.random.default_rng(1)
    picture = np.zeros((height + 80, width + 80, 3), np.float32)
    for size in (4, 9, 30):
        noise = random.uniform(0, 255, (picture.shape[0] // size + 1, picture.shape[1] // size + 1, 3))
        picture += cv2.resize(noise.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_CUBIC) / 3
    return np.clip(picture, 0, 255).astype(np.uint8)


def seen_from(warp: np.ndarray, picture: Any, height: int = 240, width: int = 321) -> Any:
    """The picture as the camera sees it after its motion."""
    start = np.array([[1.0, 0, -40], [0, 1, -40], [0, 0, 1]])
    whole = np.vstack((warp, [0, 0, 1])) @ start
    return cv2.warpAffine(picture, whole[:2], (width, height), flags=cv2.INTER_LINEAR)


def frames(*warps: np.ndarray) -> list[Frame]:
    picture = texture()
    return [Frame(index, seen_from(warp, picture)) for index, warp in enumerate(warps)]


def error_at_corners(found: np.ndarray, wanted: np.ndarray, height: int = 240, width: int = 321) -> float:
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
    return float(np.abs(corners @ (found - wanted).T).max())


@every_estimator
@pytest.mark.parametrize("downscale", [1, 2, 3])
def test_a_known_warp_is_found(name: str, downscale: int) -> None:
    make, tolerance = ESTIMATORS[name]
    estimator = make(downscale=downscale)
    first, second = frames(np.eye(2, 3), WARP)
    assert (estimator.estimate(first) == np.eye(2, 3)).all()
    found = estimator.estimate(second)
    assert found.dtype == np.float64
    assert found.shape == (2, 3)
    assert error_at_corners(found, WARP) < tolerance * downscale
    assert estimator.failures == 0


@every_estimator
def test_each_picture_is_compared_with_the_one_before(name: str) -> None:
    estimator = ESTIMATORS[name][0]()
    step = np.array([[1.0, 0, 5], [0, 1, 2]])
    for index, frame in enumerate(frames(np.eye(2, 3), step, step, np.eye(2, 3))):
        found = estimator.estimate(frame)
        wanted = (0, 5, 0, -5)[index]
        assert found[0, 2] == pytest.approx(wanted, abs=0.6)
    estimator.reset()
    assert (estimator.estimate(frames(WARP)[0]) == np.eye(2, 3)).all()


@every_estimator
def test_nothing_to_see_is_no_motion_counted_and_told_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    estimator = ESTIMATORS[name][0]()
    estimator.reset(Clip("night"))
    black = np.zeros((120, 160, 3), np.uint8)
    with caplog.at_level(logging.WARNING, "vtcore"):
        for index in range(4):
            assert (estimator.estimate(Frame(index, black)) == np.eye(2, 3)).all()
    assert estimator.failures == 3
    (record,) = caplog.records
    assert f"night: camera motion '{name}' found no estimate" in record.getMessage()
    estimator.reset()
    assert estimator.failures == 0


@every_estimator
def test_tiny_and_changing_pictures_are_no_motion(name: str) -> None:
    estimator = ESTIMATORS[name][0]()
    random = np.random.default_rng(0)
    for index, size in enumerate([(1, 1), (2, 3), (1, 40), (64, 64), (90, 70), (64, 64)]):
        image = random.integers(0, 255, (*size, 3), np.uint8)
        assert np.isfinite(estimator.estimate(Frame(index, image))).all()


@every_estimator
def test_it_is_done_once_for_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make = ESTIMATORS[name][0]
    one, other, coarser = make(), make(), make(downscale=4)
    looked = []
    look = make._look
    monkeypatch.setattr(make, "_look", lambda self, image, boxes: looked.append(self) or look(self, image, boxes))
    for frame in frames(np.eye(2, 3), WARP, WARP):
        first = one.estimate(frame)
        assert other.estimate(frame) is first
        coarser.estimate(frame)
    assert looked == [one, coarser] * 3


@every_estimator
def test_a_frame_keeps_a_few_numbers_and_no_picture(name: str) -> None:
    one = ESTIMATORS[name][0]()
    kept = frames(np.eye(2, 3), WARP, WARP)
    for frame in kept:
        one.estimate(frame)
    sizes = [len(pickle.dumps(next(iter(frame.shared.values()))._warps)) for frame in kept]
    assert max(sizes) < 1000


@every_estimator
def test_a_picture_is_looked_at_later_where_that_turns_out_to_be_needed(name: str) -> None:
    make = ESTIMATORS[name][0]
    alone, one, other = make(), make(), make()
    first, second, third = frames(np.eye(2, 3), WARP, WARP)
    expected = [alone.estimate(Frame(frame.index, frame.image)) for frame in (first, second, third)]
    for frame in (first, second):
        one.estimate(frame)
    assert [other.estimate(frame).tolist() for frame in (first, second, third)] == [each.tolist() for each in expected]
    # A state holds what was looked at, whoever did.
    late = make()
    for frame in (first, second):
        late.estimate(frame)
    again = make()
    again.load_state_dict(late.state_dict())
    assert again.estimate(Frame(2, third.image)).tolist() == expected[2].tolist()


def test_estimates_of_a_frame_that_differ_are_few() -> None:
    (frame,) = frames(np.eye(2, 3))
    for number in range(50):
        estimator = SparseFlow(mask_detections=True)
        boxes = np.array([[number, 0, number + 5, 9]], np.float32)
        estimator.estimate(frame, Instances(boxes, np.ones(1), np.zeros(1, int)))
    (estimates,) = frame.shared.values()
    assert len(estimates._warps) == 8


@every_estimator
def test_it_is_done_once_for_all_after_a_state_is_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make = ESTIMATORS[name][0]
    one, other = make(), make()
    first, second, third = frames(np.eye(2, 3), WARP, WARP)
    one.estimate(first)
    other.load_state_dict(one.state_dict())
    looked = []
    look = make._look
    monkeypatch.setattr(make, "_look", lambda self, image, boxes: looked.append(self) or look(self, image, boxes))
    assert other.estimate(second).tolist() == one.estimate(second).tolist()
    assert other.estimate(third) is one.estimate(third)
    # Of which frame a state is, nobody knows: the first estimate after it is made once more.
    assert looked == [other, one, other]
    # Loading leaves alone what others hold.
    other.load_state_dict(make().state_dict())
    assert error_at_corners(one.estimate(frames(WARP)[0]), np.eye(2, 3)) < 0.1
    assert one.failures == other.failures == 0


def test_pictures_of_other_sizes_have_nothing_in_common() -> None:
    for make, _ in ESTIMATORS.values():
        estimator = make()
        (small,), (large,) = frames(np.eye(2, 3)), [Frame(1, texture())]
        estimator.estimate(small)
        assert (estimator.estimate(large) == np.eye(2, 3)).all()
        assert estimator.failures == 1


def test_who_has_seen_other_frames_makes_an_estimate_of_its_own() -> None:
    one, other = SparseFlow(), SparseFlow()
    step = np.array([[1.0, 0, 4], [0, 1, 0]])
    twice = np.array([[1.0, 0, 8], [0, 1, 0]])
    first, second, third = frames(np.eye(2, 3), step, twice)
    for frame in (first, second, third):
        last = one.estimate(frame)
    other.estimate(first)
    assert last[0, 2] == pytest.approx(4, abs=0.2)
    assert other.estimate(third)[0, 2] == pytest.approx(8, abs=0.2)


@pytest.mark.parametrize("make", [SparseFlow, Orb, Sift])
def test_masked_objects_do_not_pull_the_camera(make: Callable[..., Any]) -> None:
    # Most of what has structure is one object, which moves; the background stands still.
    background = cv2.GaussianBlur(texture()[:240, :321], (5, 5), 2)
    thing = texture()[60:240, 20:260]
    pictures, boxes = [], []
    for shift in (0, 8):
        picture = background.copy()
        picture[30:210, 30 + shift : 270 + shift] = thing
        pictures.append(picture)
        boxes.append(Instances([[30 + shift, 30, 270 + shift, 210]]))
    found = {}
    for masked in (True, False):
        estimator = make(mask_detections=masked)
        for index, (picture, detections) in enumerate(zip(pictures, boxes, strict=True)):
            found[masked] = estimator.estimate(Frame(index, picture), detections)
    assert abs(found[True][0, 2]) < 2
    assert found[False][0, 2] == pytest.approx(8, abs=1)


def test_another_mask_is_another_estimate() -> None:
    one, other = Orb(), Orb()
    first, second = frames(np.eye(2, 3), WARP)
    box = Instances([[40, 40, 200, 200]])
    for frame in (first, second):
        found = one.estimate(frame, box)
        assert other.estimate(frame, Instances.empty()) is not found or frame is first


@pytest.mark.parametrize("motion", ["translation", "euclidean", "affine"])
def test_alignment_has_no_more_freedom_than_it_is_given(motion: str) -> None:
    estimator = Ecc(motion=motion, downscale=1)
    for frame in frames(np.eye(2, 3), WARP):
        found = estimator.estimate(frame)
    if motion == "translation":
        assert (found[:, :2] == np.eye(2)).all()
    else:
        assert found[1, 0] == pytest.approx(np.sin(TURN), abs=1e-3)


def test_pictures_of_one_width_are_aligned_as_by_boosttrack() -> None:
    """Its steps with plain OpenCV: grey, one factor for both sides, no smoothing, one factor back."""
    first, second = frames(np.eye(2, 3), WARP)
    for width in (100, 350):
        factor = width / first.image.shape[1]
        small = [
            cv2.resize(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), (0, 0), fx=factor, fy=factor)
            for frame in (first, second)
        ]
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-4)
        start = np.eye(2, 3, dtype=np.float32)
        wanted = np.float64(cv2.findTransformECC(*small, start, cv2.MOTION_EUCLIDEAN, criteria, None, 1)[1])
        wanted[:, 2] /= factor
        # The factor by which pictures are else made smaller is not looked at.
        estimator = Ecc(epsilon=1e-4, width=width, downscale=7)
        estimator.estimate(first)
        np.testing.assert_allclose(estimator.estimate(second), wanted, rtol=0, atol=1e-6)
        assert error_at_corners(wanted, WARP) < 1


def test_a_strip_too_low_for_the_width_is_a_failure_not_an_error() -> None:
    estimator = Ecc(width=10)
    strip = np.zeros((4, 400, 3), np.uint8)
    for index in range(2):
        assert (estimator.estimate(Frame(index, strip)) == np.eye(2, 3)).all()
    assert estimator.failures == 2


def test_an_even_smoothing_is_told_before_anything_is_built() -> None:
    with pytest.raises(ValueError, match="smoothing: must be odd, got 4"):
        EccConfig(smoothing=4)


def test_images_are_needed() -> None:
    for estimator in (SparseFlow(), Ecc(), Orb(), Sift()):
        for frame in (None, Frame(0)):
            with pytest.raises(DataError, match="looks at images, and was given none; give frames with images, or"):
                estimator.estimate(frame)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (Ecc, {"smoothing": 4}, "smoothing: must be odd, got 4"),
        (Ecc, {"motion": "homography"}, "motion: must be one of"),
        (Ecc, {"width": -1}, "width: must be >= 0, got -1"),
        (SparseFlow, {"downscale": 0}, "downscale: must be >= 1, got 0"),
        (Orb, {"ratio": 0.0}, "ratio: must be > 0, got 0"),
    ],
)
def test_wrong_options_are_refused(make: Callable[..., Any], options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_every_component_is_built_from_its_defaults(tmp_path: Path) -> None:
    ours = [each for each in plugin_host().components("camera-motion") if each.target.startswith("vtrack_common_mot.")]
    for component in ours:
        config = component.load_config()
        options = {"path": str(tmp_path / "warps.txt")} if component.name == "file" else {}
        built = build(Configured(component, config(**options)), BuildContext())
        assert isinstance(built, CameraMotion)
        assert built.config == config(**options)
        looks = component.name in ESTIMATORS
        assert config(**options).needs == (frozenset({"image"}) if looks else frozenset())


def test_boxes_go_with_the_camera() -> None:
    boxes = np.array([[0, 0, 10, 20], [5, 5, 6, 7]], np.float32)
    moved = warped_boxes(boxes, np.array([[2.0, 0, 1], [0, 1, -1]]))
    assert moved.tolist() == [[1, -1, 21, 19], [11, 4, 13, 6]]
    assert moved.dtype == np.float32
    assert warped_boxes(boxes[:0], np.eye(2, 3)).shape == (0, 4)


def test_a_still_camera() -> None:
    still = Still()
    still.reset()
    assert (still.estimate(None) == np.eye(2, 3)).all()


# --- In runs ------------------------------------------------------------------------------------------------------


def sequence_without_images(folder: Path) -> dict[str, Any]:
    pytest.importorskip("vtrack_datasets")
    (folder / "train/walk/det").mkdir(parents=True)
    info = "[Sequence]\nname=walk\nseqLength=3\nimWidth=100\nimHeight=80\nframeRate=25\nimDir=img1\nimExt=.jpg\n"
    (folder / "train/walk/seqinfo.ini").write_text(info, encoding="utf-8")
    rows = "".join(f"{frame},-1,10,10,20,40,0.9\n" for frame in (1, 2, 3))
    (folder / "train/walk/det/det.txt").write_text(rows, encoding="utf-8")
    return {
        "dataset": {"type": "mot-challenge", "root": str(folder), "split": "train"},
        "detector": {"type": "given"},
        "tracker": {"type": "botsort"},
        "run": {"output": str(folder / "run"), "report": False},
    }


def test_missing_images_are_told_before_the_run(tmp_path: Path) -> None:
    if not any(component.name == "botsort" for component in plugin_host().components("tracker")):
        pytest.skip("no installed tracker has a camera motion")
    experiment = sequence_without_images(tmp_path)
    with pytest.raises(PreflightError, match=r"tracker.camera_motion.*'?sparse-flow'? needs images"):
        vtcore.run(experiment)
    experiment["tracker"]["camera_motion"] = {"type": "none"}
    vtcore.run(experiment)
    assert len((tmp_path / "run/results/walk.txt").read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.data
def test_a_real_camera_on_a_motorbike() -> None:
    """Warped back, each frame is nearer to the one before than as it is, whoever estimates."""
    if not CLIP.is_file():
        pytest.skip(f"{CLIP} is not there; set VTCORE_REFERENCE_DATA to a folder of reference data")
    capture = cv2.VideoCapture(str(CLIP))
    images = [capture.read()[1] for _ in range(12)]
    capture.release()
    for name, (make, _) in ESTIMATORS.items():
        estimator = make()
        as_is, corrected = 0.0, 0.0
        for index, image in enumerate(images):
            warp = estimator.estimate(Frame(index, image))
            if index:
                back = cv2.warpAffine(image, cv2.invertAffineTransform(warp), image.shape[1::-1])
                centre = slice(60, -60), slice(60, -60)
                before = images[index - 1][centre].astype(float)
                as_is += np.abs(image[centre] - before).mean()
                corrected += np.abs(back[centre] - before).mean()
        assert estimator.failures == 0
        assert corrected < as_is, name
