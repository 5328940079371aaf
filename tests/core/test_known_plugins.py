"""The table of published plugins says what they bring."""

from __future__ import annotations

import pytest

from vtcore.components import Component
from vtcore.host import PluginHost
from vtcore.known_plugins import KNOWN_PLUGINS, KnownPlugin, bringer, known_components, known_plugin


def names_by_kind(components: tuple[Component, ...]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for component in components:
        found.setdefault(component.kind, set()).add(component.name)
    return found


@pytest.mark.parametrize("known", KNOWN_PLUGINS, ids=lambda known: known.name)
def test_table_equals_what_is_installed(known: KnownPlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VTCORE_DISABLE_PLUGINS", raising=False)
    plugin = next((row for row in PluginHost.discover().plugins if row.answers_to(known.distribution)), None)
    if plugin is None:
        pytest.skip(f"{known.distribution} is not installed")
    assert (plugin.name, plugin.status) == (known.name, "ok"), plugin.reason
    declared = {kind: set(names) for kind, names in known.components.items()}
    brought = names_by_kind(plugin.components)
    assert {kind: names for kind, names in brought.items() if kind in declared} == declared


def test_lookups() -> None:
    found = bringer("detector", "hog")
    assert found is not None
    assert (found.name, found.pip_install) == ("classic", "pip install vtrack-plugin-classic")
    assert bringer("tracker", "hog") is None
    assert "bytetrack" in known_components("tracker")
    assert known_plugin("vtrack-datasets") is known_plugin("datasets")
    assert known_plugin("nobody") is None
