"""What the networks of plugins share: weights from files and addresses, fitted with a report; running; devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_nets.checkpoints import load_state
    from vtrack_nets.device import resolve_device
    from vtrack_nets.errors import CheckpointError, DeviceError, DownloadError
    from vtrack_nets.fitting import FitReport, Reshaped, fit
    from vtrack_nets.loading import load_weights
    from vtrack_nets.running import NetworkRunner
    from vtrack_nets.sources import local_file

_MODULES = {
    "CheckpointError": "errors",
    "DeviceError": "errors",
    "DownloadError": "errors",
    "FitReport": "fitting",
    "NetworkRunner": "running",
    "Reshaped": "fitting",
    "fit": "fitting",
    "load_state": "checkpoints",
    "load_weights": "loading",
    "local_file": "sources",
    "resolve_device": "device",
}

__all__ = [
    "CheckpointError",
    "DeviceError",
    "DownloadError",
    "FitReport",
    "NetworkRunner",
    "Reshaped",
    "fit",
    "load_state",
    "load_weights",
    "local_file",
    "resolve_device",
]


def __getattr__(name: str) -> Any:
    # Light modules of plugins may import from here: torch comes with the first thing that needs it.
    if name in __all__:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
