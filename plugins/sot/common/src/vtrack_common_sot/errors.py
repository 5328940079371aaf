"""Errors of single-object trackers, each told to the user in one line::

VtcoreError
└── DataError
    └── StartError    a target cannot be started from the box it was given
"""

from __future__ import annotations

from vtcore.errors import DataError

__all__ = ["StartError"]


class StartError(DataError):
    """A target cannot be started from its box; the message names the target and the box."""
