from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.tables import COUNTED, IGNORED
from vtrack_datasets import CocoDataset, CocoVideoDataset


def box(number: int, image: int, instance: int, **more: Any) -> dict[str, Any]:
    entry = {"id": number, "image_id": image, "video_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "area": 12}
    return entry | {"instance_id": instance} | more


def image(number: int, frame: int, **more: Any) -> dict[str, Any]:
    name = f"v/{frame:06d}.jpg"
    return {"id": number, "file_name": name, "frame_id": frame, "video_id": 1, "width": 32, "height": 24} | more


def write(folder: Path, **changes: Any) -> Path:
    content = {
        "videos": [{"id": 1, "name": "train/v", "fps": 14}],
        # Neither images nor annotations need stand in order, nor before one another.
        "annotations": [
            box(1, 12, 7, visibility=0.5, official_id=3),
            box(2, 11, 9, ignore=True, official_id=4),
            box(3, 11, 7, official_id=3, category_id=1),
            box(4, 11, 8, official_id=5, bbox=[0, 0, 0, 0]),
        ],
        "images": [image(12, 1), image(11, 0)],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
    } | changes
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return path


def test_a_video_of_several_objects(tmp_path: Path) -> None:
    (sequence,) = CocoVideoDataset(write(tmp_path)).sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert (sequence.name, sequence.length, sequence.frame_rate, sequence.classes) == ("v", 2, 14, ("car", "bus"))
    assert (sequence.width, sequence.height, sequence.has_images) == (32, 24, False)
    assert truth.frames.tolist() == [0, 0, 1]
    assert truth.ids.tolist() == [4, 3, 3]
    assert truth.labels.tolist() == [1, 0, 1]
    assert truth.roles.tolist() == [IGNORED, COUNTED, COUNTED]
    assert truth.visibility.tolist() == [1, 1, 0.5]
    assert sequence.frame_labels() == {}
    assert [frame.index for frame in sequence.frames(images=False)] == [0, 1]


def test_each_target_of_a_video(tmp_path: Path) -> None:
    sequences = CocoVideoDataset(write(tmp_path), targets="each").sequences()
    assert [sequence.name for sequence in sequences] == ["v.7", "v.8"]
    truth = sequences[0].annotations()
    assert truth is not None
    assert (truth.frames.tolist(), truth.ids.tolist(), truth.labels.tolist()) == ([0, 1], [0, 0], [0, 0])
    assert sequences[0].object_class == "car"
    nothing = sequences[1].annotations()
    assert nothing is not None
    assert len(nothing) == 0
    assert [sequence.name for sequence in sequences[-1:]] == ["v.8"]
    assert len(pickle.loads(pickle.dumps(sequences))) == 2


def test_what_mmtracking_writes_of_a_single_target(tmp_path: Path) -> None:
    annotations = [box(1, 11, 5, category_id=0, full_occlusion=True, out_of_view=False)]
    annotations += [box(2, 12, 5, category_id=0, full_occlusion=False, out_of_view=False, bbox=[0, 0, 0, 0])]
    path = write(tmp_path, annotations=annotations, categories=[{"id": 0, "name": 0}])
    (sequence,) = CocoVideoDataset(path, frame_rate=20).sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert (truth.frames.tolist(), truth.ids.tolist(), truth.visibility.tolist()) == ([0], [0], [0])
    assert sequence.frame_labels()["full_occlusion"].tolist() == [True, False]
    assert sequence.classes == ("0",)


def test_names_choose(tmp_path: Path) -> None:
    videos = [{"id": number, "name": name} for number, name in ((1, "a/x"), (2, "b/x"), (3, "c/y"))]
    images = [image(number, 0, video_id=number) for number in (1, 2, 3)]
    path = write(tmp_path, videos=videos, images=images, annotations=[])
    assert [sequence.name for sequence in CocoVideoDataset(path).sequences()] == ["a-x", "b-x", "c-y"]
    assert [sequence.name for sequence in CocoVideoDataset(path, sequences=("?-x",)).sequences()] == ["a-x", "b-x"]
    with pytest.raises(DataError, match="no sequence fits 'a-z'"):
        CocoVideoDataset(path, sequences=("a-z",)).sequences()


def test_coco_images(layouts: Any) -> None:
    root = layouts.coco()
    each = CocoDataset(root, "val2017").sequences()
    assert [sequence.name for sequence in each] == ["000000000009", "000000000007.10", "000000000007.20"]
    assert [sequence.object_class for sequence in each] == ["dog", "person", "dog"]
    truth = each[0].annotations()
    assert truth is not None
    assert (truth.ltwh.tolist(), truth.masks) == ([[2.5, 3, 10, 8]], None)
    assert each[0].frame(0).image.shape == (24, 32, 3)
    whole = CocoDataset(root, "val2017", "all", masks=True).sequences()
    crowd = whole[1].annotations()
    assert crowd is not None
    assert crowd.masks is not None
    assert crowd.roles.tolist() == [COUNTED, COUNTED, IGNORED]
    assert crowd.masks.decode()[0].sum() == 80
    with pytest.raises(DataError, match=r"instances_test.json: no such file; dataset.split must name a split"):
        CocoDataset(root, "test").sequences()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": []}, "not CocoVID JSON: it has no list 'images', or an empty one"),
        ({"images": [{"id": 1, "video_id": 1}], "annotations": [3]}, "annotation 1: expected an object, got int"),
        ({"images": [{"video_id": 1}]}, "not CocoVID JSON: image 1: lacks 'id'"),
        ({"images": [{"id": "x", "file_name": "a"}]}, "not CocoVID JSON: image 1: "),
        ({"images": [image(11, 0, video_id=4)]}, "not CocoVID JSON: image 1: video_id 4 is no video of the file"),
        ({"annotations": [box(1, 99, 1)]}, "annotation 1: image_id 99 is no image of the file"),
        ({"videos": [{"name": "x"}]}, "not CocoVID JSON: video 1: lacks 'id'"),
    ],
)
def test_bad_files(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        CocoVideoDataset(path).sequences()
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("targets", ["all", "each"])
@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (box(1, 11, 1, bbox=[1, 2, 3]), "bbox must be left, top, width, height or four corners, got [1, 2, 3]"),
        (box(1, 11, 1, bbox="x"), "bbox must be left, top, width, height or four corners, got 'x'"),
        (box(1, 11, 1, bbox=None), "annotation 1 (id 1): bbox must be"),
    ],
)
def test_bad_annotations(tmp_path: Path, annotation: dict[str, Any], message: str, targets: str) -> None:
    path = write(tmp_path, annotations=[annotation, box(2, 12, 2)])
    sequence = CocoVideoDataset(path, targets=targets).sequences()[0]
    with pytest.raises(DataError) as caught:
        sequence.annotations()
    assert message in str(caught.value)


