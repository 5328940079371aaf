"""What ``vtcore new-plugin`` writes works before it is edited: every kind of component, for every family."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import vtcore
from vtcore.cli import main
from vtcore.discovery import Candidate, PluginInfo
from vtcore.errors import OutputError, PluginError
from vtcore.host import PluginHost
from vtcore.plugin_template.naming import check_name, class_name
from vtcore.plugin_template.template import FAMILIES, KINDS, PluginTemplate
from vtcore.testing.failures import NotChecked
from vtcore.testing.running import checks_of_plugin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
ALL = [(family, kind) for kind in KINDS for family in FAMILIES if kind != "protocol" or family == "sot"]
DIFFERENT = [
    *(("mot" if kind != "protocol" else "sot", kind) for kind in KINDS),
    ("sot", "tracker"),
    ("vis", "detector"),
]
"""One of each that is written from other files than the rest."""
NETWORKS = ("backbone", "head")
BROUGHT = ("datasets", "plugins/sot/common", "plugins/sot/correlation")
"""Distributions that experiments of the templates take components of, with what they need."""


def name_of(family: str, kind: str) -> str:
    return f"own-{family}-{kind}"


def label(chosen: tuple[str, str]) -> str:
    return "-".join(chosen)


def project_of(folder: Path) -> dict[str, object]:
    project: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package for each kind and family."""
    folder = tmp_path_factory.mktemp("made")
    for family, kind in ALL:
        PluginTemplate.choose(family, kind, name_of(family, kind)).write(folder / name_of(family, kind))
    return folder


@pytest.fixture
def installed(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginHost]:
    """Every one that differs, as an installer leaves it where the package lies elsewhere."""
    for family, kind in DIFFERENT:
        folder = made / name_of(family, kind)
        project = project_of(folder)
        info = tmp_path / f"{str(project['name']).replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
            f"Summary: {project['description']}\nRequires-Python: {project['requires-python']}\n"
            f"License-Expression: {project['license']}\nClassifier: Typing :: Typed\n"
            f"Description-Content-Type: text/markdown\n"
            + "".join(f"Requires-Dist: {text}\n" for text in project["dependencies"])  # type: ignore[attr-defined]
            + f"\n{(folder / 'README.md').read_text()}"
        )
        points = project["entry-points"]["vtcore"].items()  # type: ignore[index]
        (info / "entry_points.txt").write_text("[vtcore]\n" + "".join(f"{key} = {value}\n" for key, value in points))
        monkeypatch.syspath_prepend(str(folder / "src"))
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield PluginHost.discover()
    for module in set(sys.modules) - before:
        if module.startswith("vtrack_plugin_own_"):
            del sys.modules[module]


def run_quietly(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_command_writes_and_says_what_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-plugin", "mot", "own-tracker"]) == 0
    assert capsys.readouterr().out == (
        "own-tracker: tracker 'own-tracker'. Next:\n\n"
        '  pip install -e "./own-tracker[test]"\n'
        "  vtcore check-plugin own-tracker\n"
        "  vtcore run own-tracker:synthetic\n\n"
        "Then make it yours: own-tracker/src/vtrack_plugin_own_tracker/tracker.py, its options in config.py, its tests "
        "in tests.\n"
    )
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "own-tracker/.github/workflows/tests.yml",
        "own-tracker/.gitignore",
        "own-tracker/CHANGELOG.md",
        "own-tracker/README.md",
        "own-tracker/pyproject.toml",
        "own-tracker/src/vtrack_plugin_own_tracker/__init__.py",
        "own-tracker/src/vtrack_plugin_own_tracker/config.py",
        "own-tracker/src/vtrack_plugin_own_tracker/experiments/synthetic.toml",
        "own-tracker/src/vtrack_plugin_own_tracker/matching.py",
        "own-tracker/src/vtrack_plugin_own_tracker/plugin.py",
        "own-tracker/src/vtrack_plugin_own_tracker/py.typed",
        "own-tracker/src/vtrack_plugin_own_tracker/tracker.py",
        "own-tracker/tests/test_conformance.py",
        "own-tracker/tests/test_experiment.py",
        "own-tracker/tests/test_tracker.py",
    ]


