"""From one source, a detector and a tracker to an experiment: what ``vtcore track`` and `vtcore.track` share."""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from vtcore.errors import ExperimentError, Problem
from vtcore.experiments import Experiment, load_experiment

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.instances import Instances
    from vtcore.runs.pipeline import Pipeline

__all__ = ["DEFAULT_DETECTOR", "DEFAULT_TRACKER", "Targets", "protocol_options", "source_tables", "track_source"]

Targets: TypeAlias = "str | PathLike[str] | Iterable[Iterable[float]]"
"""Boxes in the first frame, a file of targets, or ``"draw"``."""

DEFAULT_DETECTOR = "hog"
"""Detector when none is named: it needs no download."""
DEFAULT_TRACKER = "bytetrack"
"""Tracker when none is named."""


def source_tables(
    source: str | None,
    *,
    detector: str | Mapping[str, Any] | None = None,
    reid: str | Mapping[str, Any] | None = None,
    tracker: str | Mapping[str, Any] | None = None,
    detections: str | None = None,
    classes: Seq[str] = (),
    min_score: float | None = None,
    targets: Mapping[str, Any] | None = None,
    overrides: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the tables of an experiment that tracks one source.

    Args:
        source: File, folder, glob, camera number or URL; or the name of a data set that needs no options
            (``synthetic``). None leaves the data set out.
        detector: Name or table. When left out `DEFAULT_DETECTOR`, unless the tracker takes no detections.
        reid: Name or table; none when left out.
        tracker: Name or table; `DEFAULT_TRACKER` when left out.
        detections: File of given detections, in place of a detector.
        classes: Put into the detector's ``classes``, when there are any.
        min_score: Put into the detector's ``min_score``, when given.
        targets: Who tells the targets to a tracker that follows them: options of the protocol `one-pass`. None leaves
            that to the annotations.
        overrides: What else is to change the experiment; here it tells whether the tracker takes detections.

    Raises:
        DataError: There is no such source.
    """
    tables: dict[str, Any] = {}
    if source is not None:
        kind, options = _dataset(source)
        tables["dataset"] = {"type": kind, **options}
    if detections is not None:
        detector = {"type": "given", "path": detections}
    tracker_table = _component_table(DEFAULT_TRACKER if tracker is None else tracker)
    if detector is not None or classes or min_score is not None or _takes_detections(tracker_table, overrides):
        detector_table = _component_table(DEFAULT_DETECTOR if detector is None else detector)
        if classes:
            detector_table["classes"] = list(classes)
        if min_score is not None:
            detector_table["min_score"] = min_score
        tables["detector"] = detector_table
    if reid is not None:
        tables["reid"] = _component_table(reid)
    tables["tracker"] = tracker_table
    if targets is not None:
        tables["protocol"] = {"type": "one-pass", **targets}
    return tables


def protocol_options(targets: Targets) -> dict[str, Any]:
    """Return the options of the protocol `one-pass` that tell it these targets.

    Args:
        targets: Boxes in the first frame (left, top, width, height of each, in pixels), a file of targets, or
            ``"draw"`` to draw them with the mouse.

    Raises:
        ExperimentError: It is none of these, or empty: that is no way to ask for the annotations.
    """
    if isinstance(targets, str | PathLike):
        if not fspath(targets):
            raise _wrong_targets("names no file")
        return {"draw": True} if targets == "draw" else {"file": fspath(targets)}
    try:
        boxes = [[float(number) for number in box] for box in targets]
    except (TypeError, ValueError):
        wanted = 'must be boxes [[left, top, width, height], ...], a file, or "draw"'
        raise _wrong_targets(f"{wanted}, got {reprlib.repr(targets)}") from None
    if not boxes:
        raise _wrong_targets("holds no box; leave it out to follow what annotations tell")
    return {"init": boxes}


def _wrong_targets(message: str) -> ExperimentError:
    return ExperimentError([Problem(message, "targets")])


def _takes_detections(tracker: Mapping[str, Any], overrides: Iterable[str]) -> bool:
    """Whether a tracker takes detections; so does one that is wrong, which is told when all is loaded."""
    from vtcore.preflight.findings import who_needs

    own = [override for override in overrides if override.partition("=")[0].split(".")[0].strip() == "tracker"]
    try:
        experiment = load_experiment({"tracker": tracker}, own)
    except ExperimentError:
        return True
    return bool(who_needs(experiment, "detections", below="tracker"))


def track_source(
    source: str | Path | int | Sequence,
    *,
    detector: Any,
    reid: Any,
    tracker: Any,
    detections: Any,
    targets: Targets | None,
    classes: Seq[str],
    min_score: float | None,
    device: str,
    max_frames: int,
) -> Iterator[Instances]:
    """Do the work of `vtcore.track`; see there."""
    from vtcore.detectors.function import FunctionDetector
    from vtcore.detectors.given import GivenDetector
    from vtcore.frames import Sequence

    tables: dict[str, Any] = {"run": {"device": device, "max_frames": max_frames}}
    sequence = source if isinstance(source, Sequence) else None
    file = str(detections) if isinstance(detections, str | Path) else None
    if detections is not None and file is None:
        detector = GivenDetector(detections=detections, classes=list(classes), min_score=min_score)
    elif callable(detector) and not hasattr(detector, "detect"):
        detector = FunctionDetector(function=detector, classes=classes, min_score=min_score)
    elif detector is not None and not isinstance(detector, str | Mapping) and (classes or min_score is not None):
        raise TypeError("classes and min_score are options of a detector that is named; give them to your own detector")
    own = {"detector": detector, "reid": reid, "tracker": tracker}
    objects = {name: made for name, made in own.items() if made is not None and not isinstance(made, str | Mapping)}
    options = None if targets is None else protocol_options(targets)
    follows = _follows_targets(objects)
    if follows:
        options = options or {}
        if detections is not None or detector is not None:
            raise TypeError("the tracker follows the targets it is shown: leave detector and detections out")
    elif follows is not None and options is not None:
        raise TypeError("targets are for a tracker that follows them; this one has no method start")
    named = source_tables(
        None if sequence is not None else str(source),
        detector=None if "detector" in objects else detector,
        reid=None if "reid" in objects else reid,
        tracker=None if "tracker" in objects else tracker,
        detections=file,
        classes=classes,
        min_score=min_score,
        targets=options,
    )
    if follows:
        named.pop("detector", None)
    tables |= {name: table for name, table in named.items() if name not in objects}
    experiment = load_experiment(tables)
    sequences = _checked(experiment, objects, None if sequence is None else [sequence])
    images = all(each.has_images for each in sequences)
    return _track_all(sequences, _pipeline(experiment, objects, sequences, images=images))


def _follows_targets(objects: Mapping[str, Any]) -> bool | None:
    """Whether the tracker that the caller brings follows targets; None where it is one that is named."""
    return hasattr(objects["tracker"], "start") if "tracker" in objects else None


def _checked(
    experiment: Experiment, objects: Mapping[str, Any], sequences: Seq[Sequence] | None
) -> tuple[Sequence, ...]:
    """Return the sequences to track, once all is found to be in order."""
    from vtcore.preflight import preflight, require

    checked = preflight(experiment, output_must_be_writable=False, provided=objects.keys(), sequences=sequences)
    require(checked.findings)
    return tuple(checked.sequences)


def _pipeline(
    experiment: Experiment, objects: Mapping[str, Any], sequences: Seq[Sequence], *, images: bool
) -> Pipeline:
    from vtcore.components import build
    from vtcore.detection_cache import RunCache
    from vtcore.detectors.given import GivenDetector
    from vtcore.experiments.experiment import is_free
    from vtcore.runs.pipeline import Pipeline

    context, options = experiment.run.context(), experiment.run
    cache = RunCache(experiment)
    built: dict[str, Any] = {}
    if experiment.detector is not None:
        built["detector"] = cache.detector(sequences, functools.partial(build, experiment.detector, context))
    if experiment.reid is not None:
        built["reid"] = cache.reid(sequences, functools.partial(build, experiment.reid, context))
    if experiment.tracker is not None:
        built["tracker"] = build(experiment.tracker, context)
    if experiment.protocol is not None:
        built["protocol"] = build(experiment.protocol, context)
    parts = built | dict(objects)
    # Of an object nobody knows what it would find in another run.
    found, bare = (None, cache) if "reid" in objects else (cache, cache.bare)
    return Pipeline(
        # Whoever asks for tracks may look at the pictures.
        images=images,
        prefetch=options.prefetch,
        max_frames=options.max_frames,
        cache=found,
        bare_cache=bare,
        ahead=not is_free(experiment) and not isinstance(parts.get("detector"), GivenDetector),
        **parts,
    )


def _track_all(sequences: Seq[Sequence], pipeline: Pipeline) -> Iterator[Instances]:
    for sequence in sequences:
        for frame, _, tracks in pipeline.track(sequence):
            tracks.frame = frame
            yield tracks


def _dataset(source: str) -> tuple[str, dict[str, Any]]:
    from vtcore.sources.guess import open_source

    if not Path(source).exists():
        from vtcore.host import plugin_host

        if any(component.name == source for component in plugin_host().components("dataset")):
            return source, {}
    return open_source(source)


def _component_table(component: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"type": component} if isinstance(component, str) else dict(component)
