"""Loading and building components."""

from __future__ import annotations

import sys
import types
from typing import Any

import attrs
import pytest

from vtcore.components import BuildContext, Component, Configured, build, load_object
from vtcore.errors import PluginError


@attrs.frozen(kw_only=True)
class MotionConfig:
    noise: float = 1.0


@attrs.frozen(kw_only=True)
class TrackerConfig:
    motion: Any = None
    parts: Any = ()
    threshold: float = 0.5


class Motion:
    def __init__(self, noise: float = 1.0, context: BuildContext | None = None) -> None:
        self.noise, self.context = noise, context


class Tracker:
    def __init__(self, motion: Any = None, parts: Any = (), threshold: float = 0.5) -> None:
        self.motion, self.parts, self.threshold = motion, parts, threshold


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this file's classes importable by name, and a module that fails."""
    module = types.ModuleType("parts_of_a_test")
    vars(module).update(globals())
    monkeypatch.setitem(sys.modules, "parts_of_a_test", module)


def component(kind: str, name: str) -> Component:
    return Component(kind, name.lower(), f"parts_of_a_test:{name}Config", f"parts_of_a_test:{name}", "s")


MOTION = component("motion", "Motion")
TRACKER = component("tracker", "Tracker")


def test_load_config_and_target() -> None:
    assert TRACKER.load_config() is TrackerConfig
    assert TRACKER.load_target() is Tracker


def test_build_makes_nested_targets_first() -> None:
    motion = Configured(MOTION, MotionConfig(noise=2.0))
    tracker = build(Configured(TRACKER, TrackerConfig(motion=motion, threshold=0.7)))
    assert isinstance(tracker, Tracker)
    assert tracker.threshold == 0.7
    assert isinstance(tracker.motion, Motion)
    assert tracker.motion.noise == 2.0


def test_build_lists_and_tables_of_components() -> None:
    motion = Configured(MOTION, MotionConfig(noise=3.0))
    in_list = build(Configured(TRACKER, TrackerConfig(parts=[motion, motion])))
    assert [part.noise for part in in_list.parts] == [3.0, 3.0]
    assert in_list.parts[0] is not in_list.parts[1]
    in_table = build(Configured(TRACKER, TrackerConfig(parts={"a": motion, "b": 1})))
    assert isinstance(in_table.parts["a"], Motion)
    assert in_table.parts["b"] == 1
    plain = (1, 2)
    assert build(Configured(TRACKER, TrackerConfig(parts=plain))).parts is plain


def test_context_goes_to_those_who_ask() -> None:
    context = BuildContext(device="cpu", classes=("person",), seed=3)
    motion = Configured(MOTION, MotionConfig())
    assert build(motion, context).context is context
    assert build(motion).context == BuildContext()
    assert build(Configured(TRACKER, TrackerConfig(motion=motion)), context).motion.context is context


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("no_such_module:X", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("vtcore.components:Nothing", "has no attribute 'Nothing'"),
        ("vtcore.components", "config of tracker 'x': cannot load 'vtcore.components'"),
    ],
)
def test_what_cannot_be_loaded(path: str, expected: str) -> None:
    with pytest.raises(PluginError) as caught:
        load_object(path, "config of tracker 'x'")
    assert str(caught.value).startswith(f"config of tracker 'x': cannot load {path!r}: ")
    assert expected in str(caught.value)


def test_module_that_fails_on_import(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fails_when_imported.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    broken = Component("tracker", "x", "fails_when_imported:C", "fails_when_imported:T", "s")
    with pytest.raises(PluginError, match=r"target of tracker 'x': .*ZeroDivisionError: division by zero"):
        broken.load_target()


def test_config_must_be_attrs() -> None:
    wrong = Component("tracker", "x", "parts_of_a_test:Tracker", "parts_of_a_test:Tracker", "s")
    with pytest.raises(PluginError, match="tracker 'x': config 'parts_of_a_test:Tracker' is not an attrs class"):
        wrong.load_config()


def test_nested_name() -> None:
    assert load_object("vtcore.components:Component.load_config", "method") is Component.load_config


def test_a_target_that_does_not_take_its_config() -> None:
    odd = Component("tracker", "odd", "parts_of_a_test:TrackerConfig", "parts_of_a_test:Motion", "s")
    with pytest.raises(PluginError) as refused:
        build(Configured(odd, TrackerConfig()))
    assert str(refused.value) == (
        "tracker 'odd': parts_of_a_test:Motion got an unexpected keyword argument 'motion'; its arguments must be the "
        "keys of parts_of_a_test:TrackerConfig, with the same defaults"
    )
