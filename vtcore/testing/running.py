"""Making checks: which a plugin has, what comes of each."""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np

from vtcore.errors import VtcoreError
from vtcore.host import PluginHost, plugin_host
from vtcore.testing.definitions import PLUGIN, CheckDefinition, checks_of
from vtcore.testing.failures import CannotBeMade, CheckFailure, NotChecked
from vtcore.testing.settings import Settings, read_settings
from vtcore.testing.subjects import Subject

__all__ = ["Outcome", "PluginCheck", "checks_of_plugin", "checks_of_subject"]

Status = Literal["passed", "failed", "not checked", "expected failure", "unexpected success"]


@attrs.frozen
class Outcome:
    """What came of a check.

    Attributes:
        component: What was checked: ``tracker:bytetrack``, or ``plugin``.
        check: Name of the check.
        status: ``failed`` and ``unexpected success`` (of one that is expected to fail) need somebody to act.
        message: Why, and what to do; empty where it passed.
        seconds: How long it took.
        traceback: Of an exception that was not expected; empty where there was none.
        cause: What is behind a failure, the same in all that fail for it; empty where nobody knows.
    """

    component: str
    check: str
    status: Status
    message: str = ""
    seconds: float = 0.0
    traceback: str = ""
    cause: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to act."""
        return self.status not in ("failed", "unexpected success")


@attrs.frozen(eq=False)
class PluginCheck:
    """A check of one component, or of a plugin as a whole; called, it makes the check.

    Attributes:
        definition: The check.
        subject: What is checked.
        expected: Why it is expected to fail; empty where it is not.
    """

    definition: CheckDefinition
    subject: Subject
    expected: str = ""

    @property
    def slow(self) -> bool:
        """Whether it takes seconds rather than less."""
        return self.definition.slow

    def __str__(self) -> str:
        """``tracker:bytetrack:reset-equals-fresh``."""
        return f"{self.subject.label}:{self.definition.name}"

    def __call__(self) -> None:
        """Make the check, whether it is expected to fail or not.

        Raises:
            CheckFailure: The component fails it.
            NotChecked: It does not apply, or cannot be made here.
        """
        try:
            with _random_numbers_kept():
                self.definition.run(self.subject)
        except CannotBeMade as error:
            if self.definition.name == "constructs":
                raise
            raise NotChecked("it cannot be made: see the check 'constructs'") from error
        except (CheckFailure, NotChecked):
            raise
        except VtcoreError as error:
            raise CheckFailure(f"{type(error).__name__}: {error}") from error
        except Exception as error:
            told = self._told(error)
            raise CheckFailure(f"{told}; wanted was: {self.definition.summary}", cause=told) from error

    def _told(self, error: BaseException) -> str:
        """Return an exception on one line, with the last line of the component's own package that it came through."""
        if isinstance(error, VtcoreError):
            return str(error)
        lines = list(traceback.walk_tb(error.__traceback__))
        own = [each for each in lines if _package(each[0].f_globals.get("__name__")) == self.subject.package]
        told = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        # One that came from another process has no lines here.
        return " ".join([told, *(f"({frame.f_code.co_filename}:{line})" for frame, line in (own or lines)[-1:])])

    def outcome(self) -> Outcome:
        """Make the check and return what came of it; raises nothing."""
        began = time.perf_counter()
        status: Status = "unexpected success" if self.expected else "passed"
        message = f"it passes, though it is expected to fail ({self.expected}); take it out of the expected failures"
        details = behind = ""
        try:
            self()
        except NotChecked as error:
            status, message = "not checked", str(error)
        except CheckFailure as error:
            status = "expected failure" if self.expected else "failed"
            message = self.expected or str(error)
            cause = error.__cause__
            if not self.expected:
                details = "" if cause is None else "".join(traceback.format_exception(cause))
                behind = error.cause or ("" if cause is None else self._told(cause))
        if status == "passed":
            message = ""
        seconds = time.perf_counter() - began
        return Outcome(self.subject.label, self.definition.name, status, message, seconds, details, behind)


def checks_of_plugin(
    name: str,
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    config: str | Path | None = None,
    overrides: tuple[str, ...] = (),
    quick: bool = False,
    host: PluginHost | None = None,
) -> list[PluginCheck]:
    """Return every check of a plugin and of each of its components.

    Args:
        name: Of its entry point or distribution.
        options: Keys of components' tables, by ``"kind:name"``, over those of the plugin's pyproject.toml.
        expected_failures: Reasons by name of a check, or by ``"kind:name:check"``, over those of the pyproject.toml.
        config: A TOML file in place of the pyproject.toml.
        overrides: ``KIND:NAME.KEY=VALUE``, over all others.
        quick: Whether slow checks are left out.
        host: The plugins; those installed by default.

    Raises:
        PluginError: There is no such plugin.
        VtcoreError: Options or expected failures are of something that it has not.
    """
    host = plugin_host() if host is None else host
    plugin = host.plugin(name)
    settings = read_settings(plugin, None if config is None else Path(config))
    settings = settings.with_more(options, expected_failures).with_overrides(overrides)
    subjects = [Subject(PLUGIN, PLUGIN, host=host, plugin=plugin)]
    for component in plugin.components:
        label = f"{component.kind}:{component.name}"
        chosen = settings.options.get(label, {})
        subjects.append(Subject(label, component.kind, component, None, chosen, host, None, settings.folder))
    made = [check for subject in subjects for check in checks_of_subject(subject, settings)]
    settings.check([subject.label for subject in subjects], map(str, made))
    return [check for check in made if not (quick and check.slow)]


def checks_of_subject(subject: Subject, settings: Settings | None = None) -> list[PluginCheck]:
    """Return every check of one component."""
    settings = settings or Settings()
    return [
        PluginCheck(definition, subject, settings.reason(subject.label, definition.name))
        for definition in checks_of(subject.checked_as)
    ]


def _package(module: object) -> str:
    return str(module).partition(".")[0]


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    torch = sys.modules.get("torch")
    plain, array = random.getstate(), np.random.get_state()
    tensor = None if torch is None else torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_state(array)
        if torch is not None:
            torch.set_rng_state(tensor)
