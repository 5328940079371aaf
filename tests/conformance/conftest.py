"""A stranger's plugin, installed as an installer would leave it, right or with something broken."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from vtcore.host import PluginHost
from vtcore.testing.running import Outcome, checks_of_plugin

_SOURCES = Path(__file__).parent / "stranger"
_numbers = itertools.count()

Edits = Mapping[str, tuple[tuple[str, str], ...]]


@attrs.frozen
class Stranger:
    """An installed plugin.

    Attributes:
        name: Of its entry point.
        host: Hosts that plugin, those beside it, and the core's own.
        site: The folder it is installed in.
    """

    name: str
    host: PluginHost
    site: Path

    def outcomes(self, check: str = "", component: str = "") -> list[Outcome]:
        """Make checks of it: those of a name, of a component, or all."""
        found = checks_of_plugin(self.name, host=self.host)
        return [
            each.outcome()
            for each in found
            if each.subject.label == (component or each.subject.label)
            and each.definition.name == (check or each.definition.name)
        ]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stranger]]:
    """Install the stranger's plugin after editing its files: ``{"parts.py": ((old, new), ...)}``."""
    before = set(sys.modules)
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)

    def put(
        edits: Edits | None = None, *, requirement: str = "vtcore>=0.1,<1", summary: str = "Of a stranger."
    ) -> Stranger:
        # A name of its own, since modules stay in sys.modules of this process.
        name = f"stranger{next(_numbers)}"
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        for number in range(3):
            (data / f"noise-{number}.txt").write_text(str(number))
        package = site / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        for source in sorted(_SOURCES.glob("*.py")):
            text = source.read_text(encoding="utf-8")
            for old, new in (edits or {}).get(source.name, ()):
                assert old in text, f"{source.name} has no {old!r} to break"
                text = text.replace(old, new)
            (package / source.name).write_text(text.replace("PACKAGE", name).replace("ROOT", str(data)))
        information = site / f"strangers_{name}-1.0.dist-info"
        information.mkdir()
        lines = [f"Name: strangers-{name}", "Version: 1.0", "Requires-Python: >=3.10"]
        lines += [f"Summary: {summary}"] if summary else []
        lines += [f"Requires-Dist: {requirement}"] if requirement else []
        (information / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")
        (information / "entry_points.txt").write_text(f"[vtcore]\n{name} = {name}.plugin\n")
        return Stranger(name, PluginHost.discover(path=[str(site)]), site)

    yield put
    for name in set(sys.modules) - before:
        if name.startswith("stranger"):
            del sys.modules[name]
