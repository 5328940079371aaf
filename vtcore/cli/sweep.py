"""``vtcore sweep``: try an experiment with many settings, and find the best."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING

from vtcore.cli.arguments import add_experiment

if TYPE_CHECKING:
    from collections.abc import Sequence as Seq

    from rich.table import Table

    from vtcore.sweeps.objectives import Objective
    from vtcore.sweeps.sweep import Sweep
    from vtcore.sweeps.trials import Trial

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Try an experiment with many settings of its tracker and refiners, and find the best. What to try stands in the "
    "table [sweep] of the experiment, or as a list in place of a value. Data and detections are read once."
)

_FRONT_ROWS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_experiment(parser)
    parser.add_argument("--trials", type=_positive, metavar="N", help="try so many settings at most (sweep.trials)")
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help="trials at a time, each in a process")
    parser.add_argument("--output", metavar="FOLDER", help="folder of the sweep (default: <run.output>-sweep)")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on with the sweep in the folder")
    again.add_argument("--overwrite", action="store_true", help="replace the sweep in the folder")
    parser.add_argument("--quiet", action="store_true", help="no progress, no table; errors only")


def execute(arguments: argparse.Namespace) -> int:
    """Sweep the experiment named on the command line."""
    from vtcore.cli.console import error_console
    from vtcore.experiments import load_experiment
    from vtcore.sweeps.progress import SweepProgress
    from vtcore.sweeps.sweep import Sweep

    trials = [] if arguments.trials is None else [f"sweep.trials={arguments.trials}"]
    experiment = load_experiment(arguments.experiment, [*arguments.override, *trials], sweep=True)
    sweep = Sweep(experiment, jobs=arguments.jobs, output=arguments.output)
    console = error_console()
    console.quiet = arguments.quiet
    try:
        with SweepProgress(sweep, console) as progress:
            sweep.execute(resume=arguments.resume, overwrite=arguments.overwrite, watch=progress.trial_done)
    except KeyboardInterrupt:
        if not sweep.trials:
            raise
        kept = f"{len(sweep.trials)} trials are kept"
        raise KeyboardInterrupt(f"{kept}; go on with: {_again(arguments)}") from None
    if not arguments.quiet:
        _print_outcome(sweep)
    return 0


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {number}")
    return number


def _again(arguments: argparse.Namespace) -> str:
    words = ["vtcore", "sweep", arguments.experiment]
    words += [word for each in arguments.override for word in ("-o", each)]
    for name in ("trials", "jobs", "output"):
        value = getattr(arguments, name)
        words += [] if value in (None, 1) else [f"--{name}", str(value)]
    return shlex.join([*words, "--resume"])


def _print_outcome(sweep: Sweep) -> None:
    from vtcore.cli.console import output_console

    console = output_console()
    best = sweep.best()
    if best is not None:
        console.print(_best_table(best, sweep))
        console.print()
    if len(sweep.objectives) > 1:
        front = sweep.front()
        more = f", the first {_FRONT_ROWS}" if len(front) > _FRONT_ROWS else ""
        console.print(f"Pareto front: {len(front)} of {len(sweep.trials)} trials{more}")
        console.print(_trial_table(front[:_FRONT_ROWS], sweep.objectives))
        console.print()
    failed = [trial for trial in sweep.trials if not trial.is_done]
    for note in sweep.notes:
        console.print(f"note: {note}", soft_wrap=True)
    if failed:
        first = failed[0]
        told = f"{len(failed)} of {len(sweep.trials)} trials failed; trial {first.number}: {first.error}"
        console.print(f"note: {told}", soft_wrap=True)
    for name, path in sweep.folder.contents().items():
        console.print(f"{name + ':':<9} {path}", soft_wrap=True)


def _best_table(best: Trial, sweep: Sweep) -> Table:
    from rich.table import Table

    from vtcore.sweeps.report import score_text, value_text

    table = Table(f"best: trial {best.number}", "", show_edge=False, pad_edge=False)
    table.columns[1].justify = "right"
    for objective in sweep.objectives:
        table.add_row(objective.name, score_text(best.values[objective.name]), style="bold")
    table.columns[0].no_wrap = True
    table.add_section()
    for name, value in best.parameters.items():
        table.add_row(name, value_text(value))
    return table


def _trial_table(trials: Seq[Trial], objectives: Seq[Objective]) -> Table:
    from rich.table import Table

    from vtcore.sweeps.report import score_text, value_text

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("trial", justify="right")
    for objective in objectives:
        table.add_column(objective.name, justify="right", no_wrap=True)
    names = list(trials[0].parameters) if trials else []
    for name in names:
        table.add_column(name, justify="right")
    for trial in trials:
        scores = [score_text(trial.values[objective.name]) for objective in objectives]
        table.add_row(str(trial.number), *scores, *(value_text(trial.parameters[name]) for name in names))
    return table
