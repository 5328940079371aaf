"""``vtcore run``: run an experiment."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING

from vtcore.cli.arguments import add_experiment

if TYPE_CHECKING:
    from vtcore.experiments import Experiment
    from vtcore.runs import Run

HELP = "run an experiment: track, score, report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_experiment(parser)
    add_run_arguments(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``run`` and ``track`` have in common, ``-o`` aside."""
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="continue the run in the output folder")
    again.add_argument("--overwrite", action="store_true", help="replace the run in the output folder")
    parser.add_argument("--show", action="store_true", help="show the annotated frames in a window; q stops")
    parser.add_argument("--quiet", action="store_true", help="no progress bars, no table; errors only")


def execute(arguments: argparse.Namespace) -> int:
    """Run the experiment named on the command line."""
    from vtcore.experiments import load_experiment

    overrides = [*arguments.override, *(["run.show=true"] if arguments.show else [])]
    experiment = load_experiment(arguments.experiment, overrides)
    words = ["vtcore", "run", arguments.experiment, *(word for each in arguments.override for word in ("-o", each))]
    return execute_run(experiment, arguments, shlex.join(words))


def execute_run(experiment: Experiment, arguments: argparse.Namespace, again: str) -> int:
    """Run a loaded experiment with progress bars, then print scores and places.

    Args:
        experiment: What to run.
        arguments: Parsed ``resume``, ``overwrite`` and ``quiet``.
        again: The command line, for telling how to continue.
    """
    from vtcore.cli.console import error_console
    from vtcore.errors import DamagedSourceError
    from vtcore.runs import Run
    from vtcore.runs.progress import ProgressBars

    console = error_console()
    console.quiet = arguments.quiet
    run = Run(experiment)
    try:
        with run.host.register(ProgressBars(console), "progress bars"):
            run.execute(resume=arguments.resume, overwrite=arguments.overwrite)
    except DamagedSourceError:
        # What could be read is there: show it before the error.
        _print_outcome(run, quiet=arguments.quiet)
        raise
    except KeyboardInterrupt:
        if not run.folder.is_begun():
            raise
        kept = "finished sequences are kept" if run.folder.holds_run() else "no sequence was finished"
        raise KeyboardInterrupt(f"{kept}; continue with: {again} --resume") from None
    _print_outcome(run, quiet=arguments.quiet)
    return 0


def _print_outcome(run: Run, *, quiet: bool) -> None:
    from vtcore.cli.console import output_console
    from vtcore.evaluation import score_table

    if quiet:
        return
    console = output_console()
    if run.scores:
        console.print(score_table(run.scores, run.summaries))
        console.print()
    for note in run.notes:
        console.print(f"note: {note}", soft_wrap=True)
    for name, path in run.folder.contents().items():
        console.print(f"{name + ':':<9} {path}", soft_wrap=True)
