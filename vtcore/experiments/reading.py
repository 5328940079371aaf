"""Reading one experiment document: finding the file, parsing it, giving every value its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import tomli

from vtcore.errors import Problem, VtcoreError
from vtcore.experiments.origins import Node, Origin, tree
from vtcore.experiments.positions import KeyPath, key_lines
from vtcore.suggestions import listing, near_miss

if TYPE_CHECKING:
    from vtcore.host import PluginHost

__all__ = ["Location", "locate", "python_tree", "read_document"]

_PLUGIN_EXPERIMENT = re.compile(r"(?P<plugin>[^:/\\]+):(?P<experiment>[^:/\\]*)")
_PLACE_IN_MESSAGE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

# tomli names tables as Python's tuples: ('run', 'x').
_TUPLE = re.compile(r"\((?:'[^']*'(?:, )?)+,?\)")
_WORD = re.compile(r"'([^']*)'")


@attrs.frozen
class Location:
    """Where an experiment document is.

    Attributes:
        path: The file.
        name: How messages call it: the path as given, or ``plugin:experiment``.
        plugin: The plugin that ships it, if one does.
    """

    path: Path
    name: str
    plugin: str = ""

    @property
    def run_name(self) -> str:
        """The name of its runs: the file's stem, after the plugin's name if one ships it."""
        return f"{self.plugin}-{self.path.stem}" if self.plugin else self.path.stem


def locate(source: str, beside: Location | None, host: PluginHost) -> Location:
    """Find the document that a user, or ``extends`` in another document, names.

    Args:
        source: A path, or ``plugin:experiment``.
        beside: The document that names it; paths are relative to its folder, or to the working directory.
        host: Knows what plugins ship.

    Raises:
        VtcoreError: There is no such file, or no such plugin or experiment; the message has no place.
    """
    path = Path(source) if beside is None else beside.path.parent / source
    shipped = _PLUGIN_EXPERIMENT.fullmatch(source)
    if shipped and not path.exists():
        return Location(Path(host.experiment(source)), source, shipped["plugin"])
    if not path.is_file():
        raise VtcoreError(_no_file(path) + _shipped(source, host))
    if beside is None:
        return Location(path, source)
    if beside.plugin and path.resolve().parent == beside.path.resolve().parent:
        return Location(path, f"{beside.plugin}:{path.stem}", beside.plugin)
    return Location(path, str(path))


def read_document(location: Location, problems: list[Problem], *, extended: bool) -> Node | None:
    """Read and parse a document.

    Args:
        location: Where it is.
        problems: Where problems go.
        extended: Whether another document extends it.

    Returns:
        Its tree; None when it cannot be read.
    """
    try:
        text = location.path.read_text(encoding="utf-8-sig")
        data = tomli.loads(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(Problem("is not UTF-8 text; save it as UTF-8", file=location.name, line=line))
    except OSError as error:
        problems.append(Problem(f"cannot be read: {error.strerror or error}", file=location.name))
    except (ValueError, RecursionError) as error:
        problems.append(_syntax_problem(location.name, text, error))
    else:
        lines = key_lines(text)

        def origin(path: KeyPath) -> Origin:
            return Origin(location.name, lines.get(path, 1), extended=extended)

        return tree(data, origin)
    return None


def python_tree(tables: Mapping[str, Any], problems: list[Problem]) -> Node:
    """Return the tree of an experiment given as Python tables."""
    origin = Origin("Python")

    def refuse(value: Any, key: str) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                if isinstance(name, str):
                    refuse(item, f"{key}.{name}" if key else name)
                else:
                    problems.append(Problem(f"keys must be strings, got {name!r}", key))
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                refuse(item, f"{key}.{index}")
        elif value is None:
            problems.append(Problem("None has no form in TOML; leave the key out to have its default", key))

    refuse(tables, "")
    return tree({} if problems else tables, lambda _: origin)


def _syntax_problem(name: str, text: str, error: Exception) -> Problem:
    message = _TUPLE.sub(lambda match: ".".join(_WORD.findall(match.group())), str(error))
    place = _PLACE_IN_MESSAGE.search(message)
    line, column = None, ""
    if place is not None:
        message = message[: place.start()]
        line = int(place["line"]) if place["line"] else text.rstrip().count("\n") + 1
        column = f" (column {place['column']})" if place["column"] else " (at the end)"
    remedy = "; text stands in quotes" if message == "Invalid value" else ""
    return Problem(f"is not valid TOML: {message}{column}{remedy}", file=name, line=line)


def _shipped(source: str, host: PluginHost) -> str:
    """Return the experiments of a plugin that is called so, to put behind a message; empty where there are none."""
    plugin = next((each for each in host.plugins if each.status == "ok" and each.answers_to(source)), None)
    names = [] if plugin is None else [f"{source}:{name}" for name in host.experiments(plugin)]
    return f"; the plugin ships {listing(names)}" if names else ""


def _no_file(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder; name the experiment file in it"
    folder = path.parent
    if not folder.is_dir():
        return f"there is no file {str(path)!r}: there is no folder {str(folder)!r}"
    # Without the suffix that they share, which would make any two names alike.
    near = near_miss(path.stem, [item.stem for item in folder.iterdir() if item.suffix == ".toml"])
    return f"there is no file {str(path)!r}" + (f"; did you mean '{near}.toml'?" if near else "")
