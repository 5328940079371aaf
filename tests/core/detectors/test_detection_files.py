import json
import time

import numpy as np
import pytest

from vtcore.detectors.files import read_detections
from vtcore.errors import DataError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.results.json_lines import JsonLinesWriter
from vtcore.sources.images import ImageSequence


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def columns(file):
    table = file.table
    return (
        table.frames.tolist(),
        table.ltwh.tolist(),
        np.round(table.scores.astype(float), 4).tolist(),
        table.labels.tolist(),
    )


EXPECTED = ([0, 2], [[1, 2, 3, 4], [5, 6, 7, 8]], [0.5, 0.25], [0, 3])


@pytest.mark.parametrize(
    "text",
    [
        "frame,x1,y1,x2,y2,score,label\n0,1,2,4,6,0.5,0\n2,5,6,12,14,0.25,3\n",
        "frame,left,top,width,height,score,label\n0,1,2,3,4,0.5,0\n2,5,6,7,8,0.25,3\n",
        "Score, Class_ID, Frame, XMin, YMin, XMax, YMax\r\n0.5,0,0,1,2,4,6\r\n\r\n0.25,3,2,5,6,12,14\r\n",
        "\ufefflabel,conf,frame,x,y,w,h,note\n0,0.5,0,1,2,3,4,a\n3,0.25,2,5,6,7,8,b\n",
        "frame,x1,y1,x2,y2,score,label\n2,5,6,12,14,0.25,3\n0,1,2,4,6,0.5,0\n",
    ],
    ids=["corners", "sizes", "other spellings", "further columns", "out of order"],
)
def test_csv(tmp_path, text):
    file = read_detections(write(tmp_path, "det.csv", text))
    assert columns(file) == EXPECTED
    assert file.names == ()


def test_csv_without_scores_and_labels(tmp_path):
    assert columns(read_detections(write(tmp_path, "a.csv", "frame,x1,y1,x2,y2\n1,0,0,1,1\n"))) == (
        [1],
        [[0, 0, 1, 1]],
        [1],
        [0],
    )


def test_csv_without_a_header_is_mot_text(tmp_path):
    assert read_detections(write(tmp_path, "a.csv", "1,-1,1,2,3,4,0.5\n")).table.frames.tolist() == [0]


def test_names_become_labels(tmp_path):
    file = read_detections(
        write(tmp_path, "a.csv", "frame,x1,y1,x2,y2,class\n0,0,0,1,1,car\n0,0,0,1,1,dog\n1,0,0,1,1,car\n")
    )
    assert file.names == ("car", "dog")
    assert file.table.labels.tolist() == [0, 1, 0]


def test_first_frame(tmp_path):
    path = write(tmp_path, "a.csv", "frame,x1,y1,x2,y2\n1,0,0,1,1\n")
    assert read_detections(path, first_frame=1).table.frames.tolist() == [0]


HEADER = "frame,left,top,width,height,score\n0,1,2,3,4,0.5\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "1,1,2,3\n", ":3: expected 6 columns, got 4"),
        (HEADER + "\n1,abc,2,3,4,1\n", ":4: 'abc' is not a number"),
        (HEADER + "1,nan,2,3,4,1\n", ":3: nan in box is not finite"),
        (HEADER + "1,1,2,3,4,inf\n", ":3: inf in score is not finite"),
        (HEADER + "1,1,2,-3,4,1\n", ":3: width is negative (-3)"),
        (HEADER + "1.5,1,2,3,4,1\n", ":3: frame 1.5 is not an integer"),
        (HEADER + "-1,1,2,3,4,1\n", ":3: frame is -1, but frames count from 0"),
        (
            "image,left,top\n",
            ":1: needs the columns frame, and x1, y1, x2, y2 or left, top, width, height; it has image, left, top",
        ),
    ],
)
def test_csv_errors(tmp_path, text, message):
    path = write(tmp_path, "det.csv", text)
    with pytest.raises(DataError) as caught:
        read_detections(path)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    "content",
    [
        [
            {"frame": 0, "bbox": [1, 2, 3, 4], "score": 0.5},
            {"frame": 2, "bbox": [5, 6, 12, 14], "bbox_format": "xyxy", "score": 0.25, "label": 3},
        ],
        [
            {"image_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5, "category_id": 1},
            {"image_id": 3, "bbox": [5, 6, 7, 8], "score": 0.25, "category_id": 4},
        ],
        [
            {"frame": 0, "boxes_ltwh": [[1, 2, 3, 4]], "scores": [0.5]},
            {"frame": 2, "boxes_xyxy": [[5, 6, 12, 14]], "scores": [0.25], "labels": [3]},
        ],
    ],
    ids=["boxes", "coco results", "frames"],
)
def test_json(tmp_path, content):
    assert columns(read_detections(write(tmp_path, "det.json", content))) == EXPECTED
    lines = "\n".join(json.dumps(entry) for entry in content)
    assert columns(read_detections(write(tmp_path, "det.jsonl", lines + "\n\n"))) == EXPECTED


