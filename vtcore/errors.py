"""Errors that vtcore expects, each told to the user in one line (exit status 2).

Anything else that escapes is a bug. One of a plugin is told in one line too, with the line of its code (exit status 1,
see `vtcore.fault`); one of ours shows a traceback::

    VtcoreError
    ├── PluginError               a plugin cannot be loaded, or failed in a hook
    ├── ComponentError            a component is unknown, or claimed by two plugins
    ├── OptionError               an option does not go with what is known only when a component is made
    ├── ExperimentError           an experiment is wrong: all its problems at once
    ├── PreflightError            an experiment is right, but cannot run here: all findings at once
    ├── DataError                 a data set, file, camera or stream is not as it must be
    │   └── DamagedSourceError    readable up to some frame; what came before is kept
    ├── OutputError               a result cannot be written
    ├── ResumeError               a run folder cannot be continued as asked
    ├── StateError                a saved state is not of what it is loaded into
    ├── MissingPackageError       an optional package is not installed
    └── RemovedError              something is used that was deprecated, and is no more
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

__all__ = [
    "ComponentError",
    "DamagedSourceError",
    "DataError",
    "ExperimentError",
    "MissingPackageError",
    "OptionError",
    "OutputError",
    "PluginError",
    "PreflightError",
    "Problem",
    "RemovedError",
    "ResumeError",
    "StateError",
    "VtcoreError",
]


class VtcoreError(Exception):
    """Base of every error that a person can act on."""


class PluginError(VtcoreError):
    """A plugin cannot be loaded, or one of its hooks failed."""


class ComponentError(VtcoreError):
    """A component is unknown, or two plugins claim its name."""


class OptionError(VtcoreError, ValueError):
    """An option does not go with what is known only when its component is made: weights, or other components.

    What is wrong with an option by itself its config says, by a plain ValueError.
    """


@attrs.frozen
class Problem:
    """One thing wrong, and where.

    Attributes:
        message: What is wrong and the way out, without the place.
        key: Dotted path of the experiment's key (``tracker.high_threshold``), empty when none applies.
        file: File that holds it, or a word for where it came from (``-o``), if any.
        line: 1-based line in `file`, if known.
    """

    message: str
    key: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """``file:line: key: message``, leaving out what is not known."""
        place = self.file or ""
        if self.file and self.line is not None:
            place = f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.message) if part)


class _ProblemsError(VtcoreError):
    """Several problems, told at once, one line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ExperimentError(_ProblemsError):
    """An experiment is wrong: every problem, with file, line, key and remedy."""


class PreflightError(_ProblemsError):
    """An experiment is well formed but cannot run here: every finding of the preflight."""


class DataError(VtcoreError):
    """A data set, file, camera or stream is not as it must be; the message names file and line."""

    def __init__(self, message: str, *, file: str | Path | None = None, line: int | None = None) -> None:
        self.file = None if file is None else str(file)
        self.line = line
        super().__init__(str(Problem(message, file=self.file, line=line)))


class DamagedSourceError(DataError):
    """A source ended before its end because it is damaged; the frames read before it are good.

    Attributes:
        frames_read: How many frames were read before the damage.
    """

    def __init__(self, message: str, *, file: str | Path | None = None, frames_read: int) -> None:
        self.frames_read = frames_read
        super().__init__(message, file=file)


class OutputError(VtcoreError):
    """A result cannot be written."""


class ResumeError(VtcoreError):
    """A run folder cannot be continued, or written to, as asked."""


class StateError(VtcoreError):
    """A saved state is not of the object it is loaded into."""


class MissingPackageError(VtcoreError):
    """An optional package is not installed; the message says what installs it."""


class RemovedError(VtcoreError):
    """Something is used that this release removed after it was deprecated; the message says what to use instead."""
