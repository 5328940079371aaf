"""Who may import whom, proven over every import statement of the repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

# Import packages whose distribution has another name.
DISTRIBUTIONS = {
    "attr": "attrs",
    "cv2": "opencv-python",
    "tomli_w": "tomli-w",
    "yaml": "pyyaml",
    "PIL": "pillow",
}

HEAVY = ("numpy", "scipy", "cv2", "torch", "torchvision", "trackeval", "av", "pycocotools", "matplotlib")

LIGHT_MODULES = (
    "vtcore/__init__.py",
    "vtcore/__main__.py",
    "vtcore/builtin.py",
    "vtcore/components.py",
    "vtcore/discovery.py",
    "vtcore/errors.py",
    "vtcore/hookspecs.py",
    "vtcore/host.py",
    "vtcore/interfaces.py",
    "vtcore/known_plugins.py",
    "vtcore/loading.py",
    "vtcore/lookup.py",
    "vtcore/notification.py",
    "vtcore/options.py",
    "vtcore/preflight/__init__.py",
    "vtcore/preflight/composition.py",
    "vtcore/preflight/data.py",
    "vtcore/preflight/findings.py",
    "vtcore/preflight/output.py",
    "vtcore/registration.py",
    "vtcore/settlement.py",
    "vtcore/shipped_experiments.py",
    "vtcore/suggestions.py",
)


def is_ours(module: str) -> bool:
    return module == "vtcore" or module.startswith("vtrack_")


def allowed(package: Any) -> set[str]:
    """Our import packages that a package may import, by the rules of docs/design.md."""
    if package.package == "vtcore":
        return {"vtcore"}
    mine = {package.package, "vtcore"}
    if package.package == "vtrack_nets":
        return mine
    if package.family:
        mine |= {"vtrack_nets", f"vtrack_common_{package.family}"}
    if package.package == "vtrack_common_mot":
        # The same inner loops, compiled, where they are installed.
        mine.add("vtrack_native_mot")
    return mine


def test_there_is_something_to_look_at(packages: Any) -> None:
    names = [package.package for package in packages]
    assert names[0] == "vtcore"
    assert len(names) == len(set(names))
    assert all(next(iter(package.imports()), None) is not None for package in packages)


def test_nobody_imports_whom_it_must_not(packages: Any) -> None:
    wrong = [
        f"{statement.where}: {package.name} imports {statement.module}"
        for package in packages
        for statement in package.imports()
        if is_ours(statement.top) and statement.top not in allowed(package)
    ]
    assert wrong == []


def test_what_is_imported_is_declared(packages: Any) -> None:
    """Our own packages too: what works in this repository must work when installed alone."""
    wrong = []
    for package in packages:
        for statement in package.imports():
            top = statement.top
            if top in sys.stdlib_module_names or top == package.package or statement.for_types:
                continue
            if top.replace("_", "-") not in package.dependencies and DISTRIBUTIONS.get(top) not in package.dependencies:
                wrong.append(f"{statement.where}: {package.name} imports {top}, which its pyproject.toml lacks")
    assert wrong == []


def test_torch_is_no_matter_of_the_core(packages: Any) -> None:
    core = packages[0]
    assert "torch" not in core.dependencies
    assert [statement.where for statement in core.imports() if statement.top in ("torch", "torchvision")] == []


@pytest.mark.parametrize("path", LIGHT_MODULES)
def test_light_modules_import_nothing_heavy_when_imported(root: Path, imports_of: Any, path: str) -> None:
    heavy = [
        f"{statement.where}: {statement.module}"
        for statement in imports_of(root / path)
        if statement.top in HEAVY and not statement.lazy and not statement.for_types
    ]
    assert heavy == []


def test_rules_catch_what_they_are_for(tmp_path: Path, imports_of: Any) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nimport numpy.linalg\nfrom . import sibling\n"
        "if TYPE_CHECKING:\n    import torch\nelse:\n    import cv2\n"
        "def function():\n    from vtrack_plugin_sort import tracker\n"
    )
    found = {statement.module: statement for statement in imports_of(file)}
    assert set(found) == {
        "typing.TYPE_CHECKING",
        "numpy.linalg",
        "torch",
        "cv2",
        "vtrack_plugin_sort.tracker",
    }
    assert found["torch"].for_types
    assert not found["cv2"].for_types
    assert found["vtrack_plugin_sort.tracker"].lazy
    assert found["numpy.linalg"].top == "numpy"
