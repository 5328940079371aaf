"""``vtcore submission``: results packed for an evaluation server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.errors import DataError

if TYPE_CHECKING:
    from vtcore.experiments import Experiment

__all__ = ["add_arguments", "execute"]

_SERVERS = ("got10k", "trackingnet")
_OFFICIAL = {"got10k": 180, "trackingnet": 511}
"""Number of sequences of the test sets."""
_SHOWN = 20
"""Problems that are told one by one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("server", choices=_SERVERS, help="whose format: got10k or trackingnet")
    parser.add_argument("run", metavar="RUN", type=Path, help="a run's folder, or a folder of result files")
    parser.add_argument("output", metavar="OUT.zip", type=Path, help="the archive to write")
    parser.add_argument(
        "--dataset",
        metavar="TYPE_OR_EXPERIMENT",
        help="type of the data set (configured by -o dataset.KEY=VALUE), or an experiment that has it; a run's folder "
        "knows its own",
    )
    parser.add_argument(
        "-o",
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the experiment: -o dataset.root=/data/GOT-10k (may be repeated)",
    )
    parser.add_argument("--without-times", action="store_true", help="got10k: leave out the seconds of each frame")


def execute(arguments: argparse.Namespace) -> int:
    """Check that everything is there, then write the archive."""
    from vtcore.cli.console import error_console, output_console
    from vtrack_plugin_sot_metrics.submission import check_complete, read_run, write_archive

    if arguments.output.suffix != ".zip":
        raise DataError("must end in .zip: servers take archives", file=arguments.output)
    lengths = _lengths(arguments)
    times = arguments.server == "got10k" and not arguments.without_times
    results, problems = read_run(arguments.run, lengths, times=times)
    problems += check_complete(results)
    if problems:
        more = f"\n... and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise DataError(
            f"not complete, so nothing was written: {len(problems)} problem{'s' * (len(problems) > 1)}\n"
            + "\n".join(problems[:_SHOWN])
            + more,
            file=arguments.run,
        )
    write_archive(arguments.server, results, arguments.output)
    expected = _OFFICIAL[arguments.server]
    if len(results) != expected:
        error_console().print(
            f"note: the official test set has {expected} sequences, this archive {len(results)}: the server may refuse "
            "it",
            soft_wrap=True,
        )
    frames = sum(len(result.boxes) for result in results)
    output_console().print(f"{arguments.output}: {len(results):,} sequences, {frames:,} frames")
    return 0


def _lengths(arguments: argparse.Namespace) -> dict[str, int]:
    """Return the number of frames of each sequence that the data set has."""
    from vtcore.components import BuildContext, build

    experiment = _experiment(arguments)
    if experiment.dataset is None:
        raise DataError("has no [dataset]: name a data set by --dataset", file=arguments.run)
    lengths: dict[str, int] = {}
    for sequence in build(experiment.dataset, BuildContext()).sequences():
        if sequence.length is None:
            raise DataError(f"sequence {sequence.name!r} does not tell its number of frames")
        lengths[sequence.name] = sequence.length
    if not lengths:
        raise DataError("the data set holds no sequence", file=arguments.run)
    return lengths


def _experiment(arguments: argparse.Namespace) -> Experiment:
    """Load the data set: all of its sequences, whatever the run was told to do."""
    from vtcore.experiments import load_experiment

    named: str | None = arguments.dataset
    source: str | dict[str, Any]
    if named is None:
        source = {"dataset": _dataset_of(arguments.run)}
    elif ":" in named or named.endswith(".toml") or Path(named).is_file():
        source = named
    else:
        source = {"dataset": {"type": named}}
    return load_experiment(source, arguments.override)


def _dataset_of(run: Path) -> Any:
    import tomli

    path = run / "experiment.toml"
    try:
        tables = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        if not run.is_dir():
            raise DataError("there is no such run's folder or folder of results", file=run) from error
        raise DataError(
            "is not a run's folder (it has no experiment.toml): say by --dataset what the results are of", file=run
        ) from error
    except ValueError as error:
        raise DataError(f"is not valid TOML: {error}", file=path) from error
    if "dataset" not in tables:
        raise DataError("has no [dataset]: name a data set by --dataset", file=path)
    return tables["dataset"]
