"""What every distribution says of itself: complete, and the same in all places."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import vtcore

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT, *sorted(file.parent for file in ROOT.glob("plugins/**/pyproject.toml")), ROOT / "datasets"]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def manifest(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def project_of(folder: Path) -> dict[str, Any]:
    project: dict[str, Any] = manifest(folder)["project"]
    return project


PROJECTS = {project_of(folder)["name"]: project_of(folder) for folder in FOLDERS}
EACH = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: project_of(folder)["name"])


def test_all_are_here() -> None:
    folders = {path.parent for path in ROOT.glob("plugins/*/*/src")} | {ROOT, ROOT / "datasets", ROOT / "plugins/nets"}
    assert set(FOLDERS) == folders
    assert len(PROJECTS) == len(FOLDERS)


@EACH
def test_newest_entry_of_the_changelog_is_the_version(folder: Path) -> None:
    text = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert entries[0] == project_of(folder)["version"]
    assert sorted(entries, key=Version, reverse=True) == entries
    newest = text.partition(f"## {entries[0]}\n")[2].partition("\n## ")[0]
    assert re.search(r"^- \S", newest, re.MULTILINE), "an entry says what changed"


@EACH
def test_metadata_are_complete(folder: Path) -> None:
    project = project_of(folder)
    assert re.fullmatch(r"vtcore|vtrack-[a-z0-9]+(-[a-z0-9]+)*", project["name"])
    assert 20 <= len(project["description"]) <= 130
    assert not project["description"].endswith(".")
    assert project["license"] == "Apache-2.0"
    assert project["requires-python"] == ">=3.10"
    assert len(project["keywords"]) >= 2
    classifiers = project["classifiers"]
    assert classifiers == sorted(set(classifiers), key=classifiers.index)
    assert {f"Programming Language :: Python :: {version}" for version in PYTHONS} <= set(classifiers)
    for beginning in ("Development Status", "Intended Audience", "Topic", "Typing :: Typed"):
        assert any(each.startswith(beginning) for each in classifiers), beginning
    assert not any(each.startswith("License ::") for each in classifiers), "the licence is told by its expression"
    assert project.get("urls", {}) == {}, "projects are told by their names"
    assert "authors" not in project


@EACH
def test_readme_and_licence_lie_beside_it(folder: Path) -> None:
    readme = (folder / project_of(folder)["readme"]).read_text(encoding="utf-8")
    assert readme.startswith(f"# {project_of(folder)['name']}\n")
    assert len(readme.split()) > 20
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@EACH
def test_what_is_ours_is_asked_for_by_a_range(folder: Path) -> None:
    project = project_of(folder)
    texts = [
        *project["dependencies"],
        *(text for extra in project.get("optional-dependencies", {}).values() for text in extra),
    ]
    for requirement in map(Requirement, texts):
        name = canonicalize_name(requirement.name)
        assert requirement.url is None, "an address is no requirement that an index takes"
        if name not in PROJECTS or name == project["name"]:
            assert name in PROJECTS or not name.startswith("vtrack-"), f"{requirement}: there is no such distribution"
            continue
        version = Version(PROJECTS[name]["version"])
        assert requirement.specifier.contains(version)
        assert not requirement.specifier.contains(Version(f"{version.major + 1}.0")), f"{requirement} has no end"
        extras = PROJECTS[name].get("optional-dependencies", {})
        assert requirement.extras <= set(extras), f"{requirement}: {name} has no such extra"


@pytest.mark.parametrize("family", ["det", "mot", "sot"])
def test_extra_of_a_family_brings_all_its_plugins(family: str) -> None:
    extra = {Requirement(text).name for text in PROJECTS["vtcore"]["optional-dependencies"][family]}
    names = {project_of(file.parent)["name"] for file in ROOT.glob(f"plugins/{family}/*/pyproject.toml")}
    assert extra == {"vtrack-datasets", *(name for name in names if not name.startswith("vtrack-common-"))}


def test_extra_of_all_brings_every_distribution() -> None:
    reached: set[str] = set()
    waiting = [Requirement("vtcore[all]")]
    while waiting:
        requirement = waiting.pop()
        if requirement.name not in PROJECTS or str(requirement) in reached:
            continue
        reached |= {str(requirement), requirement.name}
        project = PROJECTS[requirement.name]
        extras = [text for extra in requirement.extras for text in project["optional-dependencies"][extra]]
        waiting += map(Requirement, [*project["dependencies"], *extras])
    assert set(PROJECTS) <= reached
    others = set(PROJECTS["vtcore"]["optional-dependencies"]) - {"all"}
    (text,) = PROJECTS["vtcore"]["optional-dependencies"]["all"]
    assert Requirement(text).extras == others


def test_version_of_the_core_is_one() -> None:
    assert PROJECTS["vtcore"]["version"] == vtcore.__version__
