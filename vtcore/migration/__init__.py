"""Experiments out of configs of MMTracking and MMDetection, which are read and never executed."""

from __future__ import annotations

from vtcore.migration.draft import Weights
from vtcore.migration.migrating import Migration, migrate

__all__ = ["Migration", "Weights", "migrate"]
