from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.tables import COUNTED, DISTRACTOR, IGNORED, TrackTable
from vtrack_datasets.benchmarks import benchmark_by_name
from vtrack_datasets.mot_challenge import MotChallengeDataset

Write = Callable[..., Path]

ALL_CLASSES = "".join(
    f"1,{13 * marked + number},{10 * number},5,8,20,{marked},{number},0.5\n"
    for marked in (0, 1)
    for number in range(1, 14)
)
IN_MOT15 = "1,1,10,5,8,20,0,-1,-1,-1\n1,2,30,5,8,20,1,-1,-1,-1\n\n2,1,11,5,8,20,0.9,4.5,7.2,0\n"


def annotations(root: Path, **options: object) -> TrackTable:
    table = MotChallengeDataset(str(root), **options).sequences()[0].annotations()
    assert table is not None
    return table


def complaint(root: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        annotations(root, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["TUD-Campus"], "MOT15"),
        (["MOT17-02-FRCNN"], "MOT17"),
        (["MOT16-02"], "MOT16"),
        (["MOT20-01"], "MOT20"),
        (["dancetrack0001"], "DanceTrack"),
        (["street-1", "train", "2DMOT2015"], "MOT15"),
        (["CROWD-01", "train", "mot20-crowd"], "MOT20"),
        (["MOT17-04", "MOT20"], "MOT17"),
        (["street-1", "train", "mydata"], ""),
        (["MOT1700-1", "motion20x", "MOT21"], ""),
    ],
)
def test_names_tell_the_benchmark(folders: list[str], expected: str) -> None:
    assert benchmark_by_name(folders) == expected


@pytest.mark.parametrize(
    ("benchmark", "distractors"),
    [("MOT16", {2, 7, 8, 12}), ("MOT17", {2, 7, 8, 12}), ("DanceTrack", {2, 7, 8, 12}), ("MOT20", {2, 6, 7, 8, 12})],
)
def test_roles_with_classes(write_sequence: Write, benchmark: str, distractors: set[int]) -> None:
    table = annotations(write_sequence("A", gt=ALL_CLASSES), benchmark=benchmark)
    numbers = np.tile(np.arange(1, 14), 2)
    marked = np.repeat([0, 1], 13)
    for number, mark, label, role in zip(numbers, marked, table.labels, table.roles, strict=True):
        assert label == (0 if number == 1 else -1)
        expected = DISTRACTOR if number in distractors else COUNTED if number == 1 and mark else IGNORED
        assert role == expected, (number, mark)
    assert (table.visibility == 0.5).all()


def test_roles_without_classes(write_sequence: Write) -> None:
    table = annotations(write_sequence("TUD-Campus", gt=IN_MOT15))
    # The official evaluator reads the seventh column as an integer: 0.9 is 0.
    assert table.roles.tolist() == [IGNORED, COUNTED, IGNORED]
    assert table.labels.tolist() == [0, 0, 0]
    assert table.visibility.tolist() == [1, 1, 1]


def test_own_classes(write_sequence: Write) -> None:
    folder = write_sequence("A", gt="1,1,0,0,5,5,1,2,0.3\n1,2,9,0,5,5,0,1,1\n", det="1,-1,0,0,5,5,0.9,2\n")
    sequence = MotChallengeDataset(str(folder), classes=["car", "bus"]).sequences()[0]
    assert sequence.classes == ("car", "bus")
    truth, found = sequence.annotations(), sequence.detections()
    assert truth is not None
    assert found is not None
    assert truth.labels.tolist() == [1, 0]
    assert truth.roles.tolist() == [COUNTED, IGNORED]
    assert truth.visibility.tolist() == pytest.approx([0.3, 1])
    assert found.labels.tolist() == [1]


