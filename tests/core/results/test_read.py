"""Reading result files back."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.masks import Masks
from vtcore.results.coco_video import CocoVideoWriter
from vtcore.results.json_lines import JsonLinesWriter
from vtcore.results.mot_text import MotTextWriter
from vtcore.results.read import find_results, read_results


class Still(Sequence):
    def frames(self, *, images=True):
        yield from ()


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("classes", [("person",), ("person", "car"), ()], ids=["one", "two", "unnamed"])
@pytest.mark.parametrize("kind", ["txt", "jsonl", "coco.json"])
def test_what_was_written_comes_back(tmp_path, kind, classes):
    labels = [0, 1] if len(classes) == 2 else [0, 0]
    tracks = Instances([[1.234, 2, 11.25, 12], [5, 6, 7, 8]], [0.5, 0.25], labels, ids=[7, 3])
    path = tmp_path / f"A.{kind}"
    writer = {"txt": MotTextWriter, "jsonl": JsonLinesWriter, "coco.json": CocoVideoWriter}[kind]()
    writer.open(Still("A", classes=classes), path)
    for index in range(3):
        writer.write(Frame(index), Instances.empty(), Instances.empty() if index == 1 else tracks)
    writer.close(complete=True)
    table = read_results(path, classes, length=3)
    assert table.frames.tolist() == [0, 0, 2, 2]
    assert table.ids.tolist() == [7, 3, 7, 3]
    assert table.ltwh[0].tolist() == [1.23, 2.0, 10.02, 10.0]
    assert table.scores.tolist() == [0.5, 0.25] * 2
    assert table.labels.tolist() == labels * 2


def test_all_formats_read_alike(tmp_path):
    tables = []
    for writer, name in (
        (MotTextWriter(), "A.txt"),
        (JsonLinesWriter(), "A.jsonl"),
        (CocoVideoWriter(), "A.coco.json"),
    ):
        draw = np.random.default_rng(0)
        writer.open(Still("A", classes=("person",)), tmp_path / name)
        for index in range(20):
            corners = draw.uniform(0, 1000, (5, 2))
            boxes = np.concatenate([corners, corners + draw.uniform(1, 300, (5, 2))], axis=1)
            writer.write(Frame(index), Instances.empty(), Instances(boxes, draw.random(5), ids=np.arange(5)))
        writer.close(complete=True)
        tables.append(read_results(tmp_path / name, ("person",)))
    for other in tables[1:]:
        for column in ("frames", "ids", "ltwh", "scores", "labels"):
            assert (getattr(tables[0], column) == getattr(other, column)).all()


def test_json_lines_keep_masks_and_more(tmp_path):
    pixels = np.zeros((1, 6, 8), bool)
    pixels[0, 2:4, 1:5] = True
    tracks = Instances(
        [[1, 2, 5, 4]], ids=[1], masks=Masks.encode(pixels), detection_index=[3], embeddings=[[0.5, 0.25]]
    )
    writer = JsonLinesWriter(embeddings=True)
    writer.open(Still("A"), tmp_path / "A.jsonl")
    writer.write(Frame(0), Instances.empty(), tracks)
    writer.close(complete=True)
    table = read_results(tmp_path / "A.jsonl")
    assert (table.masks.decode() == pixels).all()
    assert table.detection_index.tolist() == [3]
    assert table.embeddings.tolist() == [[0.5, 0.25]]


def test_seven_columns_and_class_one_are_the_only_class(tmp_path):
    assert read_results(write(tmp_path / "A.txt", "1,1,0,0,5,5,1\n"), ("person",)).labels.tolist() == [0]
    assert read_results(write(tmp_path / "B.txt", "1,1,0,0,5,5,1,1,1\n"), ("person",)).labels.tolist() == [0]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("[]", "not CocoVID JSON: expected an object, got list"),
        ("{", "not JSON: Expecting property name"),
        ('{"images": []}', "not CocoVID JSON: lacks 'annotations'"),
        ('{"images": [], "annotations": [{"image_id": 4}]}', "annotation 1: image_id 4 is no image"),
        (
            '{"images": [{"id": 4, "frame_id": 0}], "annotations": [{"image_id": 4, "bbox": [1, 2]}]}',
            "annotation 1: expected left, top, width, height with sizes >= 0, got [1, 2]",
        ),
        (
            '{"images": [{"id": 4, "frame_id": 0}], '
            '"annotations": [{"image_id": 4, "bbox": [1, 2, 3, 4], "category_id": 2}]}',
            "annotation 1: label 1 is out of range: the classes are person",
        ),
    ],
)
def test_wrong_coco_video(tmp_path, entry, words):
    path = write(tmp_path / "A.coco.json", entry)
    with pytest.raises(DataError) as caught:
        read_results(path, ("person",))
    assert str(caught.value).startswith(f"{path}:")
    assert words in str(caught.value)


def test_coco_video_keeps_masks(tmp_path):
    pixels = np.zeros((1, 6, 8), bool)
    pixels[0, 2:4, 1:5] = True
    writer = CocoVideoWriter()
    writer.open(Still("A", classes=("person",)), tmp_path / "A.coco.json")
    writer.write(Frame(0), Instances.empty(), Instances([[1, 2, 5, 4]], ids=[1], masks=Masks.encode(pixels)))
    writer.close(complete=True)
    assert (read_results(tmp_path / "A.coco.json").masks.decode() == pixels).all()


def test_unknown_format(tmp_path):
    with pytest.raises(DataError, match=r"A\.csv: results are read from <sequence>\.txt, <sequence>\.jsonl or"):
        read_results(write(tmp_path / "A.csv", ""))


@pytest.mark.parametrize("name", ["A.txt", "A.jsonl"])
def test_empty_file(tmp_path, name):
    assert len(read_results(write(tmp_path / name, ""), ("person",))) == 0


@pytest.mark.parametrize(
    ("row", "classes", "words"),
    [
        ("1,1,0,0,5,5,1,2,-1,-1", ("person",), "class 2 in column 8, but the data has the classes person: classes"),
        ("1,1,0,0,5,5,1,-1,-1,-1", ("a", "b"), "class -1 in column 8, but the data has the classes a, b"),
        ("1,1,0,0,5,5,1,0,-1,-1", (), "class 0 in column 8, but the data names no classes: classes count from 1"),
        ("1,1,0,0,5,5,1,1.5,-1,-1", ("a", "b"), "class 1.5 in column 8"),
        ("1,1,0,0,5", ("person",), ":1: expected at least 6 columns"),
    ],
)
def test_wrong_rows_of_mot_text(tmp_path, row, classes, words):
    path = write(tmp_path / "A.txt", row + "\n")
    with pytest.raises(DataError) as caught:
        read_results(path, classes)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON: Expecting property name"),
        ("[1]", "not a frame of results: expected an object, got list"),
        ("{}", "not a frame of results: lacks 'boxes_ltwh'"),
        ('{"boxes_ltwh": []}', "lacks 'frame'"),
        ('{"frame": 1.5, "boxes_ltwh": []}', "frame: expected an integer, got 1.5"),
        ('{"frame": -1, "boxes_ltwh": []}', "frame must be >= 0, got -1"),
        ('{"frame": 0, "boxes_ltwh": [[1, 2, 3]]}', "expected left, top, width, height with sizes >= 0, got [1, 2, 3]"),
        ('{"frame": 0, "boxes_ltwh": [[1, 2, -3, 4]]}', "sizes >= 0, got [1, 2, -3, 4]"),
        ('{"frame": 0, "boxes_ltwh": [[1, 2, NaN, 4]]}', "sizes >= 0"),
        ('{"frame": 0, "boxes_ltwh": [[1, 2, 3, 4]], "ids": [1, 2]}', "ids has 2 entries for 1 boxes"),
        ('{"frame": 0, "boxes_ltwh": [[1, 2, 3, 4]], "ids": ["a"]}', "ids: expected an integer, got 'a'"),
        (
            '{"frame": 0, "boxes_ltwh": [[1, 2, 3, 4]], "labels": [4]}',
            "label 4 is out of range: the classes are",
        ),
        ('{"frame": 0, "boxes_ltwh": 7}', "not a frame of results"),
    ],
)
def test_wrong_json_lines(tmp_path, line, words):
    path = write(tmp_path / "A.jsonl", '\n{"frame": 0, "boxes_ltwh": []}\n' + line + "\n")
    with pytest.raises(DataError) as caught:
        read_results(path, ("person",))
    assert str(caught.value).startswith(f"{path}:3: ")
    assert words in str(caught.value)


def test_repeated_id(tmp_path):
    path = write(tmp_path / "A.txt", "3,5,0,0,5,5,1\n2,1,0,0,5,5,1\n3,5,9,9,5,5,1\n")
    with pytest.raises(DataError) as caught:
        read_results(path)
    assert str(caught.value) == (
        f"{path}: id 5 stands twice in frame 3 (counted from 1): an id may appear once in a frame"
    )


def test_detections_without_ids_are_no_repetition(tmp_path):
    assert len(read_results(write(tmp_path / "A.txt", "1,-1,0,0,5,5,1\n1,-1,9,9,5,5,1\n"))) == 2


def test_file_that_cannot_be_read(tmp_path):
    (tmp_path / "A.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"A\.jsonl: cannot be read"):
        read_results(tmp_path / "A.jsonl")
    with pytest.raises(DataError, match=r"B\.jsonl: cannot be read"):
        read_results(tmp_path / "B.jsonl")


def test_finding_files(tmp_path):
    (tmp_path / "results").mkdir()
    for name in ("A.txt", "A.jsonl", "B.jsonl"):
        (tmp_path / "results" / name).write_text("")
    for folder in (tmp_path, tmp_path / "results"):
        found = find_results(folder, ["A", "B"])
        assert [path.name for path in found.values()] == ["A.txt", "B.jsonl"]
    with pytest.raises(DataError) as caught:
        find_results(tmp_path, ["A", "C", "D"])
    assert str(caught.value).startswith(f"{tmp_path / 'results'}: there are no result files for C, D: expected ")
    assert list(find_results(tmp_path, ["A", "C"], missing_ok=True)) == ["A"]
    with pytest.raises(DataError, match="there is no such folder of results"):
        find_results(tmp_path / "none", ["A"])
