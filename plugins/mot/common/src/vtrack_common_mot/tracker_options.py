"""Options that every tracker of boxes has, each told once; light, for config modules.

A config takes them as its own fields, where they read best::

    per_class: bool = per_class_option()
    clock: str = clock_option()
    persist: bool = persist_option()
"""

from __future__ import annotations

import math
from typing import Any

from vtcore.options import option

__all__ = ["clock_option", "per_class_option", "persist_option", "weight_option"]


def per_class_option() -> Any:
    """Declare ``per_class``: whether classes are kept apart."""
    return option(True, "Match within a class only; false matches boxes of any class.")


def clock_option() -> Any:
    """Declare ``clock``: what tells a tracker how much time went by."""
    return option(
        "frames",
        "What tells how much time went by: every update is one frame on, or the frames' times are looked at, and "
        "frames that were dropped, late or early count as what they are.",
        choices=("frames", "seconds"),
    )


def persist_option() -> Any:
    """Declare ``persist``: whether a new sequence goes on from the one before."""
    return option(False, "Keep tracks and identities from one sequence to the next, as parts of one stream.")


def weight_option(default: float, help: str) -> Any:  # noqa: A002 - as `option` has it
    """Declare how much something counts: 0 or more, and finite, since infinity times nothing is no number."""
    return option(default, help, ge=0, lt=math.inf)
