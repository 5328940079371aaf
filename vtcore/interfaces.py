"""What the core's kinds of components can do: one light Protocol per kind.

The type of a config's field names a kind by its interface (``motion: Motion``), so this module imports nothing
heavy. Every member is called by the core; a component needs to inherit from nothing here.

What a component *needs* is said by its config, so that checking an experiment imports no target: an attribute or
property ``needs``, a collection of ``"image"`` (decoded pixels in `Frame.image`), ``"detections"`` (the tracker
wants a detector), ``"targets"`` (the tracker follows what it is told to, see `TargetTracker`, and is driven by a
`TargetProtocol`), ``"given-detections"`` (detections that come with the data), ``"annotations"`` and ``"embeddings"``
(without them it tracks, but is not what it is meant to be: the preflight warns); `DEFAULT_NEEDS`
stands in for a config that says nothing. What nobody needs is neither computed nor decoded. A config may also have a
method ``check()`` that yields what is wrong on this machine, one line each, without importing its target: a missing
file, a package that is not installed. ``vtcore check`` and the start of every run ask it. They also ask a method
``check_data(sequences)``, which yields what does not go with the sequences of the run, decoding none of them; and, of
a protocol, ``check_limit(sequence, frames)``, which yields what is left out where only so many frames are tracked.

Two more optional members tell the cache of detections (`vtcore.detection_cache`) when the results of a detector or
transform may be replayed. A method ``files()`` yields the paths, as text or `Path`, of the files and folders that they
follow from, such as weights, whose content then is part of the key; ``{sequence}`` stands for the sequence's name. Of a
config without it every option that names an existing file or folder counts. An attribute or property ``cacheable`` that
is false keeps results out of the cache: those that are not the same from run to run, or cost nothing to find again. It
is asked of a detector, of transforms and of a re-identification; a component that holds others answers for them.

A data set's config may have ``metrics``, the names of the metrics that its papers quote: ``vtcore eval`` computes them
where nobody says which.

Two optional members of a detector's config tell a run how to go about it. A true ``free`` says that detecting costs
nothing, since it only looks up what there is: it then gets no thread of its own, and is stored by the cache only
together with embeddings. ``gives``, a collection of texts, holds ``"embeddings"`` where detections may come with
embeddings: nobody is then warned that a tracker lacks them.

A tracker's config may say by ``ignores``, a collection of texts, that it never looks at ``"embeddings"`` as it is set:
the preflight then warns of a re-identification that would describe for nobody.

And one optional member is of the component itself, not of its config: a detector, re-identification or tracker may tell
how its time is spent in an attribute ``seconds``, a dictionary from the names of finer stages (``"preprocess"``,
``"crop"``, ``"forward"``, ``"postprocess"``) to the seconds spent in each since the component was made. It only ever
grows; ``vtcore benchmark`` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Seq
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

    from vtcore.evaluation import EvaluatedSequence
    from vtcore.frames import Frame, Sequence
    from vtcore.instances import Float32Array, Instances
    from vtcore.tables import TrackTable

__all__ = [
    "DEFAULT_NEEDS",
    "Backbone",
    "Dataset",
    "Detector",
    "Head",
    "Metric",
    "ReId",
    "Refiner",
    "TargetProtocol",
    "TargetTracker",
    "Tracker",
    "Transform",
    "Writer",
]

DEFAULT_NEEDS: Mapping[str, frozenset[str]] = {
    "transform": frozenset({"image"}),
    "detector": frozenset({"image"}),
    "reid": frozenset({"image"}),
    "tracker": frozenset({"image", "detections"}),
    "metric": frozenset({"annotations"}),
    "protocol": frozenset({"annotations"}),
}
"""What a component of a kind is taken to need when its config has no ``needs``; nothing for other kinds."""


@runtime_checkable
class Dataset(Protocol):
    """A set of sequences: a public data set, a folder of images, a video, a camera."""

    def sequences(self) -> Iterable[Sequence]:
        """Return the sequences, in a fixed order, opening none of them.

        Raises:
            DataError: The data is not where or what the config says.
        """


@runtime_checkable
class Transform(Protocol):
    """Changes a frame's pixels before anything looks at them; the size stays."""

    def __call__(self, frame: Frame) -> Frame:
        """Return the changed frame; the given one stays as it is."""


@runtime_checkable
class Backbone(Protocol):
    """A network from images to feature maps."""

    def __call__(self, images: Any) -> Seq[Any]:
        """Return feature maps ``(N, C, h, w)``, finest first, of images ``(N, 3, H, W)``."""


@runtime_checkable
class Head(Protocol):
    """A network from feature maps to predictions."""

    def __call__(self, features: Seq[Any]) -> Any:
        """Return the head's predictions for feature maps of a backbone, finest first."""


