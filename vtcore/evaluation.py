"""Scoring of results against annotations, in a run or from files made elsewhere.

Metrics see one sequence at a time as an `EvaluatedSequence` and are combined at the end, so memory is bounded by the
longest sequence. What they answer is the content of ``metrics.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.comparison import EvaluatedSequence, beyond_the_end, compare, truth_of
from vtcore.errors import DataError
from vtcore.files import write_whole
from vtcore.instances import Int64Array
from vtcore.tables import TrackTable

if TYPE_CHECKING:
    from vtcore.components import BuildContext, Configured
    from vtcore.frames import Sequence
    from vtcore.interfaces import Metric
    from vtcore.score_table import ScoreTable

__all__ = [
    "EvaluatedSequence",
    "Evaluation",
    "FrameErrors",
    "beyond_the_end",
    "build_metrics",
    "common_classes",
    "compare",
    "evaluate",
    "score_table",
    "truth_of",
    "write_metrics",
]


@attrs.frozen(eq=False)
class FrameErrors:
    """What went wrong in each frame of a sequence, over all classes.

    Attributes:
        tp: int64 ``(length,)``, results matched to an annotation.
        fp: int64 ``(length,)``, results matched to none.
        fn: int64 ``(length,)``, annotations matched to none.
        idsw: int64 ``(length,)``, annotations matched to another id than when they were last matched.
        fp_rows: int64, ascending rows of the results that are false positives.
        fn_rows: int64, ascending rows of the annotations that were missed.
        idsw_rows: int64, ascending rows of the results whose id is the new one of a switch.
    """

    tp: Int64Array
    fp: Int64Array
    fn: Int64Array
    idsw: Int64Array
    fp_rows: Int64Array
    fn_rows: Int64Array
    idsw_rows: Int64Array


@attrs.frozen(eq=False)
class Evaluation:
    """What came of scoring.

    Attributes:
        scores: Content of ``metrics.json``: ``{"<metric>": {"COMBINED": {...}, "<sequence>": {...}}}``.
        summaries: The fields of each metric that a short table shows.
        diagnoses: What makes scores other than they look, one line each: why a sequence has no match at all, or that
            it has more annotations than frames.
        sequences: What was compared, where it was to be kept.
        errors: Errors frame by frame by name of the sequence, where sequences were kept and a metric tells them.
    """

    scores: dict[str, Any]
    summaries: dict[str, tuple[str, ...]]
    diagnoses: list[str] = attrs.field(factory=list)
    sequences: list[EvaluatedSequence] = attrs.field(factory=list)
    errors: dict[str, FrameErrors] = attrs.field(factory=dict)


def build_metrics(metrics: Iterable[Configured], context: BuildContext | None = None) -> list[tuple[str, Metric]]:
    """Make metrics and name them for ``metrics.json``: ``clear``, and ``clear-2`` for a second one of that type."""
    from vtcore.components import build

    named: list[tuple[str, Metric]] = []
    seen: dict[str, int] = {}
    for configured in metrics:
        name = configured.component.name
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{name}-{seen[name]}", build(configured, context)))
    return named


def evaluate(
    sequences: Iterable[Sequence],
    results: Path | Callable[[str], TrackTable],
    metrics: Iterable[tuple[str, Metric]],
    classes: tuple[str, ...] | None = None,
    *,
    max_frames: int = 0,
    keep: bool = False,
) -> Evaluation:
    """Score results.

    Args:
        sequences: What to score, with annotations.
        results: Folder of result files, or what returns the results of a sequence by its name.
        metrics: Names for ``metrics.json``, and metrics.
        classes: Names that labels index; those of the sequences when left out.
        max_frames: Score only so many frames of each sequence; 0 for all.
        keep: Keep what was compared and the errors frame by frame, for a report.

    Raises:
        DataError: A sequence has no annotations or no results, sequences differ in their classes, results are
            damaged or of other frames.
    """
    sequences, metrics = list(sequences), list(metrics)
    if not sequences:
        raise DataError("there is no sequence to score: does the data set hold any, and [run] sequences name them?")
    classes = common_classes(sequences) if classes is None else classes
    read = results if callable(results) else _reader(results, sequences, classes)
    evaluated: dict[str, dict[str, Any]] = {name: {} for name, _ in metrics}
    diagnoses: dict[str, None] = {}
    kept: list[EvaluatedSequence] = []
    errors: dict[str, FrameErrors] = {}
    for sequence in sequences:
        truth = truth_of(sequence)
        diagnoses.update(dict.fromkeys(beyond_the_end(sequence, truth)))
        compared = compare(sequence, truth, read(sequence.name), classes, max_frames=max_frames)
        for name, metric in metrics:
            evaluated[name][sequence.name] = metric.evaluate(compared)
            if hasattr(metric, "diagnose"):
                diagnoses.update(dict.fromkeys(metric.diagnose(compared)))
        if keep:
            for _, metric in metrics:
                if sequence.name not in errors and hasattr(metric, "frame_errors"):
                    errors[sequence.name] = metric.frame_errors(compared)
            # Matchings of a long crowded sequence take gigabytes; whoever needs them again makes them again.
            compared.shared.clear()
            kept.append(compared)
    for name, metric in metrics:
        if hasattr(metric, "explain"):
            diagnoses.update(dict.fromkeys(metric.explain(evaluated[name])))
    return Evaluation(
        scores={name: metric.report(evaluated[name], classes) for name, metric in metrics},
        summaries={name: tuple(metric.summary) for name, metric in metrics},
        diagnoses=list(diagnoses),
        sequences=kept,
        errors=errors,
    )


def write_metrics(path: Path, scores: Mapping[str, Any]) -> None:
    """Write ``metrics.json``, whole or not at all.

    Raises:
        OutputError: It cannot be written.
        ValueError: A score is not a number that JSON has; metrics give None instead.
    """
    write_whole(path, json.dumps(scores, indent=1, allow_nan=False) + "\n")


def score_table(scores: Mapping[str, Any], summaries: Mapping[str, Iterable[str]]) -> ScoreTable:
    """Return what rich prints as a table of scores.

    Args:
        scores: As in ``metrics.json``.
        summaries: The fields of each metric to show, by its name there.
    """
    from vtcore.score_table import ScoreTable

    return ScoreTable(scores, summaries)


def common_classes(sequences: Seq[Sequence]) -> tuple[str, ...]:
    """Return the class names of all sequences.

    Raises:
        DataError: They differ.
    """
    first = sequences[0]
    for sequence in sequences:
        if sequence.classes != first.classes:
            raise DataError(
                f"sequences differ in their classes: {first.name!r} has {_listed(first.classes)}, {sequence.name!r} "
                f"has {_listed(sequence.classes)}; score them apart"
            )
    return first.classes


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _reader(folder: Path, sequences: Seq[Sequence], classes: tuple[str, ...]) -> Callable[[str], TrackTable]:
    from vtcore.results.read import find_results, read_results

    lengths = {sequence.name: sequence.length for sequence in sequences}
    files = find_results(folder, lengths)
    return lambda name: read_results(files[name], classes, length=lengths[name])
