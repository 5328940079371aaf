"""What a run was made with: versions of Python, vtcore, the plugins in use and the libraries that compute."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from vtcore.experiments import Experiment
from vtcore.host import PluginHost

__all__ = ["collect_versions", "note_of_change"]

_LIBRARIES = (
    "numpy",
    "scipy",
    "opencv-python",
    "av",
    "torch",
    "torchvision",
    "trackeval",
    "pycocotools",
    "onnxruntime",
)


def collect_versions(experiment: Experiment, host: PluginHost) -> dict[str, Any]:
    """Return versions by name: ``python``, ``platform``, ``plugins`` in use and ``libraries`` installed."""
    used = {host.owner(configured.component) for configured in experiment.components()}
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "vtcore": version("vtcore"),
        "plugins": {plugin.distribution: plugin.version for plugin in sorted(used, key=lambda p: p.distribution)},
        "libraries": {name: found for name in _LIBRARIES if (found := _installed(name)) is not None},
    }


def note_of_change(file: Path, versions: Mapping[str, Any]) -> list[str]:
    """Say that a run is resumed with other versions than it was begun with; nothing where they are the same.

    Args:
        file: The run's ``versions.json`` so far; one that cannot be read tells nothing.
        versions: What it is resumed with.
    """
    try:
        before = dict(_flat(json.loads(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, AttributeError):
        return []
    changed = [
        f"{name} {before[name]} -> {now}" for name, now in _flat(versions) if name in before and before[name] != now
    ]
    if not changed:
        return []
    return [f"resumed with other versions: {', '.join(changed)}; sequences that were done are as the earlier made them"]


def _flat(versions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names and versions of what is installed; of the platform nothing."""
    yield from ((name, versions[name]) for name in ("python", "vtcore") if name in versions)
    for group in ("plugins", "libraries"):
        yield from versions.get(group, {}).items()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
