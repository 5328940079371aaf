"""Every distribution builds from its sdist, works alone with what it declares, and goes without a trace.

Nothing is downloaded: what our distributions depend on is linked from this environment into new ones, and nothing
else, so that an undeclared dependency is missing there.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterable, Iterator
from email import message_from_string
from pathlib import Path
from typing import Any

import attrs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest.importorskip("build", reason="building distributions needs build")
pytest.importorskip("hatchling", reason="building distributions needs hatchling")
pytest.importorskip("setuptools", reason="building the compiled distribution needs setuptools")

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT, *sorted(file.parent for file in ROOT.glob("plugins/**/pyproject.toml")), ROOT / "datasets"]
PROJECTS: dict[str, dict[str, Any]] = {}
for _folder in FOLDERS:
    _project = tomllib.loads((_folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    PROJECTS[_project["name"]] = {**_project, "folder": _folder}
NATIVE = "vtrack-native-mot"
OF_TESTS = {"pytest"}
"""Needed by what only tests import (`vtcore.testing`): whoever has tests has it."""

pytestmark = pytest.mark.slow
EACH = pytest.mark.parametrize("name", PROJECTS)

IMPORT_ALL = """\
import importlib, json, pkgutil, sys
package, optional = sys.argv[1], set(sys.argv[2].split())
failed = {}
top = importlib.import_module(package)
names = [package, *(found.name for found in pkgutil.walk_packages(top.__path__, package + "."))]
for name in names:
    if name.endswith("__main__") or ".plugin_template.files" in name:
        continue
    try:
        importlib.import_module(name)
    except Exception as error:
        # A module may tell by an error of its own which package is missing.
        missing = getattr(error if isinstance(error, ModuleNotFoundError) else error.__cause__, "name", None) or ""
        if missing.partition(".")[0] not in optional:
            failed[name] = f"{type(error).__name__}: {error}"
print(json.dumps({"count": len(names), "failed": failed}))
"""

CONFIGS = """\
import json
from vtcore.host import plugin_host
found = {}
for plugin in plugin_host().plugins:
    configs = {}
    for component in plugin.components:
        try:
            configs[f"{component.kind} {component.name}"] = component.load_config().__qualname__
        except Exception as error:
            configs[f"{component.kind} {component.name}"] = f"{type(error).__name__}: {error}"
    found[plugin.distribution] = [plugin.status, plugin.reason, configs]
print(json.dumps(found))
"""


@attrs.frozen
class Built:
    """What was built of a distribution, the wheel out of the sdist."""

    sdist: Path
    wheel: Path


def build(folder: Path, into: Path, *options: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", str(into), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Every distribution, by name; nothing is left in the working tree."""
    folder = tmp_path_factory.mktemp("built")
    found = {}
    for name, project in PROJECTS.items():
        source = project["folder"]
        if name == NATIVE:
            # setuptools leaves what it makes where it builds.
            source = folder / "source"
            shutil.copytree(project["folder"], source, ignore=shutil.ignore_patterns("*.so", "*.egg-info", "build"))
        build(source, folder / name)
        (sdist,), (wheel,) = (folder / name).glob("*.tar.gz"), (folder / name).glob("*.whl")
        found[name] = Built(sdist, wheel)
    return found


