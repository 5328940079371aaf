"""Each check catches what it is for, and its message tells the author what to do."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore.testing import checks_of

FOLDER = Path(__file__).parent


def _module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_module("wrong_case")
SUBJECTS = ("wrong_wholes", "wrong_behaviour", "wrong_trackers", "wrong_parts")
WRONG = [wrong for subject in SUBJECTS for wrong in _module(subject).WRONG]

CASES = [
    pytest.param(wrong, marks=pytest.mark.slow if wrong.slow else (), id=f"{number}-{wrong}")
    for number, wrong in enumerate(WRONG)
]
ELSEWHERE = {"metadata-complete", "experiments-load"}
"""Checks whose wrong plugins are below."""


@pytest.mark.parametrize("wrong", CASES)
def test_it_is_caught(wrong: Any, install: Callable[..., Any]) -> None:
    (outcome,) = install(wrong.edits).outcomes(wrong.check, wrong.component)
    assert (outcome.status, outcome.message) == ("failed", outcome.message)
    assert wrong.way_out in outcome.message


def test_every_check_has_a_wrong_plugin() -> None:
    kinds = ("plugin", "tracker", "target-tracker", "detector", "reid", "dataset", "transform", "refiner", "metric")
    kinds += ("writer", "protocol", "backbone", "head")
    names = {each.name for kind in kinds for each in checks_of(kind)}
    assert names - {wrong.check for wrong in WRONG} - ELSEWHERE == set()


def test_an_id_that_stands_twice(install: Callable[..., Any]) -> None:
    twice = (
        "made = Instances.trusted(detections.boxes, detections.scores, detections.labels, ids * 0)\n        return made"
    )
    edits = {
        "parts.py": (
            (
                "        return Instances(\n            detections.boxes,",
                f"        {twice}\n        Instances(\n            detections.boxes,",
            ),
        )
    }
    (outcome,) = install(edits).outcomes("unique-ids", "tracker:stranger")
    assert outcome.status == "failed"
    assert (
        "in frame 1 an id stands twice: [0, 0, 0, 0]; ids are unique within a frame over all classes" in outcome.message
    )


def test_metadata_that_says_nothing_of_the_core(install: Callable[..., Any]) -> None:
    (outcome,) = install(requirement="").outcomes("metadata-complete")
    assert outcome.status == "failed"
    assert 'write dependencies = ["vtcore>=0.1,<1", ...] under [project]' in outcome.message
    (outcome,) = install(summary="").outcomes("metadata-complete")
    assert outcome.message == "its distribution has no description; write one under [project] in pyproject.toml"


def test_a_core_that_it_was_not_made_for(install: Callable[..., Any]) -> None:
    (outcome,) = install(requirement="vtcore>=99").outcomes("is-registered")
    assert outcome.status == "failed"
    assert "it is incompatible: needs vtcore>=99, but this is vtcore" in outcome.message
    assert "widen the requirement on vtcore in [project] dependencies" in outcome.message


def test_wrong_experiments(install: Callable[..., Any]) -> None:
    stranger = install()
    folder = stranger.site / stranger.name / "experiments"
    folder.mkdir()
    file = folder / "wrong.toml"
    file.write_text('requires = ["vtcore"]\n[tracker]\ntype = "stranger"\ndistanse = 4\n')
    (outcome,) = stranger.outcomes("experiments-load")
    assert outcome.status == "failed"
    assert outcome.message.endswith("wrong.toml:4: tracker.distanse: unknown key; did you mean 'distance'?")
    file.write_text('requires = ["strangers-of-strangers"]\n[tracker]\ntype = "stranger"\n')
    (outcome,) = stranger.outcomes("experiments-load")
    assert (outcome.status, "strangers-of-strangers is not installed" in outcome.message) == ("not checked", True)
    file.write_text('requires = ["vtrack-plugin-yolox"]\n[detector]\ntype = "yolox"\n')
    (outcome,) = stranger.outcomes("experiments-load")
    assert outcome.status == "not checked"
    assert "pip install vtrack-plugin-yolox" in outcome.message
    file.write_text('[tracker]\ntype = "stranger"\n')
    (outcome,) = stranger.outcomes("experiments-load")
    assert "has no `requires`; name the distributions that it needs" in outcome.message


def test_what_cannot_be_made_is_told_once(install: Callable[..., Any]) -> None:
    edits = {"parts.py": (("self.config = configs.BrightConfig(level=level)", "raise RuntimeError('no')"),)}
    outcomes = install(edits).outcomes(component="detector:stranger")
    assert [each.check for each in outcomes if each.status == "failed"] == ["constructs"]
    assert "it cannot be made: see the check 'constructs'" in {each.message for each in outcomes}
