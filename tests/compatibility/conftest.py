"""Distributions as they were published, and cores as they may become."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vtcore
from vtcore.host import PluginHost

HERE = Path(__file__).parent
PLUGIN_OF_0_1 = HERE / "plugin_of_0_1"


@pytest.fixture
def published() -> Path:
    """A folder of installed packages with a plugin as it was published for vtcore 0.1."""
    return PLUGIN_OF_0_1


@pytest.fixture
def old_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], PluginHost]]:
    """Discover the old plugin alone, by the core as it then is; its modules are forgotten afterwards."""
    monkeypatch.delenv("VTCORE_DISABLE_PLUGINS", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(PLUGIN_OF_0_1))
    yield lambda: PluginHost.discover(path=[str(PLUGIN_OF_0_1)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "steadfast"]:
        del sys.modules[name]


class OtherCore:
    """The command line of a core of another version, beside the old plugin."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        source = Path(vtcore.__file__).parent
        shutil.copytree(source, folder / "vtcore", ignore=shutil.ignore_patterns("__pycache__"))

    def becomes(self, version: str) -> None:
        """Install another version in place of the one that is there."""
        home = self._folder / "vtcore" / "__init__.py"
        text, count = re.subn(r'^__version__ = ".*"$', f'__version__ = "{version}"', home.read_text(), flags=re.M)
        assert count == 1
        home.write_text(text)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        path = os.pathsep.join([str(self._folder), str(PLUGIN_OF_0_1)])
        return subprocess.run(
            [sys.executable, "-m", "vtcore", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "VTCORE_DISABLE_PLUGINS": ""},
        )


@pytest.fixture(scope="module")
def other_core(tmp_path_factory: pytest.TempPathFactory) -> OtherCore:
    """A copy of the core whose version can be changed."""
    return OtherCore(tmp_path_factory.mktemp("other-core"))