@runtime_checkable
class Detector(Protocol):
    """Finds instances in frames.

    A run calls `detect` in a thread of its own, ahead of the tracker; `reset` is called while that thread does not run.

    One more member is optional: ``detect_each(batches: Iterable[Seq[Frame]]) -> Iterator[Seq[Instances]]``, what
    `detect` returns for each batch, in their order. A detector whose answer to a batch follows from that batch alone
    may take batches ahead of what it yields, and look at several side by side. A run uses it where there is one, but
    for live sources, whose latest frame waits for no other.

    Attributes:
        classes: Names its labels index; empty when the labels index the sequence's own classes.
        batch_size: How many frames `detect` wants at once; 1 where order in time matters.
    """

    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102

    def reset(self, sequence: Sequence) -> None:
        """Forget everything and prepare for the frames of `sequence`. Called before its first frame."""

    def detect(self, frames: Seq[Frame]) -> Seq[Instances]:
        """Return the instances of each frame, boxes in pixels of the original frame."""


@runtime_checkable
class ReId(Protocol):
    """Describes the looks of instances, so that they are known again when they come back.

    A run calls it right behind the detector, with the same batch of frames (with those of some more where detections
    are given or replayed) and in a thread of its own, and puts what it returns into `Instances.embeddings` before the
    tracker sees them; embeddings that came with the detections give way.
    It has no memory: what it says of a box follows from the frame and the box alone.

    One more member is optional, as a detector's `detect_each`:
    ``embed_each(batches: Iterable[tuple[Seq[Frame], Seq[Float32Array]]]) -> Iterator[Seq[Float32Array]]``, what `embed`
    returns for the frames and boxes of each batch, in their order; batches may be taken ahead.
    """

    def embed(self, frames: Seq[Frame], boxes: Seq[Float32Array]) -> Seq[Float32Array]:
        """Return an embedding for each box.

        Args:
            frames: Frames with their images, as transforms left them.
            boxes: For each frame float32 ``(n, 4)``, ``x1, y1, x2, y2`` in pixels of the original frame; they may
                reach beyond it, be empty, or be none at all.

        Returns:
            For each frame float32 ``(n, D)``, finite; D is the same for all frames, also where n is 0.
        """


@runtime_checkable
class Tracker(Protocol):
    """Gives instances identities over time.

    Two more members are optional, as `vtcore.state.Stateful` has them:

    - ``state_dict() -> dict[str, NDArray]``: a copy of all that decides what comes next, without pickled objects;
    - ``load_state_dict(state)``: go on from it.

    And one that spares work where a `ReId` computes embeddings:

    - ``wants_embeddings(detections: Instances) -> BoolArray``, ``(N,)``: for which detections `update` looks at the
      embedding. It may follow from the detections and from the tracker's options, not from what the tracker has seen:
      it is asked ahead of `update`, in another thread. Rows that are not wanted are zeros. A tracker without it wants
      all.

    A config with a true ``persist`` says that the tracker goes on from one sequence to the next. A run then tracks all
    sequences in order and keeps the state after each, so that it can be resumed.
    """

    def reset(self, sequence: Sequence | None = None) -> None:
        """Forget everything; ids start anew. Called before a sequence's first frame.

        A tracker that persists forgets nothing when a sequence is given.
        """

    def update(self, frame: Frame, detections: Instances) -> Instances:
        """Take the next frame (every frame, also one without detections) and return its tracks, with ids."""


@runtime_checkable
class TargetTracker(Tracker, Protocol):
    """Follows targets that it is shown once: single-object tracking, of any number of targets at a time.

    It is a component of the kind ``tracker`` whose config has ``needs = frozenset({"image", "targets"})``. It takes no
    detections; who shows it the targets is a `TargetProtocol`.

    - `reset` forgets all targets.
    - `update` answers one row per target, in the order in which they were first started: ``boxes`` float32 ``(N, 4)``,
      ``scores`` its own confidence, ``labels`` and ``ids`` those that the target was started with,
      ``detection_index`` -1. A target that is lost, or whose box leaves the picture, is still answered. Where no
      target has been started it answers no rows, with ``ids`` of length 0.
    """

    def start(self, frame: Frame, targets: Instances) -> None:
        """Take up targets, each from its box in this frame; callable at any frame, after its `update`.

        Args:
            frame: The frame, with its image.
            targets: Boxes, labels and ``ids``. A new id is a new target; a known id is started anew from this frame
                and box, keeping its place among the rows; all other targets are left as they are. ``ltwh``, where
                there is one, holds the boxes with all digits.

        Raises:
            DataError: A box cannot be started from: it has no area.
        """


