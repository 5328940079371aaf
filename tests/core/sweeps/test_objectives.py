"""Which scores a sweep judges by, which trial is best, and which no other one beats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.errors import ExperimentError
from vtcore.sweeps import Sweep
from vtcore.sweeps.objectives import Objective, best_of, objectives_of, pareto_front
from vtcore.sweeps.trials import Trial

HOTA, IDSW = Objective("hota", "HOTA"), Objective("clear", "IDSW", lower=True)


def _trials(*values: tuple[float, float]) -> list[Trial]:
    return [
        Trial(number=number, state="done", parameters={}, places=(), values={"hota.HOTA": a, "clear.IDSW": b})
        for number, (a, b) in enumerate(values)
    ]


def test_names_are_read(load: Callable[..., Any]) -> None:
    experiment = load(sweep__metrics=["hota.HOTA(0)", "-clear.IDSW", "identity.CLASS_AVERAGED.IDF1"])
    assert objectives_of(experiment) == [
        Objective("hota", "HOTA(0)"),
        Objective("clear", "IDSW", lower=True),
        Objective("identity", "IDF1", table="CLASS_AVERAGED"),
    ]
    assert objectives_of(load()) == []


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (["hta.HOTA"], "'hta.HOTA': the experiment has no metric 'hta'; did you mean 'hota'?"),
        (["HOTA"], "must be metric.field, such as hota.HOTA or -clear.IDSW, got 'HOTA'"),
        (["hota.HOTA", "-hota.HOTA"], "'hota.HOTA' is there twice"),
    ],
)
def test_wrong_names(load: Callable[..., Any], metrics: list[str], message: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        objectives_of(load(sweep__metrics=metrics))
    assert [problem.message for problem in caught.value.problems] == [message]
    assert caught.value.problems[0].key == "sweep.metrics"


def test_fields_are_compared_with_the_metrics(load: Callable[..., Any]) -> None:
    sweep = Sweep(load(sweep__metrics=["hota.HOTTA", "clear.curves"]), output="sweep")
    with pytest.raises(ExperimentError) as caught:
        sweep.execute()
    first, second = (problem.message for problem in caught.value.problems)
    assert first == "metric 'hota' has no field 'HOTTA'; did you mean 'HOTA'?"
    assert second.startswith("metric 'clear' has no field 'curves'; there are 'MOTA'")
    assert not sweep.folder.path.exists()


def test_an_experiment_without_metrics_cannot_be_swept(load: Callable[..., Any]) -> None:
    with pytest.raises(ExperimentError, match=r"metrics: is missing: by which scores is the sweep to judge\?"):
        Sweep(load({"metrics": []}))


def test_the_best_is_the_best_by_the_first_then_by_the_next() -> None:
    trials = _trials((0.5, 3), (0.7, 9), (0.7, 4), (0.7, 4), (0.1, 0))
    best = best_of(trials, [HOTA, IDSW])
    assert best is trials[2]
    assert best_of([], [HOTA]) is None


def test_the_front_is_what_nobody_beats() -> None:
    trials = _trials((0.5, 3), (0.7, 9), (0.7, 4), (0.7, 4), (0.1, 0), (0.1, 5))
    assert [trial.number for trial in pareto_front(trials, [HOTA, IDSW])] == [2, 0, 4]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_any_front(values: list[tuple[int, int]]) -> None:
    trials = _trials(*values)
    front = {(trial.values["hota.HOTA"], trial.values["clear.IDSW"]) for trial in pareto_front(trials, [HOTA, IDSW])}
    expected = {(a, b) for a, b in values if not any((c >= a and d <= b) and (c, d) != (a, b) for c, d in values)}
    assert front == expected


def test_scores_that_are_no_numbers_are_none() -> None:
    assert HOTA.value({"hota": {"COMBINED": {"HOTA": None}}}) is None
    assert HOTA.value({}) is None
    assert HOTA.value({"hota": {"COMBINED": {"HOTA": 0.5}}}) == 0.5
