"""Options whose value is a list themselves: several of them, in place of one, are values to try."""

from __future__ import annotations

from typing import Any

import pytest

from vtcore.errors import ExperimentError
from vtcore.experiments import load_experiment

TABLES = {"dataset": {"type": "images", "path": "x"}}


def _load(classes: Any, *, sweep: bool = True) -> Any:
    return load_experiment({**TABLES, "detector": {"type": "given", "classes": classes}}, sweep=sweep)


def test_a_list_is_a_value() -> None:
    experiment = _load(["car", "dog"])
    assert experiment.sweep is None
    assert list(experiment.detector.config.classes) == ["car", "dog"]


def test_lists_in_place_of_a_list_are_values_to_try() -> None:
    experiment = _load([["car"], [], ["car", "dog"]])
    assert experiment.sweep.parameters == {"detector": {"classes": [["car"], [], ["car", "dog"]]}}
    assert list(experiment.detector.config.classes) == ["car"]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([["car"], ["dog", 3]], "sweep.parameters.detector.classes: 1: must be a string, got 3"),
        ([[3]], "detector.classes.0: must be a string, got a list of 1"),
        (["car", ["dog"]], "detector.classes.1: must be a string, got a list of 1"),
    ],
)
def test_what_is_wrong_in_them_is_told(classes: Any, message: str) -> None:
    with pytest.raises(ExperimentError) as refused:
        _load(classes)
    assert message in str(refused.value)


def test_a_run_is_told_that_they_are_to_be_swept() -> None:
    with pytest.raises(
        ExperimentError, match=r"detector\.classes: lists values to try, so the experiment is to be swept"
    ):
        _load([["car"], ["dog"]], sweep=False)
