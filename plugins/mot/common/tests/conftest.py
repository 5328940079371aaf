"""Every installed tracker of boxes, for the tests that hold for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from vtcore.components import Component
from vtcore.host import plugin_host
from vtrack_common_mot.tracker import BoxTracker

HASTIER: Mapping[str, Mapping[str, Any]] = {"qdtrack": {"new_track_threshold": 0.5}}
"""Other options than the defaults, for trackers that begin no track at the scores of these tests."""

_RANDOM = "how many tracks there are follows from embeddings, which are drawn at random here; see its own tests"

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("qdtrack", "test_another_trackers_state_is_refused"): "its class is another one here; see its own tests",
    ("qdtrack", "test_classes_together_are_classes_apart"): "a softmax is over all classes, and so are duplicates",
    ("qdtrack", "test_memory_of_lost_tracks_is_bounded"): _RANDOM,
    ("qdtrack", "test_steady_boxes_keep_their_identities"): "the surest detection has the first identity",
    ("qdtrack-tao", "test_memory_of_lost_tracks_is_bounded"): _RANDOM,
    ("qdtrack-tao", "test_tracks_belong_to_detections"): "scores are those of tracks, not of detections",
}
"""Why a test does not hold for a tracker."""


def _is_ours(component: Component) -> bool:
    target = component.load_target()
    needs = getattr(component.load_config()(), "needs", {"image"})
    return isinstance(target, type) and issubclass(target, BoxTracker) and "image" not in needs


def _class_of(component: Component) -> Any:
    target = component.load_target()
    options = HASTIER.get(component.name)
    if options is None:
        return target

    def __init__(self: Any, **others: Any) -> None:  # noqa: N807 - it is one
        target.__init__(self, **{**options, **others})

    return type(target.__name__, (target,), {"__init__": __init__})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tracker_class" not in metafunc.fixturenames:
        return
    found = []
    for component in plugin_host().components("tracker"):
        if _is_ours(component):
            reason = EXCEPTIONS.get((component.name, metafunc.function.__name__))
            marks = [] if reason is None else [pytest.mark.skip(reason=reason)]
            found.append(pytest.param(_class_of(component), id=component.name, marks=marks))
    metafunc.parametrize("tracker_class", found)
