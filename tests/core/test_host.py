"""Looking things up in the host: components, kinds, owners, plugins; and registering in this process."""

from __future__ import annotations

import types
from typing import Any

import attrs
import pytest

from vtcore import interfaces
from vtcore.components import Component
from vtcore.errors import ComponentError, PluginError
from vtcore.hookspecs import hookimpl
from vtcore.host import PluginHost, plugin_host


def message(error: type[Exception], call: Any, *arguments: Any) -> str:
    with pytest.raises(error) as caught:
        call(*arguments)
    return str(caught.value)


def test_core_offers_its_components_and_kinds(fake_site: Any) -> None:
    host = fake_site.discover()
    assert tuple(host.kinds) == (
        "dataset",
        "transform",
        "backbone",
        "head",
        "detector",
        "reid",
        "tracker",
        "protocol",
        "refiner",
        "metric",
        "writer",
    )
    assert [component.name for component in host.components("dataset")] == ["camera", "images", "stream", "video"]
    assert [component.name for component in host.components("detector")] == ["function", "given"]
    assert [component.name for component in host.components("writer")] == [
        "coco-video",
        "json-lines",
        "mot-text",
        "video",
    ]
    assert host.owner(host.component("detector", "given")).name == "vtcore"


def test_every_core_kind_names_its_interface(fake_site: Any) -> None:
    for kind in fake_site.discover().kinds.values():
        module, _, name = kind.interface.partition(":")
        assert module == "vtcore.interfaces"
        assert name in interfaces.__all__


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("tracker", "bytetrack", "unknown tracker 'bytetrack'; it comes with vtrack-plugin-bytetrack: "
         "pip install vtrack-plugin-bytetrack"),
        ("tracker", "bytetrak", "unknown tracker 'bytetrak'; did you mean 'bytetrack'? "
         "(it comes with vtrack-plugin-bytetrack: pip install vtrack-plugin-bytetrack)"),
        ("tracker", "mytrakker", "unknown tracker 'mytrakker'; did you mean 'my-tracker'?"),
        ("tracker", "given", "unknown tracker 'given'; 'given' is a detector"),
        ("tracker", "xyz", "unknown tracker 'xyz'; there is 'my-tracker'"),
        ("metric", "xyz", "unknown metric 'xyz'; no installed plugin offers a metric: "
         "pip install vtrack-plugin-mot-metrics or vtrack-plugin-sot-metrics"),
        ("transform", "xyz", "unknown transform 'xyz'; no installed plugin offers a transform: "
         "pip install vtrack-plugin-classic"),
        ("trakcer", "xyz", "unknown kind 'trakcer'; did you mean 'tracker'?"),
    ],
)  # fmt: skip
def test_unknown_component_says_the_way_out(fake_site: Any, kind: str, name: str, expected: str) -> None:
    fake_site.add_tracker("my-tracker")
    assert message(ComponentError, fake_site.discover().component, kind, name) == expected


def test_component_of_a_broken_or_disabled_plugin_says_why(fake_site: Any) -> None:
    fake_site.add("bytetrack", "raise RuntimeError('boom')", distribution="vtrack-plugin-bytetrack")
    fake_site.add_tracker("sort", distribution="vtrack-plugin-sort")
    fake_site.add("own", "raise RuntimeError('boom')")
    host = fake_site.discover(disabled=["sort"])
    assert message(ComponentError, host.component, "tracker", "bytetrack") == (
        "unknown tracker 'bytetrack'; plugin 'bytetrack' (vtrack-plugin-bytetrack 1.0), which brings it, is "
        "broken: cannot be imported: RuntimeError: boom"
    )
    assert message(ComponentError, host.component, "tracker", "sort").endswith(
        "plugin 'sort' (vtrack-plugin-sort 1.0), which brings it, is disabled by the caller"
    )
    assert message(ComponentError, host.component, "tracker", "own") == (
        "unknown tracker 'own'; plugin 'own' (fake-own 1.0) is broken: cannot be imported: RuntimeError: boom"
    )


def test_plugin_whose_component_is_called_otherwise(fake_site: Any) -> None:
    fake_site.add_tracker("tracktar", component="nearest")
    assert message(ComponentError, fake_site.discover().component, "tracker", "tracktar") == (
        "unknown tracker 'tracktar'; plugin 'tracktar' (fake-tracktar 1.0) has 'nearest'"
    )


