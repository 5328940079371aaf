"""Plugins as strangers publish them: good ones and deliberately broken ones."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

HEADER = "from vtcore.components import Component\nfrom vtcore.hookspecs import hookimpl\n\n\n"

TRACKER = """\
@hookimpl
def vtcore_trackers():
    return [Component("tracker", "{name}", "nowhere:C", "nowhere:T", "Tracks.")]
"""


@attrs.frozen
class StrangersPlugin:
    """A plugin published by someone else.

    Attributes:
        name: Of the entry point; the distribution is ``strangers-<name>``.
        code: Of its module.
        requirement: Its requirement on the core.
    """

    name: str
    code: str
    requirement: str = "vtcore>=0.1,<1"

    @property
    def distribution(self) -> str:
        """Name of the distribution."""
        return f"strangers-{self.name}"

    @property
    def module(self) -> str:
        """Its only module."""
        return f"strangers_{self.name.replace('-', '_')}"

    def write_project(self, folder: Path) -> Path:
        """Write what its author has: a project that builds a wheel."""
        project = folder / self.distribution
        project.mkdir(parents=True)
        (project / f"{self.module}.py").write_text(HEADER + self.code)
        (project / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
            f'[project]\nname = "{self.distribution}"\nversion = "1.2.3"\ndependencies = ["{self.requirement}"]\n\n'
            f'[project.entry-points.vtcore]\n{self.name} = "{self.module}"\n\n'
            f'[tool.hatch.build.targets.wheel]\nonly-include = ["{self.module}.py"]\n'
        )
        return project

    def install_by_hand(self, site: Path) -> None:
        """Write what an installer leaves in a folder of installed packages."""
        (site / f"{self.module}.py").write_text(HEADER + self.code)
        info = site / f"{self.distribution.replace('-', '_')}-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: 1.2.3\nRequires-Dist: {self.requirement}\n"
        )
        (info / "entry_points.txt").write_text(f"[vtcore]\n{self.name} = {self.module}\n")


@pytest.fixture(scope="session")
def strangers() -> list[StrangersPlugin]:
    """One good plugin among every kind of bad one."""
    return [
        StrangersPlugin("good", TRACKER.format(name="strangers-good")),
        StrangersPlugin("raises", "raise RuntimeError('I am broken')\n"),
        StrangersPlugin("misspelt", TRACKER.format(name="x").replace("vtcore_trackers", "vtcore_trakers")),
        StrangersPlugin("future", "raise RuntimeError('must not be imported')\n", "vtcore>=99"),
        StrangersPlugin("clash-a", TRACKER.format(name="strangers-clash")),
        StrangersPlugin("clash-b", TRACKER.format(name="strangers-clash")),
    ]
