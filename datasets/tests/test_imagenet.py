from __future__ import annotations

from typing import Any

import pytest

from vtcore.errors import DataError
from vtrack_datasets import ImageNetDetDataset, ImageNetVidDataset


def test_videos_and_their_objects(layouts: Any) -> None:
    root = layouts.vid()
    (video,) = ImageNetVidDataset(root, "train", "all").sequences()
    truth = video.annotations()
    assert truth is not None
    assert (video.name, video.length, video.width, len(video.classes)) == ("ILSVRC2015_train_00000001", 3, 32, 30)
    assert truth.frames.tolist() == [0, 0, 1, 1, 2]
    assert truth.labels.tolist() == [0, 6, 0, 6, 0]
    assert truth.ids.tolist() == [0, 1, 0, 1, 0]
    assert truth.ltwh[2].tolist() == [1, 2, 10, 7]
    plane, car = ImageNetVidDataset(root, "train").sequences()
    assert (plane.name, plane.object_class, car.object_class) == ("ILSVRC2015_train_00000001.0", "airplane", "car")
    assert plane.annotations().ids.tolist() == [0, 0, 0]
    assert plane.frame_labels()["occluded"].tolist() == [False, True, False]
    assert car.annotations().frames.tolist() == [0, 1]
    assert car.frame(1).image.shape == (24, 32, 3)
    assert list(plane.check({"image"})) == []
    assert [sequence.name for sequence in ImageNetVidDataset(root, "val", "all").sequences()] == ["val_1"]


def test_images_and_their_objects(layouts: Any) -> None:
    root = layouts.det()
    (image,) = ImageNetDetDataset(root, "train", "all").sequences()
    assert (image.name, image.length, image.annotations().labels.tolist()) == ("n02691156_10", 1, [0, 30])
    first, second = ImageNetDetDataset(root, "train").sequences()
    assert (first.name, second.name) == ("n02691156_10.0", "n02691156_10.1")
    assert (first.object_class, second.object_class) == ("airplane", "other_categeries")
    assert second.annotations().ltwh.tolist() == [[3, 3, 6, 6]]
    assert second.frame(0).image.shape == (24, 32, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation>\n<size>", "000001.xml:3: not XML: "),
        ("<annotation></annotation>", "000001.xml: not an annotation of ImageNet: lacks 'size'"),
        (
            "<annotation><size><width>3</width><height>x</height></size></annotation>",
            "000001.xml: not an annotation of ImageNet: invalid literal for int",
        ),
        (
            "<annotation><size><width>3</width><height>2</height></size><object><name>n</name></object></annotation>",
            "000001.xml: not an annotation of ImageNet: an object lacks 'bndbox'",
        ),
        (
            "<annotation><size><width>3</width></size></annotation>",
            "000001.xml: not an annotation of ImageNet: <size> lacks <height>",
        ),
    ],
)
def test_bad_annotations(layouts: Any, text: str, message: str) -> None:
    root = layouts.vid()
    layouts.text("ilsvrc/Annotations/VID/val/val_1/000001.xml", text)
    (video,) = ImageNetVidDataset(root, "val", "all").sequences()
    with pytest.raises(DataError) as caught:
        video.annotations()
    assert message in str(caught.value)


def test_folders_that_are_not_there(layouts: Any) -> None:
    layouts.text("empty/Annotations/VID/train/x")
    layouts.text("empty/Annotations/DET/train/x")
    root = layouts.folder / "empty"
    with pytest.raises(DataError, match="no such folder; expected <root>/Annotations/VID"):
        ImageNetVidDataset(root, "val").sequences()
    with pytest.raises(DataError, match="holds no videos"):
        ImageNetVidDataset(root, "train").sequences()
    with pytest.raises(DataError, match="no such folder; expected <root>/Annotations/DET"):
        ImageNetDetDataset(root, "val").sequences()
    with pytest.raises(DataError, match="holds no annotations"):
        ImageNetDetDataset(root, "train").sequences()
