"""The result formats: what each file says, and that all say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Writer
from vtcore.masks import Masks
from vtcore.results.coco_video import CocoVideoWriter
from vtcore.results.json_lines import JsonLinesWriter
from vtcore.results.mot_text import MotTextWriter


class Street(Sequence):
    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from (Frame(index, sequence=self) for index in range(2))


def _tracks() -> Instances:
    return Instances(
        [[10.004, 20.006, 110.004, 70.006], [-5, 0, 1.5, 2.25]],
        [0.912345678, 0.5],
        [1, 0],
        ids=[7, 3],
        detection_index=[1, -1],
    )


def _write(writer: Writer, sequence: Sequence, path: Path, frames: list[Instances]) -> None:
    writer.open(sequence, path)
    for index, tracks in enumerate(frames):
        writer.write(Frame(index, sequence=sequence), Instances.empty(), tracks)
    writer.close(complete=True)


def test_mot_text_rows(tmp_path: Path) -> None:
    path = tmp_path / "street.txt"
    _write(MotTextWriter(), Street("street", classes=("car", "person")), path, [Instances.empty(), _tracks()])
    assert path.read_text() == ("2,7,10.00,20.01,100.00,50.00,0.912346,2,-1,-1\n2,3,-5.00,0.00,6.50,2.25,0.5,1,-1,-1\n")


def test_mot_text_of_one_class_has_no_class_column(tmp_path: Path) -> None:
    path = tmp_path / "street.txt"
    tracks = _tracks().replace(labels=[0, 0])
    _write(MotTextWriter(), Street("street", classes=("person",)), path, [tracks])
    assert [row.split(",")[7:] for row in path.read_text().splitlines()] == [["-1", "-1", "-1"]] * 2


def test_json_lines_hold_every_field(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    masks = Masks.encode(np.eye(4, dtype=bool)[None].repeat(2, axis=0))
    tracks = _tracks().replace(masks=masks, embeddings=[[0.5, 1], [2, 3]])
    writer = JsonLinesWriter(embeddings=True, detections=True)
    _write(writer, Street("street", classes=("car", "person")), path, [tracks, Instances.empty()])
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first["frame"] == 0
    assert first["boxes_ltwh"] == [[10.0, 20.01, 100.0, 50.0], [-5.0, 0.0, 6.5, 2.25]]
    assert first["ids"] == [7, 3]
    assert first["labels"] == [1, 0]
    assert first["classes"] == ["person", "car"]
    assert first["detection_index"] == [1, -1]
    assert first["embeddings"] == [[0.5, 1.0], [2.0, 3.0]]
    assert first["detections"]["scores"] == []
    assert (Masks(first["masks"]).decode() == masks.decode()).all()
    assert second["frame"] == 1
    assert second["scores"] == []


def test_json_lines_leave_out_what_was_not_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    _write(JsonLinesWriter(masks=False), Street("street"), path, [_tracks().replace(embeddings=np.ones((2, 3)))])
    assert not {"masks", "embeddings", "detections", "classes"} & json.loads(path.read_text()).keys()


def test_coco_video_is_one_valid_document(tmp_path: Path) -> None:
    path = tmp_path / "street.coco.json"
    sequence = Street("street", width=200, height=100, classes=("car", "person"))
    _write(CocoVideoWriter(), sequence, path, [_tracks(), Instances.empty(), _tracks()])
    document = json.loads(path.read_text())
    assert document["videos"] == [{"id": 1, "name": "street", "width": 200, "height": 100}]
    assert [image["frame_id"] for image in document["images"]] == [0, 1, 2]
    assert document["categories"] == [{"id": 1, "name": "car"}, {"id": 2, "name": "person"}]
    assert [row["id"] for row in document["annotations"]] == [1, 2, 3, 4]
    last = document["annotations"][-1]
    assert (last["image_id"], last["instance_id"], last["category_id"]) == (3, 3, 1)
    assert last["bbox"] == [-5.0, 0.0, 6.5, 2.25]


def test_coco_video_without_class_names_invents_numbered_ones(tmp_path: Path) -> None:
    path = tmp_path / "street.coco.json"
    _write(CocoVideoWriter(), Street("street"), path, [_tracks()])
    assert [entry["name"] for entry in json.loads(path.read_text())["categories"]] == ["class 1", "class 2"]


def test_all_formats_write_the_same_numbers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 1000, (200, 2, 2)).astype(np.float32)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    # Halves of the last digit, where rounding of the binary and of the decimal number part.
    boxes[:50] = np.round(boxes[:50]) + np.float32(0.125)
    boxes[:50, 2:] += 5
    tracks = Instances(boxes, random.uniform(0, 1, 200), ids=np.arange(200))
    sequence = Street("street")
    _write(MotTextWriter(), sequence, tmp_path / "a.txt", [tracks])
    _write(JsonLinesWriter(), sequence, tmp_path / "a.jsonl", [tracks])
    _write(CocoVideoWriter(), sequence, tmp_path / "a.json", [tracks])
    text = [[float(cell) for cell in row.split(",")[2:7]] for row in (tmp_path / "a.txt").read_text().splitlines()]
    lines = json.loads((tmp_path / "a.jsonl").read_text())
    coco = json.loads((tmp_path / "a.json").read_text())["annotations"]
    assert text == [[*box, score] for box, score in zip(lines["boxes_ltwh"], lines["scores"], strict=True)]
    assert text == [[*row["bbox"], row["score"]] for row in coco]


@pytest.mark.parametrize("writer", [MotTextWriter(), JsonLinesWriter()], ids=["mot-text", "json-lines"])
def test_a_live_sequence_is_on_disk_after_every_frame(writer: Writer, tmp_path: Path) -> None:
    path = tmp_path / "camera.partial"
    writer.open(Street("camera", live=True), path)
    writer.write(Frame(0), Instances.empty(), _tracks())
    assert path.stat().st_size > 0
    writer.close(complete=False)


def test_a_writer_can_be_used_for_one_sequence_after_another(tmp_path: Path) -> None:
    for writer in (MotTextWriter(), JsonLinesWriter(), CocoVideoWriter()):
        for name in ("one", "two"):
            _write(writer, Street(name), tmp_path / name, [_tracks()])
        assert (tmp_path / "one").read_text().replace("one", "") == (tmp_path / "two").read_text().replace("two", "")
