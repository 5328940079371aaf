"""``vtcore run``: run an experiment."""

from __future__ import annotations

import argparse

HELP = "run an experiment: track, score, report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("experiment", help="TOML file, or PLUGIN:EXPERIMENT that a plugin ships")
    add_run_arguments(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``run`` and ``track`` have in common."""
    parser.add_argument(
        "-o",
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the experiment: -o tracker.high_threshold=0.7 (may be repeated)",
    )
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
    again = f"vtcore run {arguments.experiment}{''.join(f' -o {override}' for override in arguments.override)}"
    return execute_run(experiment, arguments, again)


def execute_run(experiment, arguments: argparse.Namespace, again: str) -> int:  # type: ignore[no-untyped-def]
    """Run a loaded experiment with progress bars, then print scores and places.

    Args:
        experiment: What to run.
        arguments: Parsed ``resume``, ``overwrite`` and ``quiet``.
        again: The command line, for telling how to continue.
    """
    from rich.console import Console

    from vtcore.errors import DamagedSourceError
    from vtcore.host import plugin_host
    from vtcore.runs import Run
    from vtcore.runs.progress import ProgressBars

    console = Console(stderr=True, quiet=arguments.quiet)
    host = plugin_host()
    run = Run(experiment, host=host)
    unregister = host.register(ProgressBars(console), "progress bars")
    try:
        run.execute(resume=arguments.resume, overwrite=arguments.overwrite)
    except DamagedSourceError:
        _print_outcome(run, quiet=arguments.quiet)
        raise
    except KeyboardInterrupt:
        if run.folder.holds_run():
            console.print(f"stopped; finished sequences are kept. Continue with: {again} --resume", soft_wrap=True)
        return 130
    finally:
        unregister()
    _print_outcome(run, quiet=arguments.quiet)
    return 0


def _print_outcome(run, *, quiet: bool) -> None:  # type: ignore[no-untyped-def]
    from rich.console import Console

    from vtcore.evaluation import score_table

    if quiet:
        return
    console = Console()
    if run.scores:
        console.print(score_table(run.scores, run.summaries))
    for note in run.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    for name, path in run.folder.contents().items():
        console.print(f"{name + ':':<9} {path}", markup=False, highlight=False, soft_wrap=True)
