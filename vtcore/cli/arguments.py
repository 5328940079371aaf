"""Arguments that several commands take."""

from __future__ import annotations

import argparse

__all__ = ["add_experiment", "add_override"]


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """Declare the experiment, and the changes to its values."""
    parser.add_argument("experiment", help="TOML file, or PLUGIN:EXPERIMENT that a plugin ships")
    add_override(parser)


def add_override(parser: argparse.ArgumentParser) -> None:
    """Declare ``-o``, which changes values of an experiment."""
    parser.add_argument(
        "-o",
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the experiment: -o tracker.high_threshold=0.7 (may be repeated)",
    )
