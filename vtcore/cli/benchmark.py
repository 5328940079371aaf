"""``vtcore benchmark``: how long each stage of an experiment takes, and how well they overlap."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vtcore.cli.arguments import add_experiment
from vtcore.cli.console import output_console, print_json

if TYPE_CHECKING:
    from vtcore.benchmarking.figures import Figures, Passage

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Measure an experiment stage by stage (decode, transform, detect, embed, associate, write) and end to end: time, "
    "share, processor time, frames a second, peak memory. Refiners, metrics and report are left out, nothing is "
    "replayed from the cache, and nothing is written to the experiment's folder."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_experiment(parser)
    parser.add_argument("--frames", type=_count, metavar="N", help="only the first N frames of each sequence")
    parser.add_argument(
        "--warm-up", type=_count_or_none, default=10, metavar="N", help="frames tracked before any count (default: 10)"
    )
    parser.add_argument(
        "--repeat", type=_count, default=3, metavar="N", help="measure N times, show the quickest (default: 3)"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what the writers write in FOLDER")
    parser.add_argument("--json", action="store_true", help="print JSON, for tools; times in seconds")


def execute(arguments: argparse.Namespace) -> int:
    """Measure the experiment named on the command line."""
    from vtcore.benchmarking.benchmark import Benchmark
    from vtcore.experiments import load_experiment

    limit = [] if arguments.frames is None else [f"run.max_frames={arguments.frames}"]
    experiment = load_experiment(arguments.experiment, [*arguments.override, *limit])
    with _folder(arguments.keep) as folder:
        benchmark = Benchmark(experiment, folder)
        figures = benchmark.measure(warm_up=arguments.warm_up, repeat=arguments.repeat)
    if arguments.json:
        print_json({"experiment": experiment.source, **figures.as_data()})
    else:
        _print(figures)
    return 0


def _count(text: str) -> int:
    count = _count_or_none(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"must be >= 1, got {text}")
    return count


def _count_or_none(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}") from None
    if count < 0:
        raise argparse.ArgumentTypeError(f"must be >= 0, got {text}")
    return count


@contextlib.contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Yield the folder to write to, a temporary one where nothing is to be kept."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="vtcore-benchmark-") as folder:
        yield Path(folder)


def _print(figures: Figures) -> None:
    from rich import box
    from rich.table import Table

    best = figures.best
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("stage")
    for heading in ("ms a frame", "share", "CPU ms a frame", "overlapped"):
        table.add_column(heading, justify="right")
    for row in _rows(best):
        table.add_row(*row)
    console = output_console()
    console.print(table)
    for line in _lines(figures, best):
        console.print(line, soft_wrap=True)


def _rows(passage: Passage) -> Iterator[tuple[str, ...]]:
    from vtcore.benchmarking.figures import STAGES

    total = sum(passage.alone.values()) or 1.0

    def milliseconds(seconds: float) -> str:
        return f"{1000 * seconds / max(1, passage.frames):.2f}"

    for stage in STAGES:
        if stage not in passage.alone:
            continue
        spent = passage.alone[stage]
        numbers = (passage.alone_cpu[stage], passage.overlapped.get(stage, 0.0))
        yield stage, milliseconds(spent), f"{spent / total:.1%}", *map(milliseconds, numbers)
        for name, seconds in passage.parts.get(stage, {}).items():
            yield f"  {name}", milliseconds(seconds), f"{seconds / total:.1%}", "", ""
    cpu = sum(passage.alone_cpu.values())
    yield "one after another", milliseconds(sum(passage.alone.values())), "", milliseconds(cpu), ""
    yield "end to end", milliseconds(passage.seconds), "", milliseconds(passage.cpu), ""


def _lines(figures: Figures, best: Passage) -> Iterator[str]:
    from vtcore.benchmarking.figures import WANTED_RATIO

    rate = best.frames / best.seconds if best.seconds else 0.0
    sequences = "" if figures.sequences == 1 else f" of {figures.sequences} sequences"
    again = f", the quickest of {len(figures.passages)}" if len(figures.passages) > 1 else ""
    yield ""
    yield f"{best.frames:,} frames{sequences} in {best.seconds:.2f} s end to end: {rate:.1f} frames a second{again}"
    cores = f"{best.cpu:.2f} s of CPU over {best.cores} core{'' if best.cores == 1 else 's'}"
    shared = f"{cores}, {best.cpu / best.cores:.2f} s"
    who = "tracker" if best.tracker_alone else "detector"
    alone = max(best.detector_alone, best.tracker_alone)
    yield f"at best {best.bound:.2f} s, the greater of: {who} alone, {alone:.2f} s; {shared}"
    met = "met" if best.ratio >= WANTED_RATIO else "not met"
    yield f"ratio {best.ratio:.3f} ({WANTED_RATIO} wanted: {met})"
    if figures.memory is not None:
        device = "" if figures.device_memory is None else f", of the device {figures.device_memory / 1e6:,.0f} MB"
        yield f"peak memory {figures.memory / 1e6:,.0f} MB{device}"
