"""What the preflight finds, and how it is put in words and in its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import Literal

import attrs

from vtcore.components import Configured
from vtcore.errors import PreflightError, Problem, VtcoreError
from vtcore.experiments.experiment import Experiment, needs_of
from vtcore.experiments.positions import KeyPath

__all__ = [
    "EXPECTED_ERRORS",
    "Finding",
    "answers",
    "blamed",
    "fault",
    "refuse_asking",
    "told",
    "who_needs",
    "without_embeddings",
]

EXPECTED_ERRORS = (VtcoreError, ValueError, OSError)
"""What a data set or config may answer with when something is wrong; anything else is a bug and shows itself."""


@attrs.frozen
class Finding:
    """One thing that the preflight found.

    Attributes:
        severity: ``error`` keeps the run from starting, ``warning`` does not.
        problem: What, and where.
    """

    severity: Literal["error", "warning"]
    problem: Problem


def fault(problem: Problem) -> Finding:
    """Return a finding that keeps the run from starting."""
    return Finding("error", problem)


def who_needs(experiment: Experiment, need: str, below: str = "") -> list[tuple[KeyPath, str]]:
    """Return path and name of the components that need something."""
    return [
        (path, configured.component.name)
        for path, configured in experiment.placed_components()
        if need in needs_of(configured) and below in ("", path[0])
    ]


def without_embeddings(experiment: Experiment) -> Iterator[Finding]:
    """Warn that the tracker is meant to compare looks, where detections come without embeddings."""
    for path, name in who_needs(experiment, "embeddings", below="tracker"):
        message = (
            f"{name!r} compares looks, but nothing describes them, so it goes by place alone; add a [reid], or give "
            "detections that come with embeddings (.npz)"
        )
        yield Finding("warning", experiment.problem(message, path))


def blamed(experiment: Experiment, path: KeyPath, configured: Configured, complaint: str) -> Problem:
    """Place a complaint at the key that it begins with, or whose value it quotes or begins with, or at the table."""
    key, colon, rest = complaint.partition(": ")
    if colon and key in attrs.fields_dict(type(configured.config)):
        return experiment.problem(rest, (*path, key))
    texts = [
        (field.name, str(value))
        for field in attrs.fields(type(configured.config))
        if isinstance(value := getattr(configured.config, field.name), str | PurePath) and str(value)
    ]
    quoted = [name for name, text in texts if repr(text) in complaint]
    named = [name for name, text in texts if complaint.startswith((f"{text}:", f"{text}{os.sep}"))]
    return experiment.problem(complaint, (*path, *(quoted or named)[:1]))


def refuse_asking(experiment: Experiment) -> None:
    """Do nothing unless a component would ask a person, where the experiment is run again and again.

    Raises:
        PreflightError: One would; it is named.
    """
    problems = [
        blamed(experiment, path, configured, asks)
        for path, configured in experiment.placed_components()
        if (asks := getattr(configured.config, "asks", ""))
    ]
    if problems:
        raise PreflightError(problems)


def answers(check: Callable[[], Iterable[str]]) -> Iterator[str]:
    """Yield what a check answers, with what it raises as its last answer."""
    try:
        yield from check()
    except EXPECTED_ERRORS as error:
        yield told(error)


def told(error: Exception) -> str:
    """Return the words of an error that a data set or config answered with."""
    if isinstance(error, VtcoreError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
