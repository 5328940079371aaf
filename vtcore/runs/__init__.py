"""The run of an experiment, its folder, and continuing it."""

from __future__ import annotations

from vtcore.runs.run import Run

__all__ = ["Run"]
