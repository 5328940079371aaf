"""What published implementations answer, case by case, against our public classes.

The folder in ``VTCORE_PARITY`` (default: ``shared/parity`` beside the repository) is scanned for
``<family>/<case>.json``. What a case is about says its field ``case`` with family, model and operation: a handler for
it stands in ``<family>_cases.py`` or one of ``<family>_<what>_cases.py`` beside this file. Names of files say nothing.
Weights and inputs of a case are made from names by the folder's own ``fill.py``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import numpy as np
import pytest

VARIABLE = "VTCORE_PARITY"
GIVEN = os.environ.get(VARIABLE)
HERE = Path(__file__).resolve().parent
FOLDER = Path(GIVEN) if GIVEN else HERE.parents[2] / "shared" / "parity"

Arrays = Mapping[str, Any]


def _load(path: Path) -> ModuleType:
    """Import a file that is in no package."""
    name = f"vtcore_parity_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@attrs.frozen
class Case:
    """One case: what it is about, what goes in, and what must come out."""

    file: Path

    @property
    def name(self) -> str:
        return f"{self.file.parent.name}/{self.file.stem}"

    @property
    def stated(self) -> dict[str, Any]:
        stated: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return stated

    def stored(self) -> dict[str, Any]:
        """Return the arrays that lie beside the case."""
        arrays = self.file.with_suffix(".npz")
        if not arrays.is_file():
            return {}
        with np.load(arrays) as archive:
            return {name: archive[name] for name in archive.files}

    def fill(self) -> ModuleType:
        """Return the folder's module that makes weights and inputs from names."""
        return _load(FOLDER / "fill.py")

    def state(self) -> dict[str, Any]:
        """Return the reference's weights, by its own names, as arrays."""
        stated, fill = self.stated, self.fill()
        scale, offset = stated.get("scale", {}), stated.get("offset", {})
        state = {}
        for name, value in fill.fill_state_dict(stated.get("state_dict", {})).items():
            if name in scale:
                value = value * np.float32(scale[name])
            state[name] = value + np.float32(offset[name]) if name in offset else value
        return state

    def inputs(self) -> dict[str, Any]:
        """Return the inputs that are made from their names, float32."""
        return {name: self.fill().fill_input(name, shape) for name, shape in self.stated.get("inputs", {}).items()}

    def images(self) -> dict[str, Any]:
        """Return the pictures that are made from their names, uint8 ``(height, width, 3)``, red first."""
        return {name: self.fill().fill_image(name, *size) for name, size in self.stated.get("images", {}).items()}

    def given(self) -> dict[str, Any]:
        """Return the scripted inputs."""
        stored = self.stored()
        return {name[6:]: value for name, value in stored.items() if name.startswith("given:")}

    def checker(self) -> Any:
        """Return what compares answers with those stored."""
        return _load(HERE / "checker.py").Checker(self)

    def runs(self) -> ModuleType:
        """Return what puts runs of single-object trackers into action."""
        return _load(HERE / "target_runs.py")


CASES = [Case(file) for file in sorted(FOLDER.glob("*/*.json"))]


def test_cases_are_there() -> None:
    if CASES:
        return
    problem = f"{FOLDER} {'holds no <family>/<case>.json' if FOLDER.is_dir() else 'does not exist'}"
    if GIVEN is None and not FOLDER.is_dir():
        pytest.skip(f"{problem}; set {VARIABLE} to a folder of parity cases")
    pytest.fail(f"{VARIABLE}: {problem}")


@pytest.mark.data
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_answers_are_those_of_the_published_implementation(case: Case) -> None:
    about = case.stated.get("case")
    problem = f"{case.file}: has no field 'case' with family, model and operation"
    assert isinstance(about, dict), problem
    assert {"family", "model", "operation"} <= about.keys(), problem
    _handler(about)(case)


def _handler(about: Mapping[str, str]) -> Callable[[Case], None]:
    """Return what checks a case, or skip saying what is not built."""
    family, model, operation = about["family"], about["model"], about["operation"]
    modules = sorted((*HERE.glob(f"{family}_cases.py"), *HERE.glob(f"{family}_*_cases.py")))
    if not modules:
        pytest.skip(f"family {family!r} is not built yet (model {model!r}, operation {operation!r})")
    for module in modules:
        handlers: Mapping[tuple[str, str], Callable[[Case], None]] = _load(module).HANDLERS
        if (model, operation) in handlers:
            return handlers[model, operation]
    pytest.skip(f"{family}: model {model!r} with operation {operation!r} is not built yet")
