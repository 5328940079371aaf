"""A detector of a config, and what goes with it."""

from __future__ import annotations

import attrs

from vtcore.migration.pipelines import Pictures
from vtcore.migration.sections import Section

__all__ = ["Detector"]

KeyPath = tuple[str, ...]


@attrs.frozen
class Detector:
    """A detector of the config and what goes with it.

    Attributes:
        section: Its table.
        pictures: What is done to pictures before it sees them.
        path: Table of the experiment that it becomes.
        weights: File or address of its weights; empty where nobody said.
        classes: Names of what it finds; empty where nobody said.
    """

    section: Section
    pictures: Pictures
    path: KeyPath
    weights: str
    classes: tuple[str, ...]

    def put_weights(self) -> None:
        """Write its weights into the experiment."""
        place = self.section.section("init_cfg").where("checkpoint")
        self.section.draft.put((*self.path, "weights"), self.weights, place)
