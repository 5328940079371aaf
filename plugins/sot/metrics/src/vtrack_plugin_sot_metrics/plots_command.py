"""``vtcore plots``: the curves of several runs in one picture or page."""

from __future__ import annotations

import argparse
from pathlib import Path

from vtcore.errors import DataError, VtcoreError

__all__ = ["add_arguments", "execute"]

_FORMATS = (".png", ".html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="a run's folder, or a metrics.json")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, action="append", help="what to write, .png or .html (default: plots.png)"
    )
    parser.add_argument(
        "--names", metavar="NAME", nargs="+", default=[], help="names for the legend (default: those of the folders)"
    )
    parser.add_argument(
        "--metrics", metavar="NAME", nargs="+", default=[], help="only these metrics, as metrics.json names them"
    )
    parser.add_argument(
        "--plots",
        metavar="TITLE",
        nargs="+",
        default=[],
        help="only these: success, precision, 'normalised precision', 'expected overlap', 'precision by recall'",
    )
    parser.add_argument("--by-attribute", action="store_true", help="add plots for each attribute of the sequences")


def execute(arguments: argparse.Namespace) -> int:
    """Read the scores, draw, and write."""
    from vtcore.cli.console import error_console, output_console
    from vtrack_plugin_sot_metrics.comparison import (
        ScoredRun,
        compared_plots,
        has_attributes,
        read_scores,
        unlike_sequences,
    )

    outputs: list[Path] = arguments.output or [Path("plots.png")]
    for output in outputs:
        if output.suffix not in _FORMATS:
            raise DataError(f"must end in {' or '.join(_FORMATS)}", file=output)
    names = _names(arguments)
    runs = [ScoredRun(name, read_scores(path)) for name, path in zip(names, arguments.runs, strict=True)]
    plots = compared_plots(runs, metrics=arguments.metrics, kinds=arguments.plots, by_attribute=arguments.by_attribute)
    notes = list(unlike_sequences(runs))
    if arguments.by_attribute and not has_attributes(runs):
        notes.append("no run has scores by attribute: the data tell no attributes, or the metric has no such scores")
    for line in notes:
        error_console().print(f"note: {line}", soft_wrap=True)
    for output in outputs:
        if output.suffix == ".png":
            from vtrack_plugin_sot_metrics.plot_pictures import draw_plots, write_picture

            write_picture(output, draw_plots(plots))
        else:
            from vtrack_plugin_sot_metrics.plot_page import write_page

            write_page(output, plots, runs, list(dict.fromkeys(plot.metric for plot in plots)))
        counts = f"{len(plots)} plot{'s' * (len(plots) > 1)} of {len(runs)} run{'s' * (len(runs) > 1)}"
        output_console().print(f"{output}: {counts}")
    return 0


def _names(arguments: argparse.Namespace) -> list[str]:
    """Return a name for each run."""
    runs: list[Path] = arguments.runs
    if arguments.names and len(arguments.names) != len(runs):
        raise VtcoreError(f"--names has {len(arguments.names)} names for {len(runs)} runs: give one for each")
    if arguments.names:
        return list(arguments.names)
    folders = [path if path.is_dir() else path.parent for path in runs]
    names = [folder.resolve().name for folder in folders]
    # Folders of one name are told apart by the folder they are in.
    return [
        f"{folder.resolve().parent.name}/{name}" if names.count(name) > 1 else name
        for folder, name in zip(folders, names, strict=True)
    ]
