"""Metrics of multi-object tracking: HOTA, CLEAR, Identity and Count, computed by trackeval from arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_mot_metrics.metrics import Clear, Count, Hota, Identity

__all__ = ["Clear", "Count", "Hota", "Identity"]


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: the metrics load on first use.
    if name in __all__:
        from vtrack_plugin_mot_metrics import metrics

        return getattr(metrics, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
