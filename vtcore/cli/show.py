"""``vtcore show``: print an experiment as resolved, and where each value comes from."""

from __future__ import annotations

import argparse
import math
from typing import Any

from vtcore.cli.arguments import add_experiment

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Print an experiment with everything it extends merged and every default filled in. A comment on each line tells "
    "where its value was written. What is printed is an experiment itself: it gives the same run."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_experiment(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help="leave the comments out")
    form.add_argument("--json", action="store_true", help="print JSON, for tools: the experiment, and origins by key")


def execute(arguments: argparse.Namespace) -> int:
    """Print the experiment named on the command line."""
    from vtcore.cli.console import print_json
    from vtcore.experiments import load_experiment
    from vtcore.experiments.positions import key_text

    experiment = load_experiment(arguments.experiment, arguments.override, sweep=True)
    if arguments.json:
        origins = {key_text(path): str(origin) for path, origin in experiment.origins.items() if path}
        print_json({"experiment": _for_json(experiment.resolved()), "origins": origins})
    else:
        print(experiment.to_toml(origins=not arguments.plain), end="")
    return 0


def _for_json(value: Any) -> Any:
    """Return what JSON can hold: infinite numbers, NaN, dates and times become strings."""
    if isinstance(value, dict):
        return {key: _for_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_for_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float) else value.isoformat()
