"""torchvision's detectors: ``from vtrack_plugin_torchvision import TorchvisionDetector``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_torchvision.detector import TorchvisionDetector

__all__ = ["TorchvisionDetector"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: torch comes on first use.
    if name in __all__:
        from vtrack_plugin_torchvision import detector

        return getattr(detector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
