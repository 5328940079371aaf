"""Finding plugins and telling their state: one bad plugin is a row, the others work."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import vtcore
from vtcore.discovery import PluginInfo, find_candidates
from vtcore.host import PluginHost


def row(host: PluginHost, name: str) -> PluginInfo:
    (found,) = [plugin for plugin in host.plugins if plugin.name == name]
    return found


def test_core_first_then_by_name(fake_site: Any) -> None:
    fake_site.add_tracker("zebra")
    fake_site.add_tracker("ant")
    host = fake_site.discover()
    assert [plugin.name for plugin in host.plugins] == ["vtcore", "ant", "zebra"]
    assert [plugin.status for plugin in host.plugins] == ["ok"] * 3
    ant = row(host, "ant")
    assert (ant.distribution, ant.version, ant.module) == ("fake-ant", "1.0", "fake_ant.plugin")
    assert [component.name for component in ant.components] == ["ant"]
    assert ant.is_well


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('boom\\nsecond line')", "cannot be imported: RuntimeError: boom"),
        ("import no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        ("def broken(:\n", "cannot be imported: SyntaxError"),
    ],
)
def test_failing_import_is_a_row_and_others_work(fake_site: Any, code: str, reason: str) -> None:
    fake_site.add("bad", code)
    fake_site.add_tracker("good")
    host = fake_site.discover()
    bad = row(host, "bad")
    assert bad.status == "broken"
    assert not bad.is_well
    assert reason in bad.reason
    assert "\n" not in bad.reason
    assert "Traceback" in bad.traceback
    assert row(host, "good").status == "ok"
    assert host.component("tracker", "good").name == "good"


def test_missing_module_of_entry_point(fake_site: Any) -> None:
    fake_site.add("ghost", entry_points="[vtcore]\nghost = nowhere_to_be_found.plugin\n")
    assert "No module named 'nowhere_to_be_found'" in row(fake_site.discover(), "ghost").reason


def test_incompatible_is_not_imported(fake_site: Any) -> None:
    package = fake_site.add("future", requires=["numpy", "vtcore-other>=9", "vtcore>=99,<100"])
    plugin = row(fake_site.discover(), "future")
    assert plugin.status == "incompatible"
    assert plugin.reason == (
        f"needs vtcore>=99,<100, but this is vtcore {vtcore.__version__}; "
        'pip install "vtcore>=99,<100", or another release of fake-future'
    )
    assert f"{package}.plugin" not in sys.modules
    assert not plugin.is_well


@pytest.mark.parametrize(
    ("version", "requirement", "status"),
    [
        ("0.2.0rc1", "vtcore>=0.1,<1", "ok"),
        ("1.0.dev3", "vtcore<1", "incompatible"),
        ("0.1.0", "VTCore ~= 0.1", "ok"),
        ("0.1.0", "vtcore>=9; extra == 'later'", "ok"),
        ("0.1.0", "vtcore>=9; python_version < '3'", "ok"),
        ("0.1.0", "vtcore[av]>=9", "incompatible"),
        ("0.1.0", "vtcore this is no requirement", "broken"),
        ("0.1.0", "vtcore>=abc", "broken"),
        ("0.1.0+cu12", "vtcore==0.1.0", "ok"),
    ],
)
def test_requirement_on_the_core(
    fake_site: Any, monkeypatch: pytest.MonkeyPatch, version: str, requirement: str, status: str
) -> None:
    monkeypatch.setattr(vtcore, "__version__", version)
    fake_site.add("some", requires=[requirement])
    assert row(fake_site.discover(), "some").status == status


@pytest.mark.parametrize("name", ["off", "fake-off", "Fake_Off"])
def test_disabled_by_either_name_is_not_imported(fake_site: Any, name: str) -> None:
    package = fake_site.add("off", "raise RuntimeError")
    fake_site.add_tracker("on")
    host = fake_site.discover(disabled=[name])
    plugin = row(host, "off")
    assert (plugin.status, plugin.reason) == ("disabled", "disabled by the caller")
    assert plugin.is_well
    assert f"{package}.plugin" not in sys.modules
    assert row(host, "on").status == "ok"
    assert host.notes == ()


def test_disabled_by_environment(fake_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_site.add_tracker("one")
    fake_site.add_tracker("two")
    fake_site.add_tracker("three")
    monkeypatch.setenv("VTCORE_DISABLE_PLUGINS", " one, fake-two ,,")
    host = fake_site.discover()
    assert {plugin.name: plugin.status for plugin in host.plugins} == {
        "vtcore": "ok",
        "one": "disabled",
        "two": "disabled",
        "three": "ok",
    }
    assert row(host, "one").reason == "disabled by VTCORE_DISABLE_PLUGINS"


def test_unknown_or_core_name_to_disable_is_a_note(fake_site: Any) -> None:
    host = fake_site.discover(disabled=["nobody", "vtcore"])
    assert host.notes == (
        "the caller names 'nobody', but no such plugin is installed",
        "the caller names 'vtcore', but the core's own plugin cannot be disabled",
    )
    assert row(host, "vtcore").status == "ok"


def test_without_disables_more_and_leaves_the_host_as_it_is(fake_site: Any) -> None:
    fake_site.add_tracker("one")
    fake_site.add_tracker("two")
    host = fake_site.discover(disabled=["one"])
    less = host.without(["two"])
    assert {plugin.name: plugin.reason for plugin in less.plugins} == {
        "vtcore": "",
        "one": "disabled by the caller",
        "two": "disabled by [plugins] disable",
    }
    assert row(host, "two").status == "ok"
    assert host.without([]) is host
    assert host.without(["one"]) is host


def test_two_distributions_with_one_entry_point_name(fake_site: Any) -> None:
    fake_site.add_tracker("same", component="first", distribution="fake-b")
    fake_site.add_tracker("same", component="second", distribution="fake-a")
    host = fake_site.discover()
    assert [(plugin.name, plugin.distribution, plugin.status) for plugin in host.plugins[1:]] == [
        ("same", "fake-a", "ok"),
        ("same", "fake-b", "ok"),
    ]
    assert host.component("tracker", "first").name == "first"
    assert [plugin.status for plugin in host.without(["fake-a"]).plugins] == ["ok", "disabled", "ok"]


def test_two_entry_points_to_one_module(fake_site: Any) -> None:
    fake_site.add("one", entry_points="[vtcore]\none = fake_one.plugin\ntwo = fake_one.plugin\n")
    two = row(fake_site.discover(), "two")
    assert (two.status, two.reason) == ("broken", "is the same module as plugin 'one fake-one'")


def test_name_of_the_core_is_taken(fake_site: Any) -> None:
    fake_site.add("vtcore", distribution="impostor")
    (plugin,) = [plugin for plugin in fake_site.discover().plugins if plugin.distribution == "impostor"]
    assert (plugin.status, plugin.reason) == ("broken", "the name 'vtcore' belongs to the core's own plugin")


def test_damaged_entry_points_are_a_row(fake_site: Any) -> None:
    fake_site.add("bent", entry_points="[vtcore]\nthis line has no equals sign\n")
    fake_site.add_tracker("good")
    host = fake_site.discover()
    (bent,) = [plugin for plugin in host.plugins if plugin.distribution == "fake-bent"]
    assert bent.status == "broken"
    assert "metadata cannot be read" in bent.reason
    assert row(host, "good").status == "ok"


def test_distribution_without_metadata_stops_nothing(fake_site: Any) -> None:
    fake_site.add("headless")
    (fake_site.folder / "fake_headless-1.0.dist-info" / "METADATA").unlink()
    fake_site.add_tracker("good")
    host = fake_site.discover()
    assert row(host, "good").status == "ok"
    assert len(host.plugins) == 3


def test_undecodable_entry_points_stop_nothing(fake_site: Any) -> None:
    fake_site.add("binary")
    (fake_site.folder / "fake_binary-1.0.dist-info" / "entry_points.txt").write_bytes(b"[vtcore]\n\xff\xfe = a\n")
    fake_site.add_tracker("good")
    assert row(fake_site.discover(), "good").status == "ok"


def test_first_copy_on_the_path_wins(fake_site: Any, tmp_path: Any) -> None:
    fake_site.add("twice")
    older = type(fake_site)(tmp_path / "older")
    older.folder.mkdir()
    older.add("twice", version="0.9")
    candidates = find_candidates([str(fake_site.folder), str(older.folder)])
    assert [candidate.info.version for candidate in candidates] == ["1.0"]


def test_other_groups_are_not_ours(fake_site: Any) -> None:
    fake_site.add("other", entry_points="[console_scripts]\nvtcore = fake_other.plugin\n")
    assert [plugin.name for plugin in fake_site.discover().plugins] == ["vtcore"]


def test_plugin_without_hooks_is_fine(fake_site: Any) -> None:
    fake_site.add("plain")
    plain = row(fake_site.discover(), "plain")
    assert (plain.status, plain.components) == ("ok", ())
