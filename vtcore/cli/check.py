"""``vtcore check``: tell whether an experiment can run here, without running it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vtcore.cli.arguments import add_experiment

if TYPE_CHECKING:
    from vtcore.experiments import Experiment
    from vtcore.preflight import Finding, Preflight
    from vtcore.sweeps.plan import SweepPlan

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Check an experiment and everything it needs on this machine, as every run does first: keys and values, data, "
    "weights, optional packages, the output folder, disk space. Exit status 2 tells that it cannot run."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_experiment(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print what the preflight finds; return 2 when anything keeps the experiment from running."""
    from vtcore.experiments import load_experiment
    from vtcore.preflight import preflight

    experiment = load_experiment(arguments.experiment, arguments.override, sweep=True)
    plan = _plan(experiment)
    checked = preflight(experiment)
    errors = [finding for finding in checked.findings if finding.severity == "error"]
    warnings = [finding for finding in checked.findings if finding.severity == "warning"]
    _print_group("error", errors)
    _print_group("warning", warnings)
    if errors:
        return 2
    what = "can run" if plan is None else f"is to be swept (vtcore sweep {experiment.source}), {plan}"
    print(f"{experiment.source} {what}: {_summary(experiment, checked)}")
    return 0


def _plan(experiment: Experiment) -> SweepPlan | None:
    """Return what would be swept, None where nothing is."""
    if experiment.sweep is None:
        return None
    from vtcore.host import plugin_host
    from vtcore.sweeps.plan import SweepPlan

    return SweepPlan.of(experiment, plugin_host().without(experiment.plugins.disable))


def _print_group(word: str, findings: list[Finding]) -> None:
    if findings:
        print(f"{_counted(len(findings), word)}:")
        for finding in findings:
            print(f"  {finding.problem}")


def _summary(experiment: Experiment, checked: Preflight) -> str:
    lengths = [sequence.length for sequence in checked.sequences]
    limit = experiment.run.max_frames
    known = sum(min(length, limit) if limit else length for length in lengths if length is not None)
    frames = _counted(known, "frame")
    if None in lengths:
        frames = f"{frames} and more" if known else "as many frames as there are"
    components = [
        f"{configured.component.kind} {configured.component.name}"
        for path, configured in experiment.placed_components()
        if len(path) == 1 or (len(path) == 2 and isinstance(path[1], int))
    ]
    return f"{_counted(len(lengths), 'sequence')}, {frames}; {', '.join(components)}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
