"""Tracktor's rules, one at a time, on painted pictures; and the whole with networks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vtcore
from vtcore import load_experiment
from vtcore.components import BuildContext, build
from vtcore.errors import DataError, OptionError, StateError
from vtcore.frames import Frame, Sequence
from vtrack_common_mot.camera_motion.ecc import Ecc
from vtrack_plugin_tracktor import NormalisedEcc, Tracktor


def picture(*things: Any) -> Any:
    """Paint things: identity, x, y, score in percent and, where it is not 0 and 20, class and length of the sides."""
    image = np.zeros((120, 200, 3), np.uint8)
    for thing in things:
        shade, x, y, score, label, side = (*thing, 0, 20)[:6] if len(thing) == 4 else (*thing, 20)[:6]
        image[max(y, 0) : max(y + side, 0), max(x, 0) : max(x + side, 0)] = shade, score, label
    return image


def ids(tracker: Tracktor, *things: Any, boxes: Any = None) -> dict[int, int]:
    """Paint a picture, and return the identity that each thing got."""
    image = picture(*things)
    given = {} if boxes is None else {"boxes": np.reshape(boxes, (-1, 4))}
    tracks = tracker.update(Frame(tracker._frame, image), **given)
    assert len(set(tracks.ids.tolist())) == len(tracks)
    assert (tracks.detection_index >= -1).all()
    middles = ((tracks.boxes[:, :2] + tracks.boxes[:, 2:]) / 2).astype(int)
    return {int(image[y, x, 0]): identity for (x, y), identity in zip(middles, tracks.ids.tolist(), strict=True)}


def test_boxes_are_carried_by_the_second_stage(painted_detector: Any) -> None:
    tracker = Tracktor(detector=painted_detector)
    for step in range(5):
        assert ids(tracker, (7, 10 + 8 * step, 10, 90), (9, 150 - 8 * step, 70, 80)) == {7: 1, 9: 2}
    # It follows also what the detector is too unsure of to start a track, but not what it is too unsure of at all.
    assert ids(Tracktor(detector=painted_detector), (7, 10, 10, 50)) == {}
    tracker = Tracktor(detector=painted_detector, new_track_threshold=0.8)
    ids(tracker, (7, 10, 10, 90))
    assert ids(tracker, (7, 12, 10, 70)) == {7: 1}
    assert ids(tracker, (7, 12, 10, 50)) == {}


def test_nothing_starts_where_a_track_is(painted_detector: Any) -> None:
    tracker = Tracktor(detector=painted_detector)
    ids(tracker, (7, 10, 10, 90))
    # A box of 30 beside one of 20 that it overlaps by a third, and is sure of itself.
    assert ids(tracker, (9, 10, 10, 95, 0, 30), (7, 10, 10, 90)) == {7: 1}
    assert len(tracker.seen) == 2
    assert ids(Tracktor(detector=painted_detector), (9, 10, 10, 95, 0, 30), (7, 10, 10, 90)) == {7: 2}


def test_of_two_tracks_on_one_the_surer_goes_on(painted_detector: Any) -> None:
    tracker = Tracktor(detector=painted_detector)
    assert ids(tracker, (7, 10, 10, 90), (9, 32, 10, 80)) == {7: 1, 9: 2}
    # Both second stages find the one that is left.
    assert ids(tracker, (7, 20, 10, 90)) == {7: 1}
    assert Tracktor(detector=painted_detector, nms_threshold=1.0).config.nms_threshold == 1


def test_who_was_lost_is_found_again_by_looks_and_place(painted_detector: Any, painted_reid: Any) -> None:
    tracker = Tracktor(detector=painted_detector, reid=painted_reid, appearance_threshold=0.5)
    ids(tracker, (7, 10, 10, 90), (9, 150, 70, 90))
    ids(tracker, (7, 10, 10, 90))
    assert ids(tracker, (7, 10, 10, 90), (9, 156, 70, 90)) == {7: 1, 9: 2}
    ids(tracker, (7, 10, 10, 90))
    # Too far away, then another one in its place.
    assert ids(tracker, (7, 10, 10, 90), (9, 100, 70, 90)) == {7: 1, 9: 3}
    ids(tracker, (7, 10, 10, 90))
    assert ids(tracker, (7, 10, 10, 90), (11, 156, 70, 90)) == {7: 1, 11: 4}
    without = Tracktor(detector=painted_detector)
    ids(without, (7, 10, 10, 90))
    ids(without)
    assert ids(without, (7, 10, 10, 90)) == {7: 2}


def test_it_is_found_again_within_its_age_only(painted_detector: Any, painted_reid: Any) -> None:
    for gap, wanted in ((9, 1), (10, 2)):
        tracker = Tracktor(detector=painted_detector, reid=painted_reid)
        ids(tracker, (7, 10, 10, 90))
        for _ in range(gap):
            ids(tracker)
        assert ids(tracker, (7, 10, 10, 90)) == {7: wanted}


def test_a_track_keeps_its_class_unless_told_otherwise(painted_detector: Any) -> None:
    for per_class, wanted in ((True, 2), (False, 1)):
        tracker = Tracktor(detector=painted_detector, per_class=per_class)
        ids(tracker, (7, 10, 10, 90, 0))
        assert ids(tracker, (7, 10, 10, 90, 1)) == {7: wanted}


def test_classes_may_be_chosen(painted_detector: Any) -> None:
    tracker = Tracktor(detector=painted_detector, classes=["cat"])
    assert tracker.classes == ("cat",)
    assert ids(tracker, (7, 10, 10, 90, 0), (9, 100, 10, 90, 1)) == {9: 1}
    assert ids(tracker, (7, 10, 10, 90, 0), (9, 104, 10, 90, 1)) == {9: 1}
    assert tracker.seen.labels.tolist() == [0]
    with pytest.raises(ValueError, match="classes: the detector finds no 'dog'"):
        Tracktor(detector=painted_detector, classes=["dog"])


def test_given_boxes_are_judged_by_the_second_stage(painted_detector: Any) -> None:
    tracker = Tracktor(detector=painted_detector, detections="given")
    assert tracker.config.needs == {"image", "detections"}
    things = (7, 10, 10, 90), (9, 100, 10, 90)
    # One beside its thing, one where nothing is, and nobody asks about the other thing.
    boxes = [[150, 80, 170, 100], [14, 12, 36, 30]]
    tracks = tracker.update(Frame(0, picture(*things)), boxes=boxes)
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1], [1])
    assert tracks.boxes.tolist() == [[10, 10, 30, 30]]
    assert ids(tracker, *things, boxes=[]) == {7: 1}
    with pytest.raises(TypeError, match="give detections"):
        tracker.update(Frame(2, picture()))


def test_a_velocity_carries_those_who_run(painted_detector: Any) -> None:
    for samples, centre_only in ((0, False), (2, False), (3, True)):
        tracker = Tracktor(detector=painted_detector, motion_samples=samples, motion_centre_only=centre_only)
        found: set[int] = set()
        for place in (10, 22, 36, 52, 70, 90, 112):
            found |= set(ids(tracker, (7, place, 10, 90)).values())
        assert (found == {1}) == (samples > 0), samples
    with pytest.raises(ValueError, match=r"motion_samples: must be 0 or >= 2, got 1"):
        Tracktor(detector=painted_detector, motion_samples=1)


class Shifting:
    """A camera that moves as it is told."""

    def __init__(self) -> None:
        self.shift = 0.0

    def reset(self, sequence: Any = None) -> None:
        pass

    def proceed(self, sequence: Any) -> None:
        pass

    def estimate(self, frame: Any, detections: Any = None) -> Any:
        return np.array([[1.0, 0, self.shift], [0, 1, 0]])


def test_the_cameras_motion_carries_all(painted_detector: Any, painted_reid: Any) -> None:
    camera = Shifting()
    tracker = Tracktor(detector=painted_detector, reid=painted_reid, camera_motion=camera)
    ids(tracker, (7, 10, 10, 90), (9, 60, 70, 90))
    camera.shift = 40
    assert ids(tracker, (7, 50, 10, 90)) == {7: 1}
    # Also those that are lost.
    assert ids(tracker, (7, 90, 10, 90), (9, 140, 70, 90)) == {7: 1, 9: 2}


def test_the_clock_tells_how_far_a_track_went(painted_detector: Any) -> None:
    sequence = Clip("run", frame_rate=10.0)
    for clock, same in (("seconds", True), ("frames", False)):
        tracker = Tracktor(detector=painted_detector, motion_samples=2, clock=clock)
        tracker.reset(sequence)
        found: set[int] = set()
        for index in (0, 1, 2, 3, 7, 8):
            frame = Frame(index, picture((7, 10 + 12 * index, 10, 90)), time=index / 10, sequence=sequence)
            found |= set(tracker.update(frame).ids.tolist())
        assert (found == {1}) == same


def test_what_is_no_such_part_is_refused(painted_detector: Any) -> None:
    with pytest.raises(OptionError, match="detector: must be one that hands out its feature maps"):
        Tracktor()
    with pytest.raises(TypeError, match="camera_motion must be an estimator"):
        Tracktor(detector=painted_detector, camera_motion=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="reid must describe boxes, or be None, got int 3"):
        Tracktor(detector=painted_detector, reid=3)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="looks at pictures, and was given none"):
        Tracktor(detector=painted_detector).update(Frame(0))
    with pytest.raises(DataError, match=r"a tracker that finds its own; leave out \[detector\], or write"):
        Tracktor(detector=painted_detector).update(Frame(0, picture()), boxes=[[1, 1, 5, 5]])


# --- Any video ----------------------------------------------------------------------------------------------------


class Clip(Sequence):
    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from ()


thing = st.tuples(
    st.integers(1, 6), st.integers(0, 18).map(lambda step: 10 * step), st.integers(0, 10).map(lambda step: 10 * step),
    st.sampled_from([3, 30, 55, 80, 95]), st.integers(0, 1), st.sampled_from([1, 10, 30]),
)  # fmt: skip
videos = st.lists(st.lists(thing, max_size=6), max_size=8)
any_video = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(tracks: Any) -> list[Any]:
    fields = (tracks.ids, tracks.boxes, tracks.scores, tracks.labels, tracks.detection_index)
    return [field.tolist() for field in fields]


@any_video
@given(video=videos, looking=st.booleans(), samples=st.sampled_from([0, 2]), per_class=st.booleans())
def test_any_video_is_tracked_and_can_be_stopped(
    painted_detector: Any, painted_reid: Any, video: Any, looking: bool, samples: int, per_class: bool
) -> None:
    options: dict[str, Any] = {
        "detector": painted_detector,
        "reid": painted_reid if looking else None,
        "motion_samples": samples,
        "per_class": per_class,
        "max_age": 3,
    }
    whole, fresh = Tracktor(**options), Tracktor(**options)
    used, stopped = Tracktor(**options, persist=True), Tracktor(**options)
    used.reset(Clip("one"))
    classes: dict[int, int] = {}
    for index, things in enumerate(video):
        frame = Frame(index, picture(*things))
        tracks = whole.update(frame)
        assert len(set(tracks.ids.tolist())) == len(tracks)
        assert np.isfinite(tracks.boxes).all()
        if per_class:
            for identity, label in zip(tracks.ids.tolist(), tracks.labels.tolist(), strict=True):
                assert classes.setdefault(identity, label) == label
        if index == 3:
            used.reset(Clip("two"))
        assert outcome(used.update(frame))[:4] == outcome(tracks)[:4]
        file = io.BytesIO()
        np.savez(file, **stopped.state_dict())
        file.seek(0)
        stopped = Tracktor(**options)
        with np.load(file, allow_pickle=False) as state:
            stopped.load_state_dict(dict(state))
        assert outcome(stopped.update(frame)) == outcome(tracks)
    whole.reset()
    for things in video:
        frame = Frame(0, picture(*things))
        assert outcome(whole.update(frame)) == outcome(fresh.update(frame))


def test_another_ones_state_is_refused(painted_detector: Any) -> None:
    state = Tracktor(detector=painted_detector, max_age=3).state_dict()
    with pytest.raises(StateError, match="it was taken with max_age = 3, and here it is 10"):
        Tracktor(detector=painted_detector).load_state_dict(state)


def test_memory_is_bounded(painted_detector: Any, painted_reid: Any) -> None:
    tracker, sizes = Tracktor(detector=painted_detector, reid=painted_reid, gallery_size=3), []
    for step in range(80):
        # Somebody new every other frame.
        ids(tracker, (1 + step // 2 % 200, 20 * (step // 2 % 9), 10, 90))
        sizes.append(sum(part.nbytes for part in tracker.state_dict().values()))
    assert max(sizes[40:]) <= max(sizes[:40])


# --- Networks -----------------------------------------------------------------------------------------------------


def test_the_cameras_motion_is_found_in_normalised_pictures() -> None:
    random = np.random.default_rng(0)
    noise = random.uniform(0, 255, (18, 24, 3)).astype(np.float32)
    import cv2

    wide = cv2.resize(noise, (240, 180), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
    views = [np.ascontiguousarray(wide[20 + step : 140 + step, 30 - 2 * step : 190 - 2 * step]) for step in range(3)]
    normalised, plain = NormalisedEcc(), Ecc(downscale=1)
    for index, view in enumerate(views):
        warp = normalised.estimate(Frame(index, view))
        other = plain.estimate(Frame(index, view))
        if index:
            assert warp == pytest.approx(np.array([[1, 0, 2], [0, 1, -1]]), abs=0.02)
            # Grey is made of the same colours in slightly other shares.
            assert warp == pytest.approx(other, abs=0.01)


def test_defaults_are_mmtrackings() -> None:
    config = load_experiment({}, {"tracker.type": "tracktor"}).tracker.config  # type: ignore[union-attr]
    assert (config.detector.component.name, config.camera_motion.component.name) == ("faster-rcnn", "ecc")
    assert (config.detector.config.clip_border, config.detector.config.scale) == (False, (1088, 1088))


@pytest.mark.parametrize("detections", ["own", "given"])
def test_it_runs(options: dict[str, Any], tmp_path: Path, detections: str) -> None:
    keys = {
        "dataset.type": "synthetic",
        "dataset.sequences": 1,
        "dataset.frames": 4,
        "dataset.width": 96,
        "dataset.height": 64,
        "tracker.type": "tracktor",
        "tracker.detections": detections,
        "tracker.new_track_threshold": 0.0,
        "tracker.keep_threshold": 0.0,
        "tracker.camera_motion.type": "ecc-normalised",
        "tracker.detector.class_names": ["person", "cat"],
        "run.output": str(tmp_path / "run"),
        "run.device": "cpu",
        "run.report": False,
    }
    keys |= {f"tracker.detector.{key}": value for key, value in options.items()}
    if detections == "given":
        keys["detector.type"] = "given"
    vtcore.run(load_experiment({}, keys))
    (results,) = (tmp_path / "run" / "results").iterdir()
    assert len(results.read_text().splitlines()) > 4


def test_public_boxes_need_a_detector(options: dict[str, Any]) -> None:
    keys = {"tracker.type": "tracktor", "tracker.detections": "given", "dataset.type": "synthetic"}
    keys |= {f"tracker.detector.{key}": value for key, value in options.items()}
    from vtcore.preflight import preflight

    told = [finding.problem.message for finding in preflight(load_experiment({}, keys)).findings]
    assert any("'tracktor' needs detections; add a [detector]" in message for message in told)


def test_the_second_stage_is_the_detectors(options: dict[str, Any]) -> None:
    keys = {f"tracker.{key}": value for key, value in {"type": "tracktor", "new_track_threshold": 0.0}.items()}
    keys |= {f"tracker.detector.{key}": value for key, value in options.items()}
    experiment = load_experiment({}, {**keys, "tracker.camera_motion.type": "none", "tracker.keep_threshold": 0.0})
    tracker = build(experiment.tracker, BuildContext(device="cpu"))  # type: ignore[arg-type]
    image = np.random.default_rng(0).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    tracker.update(Frame(0, image))
    wanted = tracker.config.detector.detect([Frame(0, image)])[0]
    assert tracker.seen.boxes == pytest.approx(wanted.boxes, abs=1e-3)
    before = tracker._rows.places.astype(np.float32)
    tracks = tracker.update(Frame(1, image))
    extracted = tracker.config.detector.extract([image])
    ((better, _),) = tracker.config.detector.regress(extracted, [before])
    carried = tracks.detection_index < 0
    for box in tracks.boxes[carried][: len(before)]:
        assert np.abs(np.concatenate((better.reshape(-1, 4), tracker.seen.boxes)) - box).max(1).min() < 1e-2


@pytest.mark.parametrize(("name", "detections"), [("mot17-private", "own"), ("mot17-public", "given")])
def test_ready_experiments_load(name: str, detections: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = load_experiment(f"tracktor:{name}")
    assert experiment.tracker is not None
    assert experiment.tracker.config.detections == detections
    assert experiment.tracker.config.reid.config.compat == "mmtracking"
    assert (experiment.detector is None) == (detections == "own")
