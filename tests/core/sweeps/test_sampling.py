"""Samplers: what they choose, in which order, and when they are done."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import pytest

from vtcore.experiments.sweep_options import SweepOptions
from vtcore.experiments.sweep_parameters import Choices, Parameter, Range
from vtcore.sweeps.objectives import Objective
from vtcore.sweeps.sampling import GridSampler, RandomSampler, Sampler, chosen_sampler, sampler_name
from vtcore.sweeps.space import Places, Space
from vtcore.sweeps.trials import Trial

COLOURS = Choices(("tracker", "colour"), ("red", "green"))
SIZE = Range(("tracker", "size"), 1, 3, whole=True)
SHARE = Range(("tracker", "share"), 0.0, 1.0)
COUNT = Range(("tracker", "count"), 1, 1000, log=True, whole=True)
SCALE = Range(("tracker", "scale"), 0.001, 10.0, log=True)
OBJECTIVES = [Objective("hota", "HOTA"), Objective("clear", "IDSW", lower=True)]


def _space(*parameters: Parameter) -> Space:
    return Space(tuple(parameters))


def _trial(space: Space, number: int, places: Places, **values: float) -> Trial:
    scores = values or {"hota.HOTA": -sum(map(abs, places)), "clear.IDSW": number % 3}
    return Trial(number=number, state="done", parameters=space.values(places), places=places, values=scores)


def _chosen(sampler: Sampler, space: Space, count: int, start: int = 0) -> list[Places]:
    found = []
    for number in range(start, start + count):
        places = sampler.suggest(number)
        if places is None:
            break
        found.append(places)
        sampler.tell(_trial(space, number, places))
    return found


def test_a_grid_tries_everything_once_the_last_parameter_first() -> None:
    space = _space(COLOURS, SIZE)
    found = _chosen(GridSampler(space), space, 100)
    assert [tuple(space.values(places).values()) for places in found] == [
        *(("red", 1), ("red", 2), ("red", 3)),
        *(("green", 1), ("green", 2), ("green", 3)),
    ]


def test_a_grid_goes_on_where_it_stopped() -> None:
    space = _space(COLOURS, SIZE)
    sampler = GridSampler(space)
    for number, places in enumerate(list(space.grid())[:4]):
        sampler.tell(_trial(space, number, places))
    assert _chosen(sampler, space, 100, start=4) == [(1, 1), (1, 2)]


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_nothing_is_tried_twice_and_everything_in_the_end(name: str) -> None:
    if name == "tpe":
        pytest.importorskip("optuna")
    space = _space(COLOURS, SIZE, Choices(("tracker", "z"), (1, 2, 3)))
    sampler = chosen_sampler(SweepOptions(sampler=name), space, OBJECTIVES)
    found = _chosen(sampler, space, 100)
    assert sorted(found) == sorted(space.grid())


def test_random_numbers_fill_the_range() -> None:
    space = _space(SHARE, SCALE, COUNT, COLOURS)
    values = [space.values(places) for places in _chosen(RandomSampler(space, 0), space, 400)]
    columns = {name: [value[name] for value in values] for name in values[0]}
    assert all(0 <= share <= 1 for share in columns["tracker.share"])
    assert abs(sum(columns["tracker.share"]) / 400 - 0.5) < 0.06
    for name, low, high in (("tracker.scale", 0.001, 10.0), ("tracker.count", 1, 1000)):
        logs = [math.log(value) for value in columns[name]]
        assert math.log(low) <= min(logs) <= max(logs) <= math.log(high)
        assert abs(sum(logs) / 400 - (math.log(low) + math.log(high)) / 2) < 0.6
    assert all(type(value) is int for value in columns["tracker.count"])
    assert 150 < columns["tracker.colour"].count("red") < 250


@pytest.mark.parametrize("name", ["random", "tpe"])
def test_a_seed_gives_the_same_settings_also_after_a_stop(name: str) -> None:
    if name == "tpe":
        pytest.importorskip("optuna")
    space = _space(SHARE, SCALE, COUNT, COLOURS)

    def sampler(seed: int) -> Sampler:
        return chosen_sampler(SweepOptions(sampler=name, seed=seed), space, OBJECTIVES)

    whole = _chosen(sampler(1), space, 25)
    assert _chosen(sampler(1), space, 25) == whole
    assert _chosen(sampler(2), space, 25) != whole
    stopped = sampler(1)
    for number, places in enumerate(whole[:13]):
        stopped.tell(_trial(space, number, places))
    assert _chosen(stopped, space, 12, start=13) == whole[13:]


def test_tpe_finds_what_does_well(recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("optuna")
    space = _space(SHARE, Range(("tracker", "other"), -1.0, 1.0))
    sampler = chosen_sampler(SweepOptions(sampler="tpe"), space, OBJECTIVES[:1])
    losses = []
    for number in range(60):
        places = sampler.suggest(number)
        assert places is not None
        losses.append(abs(places[0] - 0.3) + abs(places[1] + 0.5))
        sampler.tell(_trial(space, number, places, **{"hota.HOTA": -losses[-1]}))
    assert statistics.median(losses[40:]) < statistics.median(losses[:20]) / 2
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")


def test_tpe_leaves_failed_trials_out() -> None:
    pytest.importorskip("optuna")
    space = _space(SHARE)
    sampler = chosen_sampler(SweepOptions(sampler="tpe"), space, OBJECTIVES[:1])
    for number in range(30):
        places = sampler.suggest(number)
        assert places is not None
        sampler.tell(Trial(number=number, state="failed", parameters={}, places=places, error="no"))
    earlier = chosen_sampler(SweepOptions(sampler="tpe"), space, OBJECTIVES[:1])
    earlier.tell(Trial(number=0, state="failed", parameters={}, places=(0.5,), error="no"))
    assert earlier.suggest(1) != (0.5,)


@pytest.mark.parametrize(
    ("parameters", "sampler", "expected"),
    [
        ([COLOURS], "auto", "grid"),
        ([COLOURS, SIZE], "auto", "tpe"),
        ([COLOURS, SIZE], "grid", "grid"),
        ([SHARE], "random", "random"),
    ],
)
def test_auto_is_a_grid_of_lists(parameters: Any, sampler: str, expected: str) -> None:
    assert sampler_name(SweepOptions(sampler=sampler), _space(*parameters)) == expected


def test_types_and_tables_come_before_their_keys() -> None:
    parameters: list[Parameter] = [
        Choices(("tracker", "age"), (3,)),
        Choices(("tracker", "motion", "x"), (5,)),
        Choices(("tracker", "type"), ("b",)),
        Choices(("tracker", "motion"), ({"type": "m"},)),
    ]
    tables = {"tracker": {"type": "a", "age": 1, "motion": {"type": "n", "y": 1}}}
    for order in itertools.permutations(parameters):
        space = _space(*order)
        applied = space.applied(tables, space.values((0, 0, 0, 0)))
        assert applied == {"tracker": {"type": "b", "age": 3, "motion": {"type": "m", "x": 5}}}
