"""Deprecations: they warn for two minor releases, then they are errors; each says what to use instead."""

from __future__ import annotations

import pkgutil
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

import vtcore
from vtcore import deprecation, hookspecs
from vtcore.deprecation import (
    DEPRECATIONS,
    Deprecation,
    VtcoreDeprecationWarning,
    deprecated,
    moved_names,
    renamed_argument,
)
from vtcore.errors import PluginError, RemovedError, VtcoreError
from vtcore.hookspecs import hookimpl, hookspec
from vtcore.host import PluginHost

AREA = Deprecation("example.area", since="0.2", instead="Box.area")
WIDTH = Deprecation("example.Box.width", since="0.2", instead="Box.size[0]")
FOLDER = Deprecation("example.save", argument="folder", since="0.2", instead="'path'")
RECTANGLE = Deprecation("example.Rectangle", since="0.2", instead="example.Box")


class Box:
    """The example: a module of the core, in which everything was once otherwise."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size

    @property
    def area(self) -> int:
        return self.size[0] * self.size[1]

    @property
    @deprecated(WIDTH)
    def width(self) -> int:
        return self.size[0]


@deprecated(AREA)
def area(box: Box) -> int:
    """Return the area."""
    return box.area


@renamed_argument(FOLDER, "path")
def save(box: Box, path: str = "here") -> str:
    return f"{box.size} in {path}"


@pytest.fixture
def example() -> Iterator[Any]:
    module = types.ModuleType("example")
    vars(module).update(area=area, save=save, Box=Box)
    module.__getattr__ = moved_names("example", {RECTANGLE: "example:Box"})  # type: ignore[method-assign]
    sys.modules["example"] = module
    yield module
    del sys.modules["example"]


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the running core one of another version."""
    return lambda version: monkeypatch.setattr(vtcore, "__version__", version)


USES: dict[str, Callable[[Any], bool]] = {
    "example.area: {}; use Box.area": lambda example: example.area(Box((2, 3))) == 6,
    "example.Box.width: {}; use Box.size[0]": lambda example: Box((2, 3)).width == 2,
    "example.save, argument 'folder': {}; use 'path'": lambda example: (
        example.save(Box((2, 3)), folder="there") == "(2, 3) in there"
    ),
    "example.Rectangle: {}; use example.Box": lambda example: example.Rectangle is Box,
}


@pytest.mark.parametrize("message", USES)
@pytest.mark.parametrize("version", ["0.2.0", "0.2.9", "0.3.0", "0.3.99"])
def test_two_releases_warn_and_work(example: Any, release: Any, message: str, version: str) -> None:
    release(version)
    with pytest.warns(VtcoreDeprecationWarning) as told:
        assert USES[message](example)
    (warning,) = told
    assert str(warning.message) == message.format("deprecated since vtcore 0.2, removed in 0.4")
    assert Path(warning.filename) == Path(__file__), "it is told of whoever uses it"


@pytest.mark.parametrize("message", USES)
@pytest.mark.parametrize("version", ["0.4.0rc1", "0.4.0", "0.5", "1.0"])
def test_then_it_is_an_error(example: Any, release: Any, message: str, version: str) -> None:
    release(version)
    with pytest.raises(RemovedError) as told:
        USES[message](example)
    assert str(told.value) == message.format("removed in vtcore 0.4")
    assert isinstance(told.value, VtcoreError)


def test_the_new_way_is_silent(example: Any, release: Any) -> None:
    release("0.4.0")
    assert example.save(Box((2, 3)), path="there") == "(2, 3) in there"
    assert example.save(Box((2, 3))) == "(2, 3) in here"
    assert example.area.__doc__ == "Return the area."


def test_import_of_a_moved_name(example: Any, release: Any) -> None:
    release("0.3")
    with pytest.warns(VtcoreDeprecationWarning, match=r"^example\.Rectangle: deprecated"):
        from example import Rectangle  # type: ignore[import-not-found]
    assert Rectangle is Box
    with pytest.raises(AttributeError, match=r"^module 'example' has no attribute 'Circle'$"):
        _ = example.Circle


def test_both_names_of_an_argument(example: Any, release: Any) -> None:
    release("0.3")
    with (
        pytest.warns(VtcoreDeprecationWarning),
        pytest.raises(TypeError, match="'folder' is its former name, give only one"),
    ):
        example.save(Box((2, 3)), path="here", folder="there")


def test_a_new_argument_must_exist() -> None:
    with pytest.raises(ValueError, match=r"example\.save has no argument 'place'"):
        renamed_argument(FOLDER, "place")(lambda path: path)


@pytest.mark.parametrize(
    ("since", "removal", "problem"),
    [
        ("0.2", "0.3", "x.y: deprecated since 0.2, so it cannot go before 0.4, got 0.3"),
        ("0.2", "0.2", "cannot go before 0.4"),
        ("1.3", "0.9", "cannot go before 1.5, got 0.9"),
        ("soon", "0.4", "x.y: Invalid version: 'soon'"),
    ],
)
def test_nothing_goes_too_soon(since: str, removal: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace(".", r"\.")):
        Deprecation("x.y", since=since, removal=removal, instead="z")