def test_entry_point_whose_module_is_gone(fake_site: Any) -> None:
    package = fake_site.folder / fake_site.add_tracker("renamed")
    (package / "plugin.py").rename(package / "hooks.py")
    assert fake_site.discover().plugin("renamed").reason == (
        "cannot be imported: ModuleNotFoundError: No module named 'fake_renamed.plugin'; its entry point names "
        "'fake_renamed.plugin': put that right under [project.entry-points.vtcore] in its pyproject.toml, and pip "
        "install it again"
    )


def test_installed_plugin_that_no_longer_brings_it(fake_site: Any) -> None:
    fake_site.add("sort", distribution="vtrack-plugin-sort")
    assert message(ComponentError, fake_site.discover().component, "tracker", "sort") == (
        "unknown tracker 'sort'; plugin 'sort' (vtrack-plugin-sort 1.0) is installed but does not bring it: "
        "pip install --upgrade vtrack-plugin-sort"
    )


def test_two_plugins_claim_one_name(fake_site: Any) -> None:
    fake_site.add_tracker("a", component="sort")
    fake_site.add_tracker("b", component="sort")
    host = fake_site.discover()
    a, b = host.plugin("a"), host.plugin("b")
    assert (a.status, b.status) == ("ok", "ok")
    assert a.notes == ("tracker 'sort' is also claimed by plugin 'b' (fake-b 1.0)",)
    assert b.notes == ("tracker 'sort' is also claimed by plugin 'a' (fake-a 1.0)",)
    assert not a.is_well
    assert len(host.components("tracker")) == 2
    assert message(ComponentError, host.component, "tracker", "sort") == (
        "tracker 'sort' is claimed by plugins 'a' (fake-a 1.0) and 'b' (fake-b 1.0); disable one of them: "
        'VTCORE_DISABLE_PLUGINS=b, or disable = ["b"] under [plugins]'
    )
    less = host.without(["b"])
    assert less.owner(less.component("tracker", "sort")).name == "a"
    assert less.plugin("a").is_well


def test_clash_under_one_entry_point_name_is_solved_by_distribution(fake_site: Any) -> None:
    fake_site.add_tracker("same", component="sort", distribution="fake-a")
    fake_site.add_tracker("same", component="sort", distribution="fake-b")
    host = fake_site.discover()
    assert "VTCORE_DISABLE_PLUGINS=fake-b" in message(ComponentError, host.component, "tracker", "sort")
    assert host.without(["fake-b"]).component("tracker", "sort").name == "sort"


def test_owner_of_a_clashing_component_and_of_none(fake_site: Any) -> None:
    fake_site.add_tracker("a", component="sort")
    host = fake_site.discover()
    stranger = Component("tracker", "sort", "other:C", "other:T", "s")
    assert "no plugin offers tracker 'sort' as 'other:T'" in message(ComponentError, host.owner, stranger)


def test_kind_of_interface(fake_site: Any) -> None:
    fake_site.add(
        "family",
        "@hookimpl\ndef vtcore_kinds():\n"
        '    return [Kind("motion", "fake_family:Motion", "s"), Kind("lost", "fake_family.nowhere:Lost", "s")]\n',
        files={
            "motion.py": "class Motion:\n    pass\n",
            "__init__.py": "from fake_family.motion import Motion\n",
        },
    )
    host = fake_site.discover()
    from fake_family.motion import Motion  # type: ignore[import-not-found]

    tracker = host.kind_of_interface(interfaces.Tracker)
    assert tracker is not None
    assert tracker.name == "tracker"
    # Known under another path than its own: found by loading the interfaces; one that cannot be loaded is skipped.
    assert host.kind_of_interface(Motion) is host.kinds["motion"]
    for other in (str, int, None, "Tracker", list[str], Component):
        assert host.kind_of_interface(other) is None