def test_an_unknown_category(tmp_path: Path) -> None:
    path = write(tmp_path, annotations=[box(1, 11, 1, category_id=9), box(2, 11, 2)])
    with pytest.raises(DataError, match="v: annotation 1: category_id 9 is no category of the file"):
        CocoVideoDataset(path).sequences()[0].annotations()


def test_a_file_changed_behind_our_back(tmp_path: Path) -> None:
    path = write(tmp_path)
    (sequence,) = CocoVideoDataset(path).sequences()
    path.write_text("{}")
    with pytest.raises(DataError, match="has changed since it was listed"):
        sequence.annotations()


def test_rotated_boxes_of_both_spellings(tmp_path: Path) -> None:
    corners = [2, 3, 10, 1, 12, 9, 4, 11]
    outline = {"bbox": [2, 1, 10, 10], "segmentation": [corners], "rotated": True}
    path = write(tmp_path, annotations=[box(1, 11, 1, bbox=corners), box(2, 12, 1, **outline)])
    truth = CocoVideoDataset(path).sequences()[0].annotations()
    assert truth is not None
    assert truth.polygons is not None
    np.testing.assert_array_equal(truth.polygons, [corners, corners])
    np.testing.assert_array_equal(truth.ltwh, [[2, 1, 10, 10]] * 2)
