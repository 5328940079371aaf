"""Checks of one component in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore import testing
from vtcore.components import Component
from vtcore.errors import ComponentError
from vtcore.instances import Instances
from vtcore.testing import (
    CheckFailure,
    check_component,
    check_refiner,
    check_target_tracker,
    check_tracker,
    check_writer,
)


class EachItsOwn:
    """Gives every detection a new id: right in form, if of little use."""

    def __init__(self, first: int = 1) -> None:
        self.first = first
        self.reset()

    def reset(self, sequence: Any = None) -> None:
        self.next_id = self.first

    def update(self, frame: Any, detections: Instances) -> Instances:
        ids = np.arange(len(detections)) + self.next_id
        self.next_id += len(detections)
        return Instances(
            detections.boxes,
            detections.scores,
            detections.labels,
            ids=ids,
            detection_index=np.arange(len(detections)),
        )


class Drifting(EachItsOwn):
    def update(self, frame: Any, detections: Instances) -> Instances:
        tracks = super().update(frame, detections)
        detections.boxes[:] += 1
        return tracks


def statuses(outcomes: Any) -> dict[str, str]:
    return {each.check: each.status for each in outcomes}


def test_a_class_by_itself() -> None:
    found = statuses(check_tracker(EachItsOwn, quick=True))
    assert found["deterministic"] == "passed"
    assert found["config-documented"] == "not checked"
    assert "bounded-memory" not in found


def test_options_are_handed_on() -> None:
    assert statuses(check_tracker(EachItsOwn, quick=True, first=7))["unique-ids"] == "passed"
    with pytest.raises(CheckFailure, match="EachItsOwn: unique-ids: in frame 1 an id is negative"):
        check_tracker(EachItsOwn, quick=True, first=-9)


def test_all_that_fails_is_told_line_by_line() -> None:
    with pytest.raises(CheckFailure) as caught:
        check_tracker(Drifting, quick=True)
    lines = str(caught.value).splitlines()
    assert all(line.startswith("tracker:Drifting: ") for line in lines)
    assert any("inputs-unmodified: in step 1 it changed what it was given" in line for line in lines)


def test_a_class_that_is_a_component() -> None:
    from vtcore.results.mot_text import MotTextWriter

    assert statuses(check_writer(MotTextWriter, quick=True))["config-documented"] == "passed"
    assert statuses(check_writer("mot-text", quick=True))["file-where-it-belongs"] == "passed"


def test_a_component_that_nobody_registered() -> None:
    component = Component(
        "writer", "mine", "vtcore.results.config:MotTextConfig", "vtcore.results.mot_text:MotTextWriter", "Writes."
    )
    assert statuses(check_component(component, quick=True))["options-agree"] == "passed"


def test_what_cannot_be_checked() -> None:
    with pytest.raises(ComponentError, match=r"say what .* is for: check_component"):
        check_component(EachItsOwn)
    with pytest.raises(ComponentError, match="unknown refiner 'nothing'"):
        check_refiner("nothing")
    with pytest.raises(CheckFailure, match="follows no targets: its config says needs"):
        check_target_tracker(EachItsOwn)


def test_public_names_are_there() -> None:
    # A module of the same name would take a function's place once it is imported.
    modules = {path.stem for path in Path(testing.__path__[0]).glob("*.py")}
    assert modules & set(testing.__all__) == set()
    for name in testing.__all__:
        assert getattr(testing, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'check_nothing'"):
        _ = testing.check_nothing
