"""What a plugin may hand over, and the reason shown when it may not."""

from __future__ import annotations

from typing import Any

import pytest

from vtcore.components import Component
from vtcore.errors import ComponentError

TRACKER = 'Component("tracker", "{name}", "m:C", "m:T", "s")'


def marked(hook: str, body: str, arguments: str = "") -> str:
    return f"@hookimpl\ndef {hook}({arguments}):\n    {body}\n"


def reason(fake_site: Any, code: str) -> str:
    """The reason shown for a plugin with this code; a good plugin beside it always works."""
    fake_site.add("bad", code)
    fake_site.add_tracker("good")
    host = fake_site.discover()
    plugin = host.plugin("bad")
    assert plugin.status == "broken"
    assert plugin.components == ()
    assert host.plugin("good").status == "ok"
    assert [impl.plugin.__name__ for impl in host.hook.vtcore_trackers.get_hookimpls()] == ["fake_good.plugin"]
    return str(plugin.reason)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (marked("vtcore_trakers", "return []"), "unknown hook 'vtcore_trakers'; did you mean 'vtcore_trackers'?"),
        (marked("vtcore_zzz", "return []"), "unknown hook 'vtcore_zzz'"),
        (
            "def vtcore_trakers():\n    return []\n",
            "function 'vtcore_trakers' is neither a hook nor marked with @hookimpl; did you mean 'vtcore_trackers'?",
        ),
        (
            "def vtcore_trackers():\n    return []\n",
            "function 'vtcore_trackers' is not marked with @hookimpl (from vtcore.hookspecs import hookimpl)",
        ),
        (
            marked("vtcore_frame_done", "pass", "run, fram"),
            "hook 'vtcore_frame_done' has no argument 'fram'; it has run, frame, detections, tracks; "
            "did you mean 'frame'?",
        ),
        (
            marked("vtcore_trackers", "return []", "config"),
            "hook 'vtcore_trackers' has no argument 'config'; it has none",
        ),
        (
            "@hookimpl(wrapper=True)\ndef vtcore_trackers():\n    return (yield)\n",
            "hook 'vtcore_trackers' is marked as a wrapper; vtcore's hooks have no wrappers",
        ),
        (
            '@hookimpl(specname="vtcore_trakkers")\ndef trackers():\n    return []\n',
            "unknown hook 'vtcore_trakkers'; did you mean 'vtcore_trackers'?",
        ),
    ],
)
def test_hooks_that_are_none(fake_site: Any, code: str, expected: str) -> None:
    assert reason(fake_site, code) == expected


@pytest.mark.parametrize(
    ("hook", "body", "expected"),
    [
        ("vtcore_trackers", "return 1 / 0", "hook 'vtcore_trackers' failed: ZeroDivisionError: division by zero"),
        ("vtcore_trackers", "raise SystemExit", "hook 'vtcore_trackers' failed: SystemExit"),
        ("vtcore_trackers", "yield 1 / 0", "hook 'vtcore_trackers' failed: ZeroDivisionError: division by zero"),
        ("vtcore_trackers", "return None", "hook 'vtcore_trackers' must return a list of components, got NoneType"),
        ("vtcore_trackers", "return 'sort'", "hook 'vtcore_trackers' must return a list of components, got str"),
        (
            "vtcore_trackers",
            f"return {TRACKER.format(name='a')}",
            "hook 'vtcore_trackers' must return a list of components, got Component",
        ),
        ("vtcore_trackers", "return ['sort']", "hook 'vtcore_trackers' must return components, got 'sort'"),
        ("vtcore_kinds", "return ['motion']", "hook 'vtcore_kinds' must return kinds, got 'motion'"),
        ("vtcore_kinds", "return None", "hook 'vtcore_kinds' must return a list of kinds, got NoneType"),
        (
            "vtcore_detectors",
            f"return [{TRACKER.format(name='a')}]",
            "tracker 'a' is returned by hook 'vtcore_detectors', but a tracker belongs in 'vtcore_trackers'",
        ),
        (
            "vtcore_trackers",
            'return [Component("writer", "a", "m:C", "m:T", "s")]',
            "writer 'a' is returned by hook 'vtcore_trackers', but a writer belongs in 'vtcore_components'",
        ),
        (
            "vtcore_components",
            f"return [{TRACKER.format(name='a')}]",
            "tracker 'a' is returned by hook 'vtcore_components', but a tracker belongs in 'vtcore_trackers'",
        ),
        (
            "vtcore_trackers",
            f"return [{TRACKER.format(name='Byte_Track')}]",
            "tracker 'Byte_Track': name must be lower-case words joined by hyphens, got 'Byte_Track'",
        ),
        (
            "vtcore_trackers",
            'return [Component("tracker", None, "m:C", "m:T", "s")]',
            "tracker None: name must be a string, got None",
        ),
        (
            "vtcore_trackers",
            'return [Component("tracker", "a", "m.C", "m:T", "s")]',
            "tracker 'a': config must read 'package.module:Name', got 'm.C'",
        ),
        (
            "vtcore_trackers",
            f"return [{TRACKER.format(name='a')}, {TRACKER.format(name='a')}]",
            "tracker 'a' is registered twice by the same plugin",
        ),
        (
            "vtcore_components",
            'return [Component("trakker", "a", "m:C", "m:T", "s")]',
            "trakker 'a' is of a kind that no installed plugin brings; did you mean 'tracker'?",
        ),
        (
            "vtcore_kinds",
            'return [Kind("tracker", "m:Tracker", "s")]',
            "declares the kind 'tracker' as 'm:Tracker', but the core has it as 'vtcore.interfaces:Tracker'",
        ),
    ],
)
def test_what_hooks_must_not_return(fake_site: Any, hook: str, body: str, expected: str) -> None:
    assert reason(fake_site, marked(hook, body)) == expected