@runtime_checkable
class TargetProtocol(Protocol):
    """Drives a `TargetTracker` through a sequence: which targets it is shown, when, and what counts as its results.

    Within a frame `TargetTracker.update` comes first, then `TargetTracker.start` for targets that are new or started
    anew in it; the boxes they are started with are then the results of that frame, with a score of 1. What is written
    tells how it went: a target's first row, and its first row after a gap, are where it was started; the first frame
    of a gap is where it failed, and the rest of the gap was skipped.

    A protocol that asks a person may have a method ``keep_answers(folder)``: a run hands it a folder before anything
    starts; what it keeps there is found again when the run is continued. Its config then has ``asks``, an attribute or
    property, that says in a line why nobody can be asked in sweeps and benchmarks, and what to do; empty where none is.
    """

    def reset(self, sequence: Sequence) -> None:
        """Forget everything and prepare for the frames of `sequence`. Called before its first frame.

        Raises:
            DataError: The sequence does not tell which targets to follow.
        """

    def step(self, tracker: TargetTracker, frame: Frame) -> Instances:
        """Drive the tracker for the next frame (every frame, in order) and return what is written for it.

        Returns:
            One row per target that has a result in this frame, with ``ids``; no rows where nothing was tracked.
        """


@runtime_checkable
class Refiner(Protocol):
    """Changes the results of a whole sequence once they are all there: fills gaps, smooths, joins, drops.

    Refiners run one after the other, between the trackers' last frame and the scores.
    """

    def refine(self, table: TrackTable, *, sequence: str = "", length: int | None = None) -> TrackTable:
        """Return the refined results; the given table stays as it is.

        Args:
            table: Results of one sequence; rows without an identity have a negative id.
            sequence: Its name.
            length: Its number of frames, None where nobody knows; no row may stand beyond.

        Returns:
            A table in which no id stands twice in a frame. Rows that are no detection of the tracker's have a
            ``detection_index`` of -1, where the given table has that column.
        """


@runtime_checkable
class Metric(Protocol):
    """Scores results against annotations, one sequence at a time, then all of them.

    Three more members are optional; the core calls them where a metric has them:

    - ``diagnose(sequence: EvaluatedSequence) -> list[str]``: why a sequence has no match at all (no results, another
      scale, shifted frames, ...), one line each; empty where anything matches.
    - ``explain(evaluated: Mapping[str, Any]) -> list[str]``: given what `report` is given, why a score of all sequences
      together is none, one line each; empty where there is nothing to say.
    - ``frame_errors(sequence: EvaluatedSequence) -> FrameErrors``: false positives, misses and identity switches
      frame by frame, for plots over time and pictures of the worst frames.

    Attributes:
        summary: Names of the fields that a short table shows, most important first.
    """

    @property
    def summary(self) -> Seq[str]: ...  # noqa: D102

    def evaluate(self, sequence: EvaluatedSequence) -> Any:
        """Return the sequence's counts as plain data (dicts, lists, numbers, arrays): mergeable, picklable."""

    def report(self, evaluated: Mapping[str, Any], classes: tuple[str, ...]) -> dict[str, Any]:
        """Combine what `evaluate` returned for each sequence name.

        Returns:
            ``{"COMBINED": {...}, "<sequence>": {...}}`` and, with several classes,
            ``"by_class": {"<class>": {"COMBINED": {...}, "<sequence>": {...}}}``; ``"by_attribute"`` is the same for
            attributes of sequences or frames. Each inner table maps the evaluator's field names to numbers, fractions
            of 1 and integer counts, None for what is no number; curves stand under ``"curves"``. Further keys in
            capitals beside ``"COMBINED"`` combine in other ways.
        """


@runtime_checkable
class Writer(Protocol):
    """Writes what was found in a sequence to one file, whole or not at all.

    The run hands `open` a path that ends in ``.partial`` and renames it when `close` has returned.

    A writer that goes on with a frame in the background when `write` has returned may have a method ``wait()`` that
    returns when that is done: ``vtcore benchmark`` calls it, so that the time counts as the writer's.

    Attributes:
        folder: Folder below the run folder: ``results``, ``videos``.
        suffix: Of the finished file, with its dot: ``.txt``.
    """

    @property
    def folder(self) -> str: ...  # noqa: D102
    @property
    def suffix(self) -> str: ...  # noqa: D102

    def open(self, sequence: Sequence, path: Path) -> None:
        """Start the file of a sequence at `path`; `sequence.classes` are the names of the labels."""

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Add a frame. Called for every frame in order, in a thread of its own."""

    def close(self, *, complete: bool) -> None:
        """Finish the file at `path`; with `complete` false keep what there is as it stands."""
