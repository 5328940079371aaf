"""What a metric must answer."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from vtcore.comparison import EvaluatedSequence
from vtcore.errors import VtcoreError
from vtcore.evaluation import FrameErrors
from vtcore.tables import TrackTable
from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import define
from vtcore.testing.drivers import compared_of
from vtcore.testing.failures import CheckFailure, NotChecked, expect
from vtcore.testing.scenes import Scene
from vtcore.testing.subjects import Subject

__all__ = ["mergeable", "nothing_to_score", "report_readable", "sequences_unmodified", "tells_why"]

_TABLES = 'answer {"COMBINED": {field: number}, "<sequence>": {field: number}}'


def _compared(metric: Any) -> list[EvaluatedSequence]:
    """Return two sequences that a metric can score: of many objects, or of one target each."""
    scenes = [Scene.made(variant, 24, images=False) for variant in (0, 1)]
    many = [compared_of(scene) for scene in scenes]
    try:
        metric.evaluate(many[0])
    except VtcoreError:
        return [compared_of(scene, single=True) for scene in scenes]
    return [compared_of(scene) for scene in scenes]


@define("metric")
def report_readable(subject: Subject) -> None:
    """The report has a table for all and one for each sequence, of numbers that JSON holds."""
    metric = subject.make()
    sequences = _compared(metric)
    report = metric.report({each.name: metric.evaluate(each) for each in sequences}, sequences[0].classes)
    expect(isinstance(report, Mapping), f"report answers {type(report).__name__}; {_TABLES}")
    for name in ("COMBINED", *(each.name for each in sequences)):
        expect(isinstance(report.get(name), Mapping), f"report has no table {name!r}; {_TABLES}")
    _expect_json(report)
    summary = list(metric.summary)
    expect(summary and all(isinstance(name, str) for name in summary), f"summary is {summary!r}; name some fields")
    lacking = [name for name in summary if name not in report["COMBINED"]]
    expect(not lacking, f"summary names {lacking}, which report['COMBINED'] lacks; it has {list(report['COMBINED'])}")
    by_class = report.get("by_class", {})
    odd = set(by_class) - set(sequences[0].classes)
    expect(not odd, f"by_class has tables of {sorted(odd)}, which are no classes of the data: {sequences[0].classes}")


def _expect_json(report: Any) -> None:
    try:
        json.dumps(report, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CheckFailure(
            f"the report cannot be written as JSON ({error}); answer float(...) and int(...) of numpy's "
            "numbers, lists of "
            "arrays, and None for what is no number"
        ) from error


@define("metric")
def mergeable(subject: Subject) -> None:
    """What it makes of a sequence goes through a file, and sequences combine in any order."""
    metric = subject.make()
    sequences = _compared(metric)
    counts = {each.name: metric.evaluate(each) for each in sequences}
    try:
        copied = pickle.loads(pickle.dumps(counts))
    except Exception as error:
        raise CheckFailure(
            f"what evaluate answers cannot be pickled ({type(error).__name__}: {error}); answer dicts, lists, "
            "numbers and "
            "arrays"
        ) from error
    classes = sequences[0].classes
    plain = plain_copy(metric.report(counts, classes))
    again = plain_copy(subject.make().report(copied, classes))
    told = difference(plain, again, place="report")
    expect(not told, f"another one, handed the same counts, reports otherwise ({told}); keep nothing in the metric")
    turned = plain_copy(metric.report(dict(reversed(counts.items())), classes))
    told = difference(plain, turned, tolerance=1e-9, place="report")
    expect(not told, f"sequences in another order give another report ({told}); sums and means know no order")


@define("metric")
def nothing_to_score(subject: Subject) -> None:
    """Sequences without results, or without annotations, are scored or refused in words."""
    metric = subject.make()
    whole = _compared(metric)[0]
    nothing = TrackTable([], np.zeros((0, 4)), ids=[])
    for what, changes in (
        ("no results", {"results": nothing}),
        ("no annotations", {"truth": nothing}),
        ("neither annotations nor results", {"results": nothing, "truth": nothing}),
    ):
        compared = attrs.evolve(whole, shared={}, of_truth={}, **changes)  # type: ignore[arg-type]
        try:
            report = metric.report({compared.name: metric.evaluate(compared)}, compared.classes)
        except VtcoreError:
            continue
        except Exception as error:
            raise CheckFailure(
                f"with {what} it fails: {type(error).__name__}: {error}; score them (None for what is no number), or "
                "raise vtcore.errors.DataError"
            ) from error
        _expect_json(report)


@define("metric")
def sequences_unmodified(subject: Subject) -> None:
    """Annotations and results stay as they were: other metrics look at them too."""
    metric = subject.make()
    compared = _compared(metric)[0]
    before = plain_copy([compared.truth, compared.results])
    metric.evaluate(compared)
    told = difference(before, plain_copy([compared.truth, compared.results]))
    expect(not told, f"evaluate changed what it was given ({told}); work on copies: table.ltwh.copy()")


@define("metric")
def tells_why(subject: Subject) -> None:
    """Where it tells why nothing matches, or what went wrong frame by frame, it does so in the form that is asked."""
    metric = subject.make()
    compared = _compared(metric)[0]
    if not hasattr(metric, "diagnose") and not hasattr(metric, "frame_errors"):
        raise NotChecked("it has neither diagnose nor frame_errors, which are optional")
    if hasattr(metric, "diagnose"):
        moved = TrackTable(
            compared.results.frames,
            compared.results.ltwh + np.array([5000.0, 5000.0, 0.0, 0.0]),
            ids=compared.results.ids,
        )
        for each in (compared, attrs.evolve(compared, results=moved, shared={})):
            told = metric.diagnose(each)
            right = isinstance(told, list) and all(isinstance(text, str) and "\n" not in text for text in told)
            expect(
                right, f"diagnose answers {told!r}; answer a list of texts of one line, empty where anything matches"
            )
    if hasattr(metric, "frame_errors"):
        errors = metric.frame_errors(compared)
        expect(isinstance(errors, FrameErrors), "frame_errors answers no vtcore.evaluation.FrameErrors")
        for name in ("tp", "fp", "fn", "idsw"):
            expect(len(getattr(errors, name)) == compared.length, f"frame_errors().{name} has not one number per frame")
        for rows, count in ((errors.fp_rows, errors.fp), (errors.fn_rows, errors.fn), (errors.idsw_rows, errors.idsw)):
            expect(len(rows) == int(np.sum(count)), "frame_errors names other rows than it counts")
