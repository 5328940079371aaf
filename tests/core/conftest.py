"""Plugins that exist for one test: distributions written into a folder of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from vtcore.host import PluginHost

HEADER = "from vtcore.components import Component, Kind\nfrom vtcore.hookspecs import hookimpl\n"


class FakeSite:
    """A folder of installed distributions, as pip leaves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        code: str = "",
        *,
        distribution: str | None = None,
        version: str = "1.0",
        requires: Sequence[str] = (),
        entry_points: str | None = None,
        files: Mapping[str, str] | None = None,
    ) -> str:
        """Install a plugin; its module is ``<package>.plugin``, its package is returned.

        Args:
            name: Of the entry point.
            code: Of the plugin's module, after the imports of Component, Kind and hookimpl.
            distribution: Its name, ``fake-<name>`` by default.
            version: Of the distribution.
            requires: Its requirements.
            entry_points: The file ``entry_points.txt``, if not the ordinary one.
            files: Further files of the package by relative path.
        """
        distribution = distribution or f"fake-{name}"
        stem = distribution.replace("-", "_")
        info = self.folder / f"{stem}-{version}.dist-info"
        # Never the import package of a real distribution, which may be imported already.
        stem = stem if stem.startswith("fake_") else f"fake_{stem}"
        package = self.folder / stem
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "plugin.py").write_text(HEADER + code)
        for path, text in (files or {}).items():
            (package / path).parent.mkdir(parents=True, exist_ok=True)
            (package / path).write_text(text)
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        (info / "METADATA").write_text("\n".join([*lines, *(f"Requires-Dist: {text}" for text in requires), ""]))
        (info / "entry_points.txt").write_text(entry_points or f"[vtcore]\n{name} = {stem}.plugin\n")
        return stem

    def add_tracker(self, name: str, *, component: str | None = None, distribution: str | None = None) -> str:
        """Install a plugin that offers one tracker, of the plugin's name by default."""
        component = component or name
        code = (
            f'@hookimpl\ndef vtcore_trackers():\n    return [Component("tracker", "{component}", "m:C", "m:T", "s")]\n'
        )
        return self.add(name, code, distribution=distribution)

    def discover(self, disabled: Sequence[str] = ()) -> PluginHost:
        """Return a host with these distributions only."""
        return PluginHost.discover(disabled, path=[str(self.folder)])


@pytest.fixture
def fake_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSite]:
    """An empty site, importable; what a test imports from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.delenv("VTCORE_DISABLE_PLUGINS", raising=False)
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield FakeSite(folder)
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(folder) in str(sys.modules[name].__file__):
            del sys.modules[name]