def test_coco_with_categories(tmp_path):
    content = {
        "categories": [{"id": 17, "name": "cat"}, {"id": 3, "name": "car"}],
        "annotations": [
            {"image_id": 1, "bbox": [0, 0, 1, 1], "category_id": 3},
            {"image_id": 1, "bbox": [0, 0, 1, 1], "category_id": 17},
        ],
    }
    file = read_detections(write(tmp_path, "det.json", content))
    assert file.names == ("car", "cat")
    assert file.table.labels.tolist() == [0, 1]


BOX = {"frame": 0, "bbox": [0, 0, 1, 1]}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"bbox": [0, 0, 1, 1]}, "needs 'frame' (or 'image_id'); it has 'bbox'"),
        ({"frame": 0}, "needs 'bbox' or 'boxes_ltwh'; it has 'frame'"),
        ({"frame": 0, "bbox": [0, 0, 1]}, "a box must be four numbers, got [0, 0, 1]"),
        ({"frame": 0, "bbox": 3}, "a box must be four numbers, got 3"),
        ({"frame": 0, "bbox": [0, 0, "1", 1]}, "'1' in box is not a number"),
        ({"frame": 0, "bbox": [0, 0, 1, -1]}, "height is negative (-1)"),
        ({"frame": 0, "bbox": [9, 0, 1, 1], "bbox_format": "xyxy"}, "width is negative (-8)"),
        (BOX | {"bbox_format": "cxcywh"}, "bbox_format must be 'ltwh' or 'xyxy', got 'cxcywh'"),
        (BOX | {"score": None}, "None in score is not a number"),
        (BOX | {"label": 1.5}, "a label must be a number or a name, got 1.5"),
        (BOX | {"label": -1}, "label is negative (-1)"),
        (BOX | {"category_id": [1]}, "a label must be a number or a name, got [1]"),
        ({"frame": 0.5, "bbox": [0, 0, 1, 1]}, "frame 0.5 is not an integer"),
        ({"frame": True, "bbox": [0, 0, 1, 1]}, "frame True is not an integer"),
        ({"image_id": 0, "bbox": [0, 0, 1, 1]}, "frame is 0, but frames count from 1"),
        ({"frame": 0, "boxes_ltwh": 1}, "'boxes_ltwh' must be a list of boxes, got 1"),
        (
            {"frame": 0, "boxes_ltwh": [[0, 0, 1, 1]], "scores": []},
            "scores must be a list of 1, one for each box, got []",
        ),
        (7, "expected an object, got 7"),
    ],
)
def test_json_errors(tmp_path, entry, message):
    path = write(tmp_path, "det.json", [entry])
    with pytest.raises(DataError) as caught:
        read_detections(path)
    assert str(caught.value) == f"{path}: entry 0: {message}"


def test_broken_json(tmp_path):
    path = write(tmp_path, "det.json", "[\n{]\n")
    with pytest.raises(DataError, match=r"det\.json:2: is not JSON: "):
        read_detections(path)
    with pytest.raises(DataError, match=r"det\.json: expected a list of detections"):
        read_detections(write(tmp_path, "det.json", "{}"))
    with pytest.raises(DataError, match=r"det\.jsonl:2: is not JSON: "):
        read_detections(write(tmp_path, "det.jsonl", '{"frame": 0, "bbox": [0, 0, 1, 1]}\n{"frame": \n'))
    with pytest.raises(DataError, match=r"det\.jsonl:1: width is negative"):
        read_detections(write(tmp_path, "det.jsonl", '{"frame": 0, "bbox": [0, 0, -1, 1]}\n'))


