"""``vtcore refine``: refine result files, made by a run or elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.cli.console import output_console
from vtcore.errors import DataError, VtcoreError

if TYPE_CHECKING:
    from vtcore.components import Configured
    from vtcore.refinement import TableSize

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Refine the tracks in result files: fill gaps, smooth, join, drop. RESULTS is a run's folder (the raw results in "
    "it are taken), a folder of <sequence>.txt (MOT Challenge text), .jsonl or .coco.json files, or one such file. "
    "MOT text is written, <sequence>.txt each. vtcore describe refiner lists the refiners."
)


class _InOrder(argparse.Action):
    """Keeps each ``-o`` with the ``--refiner`` before it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Seq[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Note a refiner, or an option of the last one."""
        if self.dest == "refiner":
            namespace.refiner = [*namespace.refiner, values]
            return
        prefix = f"refiners.{len(namespace.refiner) - 1}." if namespace.refiner else ""
        namespace.override = [*namespace.override, f"{prefix}{values}"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("results", metavar="RESULTS", type=Path, help="folder of result files, run folder, or one file")
    parser.add_argument(
        "--refiner",
        action=_InOrder,
        default=[],
        metavar="NAME",
        help="refiner to apply; repeat it to apply several, in order",
    )
    parser.add_argument(
        "-o",
        "--override",
        action=_InOrder,
        default=[],
        metavar="KEY=VALUE",
        help="set a key of the --refiner before it: --refiner merge -o max_gap=20; or any key of the experiment: "
        "-o refiners.0.max_gap=20 (may be repeated)",
    )
    parser.add_argument(
        "--refiners", metavar="EXPERIMENT", help="apply the [[refiners]] of an experiment (file or PLUGIN:EXPERIMENT)"
    )
    parser.add_argument(
        "--output", metavar="FOLDER", type=Path, required=True, help="where the refined <sequence>.txt go"
    )
    parser.add_argument("--quiet", action="store_true", help="no table; errors only")


def execute(arguments: argparse.Namespace) -> int:
    """Refine each file, and print what became of it."""
    from vtcore.refinement import build_refiners, refine_file

    files = _found(arguments.results)
    for source in files.values():
        if source.parent.resolve() == arguments.output.resolve():
            raise DataError("would hold raw and refined results: choose another --output", file=arguments.output)
    refiners = build_refiners(_configured(arguments))
    sizes = {
        name: refine_file(source, arguments.output / f"{name}.txt", refiners, sequence=name)
        for name, source in files.items()
    }
    if not arguments.quiet:
        _print_sizes(sizes)
    return 0


def _configured(arguments: argparse.Namespace) -> tuple[Configured, ...]:
    """Load the refiners that the command line or the experiment names."""
    from vtcore.experiments import load_experiment

    if arguments.refiners is None:
        if not arguments.refiner:
            raise VtcoreError("name what to apply: --refiner NAME (vtcore describe refiner lists them), or --refiners")
        tables = {"refiners": [{"type": name} for name in arguments.refiner]}
        return load_experiment(tables, arguments.override).refiners
    if arguments.refiner:
        raise VtcoreError("--refiner and --refiners go apart: name the refiners, or the experiment that has them")
    refiners = load_experiment(arguments.refiners, arguments.override).refiners
    if not refiners:
        raise DataError("has no [[refiners]]: name some by --refiner", file=arguments.refiners)
    return refiners


def _found(results: Path) -> dict[str, Path]:
    """Return the result files by the name of their sequence; of one in several formats the preferred."""
    from vtcore.results.read import RESULT_SUFFIXES

    if not results.exists():
        raise DataError("there is no such file or folder of results", file=results)
    folder = results / "results" if (results / "results").is_dir() else results
    found: dict[str, Path] = {}
    for suffix in RESULT_SUFFIXES:
        for path in sorted(folder.glob(f"*{suffix}")) if folder.is_dir() else [folder]:
            if path.name.endswith(suffix):
                found.setdefault(path.name.removesuffix(suffix), path)
    if not found:
        raise DataError(
            f"no result file: expected {', '.join(f'<sequence>{end}' for end in RESULT_SUFFIXES)}", file=folder
        )
    return dict(sorted(found.items()))


def _print_sizes(sizes: dict[str, tuple[TableSize, TableSize]]) -> None:
    from rich.table import Table

    table = Table("sequence")
    for heading in ("rows before", "after", "tracks before", "after"):
        table.add_column(heading, justify="right")
    for name, (before, after) in sizes.items():
        table.add_row(name, f"{before.rows:,}", f"{after.rows:,}", f"{before.tracks:,}", f"{after.tracks:,}")
    output_console().print(table)
