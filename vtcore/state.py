"""State that can be taken out of an object, kept, and put into another: a stream stopped and continued."""

from __future__ import annotations

import functools
import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt
from packaging.version import InvalidVersion, Version

from vtcore.errors import StateError

__all__ = ["State", "Stateful"]

State = Mapping[str, npt.NDArray[Any]]
"""Dotted names and arrays: what ``numpy.savez`` keeps and ``numpy.load`` gives back, without pickling."""

_CLASS = "class"
"""Name of the entry that says whose state it is; no attribute can be called so."""

_OPTIONS = "class.options"
"""Name of the entry with the options of an object that has some, as JSON."""

_RELEASE = "class.release"
"""Name of the entry that says which release an object's class is of, where it is of an installed distribution."""

_NOTHING: npt.NDArray[Any] = np.empty(0, "S1")
"""Stands for None."""


class Stateful:
    """Something whose state can be saved and restored; a class lists the attributes that make up its part of it.

    An attribute is an array with dimensions, a number, a truth value, a text, None, or Stateful itself. What never
    changes once the object is made is no state. Where an object has its options in an attribute `config`, an attrs
    class, they are noted in the state, for the same state may mean something else with others.
    """

    __slots__ = ()

    _STATE: ClassVar[tuple[str, ...]] = ()
    """Names of the class's own attributes; those of its bases are gathered too."""

    def state_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Return a copy of everything that decides what comes next.

        Returns:
            Arrays by dotted names, for ``numpy.savez(path, **state)``.

        Raises:
            StateError: Something that belongs to it cannot be kept: an object that is not Stateful.
        """
        state: dict[str, npt.NDArray[Any]] = {_CLASS: np.array(type(self).__name__)}
        if release := _release_of(type(self).__module__.partition(".")[0]):
            state[_RELEASE] = np.array(release)
        if (options := _options_of(self)) is not None:
            state[_OPTIONS] = np.array(json.dumps(options).encode("ascii"))
        for name, value in self._parts():
            if isinstance(value, Stateful):
                state |= {f"{name}.{inner}": part for inner, part in value.state_dict().items()}
            else:
                state[name] = _NOTHING if value is None else self._kept(name, value)
        return state

    def load_state_dict(self, state: State) -> None:
        """Go on from a state that `state_dict` returned, of this or of another object made with the same options.

        Args:
            state: Arrays by dotted names, a mapping or what ``numpy.load`` gives. They are copied. Without the entries
                called ``class.options``, options are not compared, and without ``class.release`` releases are not.

        Raises:
            StateError: It is another class's, of another minor release, taken with other options, or something is
                missing in it or too much. The object stays as it was.
        """
        mine = self.state_dict()
        notes = (_OPTIONS, _RELEASE)
        wanted, given = (
            {name for name in names if not any(_is_called(name, note) for note in notes)} for names in (mine, state)
        )
        told = [
            f"it is one of {given_class}" if name == _CLASS else f"its {name.rpartition('.')[0]!r} is of {given_class}"
            for name, given_class in _classes(state)
            if name in wanted and given_class != str(mine[name])
        ][:1]
        told = told or _other_release(mine, state) or _other_options(mine, state)
        if not told:
            told += [f"it lacks {name!r}" for name in sorted(wanted - given)[:1]]
            told += [f"it has {name!r} besides" for name in sorted(given - wanted)[:1]]
        if told:
            raise StateError(
                f"this is no state of {type(self).__name__}: {' and '.join(told)}; "
                "load it into an object of the class and with the options it was taken from"
            )
        self._put({name: np.asarray(state[name]) for name in wanted})

    def _put(self, state: State) -> None:
        for name, value in self._parts():
            if isinstance(value, Stateful):
                start = f"{name}."
                value._put({key[len(start) :]: part for key, part in state.items() if key.startswith(start)})
            else:
                setattr(self, self._attributes()[name], _plain(state[name]))
        self._restored()

    def _kept(self, name: str, value: Any) -> npt.NDArray[Any]:
        kept = np.array(value)
        if kept.dtype.hasobject:
            raise StateError(
                f"{type(self).__name__}: the state of its {name!r}, of {type(value).__name__}, cannot be kept; "
                "derive that class from vtcore.state.Stateful"
            )
        return kept

    def _restored(self) -> None:
        """Put right what is computed from the state, or kept in another form than `state_dict` gives it."""

    def _parts(self) -> Iterator[tuple[str, Any]]:
        for name, attribute in self._attributes().items():
            yield name, getattr(self, attribute)

    @classmethod
    def _attributes(cls) -> dict[str, str]:
        """Return the attributes of the whole class by their names in the state."""
        names = [name for base in reversed(cls.__mro__) for name in base.__dict__.get("_STATE", ())]
        return {name.lstrip("_"): name for name in names}


def _classes(state: State) -> list[tuple[str, str]]:
    """Return the entries that say of which class something is, the outermost first."""
    return [(name, str(np.asarray(state[name]))) for name in _called(state, _CLASS)]


def _called(state: State, entry: str) -> list[str]:
    """Return the names of such entries, of the outermost object first."""
    return sorted((name for name in state if _is_called(name, entry)), key=lambda name: (name.count("."), name))


def _is_called(name: str, entry: str) -> bool:
    return name == entry or name.endswith(f".{entry}")


@functools.cache
def _release_of(package: str) -> str:
    """Return the distribution and minor release of a package (``my-tracker 0.2``), empty where none is installed."""
    name = package.replace("_", "-")
    try:
        release = Version(importlib.metadata.version(name))
    except (importlib.metadata.PackageNotFoundError, InvalidVersion, ValueError):
        return ""
    return f"{name} {release.major}.{release.minor}"


def _other_release(mine: State, given: State) -> list[str]:
    """Say which minor release differs, since what a state means may differ then; nothing where it does not tell."""
    for name in _called(given, _RELEASE):
        theirs, ours = str(np.asarray(given[name])), str(mine.get(name, ""))
        if ours and theirs != ours:
            return [f"it was taken with {theirs}, and here is {ours} (install that release, or start anew)"]
    return []


def _options_of(value: Any) -> dict[str, Any] | None:
    """Return an object's options that are plain; objects among them say themselves what theirs are."""
    config = getattr(value, "config", None)
    kind = type(config)
    if config is None or not attrs.has(kind):
        return None
    options = {field.name: getattr(config, field.name) for field in attrs.fields(kind)}
    return {name: option for name, option in options.items() if _is_plain(option)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _other_options(mine: State, given: State) -> list[str]:
    """Say which option differs, the outermost object's first; nothing where a state does not tell."""
    for name in _called(given, _OPTIONS):
        if name not in mine:
            continue
        try:
            theirs, ours = (json.loads(np.asarray(state[name]).item()) for state in (given, mine))
            differing = [key for key in ours if key in theirs and _differ(theirs[key], ours[key])]
        except (TypeError, ValueError):
            return [f"its {name!r} is damaged"]
        if differing:
            key = differing[0]
            return [f"it was taken with {name[: -len(_OPTIONS)]}{key} = {theirs[key]!r}, and here it is {ours[key]!r}"]
    return []


def _plain(value: npt.NDArray[Any]) -> Any:
    """Return a copy of an array, or the number, text or None that it stands for."""
    if value.shape == (0,) and value.dtype.kind == "S":
        return None
    return value.copy() if value.ndim else value.item()


def _differ(first: Any, second: Any) -> bool:
    return bool(first != second) and not (first != first and second != second)
