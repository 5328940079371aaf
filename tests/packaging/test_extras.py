"""What a module of ours needs only where an extra is installed, whoever imports that module asks for."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT, *sorted(file.parent for file in ROOT.glob("plugins/**/pyproject.toml")), ROOT / "datasets"]
PROJECTS: dict[str, dict[str, Any]] = {}
SOURCES: dict[str, Path] = {}
for _folder in FOLDERS:
    _project = tomllib.loads((_folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    PROJECTS[_project["name"]] = _project
    _sources = [ROOT / "vtcore"] if _folder == ROOT else [*(_folder / "src").iterdir()]
    SOURCES[_project["name"]] = next(source for source in _sources if (source / "__init__.py").is_file())
OWNERS = {source.name: name for name, source in SOURCES.items()}
DISTRIBUTIONS = {"cv2": "opencv-python", "attr": "attrs", "tomli_w": "tomli-w", "PIL": "pillow", "yaml": "pyyaml"}


def distribution_of(module: str) -> str:
    top = module.partition(".")[0]
    return OWNERS.get(top) or DISTRIBUTIONS.get(top) or str(canonicalize_name(top))


def imports_of(file: Path, *, lazy: bool) -> Iterator[str]:
    """Yield the modules that a module imports; with `lazy` also those that its functions do."""

    def visit(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Try):
            return  # goes on without it
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                yield from visit(child)
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for child in ast.iter_child_nodes(node):
                yield from visit(child)

    yield from visit(ast.parse(file.read_text(encoding="utf-8")))


def file_of(module: str) -> Path | None:
    """Return the file of a module of ours, or of the one that a name is in."""
    top, *parts = module.split(".")
    if top not in OWNERS:
        return None
    for length in range(len(parts), -1, -1):
        place = SOURCES[OWNERS[top]].joinpath(*parts[:length])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


@functools.cache
def needs(file: Path) -> frozenset[str]:
    """Name the distributions that a module imports when it is imported, modules of ours in between included."""
    found: set[str] = set()
    waiting, seen = [file], {file}
    while waiting:
        for module in imports_of(waiting.pop(), lazy=False):
            if module.partition(".")[0] in sys.stdlib_module_names:
                continue
            found.add(distribution_of(module))
            further = file_of(module)
            if further is not None and further not in seen:
                seen.add(further)
                waiting.append(further)
    return frozenset(found)


def asked_for(name: str) -> set[str]:
    """Name what a distribution asks for, directly or through others of ours, with the extras that it names."""
    waiting = [(name, "")]
    waiting += [(name, extra) for extra in PROJECTS[name].get("optional-dependencies", {})]
    found = {name}
    while waiting:
        project, extra = waiting.pop()
        own = PROJECTS[project]
        for requirement in map(
            Requirement, own.get("optional-dependencies", {})[extra] if extra else own["dependencies"]
        ):
            found.add(str(canonicalize_name(requirement.name)))
            if requirement.name in PROJECTS:
                waiting += [(requirement.name, each) for each in ("", *requirement.extras)]
    return found


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_imported_of_others_has_what_it_needs(name: str) -> None:
    there = asked_for(name)
    missing = [
        f"{file.relative_to(ROOT)} imports {module}, which needs {', '.join(sorted(needs(home) - there))}"
        for file in sorted(SOURCES[name].rglob("*.py"))
        for module in imports_of(file, lazy=True)
        if (home := file_of(module)) is not None and module.partition(".")[0] != SOURCES[name].name
        if needs(home) - there - {"pytest"}
    ]
    assert missing == []


def test_a_missing_extra_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    project = PROJECTS["vtrack-plugin-siamrpn"]
    bare = [
        text.replace("[networks]", "")
        for text in project["dependencies"]
        if not text.startswith(("torch", "vtrack-nets"))
    ]
    monkeypatch.setitem(PROJECTS, "vtrack-plugin-siamrpn", {**project, "dependencies": bare})
    with pytest.raises(AssertionError, match="which needs vtrack-nets"):
        test_what_is_imported_of_others_has_what_it_needs("vtrack-plugin-siamrpn")
