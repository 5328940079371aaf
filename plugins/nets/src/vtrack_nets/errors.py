"""Errors of weights and devices, each told to the user in one line::

VtcoreError
├── DataError
│   └── CheckpointError    a file of weights is missing, damaged, refused, or of another network
└── DeviceError            a device is unknown, or not there
"""

from __future__ import annotations

from vtcore.errors import DataError, VtcoreError

__all__ = ["CheckpointError", "DeviceError"]


class CheckpointError(DataError):
    """A file of weights is missing, damaged, refused, or does not fit the network; the message names the file."""


class DeviceError(VtcoreError):
    """A device is unknown, or this machine does not have it."""
