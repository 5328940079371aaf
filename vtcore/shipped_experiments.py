"""Experiments that plugins ship as ``<package>/experiments/*.toml``, found without importing the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from vtcore.discovery import PluginInfo

__all__ = ["shipped_experiments"]


def shipped_experiments(plugin: PluginInfo) -> dict[str, Path]:
    """Return the experiment files of a plugin by name (the file's name without ``.toml``), sorted.

    The package is the one of the entry point's module: for ``vtrack_plugin_sort.plugin`` the folder is
    ``vtrack_plugin_sort/experiments``. Only the top-level package is asked for its place, since asking for a nested
    one would import its parents.
    """
    parts = plugin.module.split(".")
    for folder in _package_folders(parts[0]):
        # From the module itself (it may be a package) up to the top.
        for depth in range(len(parts), 0, -1):
            experiments = folder.joinpath(*parts[1:depth], "experiments")
            files = sorted(experiments.glob("*.toml"))
            if files:
                return {file.stem: file for file in files}
    return {}


def _package_folders(package: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package) if package else None
    except (ImportError, ValueError):
        return []
    locations = spec.submodule_search_locations if spec is not None else None
    return [Path(location) for location in locations or ()]