def test_json_lines_as_vtcore_writes_them(tmp_path):
    sequence = ImageSequence("s", ["x"] * 2, classes=("person", "car"))
    writer = JsonLinesWriter()
    writer.open(sequence, tmp_path / "s.jsonl")
    tracks = Instances([[1, 2, 4, 6], [5, 6, 12, 14]], [0.5, 0.25], [0, 1], ids=[7, 8])
    writer.write(Frame(0), Instances.empty(), Instances.empty())
    writer.write(Frame(1), tracks, tracks)
    writer.close(complete=True)
    file = read_detections(tmp_path / "s.jsonl")
    assert file.names == ("person", "car")
    assert columns(file) == ([1, 1], [[1, 2, 3, 4], [5, 6, 7, 8]], [0.5, 0.25], [0, 1])


def test_mot_text(tmp_path):
    assert columns(read_detections(write(tmp_path, "a.txt", "1,-1,1,2,3,4,0.5\n"))) == ([0], [[1, 2, 3, 4]], [0.5], [0])
    with pytest.raises(DataError, match=r"b\.txt:1: expected at least 7 columns, got 6"):
        read_detections(write(tmp_path, "b.txt", "1,-1,1,2,3,4\n"))


def test_npy(tmp_path):
    np.save(tmp_path / "a.npy", np.float32([[1, -1, 1, 2, 3, 4, 0.5], [3, -1, 5, 6, 7, 8, 0.25]]))
    assert columns(read_detections(tmp_path / "a.npy"))[:3] == EXPECTED[:3]
    np.save(tmp_path / "b.npy", np.zeros((3, 4)))
    with pytest.raises(DataError, match=r"b\.npy: expected numbers of shape \(M, 7\) or wider.*got float64 \(3, 4\)"):
        read_detections(tmp_path / "b.npy")
    np.save(tmp_path / "c.npy", [[1, -1, 1, 2, 3, 4, 0.5], [0, -1, 1, 2, 3, 4, 0.5]])
    with pytest.raises(DataError, match=r"c\.npy: row 1: frame is below 1, the first"):
        read_detections(tmp_path / "c.npy")
    (tmp_path / "d.npy").write_text("no array")
    with pytest.raises(DataError, match=r"d\.npy: is not a NumPy file"):
        read_detections(tmp_path / "d.npy")


def test_npz(tmp_path):
    boxes = np.float32([[1, 2, 4, 6], [5, 6, 12, 14]])
    np.savez(tmp_path / "a.npz", frames=[0, 2], boxes=boxes, scores=[0.5, 0.25], labels=[0, 3], embeddings=np.eye(2))
    file = read_detections(tmp_path / "a.npz")
    assert columns(file) == EXPECTED
    assert file.table.embeddings.tolist() == [[1, 0], [0, 1]]
    np.savez(tmp_path / "b.npz", frames=[0])
    with pytest.raises(DataError, match=r"b\.npz: needs the arrays 'frames' and 'boxes'.*it has frames"):
        read_detections(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", frames=[0], ltwh=[[0, 0, 1, -1]])
    with pytest.raises(DataError, match=r"c\.npz: row 0: width or height is negative"):
        read_detections(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", frames=[0, 1], ltwh=[[0, 0, 1, 1]])
    with pytest.raises(DataError, match=r"d\.npz: 2 frames but 1 boxes"):
        read_detections(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", frames=[0], ltwh=[[0, 0, 1, 1]], scores=[np.nan])
    with pytest.raises(DataError, match=r"e\.npz: scores must be finite"):
        read_detections(tmp_path / "e.npz")


def test_unknown_and_missing_files(tmp_path):
    with pytest.raises(DataError, match=r"a\.xml: detections cannot be of the type '\.xml'; known are \.txt, \.csv"):
        read_detections(tmp_path / "a.xml")
    with pytest.raises(DataError, match=r"a\.json: cannot be read: No such file"):
        read_detections(tmp_path / "a.json")
    (tmp_path / "b.csv").write_bytes(b"frame,\xff\n")
    with pytest.raises(DataError, match=r"b\.csv: is not UTF-8 text: invalid start byte at byte 6"):
        read_detections(tmp_path / "b.csv")


def test_large_csv_is_quick(tmp_path):
    rows = "".join(f"{index // 20},1.5,2,3,4,0.5\n" for index in range(50_000))
    path = write(tmp_path, "a.csv", "frame,left,top,width,height,score\n" + rows)
    start = time.process_time()
    assert len(read_detections(path).table) == 50_000
    # About five times what it takes.
    assert time.process_time() - start < 3
