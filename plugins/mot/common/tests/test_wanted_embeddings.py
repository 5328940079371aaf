"""Trackers say for which detections they look at embeddings; what the others hold makes no difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.instances import Instances

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "BotSort": [{}, {"appearance": False}, {"high_threshold": 0.3}],
    "DeepOcSort": [{}, {"appearance": False}, {"high_threshold": 0.7}],
    "HybridSort": [{}, {"appearance": False}, {"second_appearance_weight": 0.5}],
    "BoostTrack": [{}, {"appearance": False}],
    "DeepSort": [{}, {"convention": "mmtracking"}, {"min_score": 0.6}],
    "StrongSort": [{}, {"convention": "mmtracking"}, {"min_score": 0.6}],
}


def scenes(seed: int, frames: int = 40, people: int = 12) -> list[Instances]:
    """People who walk past each other, surer and less sure, with noisy looks."""
    random = np.random.default_rng(seed)
    places, steps = random.uniform(0, 60, (people, 2)), random.normal(0, 1.5, (people, 2))
    looks = random.normal(size=(people, 16))
    found = []
    for _ in range(frames):
        places += steps
        seen = random.permutation(np.flatnonzero(random.random(people) < 0.9))
        corners = places[seen] + random.normal(0, 1, (len(seen), 2))
        boxes = np.concatenate((corners, corners + np.array([40, 90])), 1)
        scores = random.choice([0.05, 0.2, 0.3, 0.45, 0.6, 0.65, *[0.8, 0.9] * 6], len(seen))
        embeddings = looks[seen] + random.normal(0, 0.3, (len(seen), 16))
        found.append(Instances(boxes, scores, seen % 2, embeddings=embeddings))
    return found


def tracked(tracker: Any, scene: list[Instances]) -> list[list[Any]]:
    answers = [tracker.update(None, each) for each in scene]
    return [[each.boxes.tolist(), each.ids.tolist(), each.detection_index.tolist()] for each in answers]


def cases(tracker_class: type[Any]) -> list[dict[str, Any]]:
    if not hasattr(tracker_class, "wants_embeddings"):
        pytest.skip(f"{tracker_class.__name__} looks at no embeddings, or at all")
    return OPTIONS.get(tracker_class.__name__, [{}])


def test_embeddings_that_are_not_wanted_make_no_difference(tracker_class: type[Any]) -> None:
    for options in cases(tracker_class):
        for seed in range(3):
            scene = scenes(seed)
            tracker = tracker_class(**options)
            bare = []
            for each in scene:
                wanted = tracker.wants_embeddings(each)
                assert (wanted.dtype, wanted.shape) == (np.dtype(bool), (len(each),))
                assert each.embeddings is not None
                bare.append(each.replace(embeddings=each.embeddings * wanted[:, None]))
            assert tracked(tracker_class(**options), bare) == tracked(tracker_class(**options), scene)


def test_some_are_not_wanted_and_those_that_are_do_make_a_difference(tracker_class: type[Any]) -> None:
    for options in cases(tracker_class):
        scene = [each for seed in range(3) for each in scenes(seed)]
        tracker = tracker_class(**options)
        masks = np.concatenate([tracker.wants_embeddings(each) for each in scene])
        if options.get("appearance", True):
            assert masks.any()
        else:
            assert not masks.any()
        assert not masks.all() or tracker_class.__name__ == "BoostTrack"
    changed = [each.replace(embeddings=np.roll(each.embeddings, 1, axis=0)) for each in scenes(0)]
    assert tracked(tracker_class(), changed) != tracked(tracker_class(), scenes(0))


def test_asking_changes_nothing(tracker_class: type[Any]) -> None:
    """It is asked ahead of the frame, in another thread."""
    cases(tracker_class)
    scene = scenes(5)
    asked = tracker_class()
    answers = []
    for place, each in enumerate(scene):
        for ahead in scene[place : place + 4]:
            asked.wants_embeddings(ahead)
        answers += tracked(asked, [each])
    assert answers == tracked(tracker_class(), scene)
    assert asked.wants_embeddings(Instances.empty()).tolist() == []
