"""What holds for every installed tracker of boxes as time goes by: clocks, states, sequences that continue."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.errors import StateError
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtcore.options import option_info
from vtrack_common_mot.camera_motion.ecc import Ecc
from vtrack_common_mot.camera_motion.feature_matching import Orb, Sift
from vtrack_common_mot.camera_motion.given import GivenWarps, Still
from vtrack_common_mot.camera_motion.sparse_flow import SparseFlow

Make = Callable[..., Any]
seeds = st.integers(0, 10**6)


class Clip(Sequence):
    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from ()


def walking(seed: int, frames: int = 24) -> list[Instances]:
    """Detections of objects of two classes that walk among each other and hide, in some frames all or a whole class."""
    random = np.random.default_rng(seed)
    count = 10
    labels, looks = random.integers(0, 2, count), random.normal(size=(count, 8))
    places = np.cumsum(random.normal(0, 4, (frames, count, 2)), 0) + random.uniform(0, 150, (count, 2))
    sides = random.uniform(20, 60, (count, 2))
    period, phase = random.integers(6, 20, count), random.integers(0, 20, count)
    looking, video = random.random() < 0.6, []
    for step, place in enumerate(places):
        seen = random.random(count) < random.choice([0.0, 0.8, 0.9, 1.0])
        seen &= (step + phase) % period < 0.6 * period
        seen &= labels != random.choice([0, 1, -1, -1])
        boxes = np.column_stack((place, place + sides)) + random.normal(0, 0.5, (count, 4))
        embeddings = (looks + random.normal(0, 0.2, looks.shape))[seen] if looking and random.random() < 0.8 else None
        scores = random.uniform(0.2, 1, count)[seen]
        video.append(Instances(boxes[seen], scores, labels[seen], embeddings=embeddings))
    return video


def outcome(tracks: Instances) -> list[list[Any]]:
    fields = (tracks.ids, tracks.boxes, tracks.scores, tracks.labels, tracks.detection_index)
    return [field.tolist() for field in fields if field is not None]


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """The state as it comes back from a file, in which nothing may be pickled."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    with np.load(file, allow_pickle=False) as loaded:
        return dict(loaded)


def variants(tracker_class: Make) -> list[dict[str, Any]]:
    """The defaults, every option of few values set to each other one, and the hasty."""
    config, found = tracker_class().config, [{}]
    for field in attrs.fields(type(config)):
        value = getattr(config, field.name)
        choices = (not value,) if isinstance(value, bool) else option_info(field).choices or ()
        found += [{field.name: choice} for choice in choices if choice != value]
    return [*found, hasty(config)]


def hasty(config: Any) -> dict[str, Any]:
    """As few frames as every option allows that counts them, at the sequence's own rate."""
    options: dict[str, Any] = {}
    for field in attrs.fields(type(config)):
        info = option_info(field)
        if info.unit == "frames":
            options[field.name] = max(2, int(info.ge or 0))
        elif info.unit == "frames/s" and info.ge == 0:
            options[field.name] = 0.0
    return options


def irregular(video: list[Instances], seed: int) -> list[Frame]:
    """Frames of the detections at times that are not regular, some dropped."""
    random = np.random.default_rng(seed)
    steps = random.choice([1, 1, 1, 2, 5], len(video))
    times = np.cumsum(steps + random.uniform(-0.4, 0.4, len(video))) / 25
    clip = Clip("walk", frame_rate=60.0)
    return [
        Frame(int(index), time=float(time), sequence=clip) for index, time in zip(np.cumsum(steps), times, strict=True)
    ]


# --- State --------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_a_stopped_stream_goes_on_as_if_it_had_not_been(tracker_class: Make, seed: int) -> None:
    video = walking(seed)
    frames = irregular(video, seed)
    for options in variants(tracker_class):
        unbroken, stopped = tracker_class(**options), tracker_class(**options)
        for tracker in (unbroken, stopped):
            tracker.reset(frames[0].sequence)
        for index, (frame, detections) in enumerate(zip(frames, video, strict=True)):
            # Stopped before every frame, and as it is in a file now and then.
            state = stopped.state_dict()
            continued = tracker_class(**options)
            continued.load_state_dict(through_a_file(state) if index % 8 == 4 else state)
            assert outcome(continued.update(frame, detections)) == outcome(unbroken.update(frame, detections)), options
            stopped = continued


