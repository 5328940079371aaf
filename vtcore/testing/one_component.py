"""Checks of one component in Python: ``check_tracker(MyTracker)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from vtcore.components import Component
from vtcore.errors import ComponentError
from vtcore.host import PluginHost, plugin_host
from vtcore.testing.failures import CheckFailure
from vtcore.testing.running import Outcome, checks_of_subject
from vtcore.testing.subjects import Subject

__all__ = [
    "check_backbone",
    "check_component",
    "check_dataset",
    "check_detector",
    "check_head",
    "check_metric",
    "check_protocol",
    "check_refiner",
    "check_reid",
    "check_target_tracker",
    "check_tracker",
    "check_transform",
    "check_writer",
]


def check_component(
    component_or_target: Component | str | Callable[..., Any], kind: str = "", /, *, quick: bool = False, **options: Any
) -> list[Outcome]:
    """Make every check of a component's kind.

    Args:
        component_or_target: A component; the name of an installed one; or a class or function that makes one, whose
            config is looked at where an installed plugin offers it.
        kind: What it is for; a component says that itself.
        quick: Whether slow checks are left out.
        **options: Keys of its table.

    Returns:
        What came of each check, those that could not be made among them.

    Raises:
        CheckFailure: It fails some: one line for each, that tells what to do.
        ComponentError: There is no component of that name, or nobody said of what kind it is.
    """
    subject = _subject(component_or_target, kind, options, plugin_host())
    outcomes = [check.outcome() for check in checks_of_subject(subject) if not (quick and check.slow)]
    failed = [f"{outcome.component}: {outcome.check}: {outcome.message}" for outcome in outcomes if not outcome.is_well]
    if failed:
        raise CheckFailure("\n".join(failed))
    return outcomes


def _subject(
    thing: Component | str | Callable[..., Any], kind: str, options: dict[str, Any], host: PluginHost
) -> Subject:
    if isinstance(thing, Component):
        component: Component | None = thing
    elif not kind:
        raise ComponentError(f"say what {thing!r} is for: check_component({thing!r}, 'tracker')")
    elif isinstance(thing, str):
        component = host.component(kind, thing)
    else:
        component = _offered(thing, kind, host)
    if component is not None:
        return Subject(f"{component.kind}:{component.name}", component.kind, component, options=options, host=host)
    if isinstance(thing, Component | str):
        raise ComponentError(f"there is no {kind} {thing!r}")
    name = getattr(thing, "__name__", type(thing).__name__)
    return Subject(f"{kind}:{name}", kind, None, thing, options, host)


def _offered(target: Callable[..., Any], kind: str, host: PluginHost) -> Component | None:
    """Return the installed component that a class is the target of, None where there is none."""
    if not inspect.isclass(target) and not inspect.isfunction(target):
        return None
    path = f"{target.__module__}:{target.__qualname__}"
    return next((each for each in host.components(kind) if each.target == path), None)


def _of_kind(kind: str) -> Callable[..., list[Outcome]]:
    def check(
        component_or_target: Component | str | Callable[..., Any], /, *, quick: bool = False, **options: Any
    ) -> list[Outcome]:
        return check_component(component_or_target, kind, quick=quick, **options)

    check.__name__ = check.__qualname__ = f"check_{kind}"
    check.__doc__ = f"Make every check of a {kind}; see `check_component`."
    return check


check_backbone = _of_kind("backbone")
check_dataset = _of_kind("dataset")
check_detector = _of_kind("detector")
check_head = _of_kind("head")
check_metric = _of_kind("metric")
check_protocol = _of_kind("protocol")
check_refiner = _of_kind("refiner")
check_reid = _of_kind("reid")
check_tracker = _of_kind("tracker")
check_transform = _of_kind("transform")
check_writer = _of_kind("writer")


def check_target_tracker(
    component_or_target: Component | str | Callable[..., Any], /, *, quick: bool = False, **options: Any
) -> list[Outcome]:
    """Make every check of a tracker of targets, a component of the kind ``tracker``; see `check_component`.

    Raises:
        CheckFailure: It fails some, or follows no targets.
    """
    subject = _subject(component_or_target, "tracker", options, plugin_host())
    if subject.checked_as == subject.kind:
        raise CheckFailure(
            f"{subject.label} follows no targets: its config says needs = frozenset({{'image', 'targets'}}), "
            "and it has a "
            "method start(frame, targets)"
        )
    return check_component(component_or_target, "tracker", quick=quick, **options)
