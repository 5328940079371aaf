"""Errors of weights and devices, each told to the user in one line::

VtcoreError
├── DataError
│   └── CheckpointError    a file of weights is missing, damaged, refused, or of another network
├── DownloadError          an address cannot be fetched, or gives another file than it must
└── DeviceError            a device is unknown, not there, or too small
"""

from __future__ import annotations

from vtcore.errors import DataError, VtcoreError

__all__ = ["CheckpointError", "DeviceError", "DownloadError", "shown"]

_LONGEST = 100


class CheckpointError(DataError):
    """A file of weights is missing, damaged, refused, or does not fit the network; the message names the file."""


class DeviceError(VtcoreError):
    """A device is unknown, or this machine does not have it, or its memory is too small."""


class DownloadError(VtcoreError):
    """An address cannot be fetched, or gives another file than it must; the message names the address."""


def shown(text: str) -> str:
    """Return a text from a file as a message may show it: in one line, not too long, and without control characters.

    A terminal would obey these.
    """
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    return text if text.isprintable() else ascii(text)[1:-1]
