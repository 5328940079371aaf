"""Video perception with plugins: detection, tracking and segmentation in video, composed by TOML experiments.

Public names load on first use, so that importing vtcore costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtcore.api import load_experiment as load_experiment
    from vtcore.api import run as run
    from vtcore.api import track as track
    from vtcore.components import BuildContext as BuildContext
    from vtcore.components import Component as Component
    from vtcore.components import Kind as Kind
    from vtcore.components import build as build
    from vtcore.detectors.function import FunctionDetector as FunctionDetector
    from vtcore.errors import VtcoreError as VtcoreError
    from vtcore.frames import Frame as Frame
    from vtcore.frames import Sequence as Sequence
    from vtcore.hookspecs import hookimpl as hookimpl
    from vtcore.instances import Instances as Instances
    from vtcore.masks import Masks as Masks
    from vtcore.options import option as option
    from vtcore.tables import TrackTable as TrackTable

__version__ = "0.1.0"

_HOMES = {
    "BuildContext": "components",
    "Component": "components",
    "Frame": "frames",
    "FunctionDetector": "detectors.function",
    "Instances": "instances",
    "Kind": "components",
    "Masks": "masks",
    "Sequence": "frames",
    "TrackTable": "tables",
    "VtcoreError": "errors",
    "build": "components",
    "hookimpl": "hookspecs",
    "load_experiment": "api",
    "option": "options",
    "run": "api",
    "track": "api",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vtcore' has no attribute {name!r}")
    value = getattr(import_module(f"vtcore.{home}"), name)
    globals()[name] = value
    return value


def home_of(name: str) -> str | None:
    """Return the module that defines a public name of this package, None if it is none."""
    home = _HOMES.get(name)
    return None if home is None else f"vtcore.{home}"


def __dir__() -> list[str]:
    """Name what can be imported from here."""
    return list(__all__)
