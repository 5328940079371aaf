"""One setting that was tried, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from vtcore.errors import DataError

__all__ = ["Trial"]

State = Literal["done", "failed"]


@attrs.frozen(kw_only=True)
class Trial:
    """One line of ``trials.jsonl``.

    Attributes:
        number: Counted from 0 in the order in which settings were chosen.
        state: ``failed`` where the setting cannot be tracked, or scored, with.
        parameters: The values by dotted key.
        places: The same as places in the sweep's parameters: index of a listed value, or the number itself.
        values: The scores that the sweep judges by, under the names that ``sweep.metrics`` gives them.
        scores: All combined scores: metric to field to number.
        seconds: Time spent on each stage: ``prepare``, ``track``, ``refine``, ``score``.
        error: Why it failed; empty otherwise.
    """

    number: int
    state: State
    parameters: Mapping[str, Any]
    places: tuple[int | float, ...]
    values: Mapping[str, float] = attrs.field(factory=dict)
    scores: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    seconds: Mapping[str, float] = attrs.field(factory=dict)
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it has scores."""
        return self.state == "done"

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return attrs.asdict(self, recurse=False)

    @classmethod
    def from_json(cls, value: Any) -> Trial:
        """Make a trial of its line.

        Raises:
            DataError: The line is of something else.
        """
        try:
            return cls(**{**value, "places": tuple(value["places"])})
        except (TypeError, KeyError) as error:
            raise DataError(f"is not the line of a trial: {error}") from error
