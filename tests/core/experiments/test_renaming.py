"""Options that have another name now: the former one goes on for a while, is told, and then refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vtcore
from vtcore.deprecation import DeprecatedOptionWarning, Deprecation, VtcoreDeprecationWarning
from vtcore.errors import ExperimentError
from vtcore.experiments import Experiment, load_experiment
from vtcore.host import PluginHost
from vtcore.options import option

CONFIG = """
import attrs
from vtcore.components import ComponentTable
from vtcore.deprecation import Deprecation
from vtcore.interfaces import Tracker
from vtcore.options import option

def former(old, new):
    return Deprecation("fake_near.config", argument=old, since="0.1", instead=repr(new))

@attrs.frozen(kw_only=True)
class Gate:
    width: float = option(3.0, "How wide.", gt=0, formerly=former("size", "width"))

@attrs.frozen(kw_only=True)
class Near:
    farthest: float = option(
        50.0, "How far.", gt=0, formerly=[former("limit", "farthest"), former("reach", "farthest")]
    )
    gate: Gate = option(factory=Gate, help="A table.", formerly=former("window", "gate"))
    inner: Tracker | None = option(None, "Another.")
    chain: list[Tracker] = option(factory=list, help="Others.")
    named: dict[str, Tracker] = option(factory=dict, help="Others by name.")

@attrs.frozen(kw_only=True)
class Outdated:
    inner: Tracker = option(ComponentTable("near", {"limit": 7.0}), "One whose default was written long ago.")
"""

PLUGIN = """
from vtcore.components import Component

@hookimpl
def vtcore_trackers():
    return [Component("tracker", "near", "fake_near.config:Near", "fake_near.targets:T", "For tests."),
            Component("tracker", "outdated", "fake_near.config:Outdated", "fake_near.targets:T", "For tests.")]
