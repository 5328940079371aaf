"""What a run was made with: versions of Python, vtcore, the plugins in use and the libraries that compute."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from vtcore.experiments import Experiment
from vtcore.host import PluginHost

__all__ = ["collect_versions"]

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


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
