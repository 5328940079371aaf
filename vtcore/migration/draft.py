"""The experiment in the making, and what is told about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from vtcore.errors import Problem
from vtcore.migration.values import Place, Value

__all__ = ["Draft", "Weights"]

KeyPath = tuple[str | int, ...]


@attrs.frozen(kw_only=True)
class Weights:
    """Files of weights that the config itself does not name.

    Attributes:
        checkpoint: What ``tools/test.py`` takes: of the whole model. Empty where there is none.
        detector: Of the detector alone, in its place.
        reid: Of the re-identification network alone, in its place.
    """

    checkpoint: str = ""
    detector: str = ""
    reid: str = ""


@attrs.define
class Draft:
    """Tables of an experiment that grow while a config is gone through.

    Attributes:
        weights: Weights given beside the config.
        tables: The experiment.
        places: Where in the config each of its values was written; what is missing follows from how the originals
            work.
        unmapped: Settings without a counterpart.
        remarks: What differs, or is to be looked at, though everything has its place.
        left_out: Settings that an experiment does not have, by the word for what they are: training, logging.
    """

    weights: Weights
    tables: dict[str, Any] = attrs.field(factory=dict)
    places: dict[KeyPath, Place] = attrs.field(factory=dict)
    unmapped: list[Problem] = attrs.field(factory=list)
    remarks: list[Problem] = attrs.field(factory=list)
    left_out: dict[str, list[str]] = attrs.field(factory=dict)

    def put(self, path: Sequence[str | int], value: Any, place: Place | None = None) -> None:
        """Set a value of the experiment; tables on the way are made. None sets nothing."""
        if value is None:
            return
        table = self.tables
        for key in path[:-1]:
            table = table.setdefault(str(key), {})
        table[str(path[-1])] = value
        if place is not None:
            self.places[tuple(path)] = place

    def add(self, kind: str, table: dict[str, Any], place: Place) -> None:
        """Append a component to a list of them: a metric, a refiner, a writer."""
        listed: list[Any] = self.tables.setdefault(kind, [])
        for key in table:
            self.places[kind, len(listed), key] = place
        listed.append(table)

    def has(self, *path: str) -> bool:
        """Whether the experiment has a table or value."""
        table: Any = self.tables
        for key in path:
            if not isinstance(table, dict) or key not in table:
                return False
            table = table[key]
        return True

    def sweep(self, path: Sequence[str], values: list[Any], place: Place) -> None:
        """Have several values tried, the first being the experiment's own."""
        self.put(path, values[0], place)
        self.put(("sweep", "parameters", *path), values, place)

    def cannot(self, message: str, key: str, place: Place) -> None:
        """Tell of a setting that has no counterpart."""
        problem = Problem(message, key, place.file, place.line)
        if problem not in self.unmapped:
            self.unmapped.append(problem)

    def remark(self, message: str, key: str, place: Place) -> None:
        """Tell of something to know or do, though nothing is lost."""
        problem = Problem(message, key, place.file, place.line)
        if problem not in self.remarks:
            self.remarks.append(problem)

    def leave_out(self, what: str, keys: Iterable[str]) -> None:
        """Keep the names of settings that an experiment does not have."""
        known = self.left_out.setdefault(what, [])
        known += [key for key in keys if key not in known]

    def cannot_read(self, value: Value, key: str) -> None:
        """Tell of expressions within a value that were not understood."""
        for inner in value.unread():
            self.cannot(f"not understood: {inner.data.text} ({inner.data.reason})", key, inner.place)
