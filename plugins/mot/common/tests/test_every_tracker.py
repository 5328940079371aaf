"""What holds for every installed tracker of boxes, whatever its detections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.instances import Instances

Make = Callable[..., Any]
few = settings(deadline=None, max_examples=40)

# A coarse grid makes equal, touching and empty boxes likely; the huge ones lose all precision.
corner = st.one_of(st.integers(0, 12).map(lambda step: step * 10.0), st.sampled_from([-1e30, 1e9, 1e30]))
side = st.sampled_from([0.0, 1e-3, 5.0, 20.0, 30.0, 1e6, 1e30])
score = st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.55, 0.6, 0.65, 0.7, 0.9, 1.0])
detection = st.tuples(corner, corner, side, side, score, st.integers(0, 2))
videos = st.lists(st.lists(detection, max_size=8), max_size=12)
looks = st.one_of(st.none(), st.integers(0, 10**6))
"""None for detections without embeddings, else the seed of embeddings that some frames lack."""


def instances(detections: list[tuple[float, ...]]) -> Instances:
    table = np.array(detections, np.float64).reshape(-1, 6)
    boxes = np.column_stack((table[:, :2], table[:, :2] + table[:, 2:4]))
    return Instances(boxes, table[:, 4], table[:, 5].astype(int))


def appearing(video: list[Instances], seed: int | None) -> list[Instances]:
    """The same detections with embeddings of length 1, without any in some frames, unknown (zeros) in some rows."""
    if seed is None:
        return video
    random = np.random.default_rng(seed)
    with_looks = []
    for detections in video:
        embeddings = random.normal(size=(len(detections), 8))
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        embeddings[random.random(len(detections)) < 0.1] = 0
        with_looks.append(detections.replace(embeddings=embeddings) if random.random() < 0.8 else detections)
    return with_looks


def outcome(tracks: Instances) -> list[list[Any]]:
    fields = (tracks.ids, tracks.boxes, tracks.scores, tracks.labels, tracks.detection_index, tracks.embeddings)
    return [field.tolist() for field in fields if field is not None]


@few
@given(video=videos, seed=looks, per_class=st.booleans())
def test_tracks_belong_to_detections(tracker_class: Make, video: Any, seed: Any, per_class: bool) -> None:
    tracker = tracker_class(per_class=per_class)
    classes: dict[int, int] = {}
    for given_instances in appearing(list(map(instances, video)), seed):
        tracks = tracker.update(None, given_instances)
        assert len(set(tracks.ids.tolist())) == len(tracks)
        index = tracks.detection_index
        assert len(set(index.tolist())) == len(index)
        assert ((index >= 0) & (index < len(given_instances))).all()
        assert (tracks.labels == given_instances.labels[index]).all()
        assert (tracks.scores == given_instances.scores[index]).all()
        assert np.isfinite(tracks.boxes).all()
        types = (tracks.boxes.dtype, tracks.scores.dtype, tracks.ids.dtype, tracks.labels.dtype, index.dtype)
        assert types == (np.float32, np.float32, np.int64, np.int64, np.int64)
        assert tracks.boxes.shape == (len(tracks), 4)
        if per_class:
            for identity, label in zip(tracks.ids.tolist(), tracks.labels.tolist(), strict=True):
                assert classes.setdefault(identity, label) == label


@few
@given(first=videos, second=videos, seed=looks)
def test_a_reset_tracker_is_a_new_one(tracker_class: Make, first: Any, second: Any, seed: Any) -> None:
    used, fresh = tracker_class(), tracker_class()
    for detections in appearing(list(map(instances, first)), seed):
        used.update(None, detections)
    used.reset()
    for detections in appearing(list(map(instances, second)), seed):
        assert outcome(used.update(None, detections)) == outcome(fresh.update(None, detections))


@few
@given(first=videos, second=videos)
def test_two_trackers_do_not_know_of_each_other(tracker_class: Make, first: Any, second: Any) -> None:
    alone, one, other = tracker_class(), tracker_class(), tracker_class()
    for step, frame in enumerate(first):
        if step < len(second):
            other.update(None, instances(second[step]))
        assert outcome(one.update(None, instances(frame))) == outcome(alone.update(None, instances(frame)))


@few
@given(video=videos, seed=looks)
def test_inputs_and_earlier_answers_stay_as_they_are(tracker_class: Make, video: Any, seed: Any) -> None:
    tracker = tracker_class()
    kept: list[tuple[Instances, list[list[Any]]]] = []
    for detections in appearing(list(map(instances, video)), seed):
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


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6), looking=st.booleans())
def test_classes_together_are_classes_apart(tracker_class: Make, seed: int, looking: bool) -> None:
    together, apart = tracker_class(), [tracker_class() for _ in range(3)]
    same: list[dict[int, int]] = [{}, {}, {}]
    for detections in appearing(walking(seed), seed if looking else None):
        tracks = together.update(None, detections)
        for label, tracker in enumerate(apart):
            alone = tracker.update(None, detections[detections.labels == label])
            mine = tracks[tracks.labels == label]
            order, others = np.argsort(mine.detection_index), np.argsort(alone.detection_index)
            assert mine.boxes[order] == pytest.approx(alone.boxes[others], abs=1e-3)
            for identity, other in zip(mine.ids[order].tolist(), alone.ids[others].tolist(), strict=True):
                assert same[label].setdefault(identity, other) == other


def test_without_classes_apart_any_may_continue_any(tracker_class: Make) -> None:
    ids = []
    tracker = tracker_class(per_class=False)
    for step in range(8):
        tracks = tracker.update(boxes=[[10, 10, 50, 90]], scores=[0.9], labels=[step % 2])
        assert tracks.labels.tolist() in ([], [step % 2])
        ids += tracks.ids.tolist()
    assert set(ids) == {1}


@pytest.mark.parametrize("looking", [False, True])
def test_memory_of_lost_tracks_is_bounded(tracker_class: Make, looking: bool) -> None:
    tracker, sizes = tracker_class(), []
    random = np.random.default_rng(0)
    for step in range(600):
        # New objects come and go every fourth frame, seen often enough to be believed in.
        if step % 4 == 0:
            corners = random.uniform(0, 1e6, (3, 2))
        embeddings = random.normal(size=(3, 16)) if looking else None
        tracker.update(boxes=np.column_stack((corners, corners + 10)), scores=[0.9] * 3, embeddings=embeddings)
        sizes.append(sum(part.nbytes for part in tracker.state_dict().values()))
    # Whatever it keeps is in its state; tracks that are gone are kept for some 30 frames, their looks for some more.
    assert max(sizes[300:]) <= max(sizes[:300])
    assert max(sizes) < 1_000_000


@pytest.mark.parametrize("looking", [False, True])
def test_thousands_of_detections(tracker_class: Make, looking: bool) -> None:
    tracker, random = tracker_class(), np.random.default_rng(0)
    corners = random.uniform(0, 3000, (1500, 2))
    boxes = np.column_stack((corners, corners + random.uniform(10, 80, (1500, 2))))
    embeddings = random.normal(size=(1500, 4)) if looking else None
    for step in range(3):
        tracks = tracker.update(boxes=boxes + step, scores=random.uniform(0, 1, 1500), embeddings=embeddings)
        assert len(np.unique(tracks.ids)) == len(tracks)
        assert len(np.unique(tracks.detection_index)) == len(tracks)
    tracker.update(boxes=[])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(tracker_class: Make, wrong: float) -> None:
    tracker, box = tracker_class(), [10.0, 10, 50, 90]
    tracker.update(boxes=[box])
    before = {name: part.tolist() for name, part in tracker.state_dict().items()}
    for place in range(4):
        with pytest.raises(ValueError, match="boxes must be finite"):
            tracker.update(boxes=[[*box[:place], wrong, *box[place + 1 :]]])
    with pytest.raises(ValueError, match="scores must be finite"):
        tracker.update(boxes=[box], scores=[wrong])
    with pytest.raises(ValueError, match="embeddings must be finite"):
        tracker.update(boxes=[box], embeddings=[[1.0, wrong]])
    assert {name: part.tolist() for name, part in tracker.state_dict().items()} == before


def test_steady_boxes_keep_their_identities(tracker_class: Make) -> None:
    boxes = np.array([[10, 10, 50, 90], [200, 30, 260, 150], [400, 60, 450, 190]], np.float32)
    tracker = tracker_class()
    for step in range(30):
        tracks = tracker.update(boxes=boxes + 2 * step, scores=[0.9, 0.8, 0.95])
    order = np.argsort(tracks.ids)
    assert tracks.ids[order].tolist() == [1, 2, 3]
    assert tracks.detection_index[order].tolist() == [0, 1, 2]
    assert tracks.boxes[order] == pytest.approx(boxes + 58, abs=0.5)


def test_what_a_config_allows_a_tracker_allows(tracker_class: Make) -> None:
    config = tracker_class().config
    assert tracker_class(**attrs.asdict(config)).config == config
    assert config.needs - {"embeddings"} == {"detections"}
