"""Object detection models of transformers: ``from vtrack_plugin_transformers import TransformersDetector``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_transformers.detector import TransformersDetector

__all__ = ["TransformersDetector"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in __all__:
        from vtrack_plugin_transformers import detector

        return getattr(detector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
