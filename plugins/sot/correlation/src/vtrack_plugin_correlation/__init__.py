"""Correlation filters, which need no weights: ``from vtrack_plugin_correlation import Kcf, Mosse``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_correlation.kcf import Kcf
    from vtrack_plugin_correlation.mosse import Mosse

__all__ = ["Kcf", "Mosse"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: numpy comes on first use.
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"vtrack_plugin_correlation.{name.lower()}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
