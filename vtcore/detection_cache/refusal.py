"""Why something is not cached."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818 - no error: the detections are computed as without a cache
    """Detections cannot be cached; the message says why."""