"""

TOLD = "deprecated since vtcore 0.1, removed in 0.3; use"


@pytest.fixture
def near(fake_site: Any, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Experiment]:
    """Load ``x.toml`` with a plugin whose options were renamed."""
    fake_site.add("near", PLUGIN, files={"config.py": CONFIG})
    host: PluginHost = fake_site.discover()
    monkeypatch.setattr(vtcore, "__version__", "0.1.0")

    def load(text: str, overrides: Any = (), **options: Any) -> Experiment:
        write(x=text)
        return load_experiment("x.toml", overrides, host=host, **options)

    return load


def told(near: Callable[..., Experiment], text: str, *overrides: str, **options: Any) -> tuple[Experiment, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        experiment = near(text, overrides, **options)
    assert {warning.category for warning in caught} <= {DeprecatedOptionWarning}
    assert {Path(warning.filename).name for warning in caught} <= {Path(__file__).name}
    return experiment, [str(warning.message) for warning in caught]


def test_former_name_is_taken_and_told_with_file_line_new_name_and_version(near: Callable[..., Experiment]) -> None:
    experiment, messages = told(near, '[tracker]\ntype = "near"\nlimit = 5\n')
    assert messages == [f"x.toml:3: tracker.limit: {TOLD} 'farthest'"]
    assert experiment.resolved()["tracker"]["farthest"] == 5.0
    assert "limit" not in experiment.to_toml()
    assert str(experiment.origins["tracker", "farthest"]) == "x.toml:3"


def test_name_of_today_is_not_told(near: Callable[..., Experiment]) -> None:
    assert told(near, '[tracker]\ntype = "near"\nfarthest = 5\n')[1] == []


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("[tracker.gate]\nsize = 2\n", "tracker.gate.size", 4),
        ('[tracker.inner]\ntype = "near"\nreach = 2\n', "tracker.inner.reach", 5),
        ('[[tracker.chain]]\ntype = "near"\n[[tracker.chain]]\ntype = "near"\nlimit = 2\n', "tracker.chain.1.limit", 7),
        ('[tracker.named.any]\ntype = "near"\nlimit = 2\n', "tracker.named.any.limit", 5),
    ],
)
def test_wherever_the_table_is(near: Callable[..., Experiment], text: str, key: str, line: int) -> None:
    assert told(near, f'[tracker]\ntype = "near"\n{text}')[1] == [
        f"x.toml:{line}: {key}: {TOLD} {'width' if 'size' in key else 'farthest'!r}"
    ]


def test_table_that_has_another_name(near: Callable[..., Experiment]) -> None:
    experiment, messages = told(near, '[tracker]\ntype = "near"\n[tracker.window]\nsize = 2\n')
    assert messages == [
        f"x.toml:3: tracker.window: {TOLD} 'gate'",
        f"x.toml:4: tracker.gate.size: {TOLD} 'width'",
    ]
    assert experiment.resolved()["tracker"]["gate"] == {"width": 2.0}


def test_in_what_is_extended_and_overridden(near: Callable[..., Experiment], write: Callable[..., None]) -> None:
    write(base='[tracker]\ntype = "near"\nlimit = 5\n')
    assert told(near, 'extends = ["base.toml"]\n')[1] == [f"base.toml:3: tracker.limit: {TOLD} 'farthest'"]
    experiment, messages = told(near, '[tracker]\ntype = "near"\n', "tracker.limit=8")
    assert messages == [f"-o tracker.limit=8: tracker.limit: {TOLD} 'farthest'"]
    assert experiment.resolved()["tracker"]["farthest"] == 8.0


def test_in_what_is_swept(near: Callable[..., Experiment]) -> None:
    text = '[tracker]\ntype = "near"\nlimit = [5, 6]\n[sweep.parameters.tracker.gate]\nsize = [1, 2]\n'
    experiment, messages = told(near, text, sweep=True)
    assert messages == [
        f"x.toml:3: tracker.limit: {TOLD} 'farthest'",
        f"x.toml:5: sweep.parameters.tracker.gate.size: {TOLD} 'width'",
    ]
    parameters = experiment.resolved()["sweep"]["parameters"]
    assert parameters == {"tracker": {"farthest": [5, 6], "gate": {"width": [1, 2]}}}


def refused(near: Callable[..., Experiment], text: str, *overrides: str) -> str:
    with pytest.raises(ExperimentError) as error:
        near(text, overrides)
    return str(error.value)


def test_both_names_are_an_error(near: Callable[..., Experiment]) -> None:
    both = "is the former name of 'farthest', which is given too"
    assert refused(near, '[tracker]\ntype = "near"\nlimit = 5\nfarthest = 6\n') == (
        f"x.toml:3: tracker.limit: {both} (x.toml:4): leave this one out"
    )
    assert refused(near, '[tracker]\ntype = "near"\nlimit = 5\nreach = 6\n').startswith(
        f"x.toml:4: tracker.reach: {both}"
    )
    assert both in refused(near, '[tracker]\ntype = "near"\nlimit = 5\n', "tracker.farthest=6")


def test_what_is_wrong_with_the_value_is_told_at_its_line(near: Callable[..., Experiment]) -> None:
    text = '[tracker]\ntype = "near"\nlimit = -5\n'
    assert refused(near, text) == "x.toml:3: tracker.farthest: must be > 0, got -5.0"


@pytest.mark.parametrize("version", ["0.3.0", "0.3.0rc1", "1.0"])
def test_once_removed_it_is_an_error_with_the_same_words(
    near: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(vtcore, "__version__", version)
    told = "x.toml:3: tracker.limit: removed in vtcore 0.3; use 'farthest'"
    assert refused(near, '[tracker]\ntype = "near"\nlimit = 5\n') == told


def test_default_of_another_component_goes_on(near: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(VtcoreDeprecationWarning, match=r"fake_near.config, argument 'limit': deprecated since"):
        experiment = near('[tracker]\ntype = "outdated"\n')
    assert experiment.resolved()["tracker"]["inner"]["farthest"] == 7.0
    monkeypatch.setattr(vtcore, "__version__", "0.3.0")
    assert "removed in vtcore 0.3; use 'farthest'" in refused(near, '[tracker]\ntype = "outdated"\n')


def test_deprecation_of_no_argument_is_no_name() -> None:
    with pytest.raises(ValueError, match="say which name the option had"):
        option(1, "One.", formerly=Deprecation("example.area", since="0.2", instead="'size'"))
