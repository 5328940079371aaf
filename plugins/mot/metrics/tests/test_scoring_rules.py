"""Roles, classes, empty sequences, and input that cannot be scored."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import COUNTED, DISTRACTOR, IGNORED, TrackTable
from vtrack_plugin_mot_metrics import Clear, Count, Hota, Identity
from vtrack_plugin_mot_metrics.preparation import prepare

BOX = [10.0, 20.0, 30.0, 40.0]
FAR = [500.0, 20.0, 30.0, 40.0]
NO_ROWS = TrackTable.empty()


def table(*rows, **columns):
    """Make a table from (frame, id, box) rows."""
    frames, ids, boxes = zip(*rows, strict=True)
    return TrackTable(frames, boxes, ids=ids, **columns)


def sequence(truth, results, *, length=3, classes=("pedestrian",), name="S"):
    return EvaluatedSequence(name, length, classes, truth, results)


def clear_of(scored):
    metric = Clear()
    return metric.report({scored.name: metric.evaluate(scored)}, scored.classes)


@pytest.mark.parametrize(
    ("role", "false_positives"), [(COUNTED, 0), (IGNORED, 1), (DISTRACTOR, 0)], ids=["counted", "ignored", "distractor"]
)
def test_result_on_an_annotation_of_a_role(role, false_positives):
    truth = table((0, 1, BOX), (0, 2, FAR), roles=[role, COUNTED])
    scores = clear_of(sequence(truth, table((0, 7, BOX), (0, 8, FAR))))["S"]
    assert scores["CLR_FP"] == false_positives
    assert scores["CLR_TP"] == (2 if role == COUNTED else 1)
    assert scores["CLR_FN"] == 0


def test_distractor_of_no_class_takes_results_of_every_class():
    truth = table((0, 1, BOX), (0, 2, FAR), roles=[DISTRACTOR, DISTRACTOR], labels=[-1, 1])
    results = table((0, 7, BOX), (0, 8, FAR), labels=[0, 0])
    parts = prepare(sequence(truth, results, classes=("person", "car")))
    # The second stands on a distractor of cars: no excuse for a person.
    assert parts[0].result_rows.tolist() == [1]


def test_distractor_takes_only_the_result_matched_to_it():
    near = [12.0, 20.0, 30.0, 40.0]
    truth = table((0, 1, BOX), (0, 2, near), roles=[DISTRACTOR, COUNTED])
    scores = clear_of(sequence(truth, table((0, 7, near), (0, 8, BOX))))["S"]
    assert (scores["CLR_TP"], scores["CLR_FP"], scores["CLR_FN"]) == (1, 0, 0)


def test_annotation_of_a_class_never_scored_is_left_out():
    scores = clear_of(sequence(table((0, 1, BOX), labels=[-1]), table((0, 7, BOX))))["S"]
    assert (scores["CLR_TP"], scores["CLR_FP"], scores["CLR_FN"]) == (0, 1, 0)


@pytest.mark.parametrize("metric", [Hota(), Clear(), Identity(), Count()], ids=lambda metric: type(metric).__name__)
@pytest.mark.parametrize(
    ("truth", "results"),
    [
        (NO_ROWS, NO_ROWS),
        (table((0, 1, BOX)), NO_ROWS),
        (NO_ROWS, table((2, 1, BOX))),
        (table((0, 1, BOX)), table((2, 1, BOX))),
    ],
    ids=["nothing", "no-results", "no-annotations", "never-both"],
)
@pytest.mark.parametrize("classes", [(), ("pedestrian",), ("person", "car")], ids=["unnamed", "one", "two"])
def test_empty_sequences(metric, truth, results, classes):
    evaluated = {"S": metric.evaluate(sequence(truth, results, classes=classes))}
    tables = metric.report(evaluated, classes)
    json.dumps(tables, allow_nan=False)
    # The evaluator gives a sequence with nothing on one side zeros, and works fractions out when combining.
    counts = [field for field, value in tables["S"].items() if type(value) is int]
    assert {field: tables["COMBINED"][field] for field in counts} == {field: tables["S"][field] for field in counts}


def test_no_sequence_at_all():
    assert Clear().report({}, ())["COMBINED"]["CLR_TP"] == 0


def test_sequence_without_a_frame():
    assert Count().evaluate(sequence(NO_ROWS, NO_ROWS, length=0))[0]["Dets"] == 0


def test_classes_are_matched_apart_and_combined():
    truth = table((0, 1, BOX), (0, 2, FAR), (1, 1, BOX), (1, 2, FAR), labels=[0, 1, 0, 1])
    # The car is called a person in the second frame.
    results = table((0, 5, BOX), (0, 6, FAR), (1, 5, BOX), (1, 6, FAR), labels=[0, 1, 0, 0])
    scores = clear_of(sequence(truth, results, classes=("person", "car", "bus")))
    person, car = scores["by_class"]["person"]["S"], scores["by_class"]["car"]["S"]
    assert (person["CLR_TP"], person["CLR_FP"], person["CLR_FN"]) == (2, 1, 0)
    assert (car["CLR_TP"], car["CLR_FP"], car["CLR_FN"]) == (1, 0, 1)
    assert (scores["S"]["CLR_TP"], scores["S"]["CLR_FP"], scores["S"]["CLR_FN"]) == (3, 1, 1)
    assert scores["COMBINED"]["MOTA"] == (3 - 1) / 4
    assert scores["CLASS_AVERAGED"]["MOTA"] == (0.5 + 0.5) / 2
    # No bus was seen or claimed.
    assert list(scores["by_class"]) == ["person", "car"]


def test_classes_combine_as_trackeval_combines_them(crowd):
    from trackeval.metrics import HOTA

    metric, official = Hota(), HOTA()
    records = {}
    for name, seed in {"person": 1, "car": 2}.items():
        records[name] = official.eval_sequence(prepare(crowd(seed))[0].for_trackeval())
    first, second = crowd(1), crowd(2)
    labels = {"truth": [], "results": []}
    rows = {"truth": [], "results": []}
    for label, part in enumerate((first, second)):
        for side in rows:
            source = getattr(part, side)
            keep = source.labels == 0
            rows[side].append(
                (source.frames[keep], source.ltwh[keep], source.ids[keep] + 1000 * label, source.roles[keep])
            )
            labels[side] += [label] * int(keep.sum())
    joined = {
        side: TrackTable(
            *(np.concatenate([part[column] for part in parts]) for column in (0, 1)),
            ids=np.concatenate([part[2] for part in parts]),
            roles=np.concatenate([part[3] for part in parts]),
            labels=labels[side],
        )
        for side, parts in rows.items()
    }
    both = EvaluatedSequence("S", 40, ("person", "car"), joined["truth"], joined["results"])
    # Each alone lost results on distractors, which the joined tables do not hold.
    alone = {label: official.eval_sequence(prepare(both)[label].for_trackeval()) for label in (0, 1)}
    tables = metric.report({"S": metric.evaluate(both)}, both.classes)
    detections = official.combine_classes_det_averaged({str(label): record for label, record in alone.items()})
    averaged = official.combine_classes_class_averaged({str(label): record for label, record in alone.items()})
    assert tables["COMBINED"]["curves"]["HOTA"] == detections["HOTA"].tolist()
    assert tables["CLASS_AVERAGED"]["curves"]["AssA"] == averaged["AssA"].tolist()
    for label, name in enumerate(both.classes):
        assert tables["by_class"][name]["S"]["curves"]["HOTA"] == alone[label]["HOTA"].tolist()


def test_one_class_of_several_scores_as_if_it_were_alone(crowd):
    metric = Hota()
    alone = metric.report({"S": metric.evaluate(crowd(3))}, ("pedestrian",))
    classes = ("pedestrian", "car")
    among = metric.report({"S": metric.evaluate(crowd(3, classes=classes))}, classes)
    assert among["COMBINED"] == alone["COMBINED"]
    assert among["by_class"]["pedestrian"] == alone


def test_labels_without_names_are_told_by_number():
    truth = table((0, 1, BOX), (0, 2, FAR), labels=[0, 3])
    tables = clear_of(sequence(truth, truth, classes=()))
    assert list(tables["by_class"]) == ["0", "3"]


def test_shared_work_is_done_once(crowd):
    scored = crowd()
    assert prepare(scored) is prepare(scored)


def test_tables_stay_as_they_are(crowd):
    scored = crowd()
    before = [column.copy() for side in (scored.truth, scored.results) for column in (side.frames, side.ids, side.ltwh)]
    for metric in (Hota(), Clear(), Identity(), Count()):
        metric.evaluate(scored)
    Clear().frame_errors(scored)
    after = [column for side in (scored.truth, scored.results) for column in (side.frames, side.ids, side.ltwh)]
    assert all((one == other).all() for one, other in zip(before, after, strict=True))


def test_repeated_id_in_results():
    results = table((0, 4, FAR), (1, 5, BOX), (1, 5, FAR))
    with pytest.raises(DataError) as caught:
        Hota().evaluate(sequence(NO_ROWS, results, name="MOT17-02"))
    assert str(caught.value) == (
        "sequence 'MOT17-02': frame 2 (counted from 1): id 5 stands twice in the results; an id may appear once in a "
        "frame"
    )


def test_results_without_ids():
    results = TrackTable([0, 0], [BOX, FAR])
    with pytest.raises(DataError, match=r"frame 1 .*no ids \(-1\): these metrics score tracks, so run a tracker"):
        Clear().evaluate(sequence(NO_ROWS, results))


def test_repeated_id_in_annotations():
    with pytest.raises(DataError, match=r"sequence 'S': frame 3 .* id 5 stands twice in the annotations"):
        Clear().evaluate(sequence(table((2, 5, BOX), (2, 5, FAR)), NO_ROWS))


def test_repeated_id_among_annotations_that_are_not_scored():
    truth = table((0, 0, BOX), (0, 0, FAR), (0, 1, FAR), roles=[IGNORED, IGNORED, COUNTED])
    assert clear_of(sequence(truth, NO_ROWS))["S"]["CLR_FN"] == 1


@pytest.mark.parametrize(
    ("classes", "label", "words"),
    [
        (("person", "car"), 2, "a result has label 2, but the data has the classes person, car: labels count from 0"),
        (("person",), -1, "a result has label -1"),
        ((), -1, "a result has label -1, but the data names no classes"),
    ],
)
def test_label_out_of_range(classes, label, words):
    with pytest.raises(DataError, match=words):
        Clear().evaluate(sequence(NO_ROWS, table((0, 1, BOX), labels=[label]), classes=classes))


def test_what_is_no_number_becomes_none():
    from trackeval.metrics import HOTA

    from vtrack_plugin_mot_metrics import scores

    record = Hota().evaluate(sequence(table((0, 1, BOX)), table((0, 7, BOX))))[0]
    broken = record | {"LocA(0)": float("inf"), "OWTA": np.full(19, np.nan)}
    shown = scores.report(HOTA(), {"S": {0: broken}}, ("person",))["S"]
    assert shown["LocA(0)"] is None
    assert shown["OWTA"] is None
    assert shown["curves"]["OWTA"] == [None] * 19
    json.dumps(shown, allow_nan=False)
