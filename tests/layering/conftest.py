"""The packages of this repository, and what their modules import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]


@attrs.frozen
class Import:
    """One import statement.

    Attributes:
        module: The absolute module it names.
        where: ``path:line``.
        lazy: Whether it stands within a function.
        for_types: Whether it stands under ``if TYPE_CHECKING``.
    """

    module: str
    where: str
    lazy: bool
    for_types: bool

    @property
    def top(self) -> str:
        """The top-level package."""
        return self.module.partition(".")[0]


@attrs.frozen
class Package:
    """A distribution of this repository.

    Attributes:
        name: Of the distribution.
        package: Its import package.
        folder: Of the import package.
        family: ``mot``, ``det``, ...; empty for the core, the networks and the data sets.
        dependencies: Distributions it declares, with those of its extras.
    """

    name: str
    package: str
    folder: Path
    family: str
    dependencies: frozenset[str]

    def imports(self) -> Iterator[Import]:
        """Yield every import of every module."""
        for file in sorted(self.folder.rglob("*.py")):
            yield from read_imports(file)


def read_imports(file: Path) -> list[Import]:
    """Return the absolute imports of a module."""
    found: list[Import] = []
    place = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file

    def visit(node: ast.AST, *, lazy: bool, for_types: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, f"{place}:{node.lineno}", lazy, for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found.extend(Import(name, f"{place}:{node.lineno}", lazy, for_types) for name in names)
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                visit(child, lazy=lazy, for_types=True)
            for child in node.orelse:
                visit(child, lazy=lazy, for_types=for_types)
            return
        for child in ast.iter_child_nodes(node):
            visit(child, lazy=lazy, for_types=for_types)

    visit(ast.parse(file.read_text(encoding="utf-8")), lazy=False, for_types=False)
    return found


def read_package(folder: Path, family: str) -> Package:
    """Read the distribution that a folder holds."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project.get("dependencies", ())]
    for extra in project.get("optional-dependencies", {}).values():
        requirements += extra
    names = frozenset(Requirement(text).name for text in requirements)
    (source,) = [path for path in _sources(folder) if (path / "__init__.py").is_file()]
    return Package(project["name"], source.name, source, family, names)


def _sources(folder: Path) -> list[Path]:
    return [ROOT / "vtcore"] if folder == ROOT else sorted((folder / "src").iterdir())


def all_packages() -> list[Package]:
    """Return every distribution of this repository, the core first."""
    plugins = sorted(path.parent for path in ROOT.glob("plugins/*/*/pyproject.toml"))
    others = [
        folder for folder in (ROOT / "plugins" / "nets", ROOT / "datasets") if (folder / "pyproject.toml").is_file()
    ]
    return [
        read_package(ROOT, ""),
        *(read_package(folder, folder.parent.name) for folder in plugins),
        *(read_package(folder, "") for folder in others),
    ]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def imports_of() -> Callable[[Path], list[Import]]:
    """Read the imports of a module."""
    return read_imports


@pytest.fixture(scope="session")
def packages() -> list[Package]:
    """Every distribution of this repository."""
    return all_packages()