def test_package_goes_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "plugins" / "follower"
    assert main(["new-plugin", "sot", "own-follower", "--kind", "protocol", "--output", str(output)]) == 0
    assert f'  pip install -e "{output.as_posix()}[test]"\n' in capsys.readouterr().out
    assert (output / "src/vtrack_plugin_own_follower/protocol.py").is_file()


@pytest.mark.parametrize("family", FAMILIES)
def test_tests_bring_what_the_experiment_needs(family: str, tmp_path: Path) -> None:
    for kind in (kind for of, kind in ALL if of == family):
        template = PluginTemplate.choose(family, kind, "own")
        template.write(tmp_path / kind)
        extra: dict[str, list[str]] = project_of(tmp_path / kind)["optional-dependencies"]  # type: ignore[assignment]
        assert set(template.needs) <= {Requirement(text).name for text in extra["test"]}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("tracker own", "unknown family 'tracker'; it is a kind: vtcore new-plugin mot own --kind tracker"),
        ("detector own", "unknown family 'detector'; it is a kind: vtcore new-plugin det own --kind detector"),
        ("own mot", "unknown family 'own'; the family stands first: vtcore new-plugin mot own"),
        ("mto own", "unknown family 'mto'; did you mean 'mot'?"),
        ("mot own --kind trackr", "there is no template for the kind 'trackr'; did you mean 'tracker'?"),
        (
            "det own --kind protocol",
            "a protocol drives single-object trackers: vtcore new-plugin sot own --kind protocol",
        ),
    ],
)
def test_what_stands_in_the_wrong_place_is_told(
    words: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-plugin", *words.split()]) == 2
    assert capsys.readouterr().err == f"vtcore: error: {told}\n"
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own-tracker").mkdir()
    assert main(["new-plugin", "mot", "own-tracker"]) == 2
    assert capsys.readouterr().err == (
        "vtcore: error: own-tracker: is there already; name another folder by --output\n"
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["own-tracker"]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="x: cannot be written: No space left on device"):
        PluginTemplate.choose("mot", "tracker", "own").write(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("My_Tracker", "such as 'my-tracker'"),
        ("MyTracker", "such as 'my-tracker'"),
        ("3d-boxes", "such as 'd-boxes'"),
        ("my--tracker", "such as 'my-tracker'"),
        ("../up", "such as 'up'"),
        ("ünder", "such as 'nder'"),
        ("_", "a letter first"),
        ("", "a letter first"),
    ],
)
def test_misspelt_names_are_refused(name: str, suggestion: str) -> None:
    rule = "use lower-case letters and digits, words joined by hyphens, a letter first"
    with pytest.raises(PluginError) as refused:
        check_name(name, "tracker", PluginHost([]))
    assert str(refused.value).startswith(f"a plugin cannot be called {name!r}: {rule}")
    assert str(refused.value).endswith(suggestion)


def test_names_of_distributions_are_refused() -> None:
    with pytest.raises(PluginError, match="its distribution is called so; use 'mine'"):
        check_name("vtrack-plugin-mine", "tracker", PluginHost([]))


def test_long_names_are_refused() -> None:
    check_name("a" * 30, "tracker", PluginHost([]))
    with pytest.raises(PluginError, match="that is 31 letters, and 30 are the most"):
        check_name("a" * 31, "tracker", PluginHost([]))


