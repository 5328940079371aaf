"""``vtcore migrate``: make an experiment of a config of MMTracking or MMDetection."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vtcore.errors import Problem
    from vtcore.migration import Migration

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Make an experiment of a config of MMTracking 0.x or of MMDetection 3's trackers. The config is read with all that "
    "it is based on, and never executed. What has no counterpart is told with file and line. Exit status: 0 everything "
    "is mapped, 1 a part of it, 2 nothing that could be run, and no experiment is written."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("config", metavar="CONFIG.py", help="the config, where its _base_ files lie")
    parser.add_argument("-o", "--output", metavar="FILE", help="experiment to write; left out: print it")
    parser.add_argument("--overwrite", action="store_true", help="write over an experiment that is there")
    parser.add_argument("--checkpoint", default="", metavar="FILE", help="weights of the whole model, file or address")
    parser.add_argument("--detector", default="", metavar="FILE", help="weights of the detector, if other ones")
    parser.add_argument("--reid", default="", metavar="FILE", help="weights of the re-identification, if other ones")


def execute(arguments: argparse.Namespace) -> int:
    """Write the experiment, and tell what has no counterpart."""
    from vtcore.cli.console import print_error
    from vtcore.migration import Weights, migrate

    weights = Weights(checkpoint=arguments.checkpoint, detector=arguments.detector, reid=arguments.reid)
    migration = migrate(arguments.config, weights)
    if migration.outcome == "none":
        _tell(migration)
        print_error(f"{migration.source}: no experiment: no tracker and no detector of it has a counterpart here")
        return 2
    _write(migration, arguments.output, arguments.overwrite)
    _tell(migration)
    return 0 if migration.outcome == "full" else 1


def _write(migration: Migration, output: str | None, overwrite: bool) -> None:
    from pathlib import Path

    from vtcore.errors import OutputError
    from vtcore.files import write_whole

    if output is None:
        print(migration.to_toml(), end="")
        return
    path = Path(output)
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: is there already; name another file, or write over it with --overwrite")
    write_whole(path, migration.to_toml())


def _tell(migration: Migration) -> None:
    """Say on standard error what became of the rest."""
    from vtcore.cli.console import error_console

    console = error_console()
    lines = [
        *_group("no counterpart", migration.unmapped),
        *_group("to know", migration.remarks),
        *(f"left out, for {what}: {', '.join(names)}" for what, names in migration.left_out.items()),
    ]
    for line in lines:
        console.print(line, soft_wrap=True)


def _group(title: str, problems: Sequence[Problem]) -> list[str]:
    return [f"{title}:", *(f"  {problem}" for problem in problems)] if problems else []
