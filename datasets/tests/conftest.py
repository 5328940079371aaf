"""Folders in official layouts, written by the tests, and the reference data where it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

SeqinfoWriter = Callable[..., Path]


@pytest.fixture
def write_sequence(tmp_path: Path) -> SeqinfoWriter:
    """Return a function that writes a sequence's folder: path, length, texts of gt and det, changes of seqinfo."""

    def write(
        path: str, length: int = 10, gt: str | None = None, det: str | None = None, **changes: str | None
    ) -> Path:
        folder = tmp_path / path
        folder.mkdir(parents=True)
        values: dict[str, str | None] = {
            "name": folder.name,
            "imDir": "img1",
            "frameRate": "20",
            "seqLength": str(length),
            "imWidth": "64",
            "imHeight": "48",
            "imExt": ".jpg",
        }
        values.update(changes)
        lines = [f"{key}={value}\n" for key, value in values.items() if value is not None]
        (folder / "seqinfo.ini").write_text("[Sequence]\n" + "".join(lines))
        for name, text in (("gt", gt), ("det", det)):
            if text is not None:
                (folder / name).mkdir()
                (folder / name / f"{name}.txt").write_text(text)
        return folder

    return write


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Return the folder of the reference data."""
    given = os.environ.get("VTCORE_REFERENCE_DATA", "")
    folder = Path(given) if given else Path(__file__).parents[2] / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder} (VTCORE_REFERENCE_DATA)")
    return folder


class Layouts:
    """Writes tiny data sets as the official archives unpack, below one folder each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text(self, path: str, *lines: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines))
        return file

    def images(
        self, folder: str, numbers: Iterable[int], pattern: str = "{:08d}.jpg", size: tuple[int, int] = (32, 24)
    ) -> Path:
        """Images of a size (width, height), each of another grey."""
        place = self.folder / folder
        place.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            cv2.imwrite(str(place / pattern.format(number)), np.full((size[1], size[0], 3), number % 256, np.uint8))
        return place

    def lasot(self, *names: str, frames: int = 5) -> Path:
        for name in names:
            folder = f"lasot/{name.rpartition('-')[0]}/{name}"
            self.images(f"{folder}/img", range(1, frames + 1))
            self.text(f"{folder}/groundtruth.txt", *(f"{2 + n},3,10,8" for n in range(frames - 1)), "0,0,0,0")
            self.text(f"{folder}/full_occlusion.txt", ",".join("01000"[:frames].ljust(frames, "0")))
            self.text(f"{folder}/out_of_view.txt", ",".join("00000"[: frames - 1].ljust(frames - 1, "0") + "1"))
            self.text(f"{folder}/nlp.txt", "something that moves")
        return self.folder / "lasot"

    def got10k(self) -> Path:
        for split, name in (("train", "GOT-10k_Train_000001"), ("val", "GOT-10k_Val_000001")):
            folder = f"got10k/{split}/{name}"
            self.images(folder, range(1, 4))
            self.text(f"{folder}/groundtruth.txt", *(f"{n}.5000,2.2500,10.0000,8.1250" for n in range(3)))
            self.text(f"{folder}/absence.label", "0", "0", "1")
            self.text(f"{folder}/cover.label", "8", "4", "0")
            self.text(f"{folder}/cut_by_image.label", "0", "1", "0")
            meta = ("[METAINFO]", "url: none", "anno_fps: 10Hz", "object_class: dog", "resolution: (32, 24)")
            self.text(f"{folder}/meta_info.ini", *meta)
            self.text(f"got10k/{split}/list.txt", name)
        self.images("got10k/test/GOT-10k_Test_000001", range(1, 4))
        self.text("got10k/test/GOT-10k_Test_000001/groundtruth.txt", "1.0,2.0,10.0,8.0")
        self.text("got10k/test/list.txt", "GOT-10k_Test_000001")
        return self.folder / "got10k"

    def trackingnet(self) -> Path:
        for chunk, name in (("TRAIN_0", "abc_0"), ("TRAIN_3", "def_1"), ("TEST", "ghi_0")):
            self.images(f"trackingnet/{chunk}/frames/{name}", range(12), "{}.jpg")
            rows = ["1.5,2.0,10.0,8.0"] * (1 if chunk == "TEST" else 12)
            self.text(f"trackingnet/{chunk}/anno/{name}.txt", *rows)
        return self.folder / "trackingnet"

    def otb(self) -> Path:
        self.images("otb/Crossing/img", range(1, 5), "{:04d}.jpg")
        self.text("otb/Crossing/groundtruth_rect.txt", "205\t151\t17\t50", "204,151,17,50", "203 151 17 50", "1,1,5,5")
        for target in (1, 2):
            self.text(f"otb/Jogging/groundtruth_rect.{target}.txt", *[f"{target},2,5,6"] * 3)
        self.images("otb/Jogging/img", range(1, 4), "{:04d}.jpg")
        self.images("otb/David/img", range(298, 304), "{:04d}.jpg")
        self.text("otb/David/groundtruth_rect.txt", *[f"{n},2,5,6" for n in range(4)])
        self.images("otb/Tiger1/img", range(1, 9), "{:04d}.jpg")
        self.text("otb/Tiger1/groundtruth_rect.txt", *[f"{n},2,5,6" for n in range(8)])
        self.images("otb/Human4/img", range(1, 3), "{:04d}.jpg")
        self.text("otb/Human4/groundtruth_rect.1.txt")
        self.text("otb/Human4/groundtruth_rect.2.txt", "1,2,5,6", "1,2,5,6")
        return self.folder / "otb"

    def uav123(self) -> Path:
        self.images("uav123/data_seq/UAV123/bird1", range(775, 1478), "{:06d}.jpg", (8, 8))
        self.text("uav123/anno/UAV123/bird1_2.txt", "1,2,3,4", "NaN,NaN,NaN,NaN", *["2,2,3,4"] * 701)
        self.text("uav123/anno/UAV123/att/bird1_2.txt", "1,0,0,1,0,0,0,0,0,0,0,1")
        return self.folder / "uav123"

    def vot(self) -> Path:
        self.images("vot2018/bag/color", range(1, 4))
        corners = "2.0,3.0,10.0,1.0,12.0,9.0,4.0,11.0"
        self.text("vot2018/bag/groundtruth.txt", corners, "3,4,10,6", "nan,nan,nan,nan")
        self.text("vot2018/bag/camera_motion.tag", "1", "0", "1")
        self.text("vot2018/bag/illum_change.tag", "0", "1")
        self.text("vot2018/bag/practical.value", "0.5", "1.5", "2")
        self.text(
            "vot2018/bag/sequence", "name=bag", "fps=25", "width=32", "height=24", "channels.color=color/%08d.jpg"
        )
        self.text("vot2018/list.txt", "bag")
        return self.folder / "vot2018"

    def vid(self) -> Path:
        for split, video in (("train/ILSVRC2015_VID_train_0000", "ILSVRC2015_train_00000001"), ("val", "val_1")):
            self.images(f"ilsvrc/Data/VID/{split}/{video}", range(3), "{:06d}.JPEG")
            for frame in range(3):
                objects = [("n02691156", 0, (frame, 2, 10 + frame, 9), frame == 1)]
                objects += (
                    [("n02958343", 1, (1, 1, 6, 5), False)] if frame < 2 else [("n00000000", 2, (1, 1, 2, 2), False)]
                )
                self.text(f"ilsvrc/Annotations/VID/{split}/{video}/{frame:06d}.xml", _voc(objects))
        video = "train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000001"
        self.text("ilsvrc/Lists/VID_train_15frames.txt", f"{video} 1 2 3")
        return self.folder / "ilsvrc"

    def det(self) -> Path:
        stem = "train/ILSVRC2013_train/n02691156/n02691156_10"
        self.images(f"ilsvrc/Data/DET/{Path(stem).parent.as_posix()}", [10], "n02691156_{}.JPEG")
        objects = [("n02691156", None, (1, 2, 10, 9), False), ("n03800933", None, (3, 3, 9, 9), False)]
        self.text(f"ilsvrc/Annotations/DET/{stem}.xml", _voc(objects))
        self.text("ilsvrc/Lists/DET_train_30classes.txt", f"{stem} 1")
        return self.folder / "ilsvrc"

    def coco(self) -> Path:
        self.images("coco/val2017", (7, 9), "{:012d}.jpg")
        outline = [[2, 3, 12, 3, 12, 11, 2, 11]]
        annotations = [
            {"id": 30, "image_id": 9, "category_id": 18, "bbox": [2.5, 3, 10, 8], "area": 80, "iscrowd": 0},
            {"id": 10, "image_id": 7, "category_id": 1, "bbox": [2, 3, 10, 8], "area": 80, "iscrowd": 0},
            {"id": 20, "image_id": 7, "category_id": 18, "bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 0},
            {"id": 40, "image_id": 7, "category_id": 1, "bbox": [0, 0, 30, 20], "area": 600, "iscrowd": 1},
        ]
        content = {
            "info": {"description": "tiny \u00e9"},
            "images": [
                {"id": 9, "file_name": "000000000009.jpg", "width": 32, "height": 24},
                {"id": 7, "file_name": "000000000007.jpg", "width": 32, "height": 24},
            ],
            "annotations": [{**annotation, "segmentation": outline} for annotation in annotations],
            "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
        }
        self.text("coco/annotations/instances_val2017.json", json.dumps(content))
        return self.folder / "coco"


def _voc(objects: Iterable[tuple[str, int | None, tuple[int, int, int, int], bool]]) -> str:
    """An annotation of ImageNet: class, track, corners, occluded."""
    text = "<annotation><size><width>32</width><height>24</height></size>"
    for name, track, box, occluded in objects:
        sides = "".join(f"<{side}>{n}</{side}>" for side, n in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
        tracked = "" if track is None else f"<trackid>{track}</trackid>"
        flags = f"<occluded>{int(occluded)}</occluded><generated>0</generated>" if track is not None else ""
        text += f"<object>{tracked}<name>{name}</name><bndbox>{sides}</bndbox>{flags}</object>"
    return text + "</annotation>"


@pytest.fixture
def layouts(tmp_path: Path) -> Layouts:
    """Return what writes tiny data sets in official layouts."""
    return Layouts(tmp_path)
