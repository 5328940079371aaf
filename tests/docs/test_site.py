"""The site of the documents shows every page, and a reader of the README finds every page.

What needs mkdocs itself (links between pages, names in the reference) is checked by the strict build of ``make docs``.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import tomli

import vtcore
import vtcore.testing
from vtcore.host import plugin_host

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PACKAGES = sorted(
    path.parent
    for pattern in ("", "datasets", "plugins/nets", "plugins/*/*")
    for path in REPOSITORY.glob(f"{pattern}/pyproject.toml".lstrip("/"))
)
PAGES = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


def _navigation() -> list[str]:
    text = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    return re.findall(r"(?<=: )\S+\.md$", text[text.index("\nnav:") :], re.MULTILINE)


def test_every_page_stands_in_the_navigation_once() -> None:
    # These are made from files outside of docs/.
    named = [page for page in _navigation() if page not in {"index.md", "benchmarks.md", "changelog.md"}]
    assert sorted(named) == sorted(PAGES), "docs/ and the nav of mkdocs.yml name different pages"


def _linked(page: Path) -> set[Path]:
    """Return the files that a page links to."""
    found = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return {(page.parent / name).resolve() for name in found}


def test_every_page_is_two_clicks_from_the_readme() -> None:
    near = _linked(REPOSITORY / "README.md")
    reached = near.union(*map(_linked, near))
    missing = sorted(page for page in PAGES if DOCS / page not in reached)
    assert not missing, f"neither README.md nor a page that it links to links to {missing}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda folder: folder.name)
def test_readme_of_a_package_is_read_anywhere(package: Path) -> None:
    """An index of packages shows the README alone: links to other files of the repository lead nowhere there."""
    name = tomli.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]["readme"]
    text = (package / name).read_text(encoding="utf-8")
    assert [link for link in re.findall(r"\]\(([^)]+)\)", text) if not re.match("https?://|#", link)] == []
    named = re.findall(r"`((?:docs|benchmarks)/[^`]+)`", text)
    assert not [path for path in named if not (REPOSITORY / path).is_file()]


def test_index_is_told_of_every_extra() -> None:
    project = tomli.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (REPOSITORY / "PACKAGE.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) == project["optional-dependencies"].keys()


def test_links_and_search_need_no_server() -> None:
    assert re.search(
        r"^use_directory_urls: false$", (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert (DOCS / "_mkdocs" / "workers_of_files.js").is_file()


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    assert re.search(r"^  font: false$", text, re.MULTILINE), "the theme would load fonts from a server"
    assert not re.search(r"https?://", text)


def _module_of(name: str) -> str:
    """Return the module of a name of the reference, which may be that of a class."""
    module, _, last = name.rpartition(".")
    return module if last[:1].isupper() else name


def _reference() -> set[str]:
    pages = (page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    return {name for page in pages for name in re.findall(r"^::: (\S+)$", page, re.MULTILINE)}


@pytest.mark.parametrize("page", sorted((DOCS / "reference").glob("*.md")), ids=lambda page: page.stem)
def test_modules_of_the_reference_are_there(page: Path) -> None:
    modules = re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert modules
    pytest.importorskip(modules[0].partition(".")[0], reason="a plugin that is not installed")
    missing = [name for name in modules if importlib.util.find_spec(_module_of(name)) is None]
    assert not missing


def test_the_build_is_strict() -> None:
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    line = re.search(r"^\t.*mkdocs build.*$", text, re.MULTILINE)
    assert line is not None
    assert "--strict" in line[0]
    assert "--quiet" not in line[0], "mkdocs counts no warning that it does not show: nothing would be refused"


def test_every_public_name_is_in_the_reference() -> None:
    modules = _reference()
    homes = {name: vtcore.home_of(name) for name in vtcore.__all__ if name != "__version__"}
    homes |= {name: f"vtcore.testing.{home}" for name, home in vtcore.testing._HOMES.items()}
    assert not {name: home for name, home in homes.items() if home not in modules}


def _lies_here(module: str) -> bool:
    spec = importlib.util.find_spec(module.partition(".")[0])
    return spec is not None and Path(str(spec.origin)).is_relative_to(REPOSITORY)


def test_every_component_of_ours_is_in_the_reference() -> None:
    reference, missing = _reference(), set()
    for component in (each for kind in plugin_host().kinds for each in plugin_host().components(kind)):
        module, _, name = component.target.partition(":")
        ours = module.startswith(("vtcore.", "vtrack_")) and _lies_here(module)
        if ours and not {module, f"{module}.{name}"} & reference:
            missing.add(component.target)
    assert not missing


def test_the_reference_is_read_from_the_packages_of_the_repository() -> None:
    text = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    named = re.findall(r"^ +- ((?:datasets|plugins)/\S*src)$", text, re.MULTILINE)
    sources = [
        path for pattern in ("datasets/src", "plugins/*/src", "plugins/*/*/src") for path in REPOSITORY.glob(pattern)
    ]
    # The compiled loops offer nothing by name.
    assert set(named) == {path.relative_to(REPOSITORY).as_posix() for path in sources} - {"plugins/mot/native/src"}


@pytest.mark.parametrize(("peer", "shown"), [("trackers", "Roboflow's `trackers`"), ("boxmot-cpp", "boxmot's C\\+\\+")])
def test_how_fast_the_readme_says_it_is_was_measured(peer: str, shown: str) -> None:
    benchmarks = (REPOSITORY / "benchmarks" / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| bytetrack \| .*\n(?:\|  \|.*\n)*?\|  \| {peer} \|(.*)$", benchmarks, re.MULTILINE)
    text = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    said = re.search(rf"([\d.]+) to (\d+) times as fast as {shown}", text)
    assert row is not None
    assert said is not None
    ratios = [float(ratio) for ratio in re.findall(r"\(([\d.]+)\)", row[1])]
    assert float(said[1]) == min(ratios)
    assert float(said[2]) == round(max(ratios))
