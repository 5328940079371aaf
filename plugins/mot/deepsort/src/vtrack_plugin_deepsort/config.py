"""Options of DeepSORT."""

from __future__ import annotations

import attrs

from vtrack_common_mot.appearance.config import AppearanceSortConfig

__all__ = ["DeepSortConfig"]


@attrs.frozen(kw_only=True)
class DeepSortConfig(AppearanceSortConfig):
    """Options of DeepSORT."""
