"""From trackeval's results to plain tables: sequences combined, classes combined, curves apart from their means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

__all__ = ["Record", "Scorer", "empty_data", "plain_record", "report"]

Record = dict[str, Any]
"""One result of trackeval: field names to numbers, or arrays over the thresholds."""


class Scorer(Protocol):
    """What is used of a metric of trackeval."""

    fields: list[str]
    integer_fields: list[str]
    float_array_fields: list[str]
    integer_array_fields: list[str]
    array_labels: Any

    def eval_sequence(self, data: dict[str, Any]) -> Record: ...  # noqa: D102
    def combine_sequences(self, all_res: Mapping[str, Record]) -> Record: ...  # noqa: D102
    def combine_classes_det_averaged(self, all_res: Mapping[str, Record]) -> Record: ...  # noqa: D102
    def combine_classes_class_averaged(self, all_res: Mapping[str, Record]) -> Record: ...  # noqa: D102


def empty_data(length: int = 0) -> dict[str, Any]:
    """Return trackeval's data of a sequence with neither annotations nor results."""
    counts = ("num_gt_dets", "num_tracker_dets", "num_gt_ids", "num_tracker_ids")
    lists = ("gt_ids", "tracker_ids", "similarity_scores")
    return {"num_timesteps": length} | dict.fromkeys(counts, 0) | {name: [] for name in lists}


def plain_record(scorer: Scorer, record: Record) -> Record:
    """Return a result with Python numbers for numpy's; counts as integers, curves as float64 arrays."""
    plain: Record = {}
    for field in scorer.fields:
        value = record[field]
        if isinstance(value, np.ndarray):
            plain[field] = value
        else:
            plain[field] = round(float(value)) if field in scorer.integer_fields else float(value)
    return plain


def report(scorer: Scorer, evaluated: Mapping[str, Mapping[int, Record]], classes: tuple[str, ...]) -> dict[str, Any]:
    """Combine the sequences' results; the shape of the answer is that of ``Metric.report``.

    Args:
        scorer: Metric of trackeval that made the results.
        evaluated: Sequence name to label to result; classes that do not occur in a sequence are left out.
        classes: Names of the labels.
    """
    # The evaluator adds up in the order of names; so do we, since sums of floats depend on it.
    names = sorted(evaluated)
    labels = sorted({label for records in evaluated.values() for label in records})
    by_label = {label: {name: evaluated[name][label] for name in names if label in evaluated[name]} for label in labels}
    combined = {label: scorer.combine_sequences(records) for label, records in by_label.items()}
    tables = {"COMBINED": _table(scorer, _over_classes(scorer, combined))}
    for name, records in evaluated.items():
        tables[name] = _table(scorer, _over_classes(scorer, records))
    if len(classes) < 2 and len(labels) < 2:
        return tables
    averaged = scorer.combine_classes_class_averaged(_named(combined)) if combined else _nothing(scorer)
    tables["CLASS_AVERAGED"] = _table(scorer, averaged)
    tables["by_class"] = {
        _class_name(classes, label): {"COMBINED": _table(scorer, combined[label])}
        | {name: _table(scorer, evaluated[name][label]) for name in evaluated if label in evaluated[name]}
        for label in labels
    }
    return tables


def _over_classes(scorer: Scorer, records: Mapping[int, Record]) -> Record:
    if not records:
        return _nothing(scorer)
    if len(records) == 1:
        # Combining one class with itself would only add rounding errors.
        return next(iter(records.values()))
    return scorer.combine_classes_det_averaged(_named(records))


def _nothing(scorer: Scorer) -> Record:
    return scorer.eval_sequence(empty_data())


def _named(records: Mapping[int, Record]) -> dict[str, Record]:
    return {str(label): record for label, record in records.items()}


def _class_name(classes: tuple[str, ...], label: int) -> str:
    return classes[label] if label < len(classes) else str(label)


def _table(scorer: Scorer, record: Record) -> dict[str, Any]:
    """Return one table of ``metrics.json``: numbers, the means of curves, and the curves under ``curves``."""
    record = plain_record(scorer, record)
    table: dict[str, Any] = {}
    curves: dict[str, list[int | float | None]] = {}
    for field, value in record.items():
        if isinstance(value, np.ndarray):
            table[field] = _number(float(np.mean(value)))
            is_count = field in scorer.integer_array_fields
            curves[field] = [round(point) if is_count else _number(point) for point in value.tolist()]
        else:
            table[field] = _number(value)
    if curves:
        table["curves"] = {"alphas": [float(alpha) for alpha in scorer.array_labels], **curves}
    return table


def _number(value: float) -> int | float | None:
    """Return a number that JSON has: None for what is not a number or infinite."""
    return value if math.isfinite(value) else None
