"""What a component's code is: its package's source, and the versions of what that stands on.

A version says too little while a plugin is being written: an editable install keeps its number. So the source files
count, too.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from vtcore.detection_cache.file_hashes import FileHashes
from vtcore.detection_cache.refusal import Refusal

__all__ = ["code_digest", "library_versions", "requirement_versions"]

_SOURCES = frozenset({".py", ".pyd", ".so"})
_LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python", "opencv-python-headless", "scipy", "torch", "torchvision")
"""What decodes and computes, whether a plugin names it or not."""


def code_digest(module: str, hashes: FileHashes) -> str:
    """Return a hash over the source of a module and of the package it is in, without importing it.

    Of the core, whose packages have little to do with each other, it is the module's own package.

    Raises:
        Refusal: There are no such files, as for a class that was typed in at a prompt.
    """
    try:
        place = _place(module)
        return hashes.folder_digest(place, _SOURCES) if place.is_dir() else hashes.digest(place)
    except OSError as error:
        raise Refusal(f"the code of {module} cannot be read: {error}") from error


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decode and compute, those that are installed."""
    return {name: found for name in _LIBRARIES if (found := _version(name)) is not None}


@functools.lru_cache(maxsize=64)
def requirement_versions(distribution: str) -> tuple[tuple[str, str], ...]:
    """Return names and versions of all that a distribution requires, and what that requires in turn, by name.

    What only vtcore requires is left out: it does not detect.
    """
    found: dict[str, str] = {}
    waiting = [distribution]
    while waiting:
        for name in _required(waiting.pop()):
            if name not in found and (installed := _version(name)) is not None:
                found[name] = installed
                waiting += [name] if name != "vtcore" else []
    return tuple(sorted(found.items()))


def _place(module: str) -> Path:
    """Return the folder of a module's package, or the file of a module without one."""
    top, _, rest = module.partition(".")
    if top == "vtcore" and rest:
        return Path(__file__).parents[1].joinpath(*rest.split(".")[:-1])
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.origin is None:
        # A namespace, which several distributions share: the package is further down.
        for location in spec.submodule_search_locations or ():
            if (found := _package_below(Path(location), rest)) is not None:
                return found
    elif spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    file = (spec and spec.origin) or getattr(sys.modules.get(module), "__file__", None)
    if not file or not Path(file).is_file():
        raise Refusal(f"the code of {module} is in no file")
    return Path(file)


def _package_below(folder: Path, rest: str) -> Path | None:
    for part in rest.split("."):
        folder /= part
        if (folder / "__init__.py").is_file():
            return folder
        if folder.with_name(f"{part}.py").is_file():
            return folder.with_name(f"{part}.py")
    return None


def _required(distribution: str) -> list[str]:
    try:
        texts = requires(distribution) or []
    except PackageNotFoundError:
        return []
    names: list[str] = []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            names.append(canonicalize_name(requirement.name))
    return names


@functools.cache
def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