def test_a_state_can_be_loaded_again_into_a_used_tracker(tracker_class: Make) -> None:
    video = walking(5)
    tracker = tracker_class()
    for detections in video[:10]:
        tracker.update(None, detections)
    state = tracker.state_dict()
    first = [outcome(tracker.update(None, detections)) for detections in video[10:]]
    tracker.load_state_dict(state)
    assert [outcome(tracker.update(None, detections)) for detections in video[10:]] == first


def test_another_trackers_state_is_refused(tracker_class: Make) -> None:
    tracker = tracker_class()
    for detections in walking(1):
        tracker.update(None, detections)
    before = {name: part.tolist() for name, part in tracker.state_dict().items()}
    # What looks at pictures itself wants networks to be made.
    found = [each for each in plugin_host().components("tracker") if "image" not in each.load_config()().needs]
    others = [component.load_target() for component in found]
    for other in (other for other in others if other is not tracker_class and hasattr(other, "state_dict")):
        with pytest.raises(StateError) as refused:
            tracker.load_state_dict(other().state_dict())
        message = str(refused.value)
        assert message.startswith(f"this is no state of {tracker_class.__name__}: it is one of {other.__name__}; load")
        assert "\n" not in message
    state = tracker.state_dict()
    with pytest.raises(StateError, match=rf"no state of {tracker_class.__name__}: it lacks 'last_id'; load it into"):
        tracker.load_state_dict({name: part for name, part in state.items() if name != "last_id"})
    with pytest.raises(StateError, match="it has 'rowz' besides; load it into an object"):
        tracker.load_state_dict(state | {"rowz": np.zeros(3)})
    assert {name: part.tolist() for name, part in tracker.state_dict().items()} == before


# --- Clocks -------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=6)
@given(seed=seeds, rate=st.sampled_from([10.0, 25.0, 29.97, 30000 / 1001, 60.0]), first=st.sampled_from([0, 3, 10**6]))
def test_regular_times_are_frames_one_by_one(tracker_class: Make, seed: int, rate: float, first: int) -> None:
    clip = Clip("walk", frame_rate=rate)
    for options in variants(tracker_class):
        if "clock" in options:
            continue
        by_frames = tracker_class(**options)
        by_time, by_index = (tracker_class(**options, clock="seconds") for _ in range(2))
        for tracker in (by_frames, by_time, by_index):
            tracker.reset(clip)
        for index, detections in enumerate(walking(seed), first):
            wanted = outcome(by_frames.update(Frame(index, time=index / rate, sequence=clip), detections))
            found = outcome(by_time.update(Frame(index, time=index / rate, sequence=clip), detections))
            assert found == wanted, options
            assert outcome(by_index.update(Frame(index, sequence=clip), detections)) == wanted, options


def moving(place: float) -> dict[str, Any]:
    """Two objects, 40 pixels wide, that move apart: one to the right by its place, one to the left by half of it."""
    boxes = [[100 + place, 100, 140 + place, 180], [1000 - place / 2, 300, 1040 - place / 2, 390]]
    return {"boxes": boxes, "scores": [0.95, 0.9]}


corner = st.sampled_from([0.0, 10.0, 30.0, 90.0, -1e30, 1e30])
side = st.sampled_from([0.0, 1e-3, 20.0, 30.0, 1e6, 1e30])
boxes = st.lists(st.tuples(corner, corner, side, side), max_size=5)
moments = st.one_of(st.none(), st.floats(), st.floats(0, 3), st.sampled_from([0.0, 0.04, 0.08, 1.7e9]))


@settings(deadline=None, max_examples=40)
@given(video=st.lists(st.tuples(boxes, moments, st.integers(0, 10**12)), max_size=14))
def test_no_time_is_too_strange(tracker_class: Make, video: Any) -> None:
    tracker, clip = tracker_class(clock="seconds"), Clip("broken", frame_rate=25.0)
    tracker.reset(clip)
    for found, time, index in video:
        table = np.reshape(found, (-1, 4))
        detections = np.concatenate((table[:, :2], table[:, :2] + table[:, 2:]), 1)
        tracks = tracker.update(Frame(index, time=time, sequence=clip), boxes=detections)
        assert np.isfinite(tracks.boxes).all()
        assert len(set(tracks.ids.tolist())) == len(tracks)
        assert len(set(tracks.detection_index.tolist())) == len(tracks)