def test_taken_names_are_refused() -> None:
    theirs = PluginInfo("deep-street", "vtrack-plugin-deep-street", "2.0", "broken", "cannot be imported")
    host = PluginHost([Candidate(theirs, lambda: pytest.fail("it is broken"))])
    for name, kind, owner in (
        ("bytetrack", "metric", "vtrack-plugin-bytetrack, which is published with vtcore; choose another"),
        ("hota", "metric", "vtrack-plugin-mot-metrics, which is published with vtcore; choose another"),
        ("mot-text", "writer", f"the writer of plugin 'vtcore' (vtcore {vtcore.__version__}); choose another"),
        ("vtcore", "tracker", f"plugin 'vtcore' (vtcore {vtcore.__version__}), which is installed; choose another"),
        (
            "deep-street",
            "tracker",
            "plugin 'deep-street' (vtrack-plugin-deep-street 2.0), which is installed (pip uninstall "
            "vtrack-plugin-deep-street frees it); choose another",
        ),
    ):
        searched = PluginHost.discover(path=[]) if owner.startswith(("the writer", "plugin 'vtcore'")) else host
        with pytest.raises(PluginError, match=re.escape(f"the name {name!r} is taken by {owner}")):
            check_name(name, kind, searched)
    check_name("hota", "tracker", host)


@pytest.mark.parametrize(
    ("name", "expected"), [("my-tracker", "MyTracker"), ("frame", "FrameTracker"), ("t-3d", "T3d")]
)
def test_classes_are_called_as_nothing_else_is(name: str, expected: str) -> None:
    assert class_name(name, "tracker", {"Frame", "Instances"}) == expected


def test_every_placeholder_is_filled_in(made: Path) -> None:
    for path in made.rglob("*"):
        assert "@" not in path.name
        if path.is_file() and path.suffix != ".png":
            assert not re.search(r"@[A-Z_]+@", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "name", ["", "q", "a-name-as-long-as-names-may-be", "w" * 30, f"{'a-' * 14}b", "frame", "none", "tensor"]
)
def test_ruff_finds_nothing(name: str, made: Path, tmp_path: Path) -> None:
    """Whatever the plugin is called: names decide where lines break and in which order they stand."""
    folder = tmp_path if name else made
    for family, kind in DIFFERENT if name else ():
        PluginTemplate.choose(family, kind, name).write(folder / f"{family}-{kind}")
    assert run_quietly(sys.executable, "-m", "ruff", "check", "--no-cache", ".", folder=folder) == ""
    assert run_quietly(sys.executable, "-m", "ruff", "format", "--no-cache", "--diff", ".", folder=folder) == ""


@pytest.mark.parametrize("chosen", [each for each in DIFFERENT if each[1] not in NETWORKS], ids=label)
def test_quick_checks_pass(chosen: tuple[str, str], installed: PluginHost) -> None:
    made = 0
    for check in checks_of_plugin(name_of(*chosen), quick=True, host=installed):
        try:
            check()
            made += 1
        except NotChecked:
            continue
    assert made > 8


def test_metadata_are_complete(made: Path) -> None:
    for family, kind in ALL:
        project = project_of(made / name_of(family, kind))
        core = [Requirement(text) for text in project["dependencies"] if text.startswith("vtcore")]  # type: ignore[attr-defined]
        assert [requirement.specifier.contains(vtcore.__version__) for requirement in core] == [True]
        assert project["license"] == "Apache-2.0"
        assert "Typing :: Typed" in project["classifiers"]  # type: ignore[operator]
        newest = re.search(r"^## (\S+)$", (made / name_of(family, kind) / "CHANGELOG.md").read_text(), re.MULTILINE)
        assert newest is not None
        assert newest[1] == project["version"]


@pytest.mark.slow
@pytest.mark.parametrize("chosen", DIFFERENT, ids=label)
def test_mypy_finds_nothing(chosen: tuple[str, str], made: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.getbasetemp() / "mypy"
    folder = made / name_of(*chosen)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(cache)],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- In an environment where nothing else is ------------------------------------------------------------------


