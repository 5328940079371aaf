"""Tables of a config as they are gone through: whatever nobody took is told in the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from vtcore.migration.draft import Draft
from vtcore.migration.values import Imported, Place, Unread, Value, plain

__all__ = ["MISSING", "Section", "shown"]

MISSING: Any = object()
_TRAINING = re.compile(
    r"(.*_)?loss(_.*)?|train_cfg|pretrained|frozen_.*|freeze_.*|.*dropout.*|assigner|sampler|debug|norm_eval"
)
_SHOWN = 50


def shown(value: Any) -> str:
    """Return a setting as it is told: short, on one line."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class Section:
    """One dictionary of the config, under the key that it has there.

    Attributes:
        key: Dotted key, empty for the whole config.
        place: Where it was written.
        draft: What it becomes, and is told of.
    """

    def __init__(self, value: Value, key: str, draft: Draft) -> None:
        """Go through a dictionary; anything else counts as an empty one."""
        self._table: dict[str, Value] = dict(value.data) if value.is_table else {}
        self._taken: set[str] = set()
        self._children: dict[str, Section] = {}
        self.key = key
        self.place: Place = value.place
        self.draft = draft

    def __contains__(self, name: str) -> bool:
        """Whether a setting is there and not None."""
        return name in self._table and self._table[name].data is not None

    @property
    def names(self) -> list[str]:
        """All settings that are there."""
        return list(self._table)

    @property
    def type(self) -> str:
        """What it says it is, without the package that it is registered in: ``mmdet.FasterRCNN`` is FasterRCNN."""
        return self.text("type").rpartition(".")[2]

    def path(self, name: str) -> str:
        """Return the dotted key of a setting."""
        return f"{self.key}.{name}" if self.key else name

    def where(self, name: str) -> Place:
        """Return where a setting was written; where it is not there, where its table was."""
        return self._table[name].place if name in self._table else self.place

    def take(self, name: str, default: Any = None) -> Any:
        """Return a setting as plain data, and count it as dealt with.

        What was not understood is told, and the default returned.
        """
        self._taken.add(name)
        if name not in self._table:
            return default
        value = self._table[name]
        found = plain(value)
        if _holds_unread(found):
            self.draft.cannot_read(value, self.path(name))
            return default
        if isinstance(found, Imported) and name != "type":
            self.cannot(name, f"{found}: what is imported is not looked up; write it out")
            return default
        return found

    def number(self, name: str, default: float) -> float:
        """Take a number; anything else is told, and the default returned."""
        found: float = self._of(name, default, _is_number, "a number")
        return found

    def numbers(self, name: str, default: list[float]) -> list[float]:
        """Take a list of numbers; anything else is told, and the default returned."""
        found: list[float] = self._of(name, default, _are_numbers, "a list of numbers")
        return [float(value) for value in found]

    def text(self, name: str, default: str = "") -> str:
        """Take a string, None counting as the default; anything else is told, and the default returned."""
        if name not in self:
            self.ignore(name)
            return default
        found: str = self._of(name, default, lambda value: isinstance(value, str), "text")
        return found

    def texts(self, name: str, default: list[str]) -> list[str]:
        """Take strings, or a single one; anything else is told, and the default returned."""
        found = self._of(name, default, _are_texts, "a name, or a list of them") if name in self else default
        return [found] if isinstance(found, str) else list(found)

    def _of(self, name: str, default: Any, fits: Callable[[Any], bool], what: str) -> Any:
        found = self.take(name, default)
        if fits(found):
            return found
        self.cannot(name, f"{shown(found)}: {what} was expected")
        return default

    def value(self, name: str) -> Value:
        """Return a setting with places, and count it as dealt with; None where it is not there."""
        self._taken.add(name)
        return self._table.get(name, Value(None, self.place))

    def section(self, name: str) -> Section:
        """Return a table within, and count it as dealt with; an empty one where it is not there."""
        value = self.value(name)
        if isinstance(value.data, Unread):
            self.draft.cannot_read(value, self.path(name))
        return Section(value, self.path(name), self.draft)

    def child(self, name: str) -> Section:
        """Return a table within, the same object each time; `finish` tells what of it nobody took."""
        if name not in self._children:
            self._children[name] = self.section(name)
        return self._children[name]

    def sections(self, name: str) -> list[Section]:
        """Return the tables of a list, or the only one, and count them as dealt with."""
        value = self.value(name)
        if isinstance(value.data, Unread):
            self.draft.cannot_read(value, self.path(name))
        items = value.data if value.is_list else [value] if value.is_table else []
        return [Section(item, f"{self.path(name)}[{index}]", self.draft) for index, item in enumerate(items)]

    def ignore(self, *names: str) -> None:
        """Count settings as dealt with: others, or the weights, say the same."""
        self._taken.update(names)

    def expect(self, name: str, *allowed: Any, default: Any = MISSING) -> bool:
        """Tell of a setting that is none of what our component does by itself.

        Args:
            name: The setting.
            allowed: Its values that need no counterpart; lists stand for tuples too.
            default: What the original takes where it is left out; without one, leaving it out is fine.

        Returns:
            Whether it is as expected.
        """
        if name not in self._table and default is MISSING:
            return True
        found = self.take(name, default)
        if name == "type" and isinstance(found, str):
            found = found.rpartition(".")[2]
        if any(found == value for value in allowed):
            return True
        if not _holds_unread(found):
            wanted = " or ".join(shown(value) for value in allowed)
            self.cannot(name, f"{shown(found)} has no counterpart here, where it is always {wanted}")
        return False

    def forget(self) -> None:
        """Count everything in it, and in the tables within, as dealt with."""
        self._taken.update(self._table)
        self._children.clear()

    def cannot(self, name: str, message: str) -> None:
        """Tell of a setting that has no counterpart."""
        self._taken.add(name)
        self.draft.cannot(message, self.path(name) if name else self.key, self.where(name))

    def remark(self, name: str, message: str) -> None:
        """Tell of something to know about a setting, though it has its place."""
        self.draft.remark(message, self.path(name) if name else self.key, self.where(name))

    def finish(self, whose: str) -> None:
        """Tell of everything that nobody took; settings of training are left out silently, as an experiment has none.

        Args:
            whose: What these are settings of, for the message: ``tracker bytetrack``.
        """
        for child in self._children.values():
            child.finish(whose)
        for name, value in self._table.items():
            if name in self._taken or name == "_scope_" or _TRAINING.fullmatch(name):
                continue
            if any(value.unread()):
                self.draft.cannot_read(value, self.path(name))
                continue
            self.cannot(name, f"{shown(plain(value))} has no counterpart in {whose}")


def _is_number(value: Any) -> bool:
    """Whether it is a number that an experiment can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _are_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def _holds_unread(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_unread, value.values()))
    if isinstance(value, list):
        return any(map(_holds_unread, value))
    return isinstance(value, Unread)
