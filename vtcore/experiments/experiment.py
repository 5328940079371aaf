"""The experiment, checked to its last key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from vtcore.components import BuildContext, ComponentTable, Configured
from vtcore.errors import Problem
from vtcore.experiments.origins import Origin, problem_at
from vtcore.experiments.positions import KeyPath, parse_key
from vtcore.experiments.printing import experiment_text
from vtcore.experiments.resolving import resolved_tables
from vtcore.experiments.sweep_options import SweepOptions
from vtcore.interfaces import (
    DEFAULT_NEEDS,
    Dataset,
    Detector,
    Metric,
    Refiner,
    ReId,
    TargetProtocol,
    Tracker,
    Transform,
    Writer,
)
from vtcore.options import METADATA_KEY, OptionInfo, option

__all__ = ["Experiment", "ExperimentTables", "PluginOptions", "RunOptions", "follows_targets", "is_free", "needs_of"]

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?|mps")


def _known_device(instance: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    if not _DEVICE.fullmatch(value):
        raise ValueError(f"{attribute.name}: must be auto, cpu, cuda, cuda:<number> or mps, got {value!r}")


def _not_empty(instance: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    if not value.strip():
        raise ValueError(f"{attribute.name}: must name a folder, got {value!r}")


@attrs.frozen(kw_only=True)
class RunOptions:
    """The table ``[run]``: how to run, and where results go."""

    output: str = attrs.field(
        default="runs/experiment",
        metadata={METADATA_KEY: OptionInfo("Folder of the run; when left out, runs/<name of the experiment file>.")},
        validator=_not_empty,
    )
    seed: int = option(0, "Seed for anything drawn at random.", ge=0, le=2**32 - 1)
    device: str = attrs.field(
        default="auto",
        metadata={METADATA_KEY: OptionInfo("Where networks run: auto, cpu, cuda, cuda:<number> or mps.")},
        validator=_known_device,
    )
    dtype: str = option(
        "float32",
        "Floating point type of networks; float16 and bfloat16 mean mixed precision: what would lose by it stays "
        "float32.",
        choices=("float32", "float16", "bfloat16"),
    )
    channels_last: bool = option(
        False, "Keep images and weights of networks with the channels last, which is faster on some devices."
    )
    compile: bool = option(
        False, "Compile networks (torch.compile): the first frames take long, those after them are faster."
    )
    sequences: list[str] = option(factory=list, help="Only these sequences; empty means all.")
    max_frames: int = option(0, "Stop each sequence after so many frames; 0 means never.", unit="frames", ge=0)
    prefetch: int = option(8, "Frames decoded ahead; more smooths over slow frames.", unit="frames", ge=1)
    cache: str = option(
        "auto",
        "What to do with the cache of detections (vtcore cache): auto replays what is there for exactly this detector "
        "and data, fill also stores what is computed, off leaves it alone.",
        choices=("auto", "fill", "off"),
    )
    report: bool = option(True, "Write report.html.")
    show: bool = option(False, "Show the tracks in a window while they are made, where there is a display.")

    def context(self, classes: tuple[str, ...] = ()) -> BuildContext:
        """Return what components are built with.

        Args:
            classes: Class names of the data set.
        """
        return BuildContext(
            device=self.device,
            dtype=self.dtype,
            classes=classes,
            seed=self.seed,
            channels_last=self.channels_last,
            compile=self.compile,
        )


@attrs.frozen(kw_only=True)
class PluginOptions:
    """The table ``[plugins]``."""

    disable: list[str] = option(factory=list, help="Plugins to leave out, by name.")


@attrs.frozen(kw_only=True)
class ExperimentTables:
    """The root of an experiment document, as the converter structures it."""

    requires: list[str] = option(factory=list, help="Distributions that must be installed, as pip takes them.")
    dataset: Dataset | None = option(None, "What to run on.")
    transforms: list[Transform] = option(factory=list, help="Applied to every frame, in order.")
    detector: Detector | None = option(None, "Finds instances in frames.")
    reid: ReId | None = option(None, "Describes the looks of what was detected, for trackers that compare them.")
    tracker: Tracker | None = option(None, "Gives instances identities over time.")
    protocol: TargetProtocol | None = option(
        ComponentTable("one-pass"), "Shows its targets to a tracker that follows what it is told to."
    )
    refiners: list[Refiner] = option(factory=list, help="Refine each sequence's results, in order, before scoring.")
    metrics: list[Metric] = option(factory=list, help="Score the results against annotations.")
    writers: list[Writer] = option(factory=lambda: [ComponentTable("mot-text")], help="Write the results.")
    run: RunOptions = option(factory=RunOptions, help="How to run, and where results go.")
    sweep: SweepOptions | None = option(None, "What vtcore sweep tries.")
    plugins: PluginOptions = option(factory=PluginOptions, help="Which plugins to leave out.")


@attrs.frozen(kw_only=True)
class Experiment:
    """What to run, with every value checked and every default filled in.

    Attributes:
        source: The file as it was named, ``plugin:experiment``, or ``Python``.
        requires: Distributions that must be installed.
        dataset: What to run on.
        transforms: Applied to every frame, in order.
        detector: Finds instances; None where the tracker needs none, or only given ones are scored.
        reid: Describes the looks of what was detected; None where embeddings come with the detections, or nobody
            compares them.
        tracker: Gives instances identities; None for detection alone.
        protocol: Shows the tracker its targets; None where it needs none.
        refiners: Refine each sequence's results, in order, before they are scored.
        metrics: Score the results.
        writers: Write the results.
        run: How to run, and where results go.
        sweep: What ``vtcore sweep`` tries; a run takes no notice of it.
        plugins: Which plugins are left out.
        origins: Where each value was written, by key path; what is not in it is a default.
    """

    source: str
    requires: tuple[str, ...] = ()
    dataset: Configured | None = None
    transforms: tuple[Configured, ...] = ()
    detector: Configured | None = None
    reid: Configured | None = None
    tracker: Configured | None = None
    protocol: Configured | None = None
    refiners: tuple[Configured, ...] = ()
    metrics: tuple[Configured, ...] = ()
    writers: tuple[Configured, ...] = ()
    run: RunOptions = attrs.field(factory=RunOptions)
    sweep: SweepOptions | None = None
    plugins: PluginOptions = attrs.field(factory=PluginOptions)
    origins: Mapping[KeyPath, Origin] = attrs.field(factory=dict, eq=False, repr=False)

    def resolved(self) -> dict[str, Any]:
        """Return the whole experiment as plain tables: every default filled in, what is None left out.

        They are an experiment themselves: loading them, or `to_toml`, gives an equal one. A literal ``${`` stands in
        them as ``$${``.
        """
        return resolved_tables(self)

    def to_toml(self, *, origins: bool = False) -> str:
        """Return `resolved` as TOML.

        Args:
            origins: Whether every line tells in a comment where its value was written.
        """
        return experiment_text(self.resolved(), self.origins if origins else None)

    def components(self) -> Iterator[Configured]:
        """Yield every component, nested ones after the one that holds them."""
        for _, configured in self.placed_components():
            yield configured

    def placed_components(self) -> Iterator[tuple[KeyPath, Configured]]:
        """Yield every component with the path of its table, nested ones after the one that holds them."""
        for field in attrs.fields(Experiment):
            yield from _components(getattr(self, field.name), (field.name,))

    def needs(self) -> frozenset[str]:
        """Return what the run needs, as `vtcore.interfaces` tells it: ``image``, ``annotations``, ..."""
        shown = frozenset({"image"} if self.run.show else ())
        return shown.union(*(needs_of(configured) for configured in self.components()))

    def problem(self, message: str, key: KeyPath | str) -> Problem:
        """Return a problem of a key, placed at the line where it, or the nearest table around it, was written.

        Args:
            message: What is wrong, and the way out.
            key: Key path, or a dotted key.
        """
        if isinstance(key, str):
            parsed = parse_key(key)
            key = (key,) if parsed is None else parsed[0]
        return problem_at(self.origins, key, message)


def is_free(experiment: Experiment) -> bool:
    """Whether detecting costs nothing: the detector only looks up what there is (see `vtcore.interfaces`)."""
    return experiment.detector is not None and bool(getattr(experiment.detector.config, "free", False))


def follows_targets(tracker: Configured | None) -> bool:
    """Whether a tracker follows the targets that a protocol shows it."""
    return tracker is not None and "targets" in needs_of(tracker)


def needs_of(configured: Configured) -> frozenset[str]:
    """Return what a component needs, nested ones left out."""
    declared = getattr(configured.config, "needs", None)
    if declared is None:
        return DEFAULT_NEEDS.get(configured.component.kind, frozenset())
    return frozenset(declared)


def _components(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Configured]]:
    if isinstance(value, Configured):
        yield path, value
        value = value.config
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _components(item, (*path, index))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _components(item, (*path, key))
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _components(getattr(value, field.name), (*path, field.name))