def test_plugin_by_either_name(fake_site: Any) -> None:
    fake_site.add_tracker("one")
    fake_site.add_tracker("same", component="x", distribution="fake-x")
    fake_site.add_tracker("same", component="y", distribution="fake-y")
    host = fake_site.discover()
    assert host.plugin("one") is host.plugin("fake-one") is host.plugin("Fake_One")
    assert host.plugin("fake-y").distribution == "fake-y"
    assert message(PluginError, host.plugin, "same") == (
        "plugin 'same' is ambiguous: 'same' (fake-x 1.0) and 'same' (fake-y 1.0); use the distribution's name"
    )
    assert message(PluginError, host.plugin, "oen") == "unknown plugin 'oen'; did you mean 'one'?"
    assert message(PluginError, host.plugin, "qqqq") == (
        "unknown plugin 'qqqq'; vtcore list-plugins shows what is installed, and a new or renamed one is there once "
        "pip has installed it"
    )
    for name in ("bytetrack", "vtrack-plugin-bytetrack"):
        assert message(PluginError, host.plugin, name) == (
            f"plugin {name!r} is not installed: pip install vtrack-plugin-bytetrack"
        )
    assert message(PluginError, host.plugin, "bytetrak") == (
        "unknown plugin 'bytetrak'; did you mean 'bytetrack'? (pip install vtrack-plugin-bytetrack)"
    )


class Observer:
    """An object of this process that offers a tracker and watches runs."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl
    def vtcore_trackers(self) -> list[Component]:
        return [Component("tracker", "in-process", "m:C", "m:T", "s")]

    @hookimpl
    def vtcore_run_started(self, run: Any) -> None:
        self.seen.append(run)


def test_register_and_unregister_in_this_process(fake_site: Any) -> None:
    host = fake_site.discover()
    observer = Observer()
    with host.register(observer, "observer"):
        component = host.component("tracker", "in-process")
        assert host.owner(component).label == "'observer' (registered in this process)"
        host.notify("vtcore_run_started", run="first")
    host.notify("vtcore_run_started", run="second")
    assert observer.seen == ["first"]
    assert message(ComponentError, host.component, "tracker", "in-process").startswith("unknown tracker")
    registration = host.register(observer, "observer")
    registration()
    registration.unregister()
    assert [plugin.name for plugin in host.plugins] == ["vtcore"]


def test_registered_in_this_process_goes_along_without_others(fake_site: Any) -> None:
    fake_site.add_tracker("one")
    host = fake_site.discover()
    observer = Observer()
    host.register(observer, "observer")
    host.without(["one"]).notify("vtcore_run_started", run="run")
    assert observer.seen == ["run"]
    assert [plugin.status for plugin in host.without(["observer"]).plugins] == ["ok", "ok", "disabled"]


def test_register_refuses_what_is_wrong_and_forgets_it(fake_site: Any) -> None:
    host = fake_site.discover()
    wrong = types.ModuleType("wrong")
    exec("from vtcore.hookspecs import hookimpl\n@hookimpl\ndef vtcore_trakers():\n    return []\n", vars(wrong))
    assert message(PluginError, host.register, wrong, "wrong") == (
        "plugin 'wrong': unknown hook 'vtcore_trakers'; did you mean 'vtcore_trackers'?"
    )
    host.register(Observer(), "observer")
    assert "registered already" in message(PluginError, host.register, Observer(), "observer")
    assert [plugin.name for plugin in host.plugins] == ["vtcore", "observer"]


def test_registering_a_kind_mends_who_relied_on_it(fake_site: Any) -> None:
    fake_site.add(
        "member",
        '@hookimpl\ndef vtcore_components():\n    return [Component("motion", "kalman", "m:C", "m:T", "s")]\n'
        "@hookimpl\ndef vtcore_run_started(run):\n    run.append('member')\n",
    )
    host = fake_site.discover()
    told: list[str] = []
    host.notify("vtcore_run_started", run=told)
    assert (host.plugin("member").status, told) == ("broken", [])
    family = types.ModuleType("family")
    exec(
        "from vtcore.components import Kind\nfrom vtcore.hookspecs import hookimpl\n"
        '@hookimpl\ndef vtcore_kinds():\n    return [Kind("motion", "m:M", "s")]\n',
        vars(family),
    )
    with host.register(family, "family"):
        host.notify("vtcore_run_started", run=told)
        assert (host.plugin("member").status, told) == ("ok", ["member"])
        assert host.component("motion", "kalman").name == "kalman"
    assert host.plugin("member").status == "broken"


def test_process_has_one_host() -> None:
    assert plugin_host() is plugin_host()
    assert isinstance(plugin_host(), PluginHost)


def test_plugin_info_can_be_a_key(fake_site: Any) -> None:
    plugins = fake_site.discover().plugins
    assert set(plugins) == {plugins[0]}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        plugins[0].status = "broken"