def test_failing_hook_keeps_its_traceback(fake_site: Any) -> None:
    fake_site.add("bad", marked("vtcore_trackers", "return 1 / 0"))
    assert "plugin.py" in fake_site.discover().plugin("bad").traceback


def test_generator_optional_hook_and_borrowed_function(fake_site: Any) -> None:
    code = (
        marked("vtcore_trackers", f"yield {TRACKER.format(name='a')}")
        + "@hookimpl(optionalhook=True)\ndef vtcore_of_a_later_version():\n    pass\n"
        + "from fake_fine.tools import vtcore_tool\nfrom vtcore import hookspecs as vtcore_hooks\nvtcore_limit = 3\n"
    )
    fake_site.add("fine", code, files={"tools.py": "def vtcore_tool():\n    pass\n"})
    host = fake_site.discover()
    assert (host.plugin("fine").status, host.plugin("fine").reason) == ("ok", "")
    assert host.component("tracker", "a") == Component("tracker", "a", "m:C", "m:T", "s")


def test_kind_of_another_plugin(fake_site: Any) -> None:
    fake_site.add("family", marked("vtcore_kinds", 'return [Kind("motion", "fake_family.kinds:Motion", "Moves.")]'))
    fake_site.add(
        "aaa-member", marked("vtcore_components", 'return [Component("motion", "kalman", "m:C", "m:T", "s")]')
    )
    host = fake_site.discover()
    assert [plugin.status for plugin in host.plugins] == ["ok", "ok", "ok"]
    assert host.component("motion", "kalman").name == "kalman"
    assert host.kinds["motion"].summary == "Moves."
    assert host.plugin("family").kinds == (host.kinds["motion"],)


def test_broken_plugin_takes_its_kinds_along(fake_site: Any) -> None:
    """The kind's plugin is itself of an unknown kind, so whoever relies on it is broken too."""
    fake_site.add(
        "family",
        marked("vtcore_kinds", 'return [Kind("motion", "m:Motion", "s")]')
        + marked("vtcore_components", 'return [Component("nothing", "a", "m:C", "m:T", "s")]'),
    )
    fake_site.add("member", marked("vtcore_components", 'return [Component("motion", "kalman", "m:C", "m:T", "s")]'))
    host = fake_site.discover()
    assert {plugin.name: plugin.status for plugin in host.plugins} == {
        "vtcore": "ok",
        "family": "broken",
        "member": "broken",
    }
    assert "motion" not in host.kinds
    with pytest.raises(ComponentError, match="unknown kind 'motion'"):
        host.component("motion", "kalman")


def test_one_kind_declared_in_two_ways(fake_site: Any) -> None:
    fake_site.add("a", marked("vtcore_kinds", 'return [Kind("motion", "m:Motion", "s")]'))
    fake_site.add("b", marked("vtcore_kinds", 'return [Kind("motion", "m:Motion", "other words")]'))
    fake_site.add("c", marked("vtcore_kinds", 'return [Kind("motion", "n:Motion", "s")]'))
    host = fake_site.discover()
    assert [plugin.status for plugin in host.plugins] == ["ok", "ok", "ok", "broken"]
    assert host.plugin("c").reason == (
        "declares the kind 'motion' as 'n:Motion', but plugin 'a' (fake-a 1.0) has it as 'm:Motion'"
    )
