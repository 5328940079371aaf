"""From one source, a detector and a tracker to an experiment: what ``vtcore track`` and `vtcore.track` share."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.experiments import Experiment, load_experiment

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.instances import Instances
    from vtcore.runs.pipeline import Pipeline

__all__ = ["DEFAULT_DETECTOR", "DEFAULT_TRACKER", "source_tables", "track_source"]

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
) -> dict[str, Any]:
    """Return the tables of an experiment that tracks one source.

    Args:
        source: File, folder, glob, camera number or URL; or the name of a data set that needs no options
            (``synthetic``). None leaves the data set out.
        detector: Name or table; `DEFAULT_DETECTOR` when left out.
        reid: Name or table; none when left out.
        tracker: Name or table; `DEFAULT_TRACKER` when left out.
        detections: File of given detections, in place of a detector.
        classes: Put into the detector's ``classes``, when there are any.
        min_score: Put into the detector's ``min_score``, when given.

    Raises:
        DataError: There is no such source.
    """
    tables: dict[str, Any] = {}
    if source is not None:
        kind, options = _dataset(source)
        tables["dataset"] = {"type": kind, **options}
    if detections is not None:
        detector = {"type": "given", "path": detections}
    detector_table = _component_table(DEFAULT_DETECTOR if detector is None else detector)
    if classes:
        detector_table["classes"] = list(classes)
    if min_score is not None:
        detector_table["min_score"] = min_score
    tables["detector"] = detector_table
    if reid is not None:
        tables["reid"] = _component_table(reid)
    tables["tracker"] = _component_table(DEFAULT_TRACKER if tracker is None else tracker)
    return tables


def track_source(
    source: str | Path | int | Sequence,
    *,
    detector: Any,
    reid: Any,
    tracker: Any,
    detections: Any,
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
    objects = {
        name: made
        for name, made in (("detector", detector), ("reid", reid), ("tracker", tracker))
        if made is not None and not isinstance(made, str | Mapping)
    }
    named = source_tables(
        None if sequence is not None else str(source),
        detector=None if "detector" in objects else detector,
        reid=None if "reid" in objects else reid,
        tracker=None if "tracker" in objects else tracker,
        detections=file,
        classes=classes,
        min_score=min_score,
    )
    tables |= {name: table for name, table in named.items() if name not in objects}
    experiment = load_experiment(tables)
    sequences = [sequence] if sequence is not None else _sequences(experiment, objects)
    images = all(each.has_images for each in sequences)
    return _track_all(sequences, _pipeline(experiment, objects, sequences, images=images))


def _sequences(experiment: Experiment, objects: Mapping[str, Any]) -> tuple[Sequence, ...]:
    from vtcore.preflight import preflight, require

    checked = preflight(experiment, output_must_be_writable=False, provided=objects.keys())
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