def test_a_replacement_must_be_named() -> None:
    with pytest.raises(ValueError, match="say what to use instead"):
        Deprecation("x.y", since="0.2", instead="")


def test_removal_is_two_minor_releases_later_or_when_it_is_said() -> None:
    assert Deprecation("x.y", since="0.9", instead="z").removal == "0.11"
    assert Deprecation("x.y", since="1.2.3", instead="z").removal == "1.4"
    assert Deprecation("x.y", since="1.2", removal="2.0", instead="z").removal == "2.0"


def test_plugins_deprecate_by_their_own_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Deprecation("pytest.old", since="0.2", removal="99", instead="new", distribution="pytest")
    with pytest.warns(VtcoreDeprecationWarning, match=r"since pytest 0\.2, removed in 99; use new"):
        deprecated(old)(lambda: None)()
    monkeypatch.setattr("importlib.metadata.version", lambda name: "100.1")
    with pytest.raises(RemovedError, match=r"^pytest\.old: removed in pytest 99; use new$"):
        deprecated(old)(lambda: None)()


def test_from_sources_whose_release_nobody_knows_it_warns() -> None:
    old = Deprecation("nobody.old", since="0.2", instead="new", distribution="nobody-has-this")
    with pytest.warns(VtcoreDeprecationWarning):
        deprecated(old)(lambda: None)()


class Listener:
    @hookimpl
    def vtcore_frame_done(self, frame: Any) -> None:
        pass


class TestHooks:
    """A deprecated hook or argument is told to whoever tests the plugin; a removed one by the plugin's row."""

    FRAME = Deprecation("vtcore_frame_done", argument="frame", since="0.2", removal="1.0", instead="'result'")
    HOOK = Deprecation("vtcore_frame_done", since="0.2", removal="1.0", instead="the hook vtcore_result")

    @pytest.mark.parametrize("whole", [True, False])
    def test_deprecated(self, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
        told: dict[str, Any] = (
            {"warn_on_impl": self.HOOK.warning()} if whole else {"warn_on_impl_args": {"frame": self.FRAME.warning()}}
        )

        @hookspec(**told)  # type: ignore[untyped-decorator]
        def vtcore_frame_done(run: Any, frame: Any, detections: Any, tracks: Any) -> None:
            pass

        monkeypatch.setattr(hookspecs, "vtcore_frame_done", vtcore_frame_done)
        host = PluginHost([])
        with pytest.warns(
            VtcoreDeprecationWarning, match="deprecated since vtcore 0.2, removed in 1.0; use "
        ) as caught:
            host.register(Listener(), "listener")
        assert Path(caught[0].filename) == Path(__file__)
        assert host.plugin("listener").status == "ok"

    def test_removed_argument(self, monkeypatch: pytest.MonkeyPatch) -> None:
        @hookspec
        def vtcore_frame_done(run: Any, result: Any) -> None:
            pass

        monkeypatch.setattr(hookspecs, "vtcore_frame_done", vtcore_frame_done)
        monkeypatch.setattr(deprecation, "DEPRECATIONS", (self.FRAME,))
        with pytest.raises(PluginError) as told:
            PluginHost([]).register(Listener(), "listener")
        assert str(told.value) == (
            "plugin 'listener': vtcore_frame_done, argument 'frame': removed in vtcore 1.0; use 'result'"
        )

    def test_removed_hook(self, monkeypatch: pytest.MonkeyPatch) -> None:
        former = Deprecation("vtcore_done", since="0.2", removal="1.0", instead="the hook vtcore_run_finished")
        monkeypatch.setattr(deprecation, "DEPRECATIONS", (former,))
        plugin = types.ModuleType("former")
        plugin.vtcore_done = hookimpl(lambda: None)  # type: ignore[attr-defined]
        with pytest.raises(PluginError) as told:
            PluginHost([]).register(plugin, "former")
        assert str(told.value) == (
            "plugin 'former': vtcore_done: removed in vtcore 1.0; use the hook vtcore_run_finished"
        )


def test_the_table_is_in_order() -> None:
    """What the core deprecates is there while it warns, and a hook goes with a major version only."""
    release = Version(vtcore.__version__)
    hooks = {name for name in vars(hookspecs) if name.startswith("vtcore_")}
    assert len({(each.name, each.argument) for each in DEPRECATIONS}) == len(DEPRECATIONS)
    for each in DEPRECATIONS:
        if each.name.startswith("vtcore_"):
            assert Version(each.removal).major > Version(each.since).major, f"{each.what}: hooks stay"
            assert (each.name in hooks) != (each.is_removed_in(release) and not each.argument), each.what
        elif not each.is_removed_in(release):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", VtcoreDeprecationWarning)
                assert pkgutil.resolve_name(each.name)
