"""The command line's verbs in Python: `load_experiment`, `run` and `track`.

::

    import vtcore

    run = vtcore.run("bytetrack:mot17", overrides=["run.output=runs/first"])
    print(run.scores["hota"]["COMBINED"]["HOTA"])

    for tracks in vtcore.track("street.mp4", detector="hog", tracker="bytetrack"):
        print(tracks.frame.index, tracks.ids, tracks.boxes)

    for tracks in vtcore.track("street.mp4", detector=my_function):  # an image in, boxes out
        print(tracks.ids)

    for tracks in vtcore.track("bag.mp4", tracker="kcf", targets=[[335, 164, 110, 94]]):  # left, top, width, height
        print(tracks.boxes)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.experiments import Experiment, load_experiment
from vtcore.tracking import DEFAULT_DETECTOR, DEFAULT_TRACKER, Targets, track_source

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.instances import Instances
    from vtcore.interfaces import Detector, ReId, Tracker
    from vtcore.runs import Run
    from vtcore.tables import TrackTable

__all__ = ["DEFAULT_DETECTOR", "DEFAULT_TRACKER", "load_experiment", "run", "track"]

Table = Mapping[str, Any]


def run(
    experiment: str | Path | Table | Experiment,
    *,
    overrides: Seq[str] | Table = (),
    resume: bool = False,
    overwrite: bool = False,
) -> Run:
    """Run an experiment and return what came of it.

    Args:
        experiment: File, ``"plugin:experiment"``, tables, or a loaded experiment.
        overrides: ``"key.path=value"`` strings or a mapping of dotted keys; not with a loaded experiment.
        resume: Continue the run in the experiment's folder.
        overwrite: Replace the run in the experiment's folder.

    Returns:
        The run: ``run.folder.path``, ``run.scores``, ``run.sequences``, ``run.notes``.

    Raises:
        VtcoreError: As `load_experiment` and `Run.execute`.
    """
    from vtcore.runs import Run

    if not isinstance(experiment, Experiment):
        experiment = load_experiment(experiment, overrides)
    elif overrides:
        raise TypeError("overrides go to load_experiment; this experiment is loaded already")
    made = Run(experiment)
    made.execute(resume=resume, overwrite=overwrite)
    return made


def track(
    source: str | Path | int | Sequence,
    *,
    detector: str | Table | Detector | Callable[..., Any] | None = None,
    reid: str | Table | ReId | None = None,
    tracker: str | Table | Tracker | None = None,
    detections: str | Path | TrackTable | Seq[Instances] | Mapping[int, Instances] | None = None,
    targets: Targets | None = None,
    classes: Seq[str] = (),
    min_score: float | None = None,
    device: str = "auto",
    max_frames: int = 0,
) -> Iterator[Instances]:
    """Track one video, folder of images, camera or stream, and yield each frame's tracks.

    Nothing is written. Memory does not grow with the length of the source.

    Args:
        source: As for ``vtcore track``: a file, folder or glob, camera number, URL; or a `Sequence`.
        detector: Name of a detector, its table (``{"type": "hog", "min_score": 0.7}``), or an object with the
            `Detector` interface; or any function that takes an image and returns boxes
            (`vtcore.detectors.function.FunctionDetector` says in which forms). When left out `DEFAULT_DETECTOR`,
            unless the tracker takes no detections.
        reid: The same for the re-identification: a name, a table, or an object with the `ReId` interface. None when
            left out.
        tracker: The same for the tracker; `DEFAULT_TRACKER` when left out.
        detections: Given detections instead of a detector: a file (MOT text, CSV, JSON, JSON lines, NumPy), a
            table, or instances by frame index.
        targets: What a tracker of targets (`vtcore.interfaces.TargetTracker`) is to follow: boxes in the first frame,
            ``[[left, top, width, height], ...]`` in pixels; a file of them; or ``"draw"`` to draw them with the mouse.
            When left out, the annotations of the source tell. Such a tracker needs no detector.
        classes: Only these classes of the detector.
        min_score: Only detections scoring at least this.
        device: Where networks run.
        max_frames: Stop after so many frames; 0 for never.

    Yields:
        `Instances` with ids; ``frame`` is set.

    Raises:
        ExperimentError: A component or option is wrong. Raised at once, not at the first frame.
        DataError: The source cannot be read.
        DamagedSourceError: After the last readable frame of a damaged source.
    """
    return track_source(
        source,
        detector=detector,
        reid=reid,
        tracker=tracker,
        detections=detections,
        targets=targets,
        classes=classes,
        min_score=min_score,
        device=device,
        max_frames=max_frames,
    )