@pytest.mark.parametrize("timed", [True, False])
def test_a_steady_object_is_found_after_dropped_frames(tracker_class: Make, timed: bool) -> None:
    clip = Clip("drive", frame_rate=25.0)
    # Frames one by one, and gaps of half a second in which the objects move by more than their width.
    indices = [*range(20), *range(32, 38), *range(50, 56)]
    ids: dict[str, set[int]] = {"frames": set(), "seconds": set()}
    for clock, seen in ids.items():
        tracker = tracker_class(clock=clock)
        tracker.reset(clip)
        for index in indices:
            frame = Frame(index, time=index / 25 if timed else None, sequence=clip)
            seen |= set(tracker.update(frame, **moving(8.0 * index)).ids.tolist())
    assert ids["seconds"] == {1, 2}
    assert len(ids["frames"]) > 2


def test_speeds_are_those_of_the_frame_rate_whenever_frames_come(tracker_class: Make) -> None:
    clip = Clip("drive", frame_rate=25.0)
    times = np.cumsum(np.random.default_rng(2).choice([0.5, 1, 1.25, 2, 3], 60)) / 25
    tracker = tracker_class(clock="seconds")
    tracker.reset(clip)
    ids: set[int] = set()
    for index, time in enumerate(times):
        tracks = tracker.update(Frame(index, time=float(time), sequence=clip), **moving(4.0 * 25 * time))
        ids |= set(tracks.ids.tolist())
    assert ids == {1, 2}
    rows = getattr(tracker, "_rows", None)
    if rows is None:
        pytest.skip("keeps its tracks in a way of its own")
    speeds = rows.motion[4:6, rows.facts[0].argsort()]
    assert speeds[0] == pytest.approx([4, -2], abs=0.1)
    assert speeds[1] == pytest.approx([0, 0], abs=0.1)


def test_patience_is_told_in_time_that_went_by(tracker_class: Make) -> None:
    clip = Clip("drive", frame_rate=25.0)
    kept = {}
    for pause in (1, 200):
        tracker = tracker_class(clock="seconds")
        tracker.reset(clip)
        for index in range(10):
            tracker.update(Frame(index, time=index / 25, sequence=clip), **moving(0.0))
        # Nothing is seen in two frames, the second of them much later or not.
        for index in (10, 10 + pause, 11 + pause):
            tracker.update(Frame(index, time=index / 25, sequence=clip), boxes=[])
        kept[pause] = sum(part.size for part in tracker.state_dict().values())
    empty = sum(part.size for part in tracker_class(clock="seconds").state_dict().values())
    assert empty <= kept[200] <= kept[1]
    assert 1 not in tracker.update(Frame(300, time=12.0, sequence=clip), **moving(0.0)).ids


# --- Sequences that continue --------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=6)
@given(seed=seeds, cut=st.integers(1, 23))
def test_a_stream_in_parts_is_a_stream(tracker_class: Make, seed: int, cut: int) -> None:
    video = walking(seed)
    parts = [Clip("one", frame_rate=25.0), Clip("two", frame_rate=25.0)]
    for clock in ("frames", "seconds"):
        whole, persisting = (tracker_class(persist=persist, clock=clock) for persist in (False, True))
        forgetting, fresh = (tracker_class(clock=clock) for _ in range(2))
        for tracker in (whole, persisting, forgetting):
            tracker.reset(parts[0])
        for index, detections in enumerate(video):
            part, place = (0, index) if index < cut else (1, index - cut)
            frame = Frame(place, time=place / 25, sequence=parts[part])
            if index == cut:
                persisting.reset(parts[1])
                forgetting.reset(parts[1])
                fresh.reset(parts[1])
            wanted = outcome(whole.update(Frame(index, time=index / 25, sequence=parts[0]), detections))
            assert outcome(persisting.update(frame, detections)) == wanted
            anew = outcome(forgetting.update(frame, detections))
            if part:
                assert anew == outcome(fresh.update(frame, detections))
    persisting.reset()
    new = tracker_class(persist=True, clock="seconds")
    for detections in video:
        assert outcome(persisting.update(None, detections)) == outcome(new.update(None, detections))


# --- Cameras that move --------------------------------------------------------------------------------------------


