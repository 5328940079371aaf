"""Hooks of a run: who is told, in which order, and what a failing plugin does to it."""

from __future__ import annotations

import timeit
from typing import Any

import pytest

from vtcore.errors import PluginError
from vtcore.hookspecs import hookimpl


class Watcher:
    """Notes what it is told, or fails."""

    def __init__(self, name: str, told: list[Any], error: BaseException | None = None) -> None:
        self.name, self.told, self.error = name, told, error

    @hookimpl
    def vtcore_frame_done(self, tracks: Any, frame: Any) -> None:
        self.told.append((self.name, frame, tracks))
        if self.error is not None:
            raise self.error


class EarlyWatcher:
    """Wants to be told first."""

    def __init__(self, told: list[Any]) -> None:
        self.told = told

    @hookimpl(tryfirst=True)
    def vtcore_frame_done(self) -> None:
        self.told.append("early")


def notify(host: Any) -> None:
    host.notify("vtcore_frame_done", run="run", frame="frame", detections="detections", tracks="tracks")


def test_each_gets_the_arguments_it_takes_last_registered_first(fake_site: Any) -> None:
    host, told = fake_site.discover(), []
    host.register(EarlyWatcher(told), "early")
    host.register(Watcher("a", told), "a")
    host.register(Watcher("b", told), "b")
    notify(host)
    assert told == ["early", ("b", "frame", "tracks"), ("a", "frame", "tracks")]


def test_failure_names_plugin_and_hook_and_all_are_told(fake_site: Any) -> None:
    host, told = fake_site.discover(), []
    host.register(Watcher("a", told), "a")
    host.register(Watcher("b", told, ValueError("first\nsecond")), "b")
    host.register(Watcher("c", told, KeyError()), "c")
    with pytest.raises(PluginError) as caught:
        notify(host)
    assert str(caught.value).splitlines() == [
        "plugin 'c' (registered in this process) failed in vtcore_frame_done: KeyError",
        "plugin 'b' (registered in this process) failed in vtcore_frame_done: ValueError: first second",
    ]
    assert isinstance(caught.value.__cause__, KeyError)
    assert [name for name, *_ in told] == ["c", "b", "a"]


def test_installed_plugin_is_named_with_its_distribution(fake_site: Any) -> None:
    fake_site.add("clumsy", "@hookimpl\ndef vtcore_run_finished(run, error):\n    raise OSError('disk')\n")
    host = fake_site.discover()
    with pytest.raises(PluginError, match=r"^plugin 'clumsy' \(fake-clumsy 1.0\) failed in vtcore_run_finished"):
        host.notify("vtcore_run_finished", run=None, error=None)


def test_interrupt_passes(fake_site: Any) -> None:
    host = fake_site.discover()
    host.register(Watcher("a", [], KeyboardInterrupt()), "a")
    with pytest.raises(KeyboardInterrupt):
        notify(host)


def test_listens(fake_site: Any) -> None:
    host = fake_site.discover()
    assert not host.listens("vtcore_frame_done")
    with host.register(Watcher("a", []), "a"):
        assert host.listens("vtcore_frame_done")
        assert not host.listens("vtcore_run_started")


def test_disabled_and_broken_plugins_are_not_told(fake_site: Any) -> None:
    hook = "@hookimpl\ndef vtcore_run_started(run):\n    run.append(__name__)\n"
    fake_site.add("good", hook)
    fake_site.add("off", hook)
    fake_site.add("bad", hook + "@hookimpl\ndef vtcore_trackers():\n    return None\n")
    told: list[str] = []
    fake_site.discover(disabled=["off"]).notify("vtcore_run_started", run=told)
    assert told == ["fake_good.plugin"]


def test_unknown_hook_is_a_bug_of_the_caller(fake_site: Any) -> None:
    with pytest.raises(KeyError):
        fake_site.discover().notify("vtcore_frame_dne", run=None)


def test_nearly_free_when_nobody_listens(fake_site: Any) -> None:
    host = fake_site.discover()
    seconds = min(timeit.repeat(lambda: notify(host), number=10_000, repeat=5)) / 10_000
    assert seconds < 5e-6
