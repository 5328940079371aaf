"""What every command prints with: consoles of rich, error lines, JSON."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["error_console", "output_console", "print_error", "print_json"]

_PIPED_WIDTH = 1000
"""Columns where nobody looks at a screen: enough that nothing is broken over lines or cut."""


def output_console() -> Console:
    """Return a console on standard output; text is printed as it is, without markup."""
    return _console(stderr=False)


def error_console() -> Console:
    """Return a console on standard error, for progress and remarks."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # rich itself reads COLUMNS, and the terminal's width where there is one.
    width = None if stream.isatty() or os.environ.get("COLUMNS", "").isdigit() else _PIPED_WIDTH
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def print_error(error: BaseException | str) -> None:
    """Print ``vtcore: error: ...`` to standard error, one line for each line of the message.

    With ``VTCORE_TRACEBACK`` set, an exception's traceback comes first: an author of a plugin needs it.
    """
    if isinstance(error, BaseException) and os.environ.get("VTCORE_TRACEBACK"):
        traceback.print_exception(error)
    for line in str(error).splitlines() or [type(error).__name__]:
        print(f"vtcore: error: {line}", file=sys.stderr)


def print_json(value: Any) -> None:
    """Print plain data as JSON to standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