def build_wheel(folder: Path, into: Path) -> Path:
    before = set(into.glob("*.whl"))
    told = run_quietly(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(folder)), folder=into
    )
    assert told == ""
    (wheel,) = set(into.glob("*.whl")) - before
    return wheel


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, made: Path) -> Path:
    """A new environment with the core, what the experiments need, and the new plugins; its folder of programs."""
    pytest.importorskip("build", reason="building wheels needs build")
    pytest.importorskip("hatchling", reason="building wheels needs hatchling")
    wheels = tmp_path_factory.mktemp("wheels")
    ours = [build_wheel(folder, wheels) for folder in (ROOT, *(ROOT / place for place in BROUGHT))]
    with zipfile.ZipFile(ours[0]) as archive:
        packed = {name for name in archive.namelist() if name.startswith("vtcore/plugin_template/")}
    source = ROOT / "vtcore" / "plugin_template"
    there = {path.relative_to(ROOT).as_posix() for path in source.rglob("*") if path.is_file()}
    assert packed == {name for name in there if "__pycache__" not in name}
    theirs = [build_wheel(made / name_of(*chosen), wheels) for chosen in DIFFERENT]
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    ask = [str(programs / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(ask, capture_output=True, text=True, check=True, timeout=60).stdout.strip())
    link_dependencies([*ours, *theirs], site)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(programs / "python")]
    told = run_quietly(*pip, "install", "--no-index", "--no-deps", *map(str, (*ours, *theirs)), folder=folder)
    assert told == ""
    return programs


def link_dependencies(wheels: list[Path], site: Path) -> None:
    """Link into `site` what the wheels need, directly or not, and pytest, but nothing else."""
    waiting, seen = ["pytest"], {canonicalize_name(wheel.name.partition("-")[0]) for wheel in wheels}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            lines = archive.read(name).decode().partition("\n\n")[0].splitlines()
        waiting += [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in seen or (requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        found = distribution(name)
        waiting += found.requires or ()
        for entry in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (site / entry).exists():
                (site / entry).symlink_to(Path(str(found.locate_file(entry))))


def in_environment(programs: Path, *command: str, folder: Path) -> str:
    """Run a command of the environment and return what it prints."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VTCORE", "COLUMNS"))}
    done = subprocess.run(
        [str(programs / command[0]), *command[1:]],
        cwd=folder,
        env={**clean, "VTCORE_CACHE": str(folder / "cache"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_installed_they_are_listed(environment: Path, tmp_path: Path) -> None:
    plugins = json.loads(in_environment(environment, "vtcore", "list-plugins", "--json", folder=tmp_path))["plugins"]
    listed = {plugin["name"]: (plugin["status"], plugin["notes"]) for plugin in plugins}
    assert {name_of(*chosen): ("ok", []) for chosen in DIFFERENT}.items() <= listed.items()


@pytest.mark.slow
@pytest.mark.parametrize("chosen", DIFFERENT, ids=label)
def test_installed_they_work(chosen: tuple[str, str], environment: Path, made: Path, tmp_path: Path) -> None:
    family, kind = chosen
    template = PluginTemplate.choose(family, kind, name_of(*chosen))
    assert template.facts["summary"] in in_environment(
        environment, "vtcore", "describe", kind, template.name, folder=tmp_path
    ).replace("\n", " ")
    in_environment(environment, "vtcore", "run", template.experiment, folder=tmp_path)
    assert list((tmp_path / "runs" / template.name / "results").glob("*.txt"))
    tests = made / template.name
    told = in_environment(environment, "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tests)
    assert re.search(r"\b\d+ passed", told)
    in_environment(environment, "vtcore", "check-plugin", template.name, folder=tmp_path)


@pytest.mark.slow
def test_written_in_the_environment_they_are_the_same(environment: Path, tmp_path: Path) -> None:
    """The templates are in the wheel."""
    for family, kind in ALL:
        # The names of the installed ones are taken.
        name = f"{name_of(family, kind)}-2"
        in_environment(environment, "vtcore", "new-plugin", family, name, "--kind", kind, folder=tmp_path)
        files = {path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*") if path.is_file()}
        assert files == set(PluginTemplate.choose(family, kind, name).files())
