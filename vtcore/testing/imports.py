"""What a plugin imports when it is registered, found out in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from vtcore.testing.failures import CheckFailure
from vtcore.testing.processes import run_python

__all__ = ["HEAVY", "Imported", "import_quietly"]

import attrs

HEAVY = (
    "numpy",
    "scipy",
    "cv2",
    "torch",
    "torchvision",
    "tensorflow",
    "jax",
    "onnx",
    "onnxruntime",
    "transformers",
    "timm",
    "ultralytics",
    "supervision",
    "trackeval",
    "pandas",
    "matplotlib",
    "skimage",
    "sklearn",
    "numba",
    "PIL",
    "av",
    "pycocotools",
)
"""Packages that take long to import, or much memory."""

_PROBE = """\
import importlib, io, json, pathlib, sys, time, traceback, warnings

modules, heavy, plugin = json.load(sys.stdin)
found = {"heavy": [], "warnings": [], "printed": "", "failed": "", "seconds": 0.0}
seen = set()


class Watch:
    # Asked first for every module, so the stack still shows who imports it.
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in heavy and top not in seen:
            seen.add(top)
            stack = traceback.extract_stack()
            files = [each for each in stack if "importlib" not in each.filename and each.filename != "<string>"]
            # What one of them imports in turn is not the plugin's doing.
            inner = any(part in seen for each in files for part in pathlib.Path(each.filename).parts)
            if not inner:
                found["heavy"].append([top, f"{files[-1].filename}:{files[-1].lineno}" if files else "?"])
        return None


import vtcore.host, vtcore.hookspecs, vtcore.components, vtcore.options, vtcore.interfaces

sys.meta_path.insert(0, Watch())
said, sys.stdout = sys.stdout, io.StringIO()
errors, sys.stderr = sys.stderr, io.StringIO()
began = time.process_time()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for module in modules:
        try:
            hooks = vars(importlib.import_module(module))
            for name in vtcore.hookspecs.REGISTERING_HOOKS if module == plugin else ():
                list(hooks[name]() if name in hooks else ())
        except BaseException as error:
            found["failed"] = f"{module}: {type(error).__name__}: {error}"
            break
found["seconds"] = time.process_time() - began
found["printed"] = sys.stdout.getvalue() + sys.stderr.getvalue()
found["warnings"] = [f"{each.filename}:{each.lineno}: {each.message}" for each in caught]
sys.stdout, sys.stderr = said, errors
print(json.dumps(found))
"""


@attrs.frozen
class Imported:
    """What came of importing modules.

    Attributes:
        heavy: Heavy packages that were imported, each with the line that did so first.
        warnings: What was warned of.
        printed: What was written to standard output or standard error.
        failed: The module that cannot be imported, and why; empty where there is none.
        seconds: How long it computed, with the core there already.
    """

    heavy: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    printed: str
    failed: str
    seconds: float


def import_quietly(modules: Iterable[str], plugin: str = "") -> Imported:
    """Import modules in a process of their own that has the core's light modules only.

    Args:
        modules: Their names.
        plugin: That of one with hooks: those that register are called.

    Raises:
        CheckFailure: The process fails.
    """
    done = run_python("-c", _PROBE, text=json.dumps([sorted(modules), HEAVY, plugin]))
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CheckFailure(f"importing it ends the process (status {done.returncode}): {told}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return Imported(
        tuple((name, place) for name, place in answer["heavy"]),
        tuple(answer["warnings"]),
        answer["printed"],
        answer["failed"],
        answer["seconds"],
    )