@pytest.mark.parametrize("row", ["1,1,0,0,5,5", "1,1,0,0,5,5,1", "1,1,0,0,5,5,1,-1,-1,-1", "1,1,0,0,5,5,1,1,1"])
def test_own_single_class_needs_no_name(write_sequence: Write, row: str) -> None:
    sequence = MotChallengeDataset(str(write_sequence("A", gt=row)), benchmark="custom").sequences()[0]
    truth = sequence.annotations()
    assert truth is not None
    assert sequence.classes == ("object",)
    assert truth.labels.tolist() == [0]
    assert truth.roles.tolist() == [COUNTED]


def test_columns_tell_where_no_name_does(write_sequence: Write) -> None:
    assert annotations(write_sequence("a", gt=IN_MOT15)).roles.tolist() == [IGNORED, COUNTED, IGNORED]
    assert annotations(write_sequence("b", gt="1,1,0,0,5,5,0,1,1\n1,2,0,0,5,5,1,1,1")).roles.tolist() == [
        IGNORED,
        COUNTED,
    ]


def test_classes_that_nothing_explains_are_refused(write_sequence: Write) -> None:
    folder = write_sequence("street", gt="1,1,0,0,5,5,1,1,1\n\n1,2,0,0,5,5,1,3,1\n")
    assert complaint(folder) == (
        f"{folder / 'gt' / 'gt.txt'}:3: class 3 in column 8, and no name tells the benchmark; set dataset.benchmark to "
        "MOT16, MOT17, MOT20 or DanceTrack, or to 'custom' with dataset.classes for classes of your own"
    )


def test_names_and_columns_that_contradict_are_refused(write_sequence: Write) -> None:
    mot15 = write_sequence("TUD-Campus", gt="1,1,0,0,5,5,1,3,1\n")
    assert complaint(mot15) == (
        f"{mot15 / 'gt' / 'gt.txt'}:1: the name is of MOT15, but column 8 holds class 3, which MOT15 has not; "
        "set dataset.benchmark to what it is"
    )
    mot17 = write_sequence("MOT17-02", gt="1,1,0,0,5,5,1,-1,-1,-1\n")
    assert complaint(mot17) == (
        f"{mot17 / 'gt' / 'gt.txt'}:1: class -1 in column 8, but those of MOT17 run from 1 to 13; set "
        "dataset.benchmark to what it is, 'custom' for own classes"
    )
    mot20 = write_sequence("MOT20-02", gt="1,1,0,0,5,5,1\n")
    assert complaint(mot20) == (
        f"{mot20 / 'gt' / 'gt.txt'}: has no class column (the eighth), which MOT20 needs; set dataset.benchmark to "
        "'MOT15' or 'custom'"
    )


def test_own_classes_without_a_name_are_refused(write_sequence: Write) -> None:
    folder = write_sequence("A", gt="1,1,0,0,5,5,1,1\n1,2,0,0,5,5,1,3\n")
    file = folder / "gt" / "gt.txt"
    way_out = "classes count from 1, name every one of them"
    assert (
        complaint(folder, classes=["a", "b"])
        == f"{file}:2: class 3 in column 8, but dataset.classes names 2; {way_out}"
    )
    assert (
        complaint(folder, benchmark="custom")
        == f"{file}:2: class 3 in column 8, but dataset.classes is empty; {way_out}"
    )
    plain = write_sequence("B", gt="1,1,0,0,5,5,1\n")
    assert complaint(plain, classes=["a", "b"]) == (
        f"{plain / 'gt' / 'gt.txt'}: has no class column (the eighth), but dataset.classes names 2; add the column, "
        "counting classes from 1"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"benchmark": "MOT17", "classes": ["a"]}, "classes: MOT17 has its own class; leave classes out, or set "),
        ({"classes": ["a", "a"]}, "classes: 'a' stands twice"),
        ({"half": "third"}, "half: must be one of '', 'first', 'second', got 'third'"),
        ({"benchmark": "MOT18"}, "benchmark: must be one of 'auto', 'MOT15', 'MOT16', 'MOT17', 'MOT20', "),
    ],
)
def test_options_that_contradict_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        MotChallengeDataset("anywhere", **options)