class Environment:
    """A new environment, in which some of our wheels are installed."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.programs = folder / ("Scripts" if os.name == "nt" else "bin")
        site = self.python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        self.site = Path(site.strip())

    def python(self, *arguments: str) -> str:
        clean = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VTCORE"))}
        done = subprocess.run(
            [str(self.programs / "python"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=self.programs,
            env={**clean, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pip(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python"]
        done = subprocess.run(
            [*command, str(self.programs / "python"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, *wheels: Path) -> None:
        self.pip("install", "--no-index", "--no-deps", "--no-compile", *map(str, wheels))

    def link(self, requirements: Iterable[Requirement]) -> None:
        """Link what is not ours of all that these requirements ask for, directly or not."""
        for name in third_party(requirements):
            distribution = importlib.metadata.distribution(name)
            files = distribution.files or ()
            for entry in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
                link = self.site / entry
                if not link.exists():
                    link.symlink_to(Path(str(distribution.locate_file(entry))))

    def contents(self) -> dict[str, str]:
        """Return a hash of every file that is no link, and of every link its place."""
        found = {}
        for folder, folders, files in os.walk(self.site):
            for entry in (*files, *folders):
                path = Path(folder) / entry
                name = path.relative_to(self.site).as_posix()
                if path.is_symlink():
                    found[name] = f"link to {path.readlink()}"
                elif path.is_file() and path.name not in ("RECORD", "direct_url.json"):
                    found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found


def asked_for(requirements: Iterable[Requirement]) -> Iterator[Requirement]:
    """Yield all that requirements ask for, directly or not, with the extras that they name."""
    waiting, seen = list(requirements), set()
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *sorted(requirement.extras)):
            key = canonicalize_name(requirement.name), extra
            if key in seen:
                continue
            seen.add(key)
            yield requirement
            for text in dependencies_of(*key):
                further = Requirement(text)
                if further.marker is None or further.marker.evaluate({"extra": extra}):
                    waiting.append(further)


def dependencies_of(name: str, extra: str) -> list[str]:
    if name in PROJECTS:
        project = PROJECTS[name]
        more: list[str] = project.get("optional-dependencies", {}).get(extra, [])
        return [*project["dependencies"], *more]
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here, so it cannot be linked")


def third_party(requirements: Iterable[Requirement]) -> set[str]:
    return {str(canonicalize_name(each.name)) for each in asked_for(requirements)} - set(PROJECTS)


def ours(name: str) -> set[str]:
    """Name the distributions of ours that one needs, itself among them."""
    return {str(canonicalize_name(each.name)) for each in asked_for([Requirement(name)])} & set(PROJECTS)


def package_of(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (package,) = {name.partition("/")[0] for name in archive.namelist() if ".dist-info/" not in name}
    return package


@EACH
def test_sdist_holds_what_builds_it_and_no_more(built: dict[str, Built], name: str) -> None:
    with tarfile.open(built[name].sdist) as archive:
        names = {member.partition("/")[2] for member in archive.getnames()}
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO"} <= names
    package = package_of(built[name].wheel)
    source = "vtcore/__init__.py" if name == "vtcore" else f"src/{package}/__init__.py"
    assert source in names
    assert not [each for each in names if each.endswith((".so", ".pyd", ".pyc"))]
    if name == "vtcore":
        assert "PACKAGE.md" in names, "what an index shows of it"
        assert not [each for each in names if each.startswith(("plugins/", "datasets/", "tests/", "benchmarks/"))]
    if name == NATIVE:
        assert {"setup.py", f"src/{package}/_loops.c"} <= names


@EACH
def test_wheel_holds_all_of_the_package_and_nothing_else(built: dict[str, Built], name: str) -> None:
    """Built from the sdist: what that lacks, be it a template or a table, is missing here."""
    with zipfile.ZipFile(built[name].wheel) as archive:
        names = {each for each in archive.namelist() if ".dist-info/" not in each}
    package = package_of(built[name].wheel)
    folder = PROJECTS[name]["folder"]
    source = folder / package if name == "vtcore" else folder / "src" / package
    there = {file.relative_to(source.parent).as_posix() for file in source.rglob("*") if file.is_file()}
    left_out = {each for each in there if "__pycache__/" in each or each.endswith((".so", ".pyd", ".c"))}
    compiled = {each for each in names if each.startswith(f"{package}/_loops.") and not each.endswith(".pyi")}
    assert names - (compiled if name == NATIVE else set()) == there - left_out
    assert f"{package}/py.typed" in names
    licence = f"{name.replace('-', '_')}-{PROJECTS[name]['version']}.dist-info/licenses/LICENSE"
    with zipfile.ZipFile(built[name].wheel) as archive:
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()


def texts_of(project: dict[str, Any], extra: str) -> Iterator[str]:
    """Yield what an extra brings; where it names others of the same distribution, what those bring."""
    for text in project["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == project["name"]:
            for other in requirement.extras:
                yield from texts_of(project, other)
        else:
            yield text


def with_extra(text: str, extra: str) -> str:
    requirement, _, marker = text.partition(";")
    condition = f"({marker.strip()}) and " if marker.strip() else ""
    return f"{requirement.strip()}; {condition}extra == '{extra}'"


@EACH
def test_wheel_tells_all_about_itself(built: dict[str, Built], name: str) -> None:
    with zipfile.ZipFile(built[name].wheel) as archive:
        (info,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        told = message_from_string(archive.read(info).decode())
        assert f"{info.removesuffix('METADATA')}licenses/LICENSE" in archive.namelist()
    project = PROJECTS[name]
    assert (told["Name"], told["Version"], told["Summary"]) == (name, project["version"], project["description"])
    assert (told["License-Expression"], told["License-File"]) == ("Apache-2.0", "LICENSE")
    assert told["Requires-Python"] == ">=3.10"
    assert told["Description-Content-Type"] == "text/markdown"
    assert str(told.get_payload()).startswith(f"# {name}\n")
    assert set(told["Keywords"].split(",")) == set(project["keywords"])
    assert set(told.get_all("Classifier") or ()) == set(project["classifiers"])
    extras = project.get("optional-dependencies", {})
    wanted = [*project["dependencies"]]
    wanted += [with_extra(text, extra) for extra in extras for text in texts_of(project, extra)]
    assert set(map(Requirement, told.get_all("Requires-Dist") or ())) == set(map(Requirement, wanted))
    assert set(told.get_all("Provides-Extra") or ()) == set(extras)
    assert told.get_all("Project-URL") is None
    assert told["Home-page"] is None


@EACH
def test_works_alone_with_what_it_declares(
    built: dict[str, Built], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    environment = Environment(tmp_path_factory.mktemp("alone"))
    environment.link([Requirement(name)])
    environment.install(*(built[each].wheel for each in ours(name)))
    # pip itself says whether all that is declared is there.
    environment.pip("check")
    assert {canonicalize_name(path.name.partition("-")[0]) for path in environment.site.glob("v*.dist-info")} >= {name}
    extras = [Requirement(text) for extra in PROJECTS[name].get("optional-dependencies", {}).values() for text in extra]
    optional = OF_TESTS | {each.name.replace("-", "_") for each in extras}
    told = json.loads(environment.python("-c", IMPORT_ALL, package_of(built[name].wheel), " ".join(optional)))
    assert told["failed"] == {}
    assert told["count"] >= 1
    if "vtcore" in ours(name):
        listed = json.loads(environment.python("-c", CONFIGS))
        assert set(listed) == {each for each in ours(name) if PROJECTS[each].get("entry-points")} | {"vtcore"}
        for status, reason, configs in listed.values():
            assert (status, reason) == ("ok", "")
            assert not [text for text in configs.values() if "Error" in text]


@pytest.fixture(scope="module")
def full(built: dict[str, Built], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with everything, installed a few at a time, those first that need the others most."""
    environment = Environment(tmp_path_factory.mktemp("full"))
    environment.link(map(Requirement, PROJECTS))
    install_by_fives(environment, built, sorted(PROJECTS, key=lambda each: (-len(ours(each)), each)))
    return environment


