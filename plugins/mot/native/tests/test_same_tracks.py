"""Trackers answer the same with the compiled loops and without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtrack_common_mot import native

loops = pytest.importorskip("vtrack_native_mot", reason="vtrack-native-mot is not installed, or was not compiled")

TRACKERS = [
    "sort",
    "bytetrack",
    "ocsort",
    "botsort",
    "hybridsort",
    "deepocsort",
    "boosttrack",
    "deepsort",
    "strongsort",
]


def crowd(seed: int, frames: int = 120, people: int = 25) -> list[Instances]:
    """Return detections of people who walk about, hide and come back."""
    draw = np.random.default_rng(seed)
    places, steps = draw.uniform(0, 600, (people, 2)), draw.normal(0, 3, (people, 2))
    sides = draw.uniform(20, 80, (people, 2))
    hidden = np.zeros(people, int)
    found = []
    for _ in range(frames):
        places += steps + draw.normal(0, 0.7, places.shape)
        hidden = np.where(hidden > 0, hidden - 1, np.where(draw.random(people) < 0.04, draw.integers(2, 15, people), 0))
        seen = (hidden == 0).nonzero()[0]
        corner = places[seen] + draw.normal(0, 1, (len(seen), 2))
        boxes = np.concatenate((corner, corner + sides[seen]), 1)
        found.append(Instances(boxes, draw.uniform(0.2, 1, len(seen)), labels=seen % 2))
    return found


def answers(name: str, scene: list[Instances]) -> list[Instances]:
    tracker: Any = plugin_host().component("tracker", name).load_target()()
    tracker.reset()
    return [tracker.update(None, seen) for seen in scene]


@pytest.mark.parametrize("name", TRACKERS)
def test_same_tracks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = crowd(7)
    monkeypatch.setattr(native, "loops", loops)
    compiled = answers(name, scene)
    monkeypatch.setattr(native, "loops", None)
    plain = answers(name, scene)
    assert sum(map(len, compiled)) > 300
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.detection_index, other.detection_index)
