"""``[sweep]``, and lists in place of values: checked to the last value, with file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vtcore.errors import ExperimentError
from vtcore.experiments import load_experiment
from vtcore.host import plugin_host

pytest.importorskip("vtrack_plugin_bytetrack")
pytest.importorskip("vtrack_plugin_mot_refine")

BASE = """[tracker]
type = "bytetrack"
high_threshold = 0.6

[[refiners]]
type = "linear-interpolation"
"""


def _load(folder: Path, text: str, *overrides: str, sweep: bool = True) -> Any:
    path = folder / "x.toml"
    path.write_text(text)
    return load_experiment(path, overrides, sweep=sweep)


def _problems(folder: Path, text: str, *overrides: str, sweep: bool = True) -> list[str]:
    with pytest.raises(ExperimentError) as caught:
        _load(folder, text, *overrides, sweep=sweep)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_a_sweep_survives_being_written_down(tmp_path: Path) -> None:
    text = f"{BASE}\n[sweep]\ntrials = 7\n[sweep.parameters.tracker]\nhigh_threshold = {{low = 0.5, high = 0.7}}\n"
    experiment = _load(tmp_path, text + "convention = ['original']\n", "sweep.seed=3")
    assert experiment.sweep.trials == 7
    assert experiment.sweep.seed == 3
    again = load_experiment(experiment.resolved())
    assert again.sweep == experiment.sweep
    assert _load(tmp_path, experiment.to_toml()).resolved() == experiment.resolved()


def test_lists_in_place_of_values_mean_the_same(tmp_path: Path) -> None:
    text = BASE.replace("0.6", "[0.6, 0.5]") + "max_gap = [5, 10]\n"
    experiment = _load(tmp_path, text)
    assert experiment.tracker.config.high_threshold == 0.6
    assert experiment.sweep.parameters == {
        "tracker": {"high_threshold": [0.6, 0.5]},
        "refiners": {"0": {"max_gap": [5, 10]}},
    }
    assert str(experiment.origins["sweep", "parameters", "tracker", "high_threshold"]) == f"{tmp_path}/x.toml:3"


def test_components_may_be_listed(tmp_path: Path) -> None:
    experiment = _load(tmp_path, '[tracker]\ntype = ["bytetrack", "sort"]\n')
    assert experiment.tracker.component.name == "bytetrack"
    tables = '[[tracker]]\ntype = "sort"\n[[tracker]]\ntype = "bytetrack"\nhigh_threshold = 0.5\n'
    assert _load(tmp_path, tables).sweep.parameters == {
        "tracker": [{"type": "sort"}, {"type": "bytetrack", "high_threshold": 0.5}]
    }


def test_a_run_of_lists_is_told_to_be_a_sweep(tmp_path: Path) -> None:
    assert _problems(tmp_path, BASE.replace("0.6", "[0.6, 0.5]"), sweep=False) == [
        "x.toml:3: tracker.high_threshold: lists values to try, so the experiment is to be swept (vtcore sweep); to "
        "run it, give one value"
    ]


def test_extending_replaces_lists_and_merges_tables(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        f"{BASE}[sweep]\ntrials = 5\n[sweep.parameters.tracker]\ntrack_buffer = [1, 2]\nhigh_threshold = [0.5, 0.6]\n"
    )
    text = 'extends = ["base.toml"]\n[sweep.parameters.tracker]\ntrack_buffer = {low = 1, high = 9}\n'
    experiment = _load(tmp_path, text)
    assert experiment.sweep.trials == 5
    assert experiment.sweep.parameters["tracker"] == {
        "track_buffer": {"low": 1, "high": 9},
        "high_threshold": [0.5, 0.6],
    }


WRONG = [
    ("tracker]\nhgh_threshold = [1]", "tracker.hgh_threshold: unknown key; did you mean 'high_threshold'?"),
    ("tracker]\nhigh_threshold = [0.5, 2]", "tracker.high_threshold: must be <= 1, got 2.0"),
    ("tracker]\nhigh_threshold = {low = 0.5, high = 2}", "tracker.high_threshold: must be <= 1, got 2.0"),
    ("tracker]\nhigh_threshold = {low = 0.5, high = 2, step = 0.4}", "tracker.high_threshold: must be <= 1, got 1.7"),
    ("tracker]\nhigh_threshold = ['x']", "tracker.high_threshold: must be a number, got 'x' (a string)"),
    ("tracker]\ntrack_buffer = {low = 1.5, high = 4}", "tracker.track_buffer: must be an integer, got 1.5 (a number)"),
    ("tracker]\nconvention = ['orig']", "tracker.convention: must be one of 'original', 'mmtracking', got 'orig'"),
    ("tracker]\ntype = ['srt']", "tracker.type: unknown tracker 'srt'; did you mean 'sort'?"),
    ("tracker]\nhigh_threshold = 0.5", "tracker.high_threshold: must be a list of values to try, or {low = ..., high = ...}, got 0.5; write [0.5]"),  # noqa: E501
    ("dataset]\nroot = ['a']", "dataset: cannot be swept; what can is below tracker, refiners, detector, reid, transforms"),  # noqa: E501
    ("trackr]\nx = [1]", "trackr: cannot be swept; what can is below tracker, refiners, detector, reid, transforms; did you mean 'tracker'?"),  # noqa: E501
    ("detector]\nmin_score = [1]", "detector: there is no [detector] in the experiment to sweep"),
    ("refiners.1]\nmax_gap = [1]", "refiners.1.max_gap: there is no element 1: the list has 1, counted from 0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_wrong_sweep(tmp_path: Path, text: str, expected: str) -> None:
    (problem,) = _problems(tmp_path, f"{BASE}\n[sweep.parameters.{text}\n")
    place, _, message = problem.partition(": sweep.parameters.")
    assert message == expected
    assert place in ("x.toml:8", "x.toml:9")


def test_wrong_options(tmp_path: Path) -> None:
    assert _problems(tmp_path, f"{BASE}\n[sweep]\nsampler = 'tpee'\ntrials = 0\ntrails = 3\n") == [
        "x.toml:9: sweep.sampler: must be one of 'auto', 'grid', 'random', 'tpe', got 'tpee'",
        "x.toml:10: sweep.trials: must be >= 1, got 0",
        "x.toml:11: sweep.trails: unknown key; did you mean 'trials'?",
    ]


def test_values_that_only_together_are_wrong_are_left_to_the_trial(tmp_path: Path) -> None:
    text = f"{BASE}\n[sweep.parameters.tracker]\nlow_threshold = [0.1, 0.9]\n"
    assert _load(tmp_path, text).sweep.parameters["tracker"]["low_threshold"] == [0.1, 0.9]


def test_a_list_of_which_no_value_fits_is_wrong_as_a_list(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, BASE.replace("0.6", "['a', 'b']"))
    assert problem == "x.toml:3: tracker.high_threshold: must be a number, got a list of 2"


def test_a_list_in_place_of_a_value_is_checked_value_by_value(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, BASE.replace("0.6", "[0.5, 1.5]"))
    assert problem == "x.toml:3: sweep.parameters.tracker.high_threshold: must be <= 1, got 1.5"


def test_the_host_is_the_installed_one() -> None:
    experiment = load_experiment({"tracker": {"type": "sort"}}, host=plugin_host(), sweep=True)
    assert experiment.sweep is None
