"""Tracktor for vtcore: ``from vtrack_plugin_tracktor import Tracktor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_tracktor.normalised_ecc import NormalisedEcc
    from vtrack_plugin_tracktor.tracker import Tracktor

_MODULES = {"NormalisedEcc": "normalised_ecc", "Tracktor": "tracker"}

__all__ = ["NormalisedEcc", "Tracktor"]


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: numpy and torch come on first use.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
