"""Hooks gain arguments and siblings, and lose none: what was written before goes on."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

import vtcore
from vtcore import hookspecs, registration
from vtcore import host as host_module
from vtcore.errors import PluginError
from vtcore.hookspecs import hookimpl, hookspec
from vtcore.host import PluginHost

HOOKS_OF_0_1: dict[str, list[str]] = json.loads((Path(__file__).parent / "hooks_of_0_1.json").read_text())


def today() -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(hook).parameters)
        for name, hook in vars(hookspecs).items()
        if name.startswith("vtcore_")
    }


def test_no_hook_and_no_argument_was_lost() -> None:
    lost = [
        f"{hook}({argument})"
        for hook, arguments in HOOKS_OF_0_1.items()
        for argument in ["", *arguments]
        if hook not in today() or (argument and argument not in today()[hook])
    ]
    assert lost == []


def test_what_was_gained_tells_since_when() -> None:
    """An upgrade check must know what an older core lacks."""
    gained = {
        name
        for hook, arguments in today().items()
        for name in [hook, *(f"{hook}.{argument}" for argument in arguments)]
        if name.partition(".")[2] not in ["", *HOOKS_OF_0_1.get(hook, [])] or hook not in HOOKS_OF_0_1
    }
    assert gained == set(hookspecs.ADDED)
    for version in hookspecs.ADDED.values():
        assert Version("0.1") < Version(version) <= Version(vtcore.__version__)


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A core whose hooks have gained arguments, of registering and of runs, and which has one hook more."""

    @hookspec
    def vtcore_frame_done(run: Any, frame: Any, detections: Any, tracks: Any, seconds: float) -> None:
        pass

    @hookspec
    def vtcore_sequence_finished(files: Any, run: Any, sequence: Any) -> None:
        pass

    @hookspec
    def vtcore_frame_dropped(run: Any, frame: Any) -> None:
        pass

    @hookspec
    def vtcore_trackers(family: str) -> Any:
        pass

    hooks = (vtcore_frame_done, vtcore_sequence_finished, vtcore_frame_dropped, vtcore_trackers)
    for hook in hooks:
        monkeypatch.setattr(hookspecs, hook.__name__, hook, raising=False)
    names = (*registration.RUN_TIME_HOOKS, "vtcore_frame_dropped")
    monkeypatch.setattr(host_module, "RUN_TIME_HOOKS", names)


class Thing:
    name = "right"
    index = 3
    sequences = ()

    def __len__(self) -> int:
        return 7


@pytest.mark.usefixtures("tomorrow")
def test_the_old_plugin_takes_what_it_always_took(old_host: Callable[[], PluginHost]) -> None:
    host = old_host()
    assert host.plugin("steadfast").status == "ok", host.plugin("steadfast").reason
    assert host.component("tracker", "steadfast-nearest").load_target()
    from steadfast import plugin  # type: ignore[import-not-found]

    one = Thing()
    host.notify("vtcore_frame_done", run=one, frame=one, detections=one, tracks=one, seconds=0.5)
    host.notify("vtcore_sequence_finished", files=[], run=one, sequence=one)
    host.notify("vtcore_frame_dropped", run=one, frame=one)
    assert plugin.EVENTS == [("frame done", 3, 7), ("sequence finished", "right")]


class Newer:
    """A plugin for tomorrow's core."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    @hookimpl
    def vtcore_frame_done(self, seconds: float, frame: Any) -> None:
        self.seconds.append(seconds)


@pytest.mark.usefixtures("tomorrow")
def test_a_newer_plugin_beside_it_takes_the_new_argument(old_host: Callable[[], PluginHost]) -> None:
    host, newer, one = old_host(), Newer(), Thing()
    host.register(newer, "newer")
    host.notify("vtcore_frame_done", run=one, frame=one, detections=one, tracks=one, seconds=0.5)
    assert newer.seconds == [0.5]


def test_a_newer_plugin_on_todays_core_is_told_what_there_is(old_host: Callable[[], PluginHost]) -> None:
    host = old_host()
    with pytest.raises(PluginError) as told:
        host.register(Newer(), "newer")
    assert str(told.value) == (
        "plugin 'newer': hook 'vtcore_frame_done' has no argument 'seconds'; it has run, frame, detections, tracks"
    )
    assert host.plugin("steadfast").status == "ok"
