"""What holds for every installed tracker of boxes, whatever its detections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.components import Component
from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtrack_common_mot.tracker import BoxTracker

Make = Callable[..., Any]


def _is_ours(component: Component) -> bool:
    target = component.load_target()
    needs = getattr(component.load_config()(), "needs", {"image"})
    return isinstance(target, type) and issubclass(target, BoxTracker) and "image" not in needs


TRACKERS = [
    pytest.param(component.load_target(), id=component.name)
    for component in plugin_host().components("tracker")
    if _is_ours(component)
]
every_tracker = pytest.mark.parametrize("make", TRACKERS)
few = settings(deadline=None, max_examples=40)

# A coarse grid makes equal, touching and empty boxes likely; the huge ones lose all precision.
corner = st.one_of(st.integers(0, 12).map(lambda step: step * 10.0), st.sampled_from([-1e30, 1e9, 1e30]))
side = st.sampled_from([0.0, 1e-3, 5.0, 20.0, 30.0, 1e6, 1e30])
score = st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.55, 0.6, 0.65, 0.7, 0.9, 1.0])
detection = st.tuples(corner, corner, side, side, score, st.integers(0, 2))
videos = st.lists(st.lists(detection, max_size=8), max_size=12)


def instances(detections: list[tuple[float, ...]]) -> Instances:
    table = np.array(detections, np.float64).reshape(-1, 6)
    boxes = np.column_stack((table[:, :2], table[:, :2] + table[:, 2:4]))
    return Instances(boxes, table[:, 4], table[:, 5].astype(int))


def outcome(tracks: Instances) -> list[list[Any]]:
    fields = (tracks.ids, tracks.boxes, tracks.scores, tracks.labels, tracks.detection_index)
    return [field.tolist() for field in fields if field is not None]


@every_tracker
@few
@given(video=videos, per_class=st.booleans())
def test_tracks_belong_to_detections(make: Make, video: Any, per_class: bool) -> None:
    tracker = make(per_class=per_class)
    classes: dict[int, int] = {}
    for frame in video:
        given_instances = instances(frame)
        tracks = tracker.update(None, given_instances)
        assert len(set(tracks.ids.tolist())) == len(tracks)
        index = tracks.detection_index
        assert len(set(index.tolist())) == len(index)
        assert ((index >= 0) & (index < len(frame))).all()
        assert (tracks.labels == given_instances.labels[index]).all()
        assert (tracks.scores == given_instances.scores[index]).all()
        assert np.isfinite(tracks.boxes).all()
        types = (tracks.boxes.dtype, tracks.scores.dtype, tracks.ids.dtype, tracks.labels.dtype, index.dtype)
        assert types == (np.float32, np.float32, np.int64, np.int64, np.int64)
        assert tracks.boxes.shape == (len(tracks), 4)
        if per_class:
            for identity, label in zip(tracks.ids.tolist(), tracks.labels.tolist(), strict=True):
                assert classes.setdefault(identity, label) == label


@every_tracker
@few
@given(first=videos, second=videos)
def test_a_reset_tracker_is_a_new_one(make: Make, first: Any, second: Any) -> None:
    used, fresh = make(), make()
    for frame in first:
        used.update(None, instances(frame))
    used.reset()
    for frame in second:
        assert outcome(used.update(None, instances(frame))) == outcome(fresh.update(None, instances(frame)))


@every_tracker
@few
@given(first=videos, second=videos)
def test_two_trackers_do_not_know_of_each_other(make: Make, first: Any, second: Any) -> None:
    alone, one, other = make(), make(), make()
    for step, frame in enumerate(first):
        if step < len(second):
            other.update(None, instances(second[step]))
        assert outcome(one.update(None, instances(frame))) == outcome(alone.update(None, instances(frame)))


@every_tracker
@few
@given(video=videos)
def test_inputs_and_earlier_answers_stay_as_they_are(make: Make, video: Any) -> None:
    tracker = make()
    kept: list[tuple[Instances, list[list[Any]]]] = []
    for frame in video:
        detections = instances(frame)
        before = outcome(detections)
        tracks = tracker.update(None, detections)
        assert outcome(detections) == before
        kept.append((tracks, outcome(tracks)))
    assert all(outcome(tracks) == then for tracks, then in kept)


def walking(seed: int, frames: int = 25) -> list[Instances]:
    """Detections of objects of three classes that walk among each other, some missed; no two boxes alike."""
    random = np.random.default_rng(seed)
    count = 12
    labels = random.integers(0, 3, count)
    places = np.cumsum(random.normal(0, 4, (frames, count, 2)), 0) + random.uniform(0, 150, (count, 2))
    sides = random.uniform(20, 60, (count, 2))
    video = []
    for frame in places:
        seen = random.random(count) < 0.85
        boxes = np.column_stack((frame, frame + sides)) + random.normal(0, 0.5, (count, 4))
        video.append(Instances(boxes[seen], random.uniform(0.2, 1, count)[seen], labels[seen]))
    return video


@every_tracker
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_classes_together_are_classes_apart(make: Make, seed: int) -> None:
    together, apart = make(), [make() for _ in range(3)]
    same: list[dict[int, int]] = [{}, {}, {}]
    for detections in walking(seed):
        tracks = together.update(None, detections)
        for label, tracker in enumerate(apart):
            alone = tracker.update(None, detections[detections.labels == label])
            mine = tracks[tracks.labels == label]
            order, others = np.argsort(mine.detection_index), np.argsort(alone.detection_index)
            assert mine.boxes[order] == pytest.approx(alone.boxes[others], abs=1e-3)
            for identity, other in zip(mine.ids[order].tolist(), alone.ids[others].tolist(), strict=True):
                assert same[label].setdefault(identity, other) == other


@every_tracker
def test_without_classes_apart_any_may_continue_any(make: Make) -> None:
    ids = []
    tracker = make(per_class=False)
    for step in range(8):
        tracks = tracker.update(boxes=[[10, 10, 50, 90]], scores=[0.9], labels=[step % 2])
        assert tracks.labels.tolist() in ([], [step % 2])
        ids += tracks.ids.tolist()
    assert set(ids) == {1}


@every_tracker
def test_memory_of_lost_tracks_is_bounded(make: Make) -> None:
    tracker, most = make(), 0
    random = np.random.default_rng(0)
    for step in range(400):
        corners = random.uniform(0, 1e6, (3, 2))
        tracker.update(boxes=np.column_stack((corners, corners + 10)), scores=[0.9] * 3)
        most = max(most, len(tracker._rows))
        if step == 200:
            half = most
    assert most == half <= 3 * 40


@every_tracker
def test_steady_boxes_keep_their_identities(make: Make) -> None:
    boxes = np.array([[10, 10, 50, 90], [200, 30, 260, 150], [400, 60, 450, 190]], np.float32)
    tracker = make()
    for step in range(30):
        tracks = tracker.update(boxes=boxes + 2 * step, scores=[0.9, 0.8, 0.95])
    order = np.argsort(tracks.ids)
    assert tracks.ids[order].tolist() == [1, 2, 3]
    assert tracks.detection_index[order].tolist() == [0, 1, 2]
    assert tracks.boxes[order] == pytest.approx(boxes + 58, abs=0.5)


@every_tracker
def test_what_a_config_allows_a_tracker_allows(make: Make) -> None:
    config = make().config
    assert make(**attrs.asdict(config)).config == config
    assert config.needs == {"detections"}
