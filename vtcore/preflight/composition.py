"""What the experiment itself tells: its parts, and what their configs say of this machine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from vtcore.drawing.display import display_available
from vtcore.errors import VtcoreError
from vtcore.experiments.experiment import Experiment, follows_targets, needs_of
from vtcore.preflight.findings import Finding, answers, blamed, fault, who_needs, without_embeddings
from vtcore.suggestions import listing

__all__ = ["component_checks", "composition"]


def composition(experiment: Experiment, provided: Collection[str]) -> Iterator[Finding]:
    """Tell which parts are missing, or there twice."""
    if experiment.dataset is None and "dataset" not in provided:
        yield fault(experiment.problem("is missing: there is nothing to run on", "dataset"))
    if experiment.detector is None and experiment.tracker is None and not {"detector", "tracker"} & {*provided}:
        message = "there is nothing to do: the experiment has neither [detector] nor [tracker]"
        yield fault(experiment.problem(message, ()))
    if experiment.detector is None and "detector" not in provided:
        for path, name in who_needs(experiment, "detections", below="tracker"):
            message = f'{name!r} needs detections; add a [detector], such as type = "given" for those of the data'
            yield fault(experiment.problem(message, path))
        if experiment.reid is not None:
            message = "there is nothing to describe without a [detector]; add one, or leave [reid] out"
            yield fault(experiment.problem(message, "reid"))
    yield from _targets(experiment, provided)
    yield from _no_embeddings(experiment, provided)
    yield from _described_for_nobody(experiment)
    yield from _twice(experiment, "metrics", "metrics.json has one place for each metric")
    yield from _twice(experiment, "writers", "both would write the same files")
    if experiment.run.show and (reason := display_available()) is not None:
        yield fault(experiment.problem(reason, "run.show"))


def _targets(experiment: Experiment, provided: Collection[str]) -> Iterator[Finding]:
    """Tell who is handed what it does not take: targets, or detections."""
    tracker = experiment.tracker
    if "tracker" in provided:
        return
    if experiment.protocol is not None and not follows_targets(tracker):
        who = "there is no [tracker]" if tracker is None else f"tracker {tracker.component.name!r} follows none"
        known = listing(_trackers_of_targets())
        message = (
            f"shows targets, but {who}; choose a tracker of targets{f' ({known})' if known else ''}, or leave "
            "[protocol] (--init, targets=) out"
        )
        yield fault(experiment.problem(message, "protocol"))
    detects = experiment.detector is not None or "detector" in provided
    if tracker is None or not detects or who_needs(experiment, "detections", below="tracker"):
        return
    name = tracker.component.name
    message = (
        "leave [detector] out (--detector, --detections, --classes and --min-score make one), or choose a tracker that "
        "needs detections"
    )
    if follows_targets(tracker):
        message = f"tracker {name!r} follows the targets it is shown, and takes no detections; {message}"
        yield fault(experiment.problem(message, "detector"))
    else:
        message = f"tracker {name!r} takes no detections, so they are found for nobody; {message}"
        yield Finding("warning", experiment.problem(message, "detector"))


def _trackers_of_targets() -> list[str]:
    """Return the names of the installed trackers that follow targets, as far as their configs can be read."""
    from vtcore.host import plugin_host

    found = []
    for component in plugin_host().components("tracker"):
        try:
            needs = getattr(component.load_config(), "needs", ())
        except VtcoreError:
            continue
        # Where it hangs on options it is a property.
        if isinstance(needs, Collection) and "targets" in needs:
            found.append(component.name)
    return found


def _no_embeddings(experiment: Experiment, provided: Collection[str]) -> Iterator[Finding]:
    """Warn of a tracker whose detector gives no embeddings; those that come with the data are looked at there."""
    if experiment.detector is None or experiment.reid is not None or "reid" in provided:
        return
    if "embeddings" in getattr(experiment.detector.config, "gives", ()):
        return
    if "given-detections" not in needs_of(experiment.detector):
        yield from without_embeddings(experiment)


def _described_for_nobody(experiment: Experiment) -> Iterator[Finding]:
    """Warn of embeddings that a tracker says it never looks at, unless a writer wants them."""
    reid, tracker = experiment.reid, experiment.tracker
    if reid is None or tracker is None or "embeddings" not in getattr(tracker.config, "ignores", ()):
        return
    if any(getattr(writer.config, "embeddings", False) for writer in experiment.writers):
        return
    message = (
        f"tracker {tracker.component.name!r}, as it is set, never looks at embeddings, so they are computed for "
        "nobody; leave [reid] out, or choose a tracker that compares looks"
    )
    yield Finding("warning", experiment.problem(message, "reid"))


def _twice(experiment: Experiment, key: str, reason: str) -> Iterator[Finding]:
    seen: set[tuple[str, object]] = set()
    for index, configured in enumerate(getattr(experiment, key)):
        name = configured.component.name
        # A writer whose options choose the kind of file may tell so by a suffix.
        mark = (name, getattr(configured.config, "suffix", None))
        if mark in seen:
            yield fault(experiment.problem(f"{name!r} is there twice, and {reason}", (key, index, "type")))
        seen.add(mark)


def component_checks(experiment: Experiment) -> Iterator[Finding]:
    """Ask every config that has a ``check``."""
    for path, configured in experiment.placed_components():
        check: Callable[[], Iterable[str]] | None = getattr(configured.config, "check", None)
        if check is not None:
            for complaint in answers(check):
                yield fault(blamed(experiment, path, configured, complaint))
