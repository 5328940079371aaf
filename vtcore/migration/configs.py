"""Reading a Python config with everything it is based on, as MMCV and MMEngine merge them."""

from __future__ import annotations

import ast
import os
import re
import warnings
from pathlib import Path

import attrs

from vtcore.errors import DataError, Problem
from vtcore.migration.effort import bounded, spend
from vtcore.migration.statements import BASE, follow, is_read_base
from vtcore.migration.values import Place, Value, copied, merged

__all__ = ["Config", "read_config"]

_LARGEST = 1_000_000


@attrs.frozen
class Config:
    """A config with its bases merged.

    Attributes:
        path: The file.
        values: What its names stand for.
        problems: Statements that were not understood, of the file and of its bases.
        files: Every file that was read, the config's own last.
    """

    path: Path
    values: dict[str, Value]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]


def read_config(path: str | os.PathLike[str]) -> Config:
    """Read a config from its syntax, without executing it.

    Args:
        path: A Python file; ``_base_`` in it is relative to it.

    Raises:
        DataError: The file or a base of it cannot be read, is no Python, or bases are based on each other; the
            message names file and line.
    """
    file = Path(path)
    with bounded(file):
        try:
            return _read(file, ())
        except RecursionError as error:
            raise DataError("is nested too deep to be read", file=file) from error


def _read(path: Path, within: tuple[Path, ...]) -> Config:
    # Path.resolve fails on links that lead to themselves.
    real = Path(os.path.realpath(path))
    chain = (*within, real)
    spend(files=1)
    if real in within:
        raise DataError("is based on itself", file=path)
    text = _text(path)
    tree = _syntax(text, path)
    values: dict[str, Value] = {}
    names: dict[str, Value] = {}
    problems: list[Problem] = []
    files: list[Path] = []
    for name, place in _imported_bases(tree, path):
        base = _base(path, name, place, chain)
        names.update({key: copied(value) for key, value in base.values.items()})
        problems += base.problems
        files += [file for file in base.files if file not in files]
    for name, place in _bases(tree, path):
        base = _base(path, name, place, chain)
        # MMCV refuses a key that two bases share; here the later one is laid over the earlier.
        values = merged(values, base.values)
        problems += base.problems
        files += [file for file in base.files if file not in files]
    below = Value(values, Place(str(path), 1))
    names, unread = follow(tree, str(path), below, names)
    return Config(path, merged(values, names), (*problems, *unread), (*files, path))


def _imported_bases(tree: ast.Module, path: Path) -> list[tuple[str, Place]]:
    """Return the files that are imported in ``with read_base():``, as seen from the config."""
    found: list[tuple[str, Place]] = []
    for block in filter(is_read_base, tree.body):
        for statement in block.body if isinstance(block, ast.With) else ():
            if not isinstance(statement, ast.ImportFrom) or not statement.level or not statement.module:
                message = "read_base: only bases by a relative name (from .base import *) are found"
                raise DataError(message, file=path, line=statement.lineno)
            up = "../" * (statement.level - 1)
            name = f"{up}{statement.module.replace('.', '/')}.py"
            found.append((name, Place(str(path), statement.lineno)))
    return found


def _base(path: Path, name: str, place: Place, chain: tuple[Path, ...]) -> Config:
    file = Path(os.path.normpath(path.parent / name))
    # A few published configs forget the ending.
    file = file if os.path.isfile(file) or not file.name else file.with_name(f"{file.name}.py")  # noqa: PTH113
    if "::" in name or not os.path.isfile(file):  # noqa: PTH113 - unlike Path's, it takes names of any length
        raise DataError(
            f"_base_: {name}: no such file; read the config where it stands, in a checkout with everything it is "
            "based on",
            file=place.file,
            line=place.line,
        )
    return _read(file, chain)


def _text(path: Path) -> str:
    if path.is_dir():
        raise DataError("is a folder; name a config in it", file=path)
    if path.exists() and not path.is_file():
        raise DataError("is no file", file=path)
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"is larger than {_LARGEST // 1_000_000} MB: that is no config", file=path)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError("no such file", file=path) from error
    except UnicodeDecodeError as error:
        raise DataError("is not a text file in UTF-8", file=path) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", file=path) from error
    return _without_placeholders(text, path)


def _without_placeholders(text: str, path: Path) -> str:
    """Fill in what MMCV calls predefined variables, and leave ``{{$NAME:default}}`` to our own environment."""
    known = {
        "fileDirname": path.parent.as_posix(),
        "fileBasename": path.name,
        "fileBasenameNoExtension": path.stem,
        "fileExtname": path.suffix,
    }
    for name, value in known.items():
        text = re.sub(r"\{\{\s*" + name + r"\s*\}\}", lambda _, value=value: value, text)  # type: ignore[misc]
    return re.sub(r"\{\{\s*\$(\w+)\s*:([^{}]*)\}\}", lambda found: f"${{{found[1]}:-{found[2].strip()}}}", text)


def _syntax(text: str, path: Path) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        message = f"is not Python: {error.msg}; only configs written in Python are read"
        raise DataError(message, file=path, line=error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise DataError("is not Python that can be read", file=path) from error


def _bases(tree: ast.Module, path: Path) -> list[tuple[str, Place]]:
    found: list[tuple[str, Place]] = []
    for statement in tree.body:
        is_base = isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == BASE for target in statement.targets
        )
        if not is_base:
            continue
        try:
            named = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
            raise DataError("_base_: not a list of names", file=path, line=statement.lineno) from error
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise DataError("_base_: not a list of names", file=path, line=statement.lineno)
        found = [(name, Place(str(path), statement.lineno)) for name in names]
    return found
