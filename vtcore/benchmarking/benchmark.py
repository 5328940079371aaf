"""Measuring an experiment: its frames end to end, as a run does it, and stage by stage, with nothing beside it."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs

from vtcore.benchmarking.alone import AlonePass
from vtcore.benchmarking.clocks import device_peak, memory_peak, reset_device_peak
from vtcore.benchmarking.figures import Figures, Passage
from vtcore.components import build
from vtcore.errors import PreflightError
from vtcore.experiments import Experiment
from vtcore.experiments.experiment import is_free
from vtcore.frames import Sequence
from vtcore.host import PluginHost, plugin_host
from vtcore.interfaces import Writer
from vtcore.preflight import preflight, require
from vtcore.preflight.findings import refuse_asking
from vtcore.processor import available_cores
from vtcore.runs.interrupts import DeferredInterrupts
from vtcore.runs.pipeline import Pipeline
from vtcore.runs.writing import SequenceWriting

__all__ = ["Benchmark"]


class Benchmark:
    """Measures one experiment, without its refiners, metrics, report and window; the cache is left alone.

    Attributes:
        experiment: What is measured.
        sequences: Its sequences.
    """

    def __init__(self, experiment: Experiment, folder: Path, *, host: PluginHost | None = None) -> None:
        """Check the experiment and make its components.

        Args:
            experiment: What to measure; `Experiment.run.max_frames` counts.
            folder: Where its writers write.
            host: The plugins; the installed ones by default.

        Raises:
            PreflightError: It cannot run here, somebody would be asked, or a sequence is live.
        """
        self.experiment = _measured(experiment)
        refuse_asking(self.experiment)
        host = host or plugin_host()
        checked = preflight(self.experiment, host=host, output_must_be_writable=False)
        require(checked.findings)
        self.sequences: tuple[Sequence, ...] = tuple(checked.sequences)
        for sequence in self.sequences:
            if sequence.live:
                message = f"{sequence.name!r} is live: its frames come at their own pace; measure with a file"
                raise PreflightError([self.experiment.problem(message, "dataset")])
        self._folder = folder
        self._context = self.experiment.run.context(next((each.classes for each in self.sequences), ()))
        random.seed(self.experiment.run.seed)
        self._parts: dict[str, Any] = {
            name: None if configured is None else build(configured, self._context)
            for name in ("detector", "reid", "tracker", "protocol")
            for configured in [getattr(self.experiment, name)]
        }
        self._transforms = [build(each, self._context) for each in self.experiment.transforms]
        self._writers: list[Writer] = [build(each, self._context) for each in self.experiment.writers]

    def measure(self, *, warm_up: int = 10, repeat: int = 3) -> Figures:
        """Measure.

        Args:
            warm_up: Frames of the first sequence that are tracked before anything counts: weights are loaded and
                networks compiled with the first.
            repeat: How often all is measured.

        Raises:
            VtcoreError: As a run.
        """
        if warm_up:
            self._end_to_end(self.sequences[:1], warm_up)
        reset_device_peak()
        passages: list[Passage] = []
        memory = device_memory = None
        for _ in range(repeat):
            made = self._passage()
            if not passages:
                memory, device_memory = made.memory, made.device_memory
            passages.append(made.passage)
        return Figures(
            passages=tuple(passages),
            sequences=len(self.sequences),
            memory=memory,
            device_memory=device_memory,
            device=self.experiment.run.device,
            dtype=self.experiment.run.dtype,
        )

    def _passage(self) -> _Made:
        limit = self.experiment.run.max_frames
        frames, seconds, cpu, overlapped = self._end_to_end(self.sequences, limit)
        # Read before the stages run alone: these hold less, but load what only they use.
        memory, device_memory = memory_peak(), device_peak()
        self._renew()
        alone = AlonePass(
            transforms=self._transforms,
            writers=self._writers,
            images=self._images,
            folder=self._folder,
            limit=limit,
            ahead=not is_free(self.experiment),
            **self._parts,
        )
        with DeferredInterrupts() as interrupts:
            for sequence in self.sequences:
                alone.do(sequence, interrupts)
        passage = Passage(
            frames=frames,
            seconds=seconds,
            cpu=cpu,
            cores=available_cores(),
            overlapped=overlapped,
            alone=alone.clock.seconds,
            alone_cpu=alone.clock.cpu,
            parts=alone.parts,
        )
        return _Made(passage, memory, device_memory)

    def _end_to_end(self, sequences: tuple[Sequence, ...], limit: int) -> tuple[int, float, float, dict[str, float]]:
        """Return frames, wall time, processor time and the time of each stage."""
        self._renew()
        pipeline = Pipeline(
            transforms=self._transforms,
            images=self._images,
            prefetch=self.experiment.run.prefetch,
            max_frames=limit,
            ahead=not is_free(self.experiment),
            **self._parts,
        )
        frames, stages = 0, dict[str, float]()
        cpu, began = time.process_time(), time.perf_counter()
        for sequence in sequences:
            with DeferredInterrupts() as interrupts:
                frames += self._track(sequence, pipeline, interrupts, stages)
        return frames, time.perf_counter() - began, time.process_time() - cpu, stages

    def _track(
        self, sequence: Sequence, pipeline: Pipeline, interrupts: DeferredInterrupts, stages: dict[str, float]
    ) -> int:
        """Track and write a sequence, as a run does."""
        tracked = pipeline.track(sequence, interrupts=interrupts)
        writing = SequenceWriting(self._writers, self._folder, sequence)
        frames = 0
        try:
            with closing(tracked):
                for frame, detections, tracks in tracked:
                    writing.write(frame, detections, tracks)
                    frames += 1
                    interrupts.check()
        except BaseException:
            writing.abandon()
            raise
        writing.finish()
        spent = {"associate" if stage == "track" else stage: time for stage, time in pipeline.seconds.items()}
        for stage, seconds in (spent | {"write": writing.seconds}).items():
            stages[stage] = stages.get(stage, 0.0) + seconds
        return frames

    def _renew(self) -> None:
        """Make the tracker anew where it would go on from the last sequence of the passage before."""
        tracker = self.experiment.tracker
        if tracker is not None and getattr(tracker.config, "persist", False):
            self._parts["tracker"] = build(tracker, self._context)

    @property
    def _images(self) -> bool:
        return "image" in self.experiment.needs()


@attrs.frozen
class _Made:
    passage: Passage
    memory: int | None
    device_memory: int | None


def _measured(experiment: Experiment) -> Experiment:
    """Return the experiment without what is done once, after the last frame."""
    run = attrs.evolve(experiment.run, cache="off", report=False, show=False)
    return attrs.evolve(experiment, refiners=(), metrics=(), sweep=None, run=run)
