"""``vtcore eval``: score result files, made by a run or elsewhere.

With ``--json`` it prints what a run writes to ``metrics.json``; ``--output FOLDER`` writes that file.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.cli.arguments import add_override
from vtcore.cli.console import error_console, output_console, print_json
from vtcore.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vtcore.experiments import Experiment
    from vtcore.frames import Sequence
    from vtcore.tables import TrackTable

__all__ = ["DEFAULT_METRICS", "HELP", "add_arguments", "execute"]

HELP = (
    "Score result files against a data set's annotations. RESULTS is a run's folder, a folder of <sequence>.txt (MOT "
    "Challenge text), .jsonl or .coco.json files, or one such file. A run's folder needs no --dataset: its experiment "
    "says what it ran on."
)

DEFAULT_METRICS = ("hota", "clear", "identity", "count")
"""Metrics where neither the command line nor an experiment names any."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("results", metavar="RESULTS", type=Path, help="folder of result files, run folder, or one file")
    parser.add_argument(
        "--dataset",
        metavar="TYPE_OR_EXPERIMENT",
        help="type of a data set (mot-challenge, configured by -o dataset.KEY=VALUE), or an experiment (file or "
        "PLUGIN:EXPERIMENT) whose data set and metrics are used",
    )
    add_override(parser)
    parser.add_argument(
        "--metrics",
        nargs="+",
        default=[],
        metavar="NAME",
        help="metrics to compute (default: the experiment's, else those of the data set, else "
        f"{' '.join(DEFAULT_METRICS)})",
    )
    parser.add_argument("--only-found", action="store_true", help="leave out sequences without a result file")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="write metrics.json there (default: nowhere)")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON instead of a table")


def execute(arguments: argparse.Namespace) -> int:
    """Score, print, and write where asked to."""
    from vtcore.components import BuildContext, build
    from vtcore.evaluation import build_metrics, evaluate, score_table, write_metrics

    if not arguments.results.exists():
        raise DataError("there is no such file or folder of results", file=arguments.results)
    experiment = _load(arguments)
    if experiment.dataset is None:
        raise DataError("has no [dataset]: name a data set by --dataset", file=arguments.dataset or experiment.source)
    sequences = _chosen(build(experiment.dataset, BuildContext()).sequences(), experiment.run.sequences)
    sequences, read = _with_results(sequences, arguments.results, only_found=arguments.only_found)
    context = BuildContext(classes=sequences[0].classes)
    metrics = build_metrics(experiment.metrics, context)
    evaluation = evaluate(sequences, read, metrics, max_frames=experiment.run.max_frames)
    if arguments.json:
        print_json(evaluation.scores)
    else:
        output_console().print(score_table(evaluation.scores, evaluation.summaries))
    for diagnosis in evaluation.diagnoses:
        error_console().print(f"note: {diagnosis}", soft_wrap=True)
    if arguments.output is not None:
        write_metrics(arguments.output / "metrics.json", evaluation.scores)
    return 0


def _load(arguments: argparse.Namespace) -> Experiment:
    """Load the experiment that says what to score against and by what."""
    from vtcore.experiments import load_experiment

    named: str | None = arguments.dataset
    source: str | dict[str, Any]
    if named is None:
        source = _tables_of_run(arguments.results)
    elif ":" in named or named.endswith(".toml") or Path(named).is_file():
        source = named
    else:
        source = {"dataset": {"type": named}}
    metrics = [{"type": name} for name in arguments.metrics]
    if not metrics:
        experiment = load_experiment(source, arguments.override)
        if experiment.metrics:
            return experiment
        # Papers quote other scores of the data sets of one target.
        own = getattr(experiment.dataset and experiment.dataset.config, "metrics", ())
        metrics = [{"type": name} for name in own or DEFAULT_METRICS]
    tables = {"extends": [source]} if isinstance(source, str) else source
    return load_experiment(tables | {"metrics": metrics}, arguments.override)


def _tables_of_run(folder: Path) -> dict[str, Any]:
    """Return of a run's experiment what scoring needs, so that neither its detector nor its tracker must be here."""
    import tomli

    path = folder / "experiment.toml"
    try:
        tables = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            "is not a run's folder (it has no experiment.toml): say by --dataset what the results are of", file=folder
        ) from error
    except ValueError as error:
        raise DataError(f"is not valid TOML: {error}", file=path) from error
    run = tables.get("run", {})
    kept = {key: run[key] for key in ("sequences", "max_frames") if key in run}
    return {key: tables[key] for key in ("dataset", "metrics") if key in tables} | {"run": kept}


def _chosen(sequences: Iterable[Sequence], names: Iterable[str]) -> list[Sequence]:
    """Return the sequences that ``run.sequences`` names, all if it names none."""
    from vtcore.suggestions import did_you_mean_or_list

    by_name = {sequence.name: sequence for sequence in sequences}
    if not by_name:
        raise DataError("the data set holds no sequence")
    wanted = list(names) or list(by_name)
    for name in wanted:
        if name not in by_name:
            raise DataError(f"the data set has no sequence {name!r}; {did_you_mean_or_list(name, by_name)}")
    return [by_name[name] for name in wanted]


def _with_results(
    sequences: list[Sequence], results: Path, *, only_found: bool
) -> tuple[list[Sequence], Path | Callable[[str], TrackTable]]:
    """Return the sequences to score and where their results come from."""
    from vtcore.results.read import RESULT_SUFFIXES, find_results, read_results

    if results.is_file():
        suffix = next((suffix for suffix in RESULT_SUFFIXES if results.name.endswith(suffix)), results.suffix)
        sequence = _chosen(sequences, [results.name.removesuffix(suffix)])[0]
        return [sequence], lambda _: read_results(results, sequence.classes, length=sequence.length)
    if only_found:
        there = find_results(results, [sequence.name for sequence in sequences], missing_ok=True)
        if not there:
            raise DataError(
                f"there is no result file for any sequence of the data set: {', '.join(s.name for s in sequences)}",
                file=results,
            )
        sequences = [sequence for sequence in sequences if sequence.name in there]
    return sequences, results
