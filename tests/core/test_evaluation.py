"""Scoring with metrics of any kind: what is compared, what is refused, what is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from vtcore.components import Component, Configured
from vtcore.errors import DataError, OutputError
from vtcore.evaluation import (
    EvaluatedSequence,
    FrameErrors,
    beyond_the_end,
    build_metrics,
    evaluate,
    write_metrics,
)
from vtcore.frames import Frame, Sequence
from vtcore.tables import TrackTable

BOX = [1.0, 2.0, 3.0, 4.0]


class Annotated(Sequence):
    """A sequence with annotations in every frame and no images."""

    def __init__(self, name="A", length=3, *, annotations=True, classes=("person",)):
        super().__init__(name, length=length, classes=classes, has_images=False)
        self.annotated = annotations

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from ()

    def annotations(self):
        frames = np.arange(self.length or 2)
        return TrackTable(frames, [BOX] * len(frames), ids=[1] * len(frames)) if self.annotated else None


class Counting:
    """Counts rows; remembers what it saw."""

    summary = ("rows",)

    def __init__(self):
        self.seen = []

    def evaluate(self, sequence):
        self.seen.append(sequence)
        sequence.shared["counting"] = "large"
        return {"truth": len(sequence.truth), "rows": len(sequence.results)}

    def report(self, evaluated, classes):
        total = {key: sum(record[key] for record in evaluated.values()) for key in ("truth", "rows")}
        return {"COMBINED": total | {"classes": list(classes)}, **evaluated}


class Talking(Counting):
    """Has the optional members."""

    def explain(self, evaluated):
        return [f"nothing of {', '.join(evaluated)}"]

    def diagnose(self, sequence):
        return [f"{sequence.name} is odd"]

    def frame_errors(self, sequence):
        zeros, none = np.zeros(sequence.length, np.int64), np.zeros(0, np.int64)
        return FrameErrors(zeros, zeros, zeros, zeros, none, none, none)


def results_of(name, rows=2):
    return TrackTable(np.arange(rows), [BOX] * rows, ids=[1] * rows)


def test_scores_by_metric_and_sequence():
    evaluation = evaluate([Annotated("A"), Annotated("B", 5)], results_of, [("count", Counting())])
    assert evaluation.scores == {
        "count": {
            "COMBINED": {"truth": 8, "rows": 4, "classes": ["person"]},
            "A": {"truth": 3, "rows": 2},
            "B": {"truth": 5, "rows": 2},
        }
    }
    assert evaluation.summaries == {"count": ("rows",)}
    assert (evaluation.diagnoses, evaluation.sequences, evaluation.errors) == ([], [], {})


def test_metrics_of_a_sequence_see_the_same_thing():
    first, second = Counting(), Counting()
    evaluate([Annotated("A")], results_of, [("one", first), ("two", second)])
    assert first.seen[0] is second.seen[0]


def test_optional_members_are_called_and_diagnoses_told_once():
    metrics = [("count", Counting()), ("one", Talking()), ("two", Talking())]
    evaluation = evaluate([Annotated("A"), Annotated("B")], results_of, metrics, keep=True)
    assert evaluation.diagnoses == ["A is odd", "B is odd", "nothing of A, B"]
    assert list(evaluation.errors) == ["A", "B"]
    assert [sequence.name for sequence in evaluation.sequences] == ["A", "B"]
    assert all(not sequence.shared for sequence in evaluation.sequences)


def test_errors_are_worked_out_only_for_a_report():
    assert evaluate([Annotated("A")], results_of, [("one", Talking())]).errors == {}


def test_first_frames_only():
    metric = Counting()
    evaluation = evaluate([Annotated("A", 30)], lambda name: results_of(name, 20), [("count", metric)], max_frames=7)
    assert evaluation.scores["count"]["A"] == {"truth": 7, "rows": 7}
    assert metric.seen[0].length == 7


class Labelled(Annotated):
    """A sequence of known size, with attributes and labels of its frames."""

    def __init__(self, labels):
        super().__init__()
        self.width, self.height, self.attributes = 640, 480, ("IV", "OCC")
        self.labels = labels

    def frame_labels(self):
        return self.labels


def test_what_is_known_of_a_sequence_goes_along():
    plain, labelled = Counting(), Counting()
    evaluate([Annotated()], lambda _: TrackTable.empty(), [("counting", plain)])
    (seen,) = plain.seen
    assert (seen.width, seen.height, seen.attributes, seen.frame_labels) == (None, None, (), {})
    sequence = Labelled({"absence": np.array([0, 1, 0, 1])})
    evaluate([sequence], lambda _: TrackTable.empty(), [("counting", labelled)], max_frames=2)
    (seen,) = labelled.seen
    assert (seen.width, seen.height, seen.attributes) == (640, 480, ("IV", "OCC"))
    assert seen.frame_labels["absence"].tolist() == [0, 1]


def test_labels_of_too_few_frames():
    sequence = Labelled({"absence": np.zeros(2)})
    with pytest.raises(DataError, match="sequence 'A' has 3 frames, but its frame labels 'absence' have 2 entries"):
        evaluate([sequence], lambda _: TrackTable.empty(), [("counting", Counting())])


def test_length_that_only_rows_tell():
    metric = Counting()
    evaluate([Annotated("A", None)], lambda name: results_of(name, 9), [("count", metric)])
    assert metric.seen[0].length == 9


def test_results_from_a_folder(tmp_path):
    (tmp_path / "A.txt").write_text("1,1,1,2,3,4,0.5,-1,-1,-1\n2,1,1,2,3,4,0.5,-1,-1,-1\n")
    (tmp_path / "B.jsonl").write_text('{"frame": 0, "ids": [4], "boxes_ltwh": [[1, 2, 3, 4]]}\n')
    evaluation = evaluate([Annotated("A"), Annotated("B")], tmp_path, [("count", Counting())])
    assert [evaluation.scores["count"][name]["rows"] for name in "AB"] == [2, 1]


def test_no_sequences():
    with pytest.raises(DataError, match="there is no sequence to score"):
        evaluate([], results_of, [])


def test_no_annotations():
    with pytest.raises(DataError, match="sequence 'A' has no annotations to score against: choose a split"):
        evaluate([Annotated("A", annotations=False)], results_of, [("count", Counting())])


def test_classes_that_differ():
    sequences = [Annotated("A"), Annotated("B", classes=("car", "bus"))]
    with pytest.raises(DataError, match="'A' has person, 'B' has car, bus; score them apart"):
        evaluate(sequences, results_of, [("count", Counting())])


def test_rows_beyond_the_last_frame():
    with pytest.raises(DataError, match=r"'A' has 3 frames, but its results have rows for frame 8 \(counted from 1\)"):
        evaluate([Annotated("A")], lambda name: results_of(name, 8), [("count", Counting())])
    with pytest.raises(DataError, match=r"'S' has 1 frames, but its annotations have rows for frame 2"):
        EvaluatedSequence("S", 1, (), results_of("S"), TrackTable.empty())


def test_a_sequence_that_is_shorter_than_its_annotations():
    class Short(Annotated):
        def annotations(self):
            return TrackTable(np.arange(7), [BOX] * 7, ids=[1] * 7)

    metric = Counting()
    evaluation = evaluate([Short("A", 5)], results_of, [("count", metric)])
    assert len(metric.seen[0].truth) == 5
    assert evaluation.diagnoses[0] == (
        "A: has 5 frames, but annotations up to frame 7; only the frames that there are were scored"
    )
    assert beyond_the_end(Short("A", 7), Short("A", 7).annotations()) == []
    assert beyond_the_end(Short("A", None), TrackTable.empty()) == []
    limited = Counting()
    evaluate([Short("A", 5)], results_of, [("count", limited)], max_frames=3)
    assert len(limited.seen[0].truth) == 3


def test_rows_beyond_the_last_frame_of_a_file(tmp_path):
    path = tmp_path / "A.txt"
    path.write_text("4,1,1,2,3,4,0.5,-1,-1,-1\n")
    with pytest.raises(DataError) as caught:
        evaluate([Annotated("A")], tmp_path, [("count", Counting())])
    assert str(caught.value).startswith(f"{path}: has rows for frame 4 (counted from 1), but the sequence has 3 frames")


def test_two_metrics_of_one_type_have_two_names():
    import attrs

    # Any class that takes no arguments will do for a target.
    options = attrs.make_class("Options", [])()

    def configured(name):
        return Configured(Component("metric", name, "", "argparse:Namespace", ""), options)

    named = build_metrics([configured("clear"), configured("hota"), configured("clear")])
    assert [name for name, _ in named] == ["clear", "hota", "clear-2"]
    assert named[0][1] is not named[2][1]


def test_metrics_are_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "metrics.json"
    write_metrics(path, {"hota": {"COMBINED": {"HOTA": 0.1, "odd": None}}})
    assert json.loads(path.read_text()) == {"hota": {"COMBINED": {"HOTA": 0.1, "odd": None}}}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_metrics(path, {"hota": float("nan")})
    assert [item.name for item in path.parent.iterdir()] == ["metrics.json"]
    assert "HOTA" in path.read_text()


def test_metrics_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/metrics.json: cannot be written: "):
        write_metrics(tmp_path / "file" / "metrics.json", {})


def test_import_is_light():
    code = "import sys, vtcore.evaluation; print(sorted({'cv2', 'torch', 'scipy', 'rich'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