def pictures(frames: int) -> list[Any]:
    """A structured picture seen by a camera that moves right and down, and turns a little."""
    random = np.random.default_rng(1)
    picture = np.zeros((240, 300, 3), np.float32)
    for size in (4, 9, 30):
        noise = random.uniform(0, 255, (240 // size + 1, 300 // size + 1, 3)).astype(np.float32)
        picture += cv2.resize(noise, (300, 240), interpolation=cv2.INTER_CUBIC) / 3
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    views = []
    for step in range(frames):
        turn = 0.01 * step
        warp = np.array([[np.cos(turn), -np.sin(turn), -30 - 4 * step], [np.sin(turn), np.cos(turn), -30 - 2 * step]])
        views.append(cv2.warpAffine(picture, warp, (180, 140)))
    return views


def cameras(folder: Path) -> dict[str, Callable[[], Any]]:
    for name in ("whole", "one", "two"):
        lines = [f"{index} 1 0.0{index} {index / 2} 0 1 -{index}" for index in range(20)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {
        "sparse-flow": SparseFlow,
        "ecc": Ecc,
        "orb": Orb,
        "sift": Sift,
        "file": lambda: GivenWarps(path=str(folder / "{sequence}.txt")),
        "none": Still,
    }


def skip_without_camera(tracker_class: Make) -> None:
    if "camera_motion" not in attrs.fields_dict(type(tracker_class().config)):
        pytest.skip("knows nothing of cameras")


@pytest.mark.parametrize("camera", ["sparse-flow", "ecc", "orb", "sift", "file", "none"])
def test_a_moving_camera_is_part_of_the_state(tracker_class: Make, camera: str, tmp_path: Path) -> None:
    skip_without_camera(tracker_class)
    make = cameras(tmp_path)[camera]
    video, images = walking(3, 8), pictures(8)
    clip = Clip("whole", frame_rate=25.0)
    unbroken, stopped, continued = (tracker_class(camera_motion=make()) for _ in range(3))
    for tracker in (unbroken, stopped):
        tracker.reset(clip)
    for index in range(8):
        frame = Frame(index, images[index], time=index / 25, sequence=clip)
        wanted = outcome(unbroken.update(frame, video[index]))
        # Of its own, so that nothing is shared.
        again = Frame(index, images[index], time=index / 25, sequence=clip)
        if index < 4:
            assert outcome(stopped.update(again, video[index])) == wanted
        if index == 3:
            continued.load_state_dict(through_a_file(stopped.state_dict()))
        if index > 3:
            assert outcome(continued.update(again, video[index])) == wanted
    with pytest.raises(StateError, match="no state of"):
        tracker_class(camera_motion=None).load_state_dict(stopped.state_dict())


@pytest.mark.parametrize("camera", ["sparse-flow", "ecc", "orb", "sift"])
def test_a_moving_camera_goes_on_in_the_next_part(tracker_class: Make, camera: str, tmp_path: Path) -> None:
    skip_without_camera(tracker_class)
    make = cameras(tmp_path)[camera]
    video, images = walking(4, 6), pictures(6)
    parts = [Clip("one", frame_rate=25.0), Clip("two", frame_rate=25.0)]
    whole, persisting = (tracker_class(camera_motion=make(), persist=True) for _ in range(2))
    for tracker in (whole, persisting):
        tracker.reset(parts[0])
    for index in range(6):
        if index == 3:
            persisting.reset(parts[1])
        wanted = outcome(whole.update(Frame(index, images[index]), video[index]))
        assert outcome(persisting.update(Frame(index % 3, images[index]), video[index])) == wanted


def test_given_warps_of_the_next_part_are_its_own(tracker_class: Make, tmp_path: Path) -> None:
    skip_without_camera(tracker_class)
    make = cameras(tmp_path)["file"]
    (tmp_path / "two.txt").write_text("0 1 0 300 0 1 0\n" * 3, encoding="utf-8")
    tracker = tracker_class(camera_motion=make(), persist=True)
    tracker.reset(Clip("one"))
    ids = [tracker.update(Frame(index), **moving(0.5 * (index * (index + 1)) / 2)).ids for index in range(3)]
    tracker.reset(Clip("two"))
    for index in range(3):
        box = [[101.5 + 300 * (index + 1), 97, 141.5 + 300 * (index + 1), 177]]
        ids.append(tracker.update(Frame(index), boxes=box, scores=[0.95]).ids)
    assert {identity for found in ids[3:] for identity in found.tolist()} == {1}
