"""What is converted reads back as it is, and looks as MMTracking's converters have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.cli import main
from vtcore.frames import Sequence
from vtcore.tables import TrackTable
from vtrack_datasets import (
    CocoDataset,
    CocoVideoDataset,
    Got10kDataset,
    ImageNetDetDataset,
    ImageNetVidDataset,
    LasotDataset,
    OtbDataset,
    TrackingNetDataset,
    Uav123Dataset,
    VotDataset,
)

MODES = ("all", "each")


def convert(*words: Any) -> int:
    return main(["convert", *map(str, words)])


def content(path: Path) -> Any:
    return json.loads(path.read_text())


def assert_same_table(one: TrackTable | None, other: TrackTable | None) -> None:
    assert one is not None
    assert other is not None
    for name in ("frames", "ids", "ltwh", "labels", "roles", "visibility", "polygons"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None), name
        if mine is not None:
            np.testing.assert_array_equal(mine, theirs, name)
    assert (one.masks is None) == (other.masks is None)
    if one.masks is not None and other.masks is not None:
        assert one.masks.rles == other.masks.rles


def assert_same(one: Sequence, other: Sequence) -> None:
    for name in ("name", "length", "width", "height", "frame_rate", "classes", "attributes", "has_images"):
        assert getattr(one, name) == getattr(other, name), name
    assert_same_table(one.annotations(), other.annotations())
    mine, theirs = one.frame_labels(), other.frame_labels()
    assert set(mine) == set(theirs)
    for name in mine:
        assert mine[name].dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(mine[name], theirs[name], name)
    for first, second in zip(one.frames(), other.frames(), strict=True):
        np.testing.assert_array_equal(first.image, second.image)


def compare(direct: Any, path: Path, root: Path, targets: str = "all", masks: bool = True) -> None:
    converted = CocoVideoDataset(path, root, targets=targets, masks=masks).sequences()
    expected = sorted(direct.sequences(), key=lambda sequence: sequence.name)
    found = sorted(converted, key=lambda sequence: sequence.name)
    assert len(expected) > 0
    for one, other in zip(expected, found, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("targets", MODES)
@pytest.mark.parametrize("outlines", [(), ("--outlines",)], ids=["corners", "outlines"])
def test_single_object_data_sets_read_back(layouts: Any, targets: str, outlines: tuple[str, ...]) -> None:
    out = layouts.folder / "out"
    root = layouts.lasot("airplane-1", "airplane-2")
    layouts.text("lasot/att/airplane-1.txt", "1,0,0,0,0,0,0,0,0,0,0,0,0,1")
    assert convert("lasot", root, out, "--partial", *outlines) == 0
    compare(LasotDataset(root, "train", partial=True), out / "lasot_train.json", root, targets)
    compare(LasotDataset(root, "test", partial=True), out / "lasot_test.json", root, targets)
    root = layouts.got10k()
    assert convert("got10k", root, out) == 0
    for split in ("train", "val", "test"):
        compare(Got10kDataset(root, split), out / f"got10k_{split}.json", root / split, targets)
    root = layouts.vot()
    assert convert("vot", root, out, *outlines) == 0
    compare(VotDataset(root), out / "vot2018.json", root, targets)


def test_the_others_read_back(layouts: Any) -> None:
    out = layouts.folder / "out"
    root = layouts.trackingnet()
    assert convert("trackingnet", root, out, "--partial") == 0
    compare(TrackingNetDataset(root, "train", partial=True), out / "trackingnet_train.json", root)
    compare(TrackingNetDataset(root), out / "trackingnet_test.json", root)
    root = layouts.otb()
    assert convert("otb100", root, out, "--partial") == 0
    compare(OtbDataset(root, "tb100", partial=True), out / "otb100.json", root)
    root = layouts.uav123()
    assert convert("uav123", root, out, "--partial") == 0
    compare(Uav123Dataset(root, partial=True), out / "uav123.json", root / "data_seq" / "UAV123")
    layouts.text("vot2020/ants/groundtruth.txt", "m4,3,3,2,1,2,2,1", "m0,0,3,2,0,6")
    layouts.images("vot2020/ants/color", range(1, 3))
    assert convert("vot", layouts.folder / "vot2020", out) == 0
    compare(VotDataset(layouts.folder / "vot2020"), out / "vot2020.json", layouts.folder / "vot2020")


@pytest.mark.parametrize("targets", MODES)
def test_imagenet_reads_back(layouts: Any, targets: str) -> None:
    layouts.det()
    root, out = layouts.vid(), layouts.folder / "out"
    assert convert("imagenet-vid", root, out) == 0
    assert convert("imagenet-det", root, out) == 0
    direct = ImageNetVidDataset(root, "train", targets).sequences()
    converted = CocoVideoDataset(out / "imagenet_vid_train.json", root / "Data" / "VID", targets=targets).sequences()
    for one, other in zip(direct, converted, strict=True):
        assert_same_table(one.annotations(), other.annotations())
        assert one.frame_rate == other.frame_rate
    frame = next(iter(converted)).frame(2)
    assert frame.image is not None
    image = CocoVideoDataset(out / "imagenet_det_30plus1cls.json", root / "Data" / "DET", targets=targets).sequences()
    for one, other in zip(ImageNetDetDataset(root, "train", targets).sequences(), image, strict=True):
        assert_same_table(one.annotations(), other.annotations())
        assert one.classes == other.classes


@pytest.mark.parametrize("targets", MODES)
def test_coco_reads_back(layouts: Any, targets: str) -> None:
    root, out = layouts.coco(), layouts.folder / "out"
    assert convert("coco", root, out) == 0
    direct = CocoDataset(root, "val2017", targets, masks=True)
    compare(direct, out / "coco_val2017.json", root / "val2017", targets)


def test_lasot_has_the_fields_of_mmtracking(layouts: Any) -> None:
    root, out = layouts.lasot("airplane-1"), layouts.folder / "out"
    assert convert("lasot", root, out, "--split", "test", "--partial") == 0
    made = content(out / "lasot_test.json")
    assert list(made) == ["categories", "videos", "images", "annotations"]
    assert made["images"][1] == {
        "id": 2,
        "file_name": "airplane/airplane-1/img/00000002.jpg",
        "height": 24,
        "width": 32,
        "frame_id": 1,
        "video_id": 1,
    }
    assert made["annotations"][1] == {
        "id": 2,
        "video_id": 1,
        "image_id": 2,
        "instance_id": 1,
        "category_id": 0,
        "bbox": [3, 3, 10, 8],
        "area": 80,
        "full_occlusion": True,
        "out_of_view": False,
    }
    assert made["annotations"][4]["bbox"] == [0, 0, 0, 0]
    assert made["annotations"][4]["out_of_view"] is True


def test_got10k_and_vot_have_the_fields_of_mmtracking(layouts: Any) -> None:
    out = layouts.folder / "out"
    assert convert("got10k", layouts.got10k(), out) == 0
    annotation = content(out / "got10k_train.json")["annotations"][1]
    assert (annotation["absence"], annotation["cover"], annotation["cut_by_image"]) == (False, 4, True)
    assert annotation["bbox"] == [1.5, 2.25, 10, 8.125]
    hidden = content(out / "got10k_test.json")
    assert [annotation["bbox"] for annotation in hidden["annotations"]] == [[1, 2, 10, 8], [0] * 4, [0] * 4]
    assert hidden["images"][0]["file_name"] == "GOT-10k_Test_000001/00000001.jpg"
    assert convert("vot", layouts.vot(), out) == 0
    first, second, third = content(out / "vot2018.json")["annotations"]
    assert first["bbox"] == [2, 3, 10, 1, 12, 9, 4, 11]
    assert (first["area"], second["bbox"], third["bbox"]) == (68, [3, 4, 13, 4, 13, 10, 3, 10], [0] * 8)
    assert (first["camera_motion"], second["illustration_change"]) == (True, True)


def test_imagenet_has_the_fields_of_mmtracking(layouts: Any) -> None:
    layouts.det()
    root, out = layouts.vid(), layouts.folder / "out"
    assert convert("imagenet-vid", root, out, "--split", "train") == 0
    assert convert("imagenet-det", root, out) == 0
    video = content(out / "imagenet_vid_train.json")
    assert video["videos"][0]["name"] == "train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000001"
    assert video["videos"][0]["vid_train_frames"] == [1]
    assert [image["is_vid_train_frame"] for image in video["images"]] == [False, True, False]
    assert video["categories"][0] == {"id": 1, "name": "airplane", "encode_name": "n02691156"}
    annotation = video["annotations"][2]
    assert (annotation["category_id"], annotation["bbox"], annotation["occluded"]) == (1, [1, 2, 10, 7], True)
    det = content(out / "imagenet_det_30plus1cls.json")
    assert "videos" in det
    assert [annotation["category_id"] for annotation in det["annotations"]] == [1, 31]
    assert det["images"][0]["is_vid_train_frame"] is True


def test_sizes_of_every_image(layouts: Any) -> None:
    layouts.images("otb/Mine/img", [1], "{:04d}.jpg", (32, 24))
    layouts.images("otb/Mine/img", [2], "{:04d}.jpg", (40, 20))
    layouts.text("otb/Mine/groundtruth_rect.txt", "1,2,3,4", "1,2,3,4")
    root, out = layouts.folder / "otb", layouts.folder / "out"
    for flags, second in (((), (32, 24)), (("--every-size", "--overwrite"), (40, 20))):
        assert convert("otb100", root, out, "--split", "all", *flags) == 0
        sizes = [(image["width"], image["height"]) for image in content(out / "otb.json")["images"]]
        assert sizes == [(32, 24), second]


def test_nothing_is_left_behind_when_something_is_wrong(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = layouts.lasot("airplane-1", "airplane-9"), layouts.folder / "out"
    path = layouts.text("lasot/airplane/airplane-9/groundtruth.txt", "1,2,3,4", "1,2,3")
    assert convert("lasot", root, out, "--split", "test", "--partial") == 2
    assert capsys.readouterr().err == f"vtcore: error: {path}:2: expected 4 numbers, got 3\n"
    assert list(out.iterdir()) == []


def test_a_mismatch_is_refused_unless_told(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = layouts.lasot("airplane-1"), layouts.folder / "out"
    images = root / "airplane" / "airplane-1" / "img"
    (images / "00000005.jpg").unlink()
    words = ("lasot", root, out, "--sequences", "airplane-1", "--split", "test")
    assert convert(*words) == 2
    assert capsys.readouterr().err == (
        f"vtcore: error: {images}: 4 images, but 5 frames are annotated; fetch what is missing, or take what there "
        "is with --partial\n"
    )
    path = layouts.text("lasot/airplane/airplane-1/full_occlusion.txt", "0,0,0")
    path.with_name("out_of_view.txt").write_text("0,0,0")
    path.with_name("groundtruth.txt").write_text("1,2,3,4\n" * 3)
    assert convert(*words) == 0
    assert len(content(out / "lasot_test.json")["images"]) == 3
    layouts.lasot("airplane-1", frames=4)
    words += ("--overwrite",)
    (images / "00000002.jpg").unlink()
    assert convert(*words) == 2
    assert "1 of 4 images are missing; fetch them, or take what there is with --partial" in capsys.readouterr().err
    assert convert(*words, "--partial") == 0
    assert len(content(out / "lasot_test.json")["images"]) == 4


def test_files_that_are_there(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = layouts.got10k(), layouts.folder / "out"
    assert convert("got10k", root, out, "--split", "val") == 0
    made = out / "got10k_val.json"
    capsys.readouterr()
    assert convert("got10k", root, out) == 2
    assert capsys.readouterr().err == (
        f"vtcore: error: {made}: is there already; --overwrite replaces it, --resume keeps it\n"
    )
    made.write_text("mine")
    assert convert("got10k", root, out, "--resume") == 0
    assert f"{made}: kept" in capsys.readouterr().out
    assert made.read_text() == "mine"
    assert convert("got10k", root, out, "--overwrite") == 0
    assert made.read_text() != "mine"
    assert sorted(path.name for path in out.iterdir()) == ["got10k_test.json", "got10k_train.json", "got10k_val.json"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("lasot", "{0}"), "the folder for the JSON files (DST) is missing; or say --check"),
        (("lasot", "{0}", "{0}/out", "--json"), "--json is of --check; say --check, too"),
        (("lasot", "{0}/none", "{0}/out"), "{0}/none: no such folder"),
        (("uav123", "{0}", "{0}/out"), "{0}: holds nothing of uav123 (UAV123, UAV20L) in the official layout"),
        (
            ("got10k", "{0}", "{0}/out", "--split", "all"),
            "{0}: got10k has no split 'all'; there are 'train', 'val', 'test'",
        ),
        (("coco", "{0}", "{0}/out"), "{0}: holds nothing of coco"),
    ],
)
def test_wrong_words(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    assert convert(*(word.format(tmp_path) for word in words)) == 2
    assert capsys.readouterr().err.startswith(f"vtcore: error: {message.format(tmp_path)}")
    assert not (tmp_path / "out").exists()
