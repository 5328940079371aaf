"""What the networks of plugins share: weights from files, fitted with a report; devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_nets.checkpoints import load_state
    from vtrack_nets.device import resolve_device
    from vtrack_nets.errors import CheckpointError, DeviceError
    from vtrack_nets.fitting import FitReport, Reshaped, fit

__all__ = ["CheckpointError", "DeviceError", "FitReport", "Reshaped", "fit", "load_state", "resolve_device"]

_MODULES = {
    "CheckpointError": "errors",
    "DeviceError": "errors",
    "FitReport": "fitting",
    "Reshaped": "fitting",
    "fit": "fitting",
    "load_state": "checkpoints",
    "resolve_device": "device",
}


def __getattr__(name: str) -> Any:
    # Light modules of plugins may import from here: torch comes with the first thing that needs it.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