def install_by_fives(environment: Environment, built: dict[str, Built], names: list[str]) -> None:
    """Install in that order; starting pip is what takes long."""
    for first in range(0, len(names), 5):
        environment.install(*(built[name].wheel for name in names[first : first + 5]))


def test_any_order_comes_to_the_same(
    built: dict[str, Built], full: Environment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Environment(tmp_path_factory.mktemp("other"))
    other.link(map(Requirement, PROJECTS))
    names = list(PROJECTS)
    random.Random(6).shuffle(names)
    install_by_fives(other, built, names)
    assert other.contents() == full.contents()
    for environment in (full, other):
        environment.pip("check")
        listed = json.loads(environment.python("-c", CONFIGS))
        assert {status for status, *_ in listed.values()} == {"ok"}
        assert not [text for _, _, configs in listed.values() for text in configs.values() if "Error" in text]


@pytest.fixture(scope="module")
def as_installed(full: Environment) -> tuple[dict[str, Any], dict[str, str]]:
    """What the environment with everything answers, and its files."""
    return json.loads(full.python("-c", CONFIGS)), full.contents()


@EACH
def test_removed_nothing_else_changes(
    built: dict[str, Built], full: Environment, as_installed: tuple[dict[str, Any], dict[str, str]], name: str
) -> None:
    before, files = as_installed
    full.pip("uninstall", "--yes", name)
    try:
        package, info = package_of(built[name].wheel), f"{name.replace('-', '_')}-{PROJECTS[name]['version']}.dist-info"
        mine = {file for file in files if file.split("/")[0] in (package, info)}
        assert mine
        assert full.contents() == {file: text for file, text in files.items() if file not in mine}
        if name != "vtcore":
            after = json.loads(full.python("-c", CONFIGS))
            for distribution, row in before.items():
                if distribution == name:
                    assert distribution not in after
                elif name not in ours(distribution):
                    assert after[distribution] == row
                else:
                    assert distribution in after, "what needs it is still a row"
    finally:
        full.install(built[name].wheel)
    assert full.contents() == files


def test_the_compiled_module_is_in_its_wheel(built: dict[str, Built]) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no compiler here")
    with zipfile.ZipFile(built[NATIVE].wheel) as archive:
        assert [name for name in archive.namelist() if name.startswith("vtrack_native_mot/_loops.")]
        assert "py3-none-any" not in built[NATIVE].wheel.name


def test_without_a_compiler_it_installs_without_its_module(built: dict[str, Built], tmp_path: Path) -> None:
    with tarfile.open(built[NATIVE].sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    build(source, tmp_path / "wheel", "--wheel", CC="no-compiler-of-this-name")
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]
    environment = Environment(tmp_path / "environment")
    environment.link([Requirement("vtrack-plugin-ocsort")])
    environment.install(wheel, *(built[each].wheel for each in ours("vtrack-plugin-ocsort")))
    code = (
        "from vtrack_plugin_ocsort import OcSort\n"
        "print(OcSort().update(boxes=[[0, 0, 9, 9]], scores=[0.9], labels=[0]).boxes.tolist())\n"
    )
    assert environment.python("-c", code) == "[[0.0, 0.0, 9.0, 9.0]]\n"
    tell = "try:\n    import vtrack_native_mot\nexcept ImportError as error:\n    print(error)\n"
    assert environment.python("-c", tell).startswith("vtrack-native-mot was installed without its compiled module")
