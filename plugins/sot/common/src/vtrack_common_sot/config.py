"""Options that all single-object trackers have. Light: nothing heavy is imported."""

from __future__ import annotations

from typing import ClassVar

import attrs

__all__ = ["TargetTrackerConfig"]


@attrs.frozen(kw_only=True)
class TargetTrackerConfig:
    """A tracker that is told its targets, and finds them by itself in every frame: it needs no detector."""

    needs: ClassVar[frozenset[str]] = frozenset({"image", "targets"})
