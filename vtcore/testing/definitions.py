"""The checks there are: each a function of a subject, registered for the kinds of components that it is about."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from vtcore.testing.subjects import Subject

__all__ = ["EVERY_KIND", "PLUGIN", "TARGET_TRACKER", "CheckDefinition", "checks_of", "define"]

EVERY_KIND = "*"
"""Stands for all kinds of components."""
PLUGIN = "plugin"
"""What checks of a plugin as a whole are about."""
TARGET_TRACKER = "target-tracker"
"""What trackers of targets are checked as: see `vtcore.interfaces.TargetTracker`."""

_MODULES = (
    "registration_checks",
    "config_checks",
    "construction_checks",
    "behaviour_checks",
    "surroundings_checks",
    "tracker_checks",
    "tracker_input_checks",
    "target_tracker_checks",
    "detector_checks",
    "reid_checks",
    "dataset_checks",
    "transform_checks",
    "refiner_checks",
    "metric_checks",
    "writer_checks",
    "protocol_checks",
    "network_checks",
    "state_checks",
    "process_checks",
    "memory_checks",
)
"""Where checks are defined, in the order in which they are made: the simplest first."""

_definitions: dict[str, list[CheckDefinition]] = {}


@attrs.frozen
class CheckDefinition:
    """One check.

    Attributes:
        name: Of words joined by hyphens: ``reset-equals-fresh``.
        kinds: Kinds of components that it is about; `EVERY_KIND`, `PLUGIN` and `TARGET_TRACKER` may be among them.
        run: Makes the check; returns if all is well.
        summary: What must hold, one sentence.
        slow: Whether it takes seconds rather than less.
    """

    name: str
    kinds: frozenset[str]
    run: Callable[[Subject], None]
    summary: str
    slow: bool = False

    def applies_to(self, kind: str) -> bool:
        """Whether it is about components of a kind."""
        return kind in self.kinds or (EVERY_KIND in self.kinds and kind != PLUGIN)


def define(*kinds: str, slow: bool = False) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Register a function as a check: its name is the check's, the first line of its docstring what must hold."""

    def registered(function: Callable[[Subject], None]) -> Callable[[Subject], None]:
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        name = function.__name__.replace("_", "-")
        home = function.__module__.rpartition(".")[2]
        _definitions.setdefault(home, []).append(CheckDefinition(name, frozenset(kinds), function, summary, slow))
        return function

    return registered


def checks_of(kind: str) -> tuple[CheckDefinition, ...]:
    """Return the checks of a kind of components, in the order in which they are made.

    Args:
        kind: ``"tracker"``, ``"target-tracker"``, ``"detector"``, ... A kind that a plugin brings has those that are
            about any component; ``"plugin"`` has those of a plugin as a whole.
    """
    for module in _MODULES:
        importlib.import_module(f"vtcore.testing.{module}")
    return tuple(each for module in _MODULES for each in _definitions.get(module, ()) if each.applies_to(kind))
