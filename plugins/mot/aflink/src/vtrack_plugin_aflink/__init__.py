"""AFLink: tracks joined by a network that knows where and when they were, and nothing of how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_aflink.network import LinkNetwork
    from vtrack_plugin_aflink.refiner import AFLink

__all__ = ["AFLink", "LinkNetwork"]

_MODULES = {"AFLink": "refiner", "LinkNetwork": "network"}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
