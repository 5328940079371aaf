"""Every distribution builds a wheel, and all of them work together where nothing else is.

The environment is new; what the distributions depend on is linked into it from this one, so nothing is downloaded.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest.importorskip("build", reason="building wheels needs build")
pytest.importorskip("hatchling", reason="building wheels needs hatchling")

ROOT = Path(__file__).parents[2]
PROJECTS = [
    ROOT,
    *sorted(file.parent for file in ROOT.glob("plugins/*/*/pyproject.toml")),
    *sorted(file.parent for file in ROOT.glob("plugins/nets/pyproject.toml")),
    *sorted(file.parent for file in ROOT.glob("datasets/pyproject.toml")),
]

pytestmark = pytest.mark.slow


def project_of(folder: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def build_wheel(folder: Path, into: Path) -> Path:
    before = set(into.glob("*.whl"))
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = set(into.glob("*.whl")) - before
    return wheel


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of every distribution, by its name."""
    folder = tmp_path_factory.mktemp("wheels")
    return {project_of(project)["name"]: build_wheel(project, folder) for project in PROJECTS}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path], strangers: Any) -> Path:
    """A new environment with all our wheels and those of the strangers; returns its folder of programs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    ask = [str(programs / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    link_dependencies(set(wheels), Path(site))
    theirs = tmp_path_factory.mktemp("strangers")
    built = [build_wheel(plugin.write_project(theirs), theirs) for plugin in strangers]
    files = [str(wheel) for wheel in (*wheels.values(), *built)]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(programs / "python")]
    done = subprocess.run(
        [*pip, "install", "--no-index", "--no-deps", *files], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return programs


def link_dependencies(ours: set[str], site: Path) -> None:
    """Link into `site` what our distributions depend on, directly or not, and nothing else."""
    waiting = [text for project in PROJECTS for text in project_of(project).get("dependencies", ())]
    done = {canonicalize_name(name) for name in ours}
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if name in done or not applies:
            continue
        done.add(name)
        distribution = importlib.metadata.distribution(name)
        waiting += distribution.requires or ()
        for entry in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            link = site / entry
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(entry))))


def vtcore(programs: Path, *arguments: str, disabled: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VTCORE"))}
    return subprocess.run(
        [str(programs / "vtcore"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**clean, "VTCORE_DISABLE_PLUGINS": disabled},
        cwd=programs,
    )


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: project_of(folder)["name"])
def test_wheel_holds_the_package_and_no_tests(wheels: dict[str, Path], folder: Path) -> None:
    project = project_of(folder)
    with zipfile.ZipFile(wheels[project["name"]]) as archive:
        names = archive.namelist()
    (package,) = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    source = folder / "vtcore" if folder == ROOT else folder / "src" / package
    assert f"{package}/py.typed" in names
    # The template of new plugins has tests of theirs, as files that nothing imports or collects.
    own = [name for name in names if not (name.startswith("vtcore/plugin_template/files/") and name.endswith(".tmpl"))]
    assert not [name for name in own if {"tests", "__pycache__"} & set(Path(name).parts)]
    assert not [name for name in own if Path(name).name.startswith(("test_", "conftest"))]
    there = {
        file.relative_to(source.parent).as_posix() for file in source.rglob("*") if file.suffix in (".py", ".toml")
    }
    assert there <= set(names)


def test_all_work_beside_broken_ones(environment: Path, wheels: dict[str, Path]) -> None:
    done = vtcore(environment, "list-plugins", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    plugins = {plugin["distribution"]: plugin for plugin in json.loads(done.stdout)["plugins"]}
    with_entry_point = {
        project["name"] for project in map(project_of, PROJECTS) if "vtcore" in project.get("entry-points", {})
    }
    strangers = {"strangers-" + name for name in ("good", "raises", "misspelt", "future", "clash-a", "clash-b")}
    assert set(plugins) == {"vtcore", *with_entry_point, *strangers}
    for name in ("vtcore", *with_entry_point, "strangers-good", "strangers-clash-a", "strangers-clash-b"):
        assert (plugins[name]["status"], plugins[name]["reason"]) == ("ok", "")
    for name in with_entry_point:
        assert plugins[name]["notes"] == []
        assert plugins[name]["components"] or plugins[name]["kinds"]
    assert {name: plugins[f"strangers-{name}"]["status"] for name in ("raises", "misspelt", "future")} == {
        "raises": "broken",
        "misspelt": "broken",
        "future": "incompatible",
    }
    assert len(plugins["strangers-clash-a"]["notes"]) == 1


def test_all_is_well_once_the_broken_are_disabled(environment: Path) -> None:
    done = vtcore(environment, "list-plugins", disabled="raises,misspelt,future,clash-a")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_vtcore_is_the_one_installed(environment: Path) -> None:
    code = "import vtcore; print(vtcore.__file__)"
    done = subprocess.run(
        [str(environment / "python"), "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert Path(done.stdout.strip()).is_relative_to(environment.parent)


def test_shipped_experiments_are_found(environment: Path) -> None:
    """Every experiment that lies in a package's source is found in the installed package, by its reference."""
    shipped = {
        f"{name}:{file.stem}"
        for folder in PROJECTS
        for name in project_of(folder).get("entry-points", {}).get("vtcore", {})
        for file in folder.glob("src/*/experiments/*.toml")
    }
    code = (
        "import json, sys; from vtcore.host import plugin_host\n"
        "print(json.dumps([str(plugin_host().experiment(name)) for name in json.load(sys.stdin)]))\n"
    )
    done = subprocess.run(
        [str(environment / "python"), "-I", "-c", code],
        input=json.dumps(sorted(shipped)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert all(Path(file).is_relative_to(environment.parent) for file in json.loads(done.stdout))
