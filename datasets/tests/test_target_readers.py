"""The single-object data sets, each in its official layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DataError
from vtrack_datasets import (
    Got10kDataset,
    LasotDataset,
    OtbDataset,
    TrackingNetDataset,
    Uav123Dataset,
    VotDataset,
)
from vtrack_datasets.lasot_lists import EXTENSION, TEST, TRAIN
from vtrack_datasets.otb_facts import SUBSETS
from vtrack_datasets.uav123_facts import UAV_SEQUENCES


def names(dataset: Any) -> list[str]:
    return [sequence.name for sequence in dataset.sequences()]


def complaint(dataset: Any) -> str:
    with pytest.raises(DataError) as caught:
        dataset.sequences()
    return str(caught.value)


def test_official_lists_have_the_official_lengths() -> None:
    assert (len(TEST), len(TRAIN), len(EXTENSION)) == (280, 1120, 150)
    assert len({*TEST, *TRAIN, *EXTENSION}) == 1550
    assert {name: len(members) for name, members in SUBSETS.items()} == {"tb100": 100, "tb50": 50, "otb2013": 51}
    assert {name: len(members) for name, members in UAV_SEQUENCES.items()} == {"UAV123": 123, "UAV20L": 20}


def test_lasot(layouts: Any) -> None:
    root = layouts.lasot("airplane-1", "airplane-2", "zebra-10")
    layouts.text("lasot/annos/att/airplane-1.txt", "1,0,0,0,0,0,0,0,0,0,0,0,0,1")
    assert names(LasotDataset(root)) == ["airplane-1", "airplane-2", "zebra-10"]
    assert names(LasotDataset(root, "test", partial=True)) == ["airplane-1", "zebra-10"]
    assert names(LasotDataset(root, "train", sequences=("airplane-2",))) == ["airplane-2"]
    first = LasotDataset(root).sequences()[0]
    assert (first.length, first.width, first.height, first.frame_rate) == (5, 32, 24, 30)
    assert (first.attributes, first.object_class, first.classes) == (("IV", "ARC"), "airplane", ("object",))
    truth = first.annotations()
    assert truth is not None
    assert truth.frames.tolist() == [0, 1, 2, 3]
    assert truth.ltwh[1].tolist() == [3, 3, 10, 8]
    assert (truth.ids.tolist(), truth.labels.tolist()) == ([0] * 4, [0] * 4)
    assert truth.visibility.tolist() == [1, 0, 1, 1]
    labels = first.frame_labels()
    assert labels["full_occlusion"].tolist() == [False, True, False, False, False]
    assert labels["out_of_view"].tolist() == [False, False, False, False, True]
    frame = first.frame(3)
    assert (frame.index, frame.time) == (3, 0.1)
    assert frame.image is not None
    assert frame.image.shape == (24, 32, 3)
    assert abs(int(frame.image[0, 0, 0]) - 4) <= 1


def test_lasot_without_class_folders_or_with_a_list_of_its_own(layouts: Any) -> None:
    layouts.text("flat/car-1/groundtruth.txt", "1,2,3,4")
    layouts.text("flat/car-3/groundtruth.txt", "1,2,3,4")
    root = layouts.folder / "flat"
    assert names(LasotDataset(root)) == ["car-1", "car-3"]
    layouts.text("flat/testing_set.txt", "car-3")
    assert names(LasotDataset(root, "test")) == ["car-3"]
    assert names(LasotDataset(root, "train")) == ["car-1"]
    assert names(LasotDataset(root / "car-1")) == ["car-1"]


def test_what_is_missing_of_a_split_is_refused_unless_told(layouts: Any) -> None:
    root = layouts.lasot("airplane-1")
    assert complaint(LasotDataset(root, "test")).startswith(
        f"{root}: 279 of the 280 sequences of split 'test' are missing: 'airplane-9', 'airplane-13'"
    )
    assert "dataset.partial = true" in complaint(LasotDataset(root, "test"))
    assert complaint(LasotDataset(root, "extension")) == (
        f"{root}: holds none of the 150 sequences of split 'extension', such as 'atv-1'"
    )
    assert complaint(LasotDataset(root, sequences=("airplan-1",))) == (
        f"{root}: no sequence fits 'airplan-1' (dataset.sequences); did you mean 'airplane-1'?"
    )
    assert complaint(LasotDataset(root / "none")).startswith(f"{root / 'none'}: no such folder; dataset.root must name")
    layouts.text("empty/file")
    assert complaint(LasotDataset(layouts.folder / "empty")).startswith(f"{layouts.folder / 'empty'}: holds no seq")


def test_labels_that_do_not_fit(layouts: Any) -> None:
    root = layouts.lasot("airplane-1")
    sequence = LasotDataset(root).sequences()[0]
    path = layouts.text("lasot/airplane/airplane-1/full_occlusion.txt", "0,1")
    with pytest.raises(DataError) as caught:
        sequence.annotations()
    assert str(caught.value) == f"{path}: holds 2 labels, but 5 frames are annotated"
    path.write_text("0,0,2,0,0")
    with pytest.raises(DataError, match=r"full_occlusion.txt: label 3 must be 0 or 1, got 2"):
        LasotDataset(root).sequences()[0].annotations()
    path = layouts.text("lasot/annos/att/airplane-1.txt", "1,0")
    with pytest.raises(DataError, match="expected 14 numbers, got 2"):
        _ = LasotDataset(root).sequences()[0].attributes


def test_got10k(layouts: Any) -> None:
    root = layouts.got10k()
    (sequence,) = Got10kDataset(root, "train").sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert truth.visibility.tolist() == [1, 0.5, 0]
    assert truth.ltwh[1].tolist() == [1.5, 2.25, 10, 8.125]
    assert sequence.frame_labels()["cover"].tolist() == [8, 4, 0]
    assert sequence.frame_labels()["cut_by_image"].tolist() == [False, True, False]
    assert (sequence.width, sequence.frame_rate, sequence.object_class) == (32, 10, "dog")
    (hidden,) = Got10kDataset(root, "test").sequences()
    known = hidden.annotations()
    assert known is not None
    assert (hidden.length, len(known), hidden.frame_labels()) == (3, 1, {})
    assert list(hidden.check({"image"})) == []


def test_got10k_goes_by_its_list(layouts: Any) -> None:
    root = layouts.got10k()
    layouts.text("got10k/val/list.txt", "GOT-10k_Val_000002", "GOT-10k_Val_000001")
    assert "1 of the 2 sequences of list.txt are missing: 'GOT-10k_Val_000002'" in complaint(Got10kDataset(root, "val"))
    assert names(Got10kDataset(root, "val", partial=True)) == ["GOT-10k_Val_000001"]
    (root / "val" / "list.txt").unlink()
    assert names(Got10kDataset(root, "val")) == ["GOT-10k_Val_000001"]
    assert names(Got10kDataset(root / "train")) == ["GOT-10k_Train_000001"]


def test_trackingnet(layouts: Any) -> None:
    root = layouts.trackingnet()
    assert "no anno folder of 'TRAIN_1', 'TRAIN_2', 'TRAIN_4'" in complaint(TrackingNetDataset(root, "train"))
    assert names(TrackingNetDataset(root, "train", chunks=(0, 3))) == ["abc_0", "def_1"]
    assert names(TrackingNetDataset(root, "train", partial=True)) == ["abc_0", "def_1"]
    (test,) = TrackingNetDataset(root, "test").sequences()
    known = test.annotations()
    assert known is not None
    assert (test.length, len(known)) == (12, 1)
    # 10.jpg comes after 9.jpg.
    assert [test.images.path(index).name for index in (2, 9, 10, 11)] == ["2.jpg", "9.jpg", "10.jpg", "11.jpg"]
    with pytest.raises(ValueError, match="chunks: must be <= 11, got 12"):
        TrackingNetDataset(root, "train", chunks=(12,))


def test_otb(layouts: Any) -> None:
    root = layouts.otb()
    assert names(OtbDataset(root)) == ["Crossing", "David", "Human4.2", "Jogging.1", "Jogging.2", "Tiger1"]
    by_name = {sequence.name: sequence for sequence in OtbDataset(root, partial=True).sequences()}
    crossing = by_name["Crossing"].annotations()
    assert crossing is not None
    assert crossing.ltwh.tolist() == [[205, 151, 17, 50], [204, 151, 17, 50], [203, 151, 17, 50], [1, 1, 5, 5]]
    assert by_name["Crossing"].attributes == ("SV", "DEF", "FM", "OPR", "BC")
    assert by_name["Jogging.2"].annotations().ltwh[0].tolist() == [2, 2, 5, 6]
    assert by_name["David"].images.path(0).name == "0300.jpg"
    tiger = by_name["Tiger1"]
    assert (tiger.length, tiger.images.path(0).name) == (3, "0006.jpg")
    assert tiger.annotations().ltwh[0].tolist() == [5, 2, 5, 6]
    (whole,) = OtbDataset(root, omit=False, sequences=("Tiger1",)).sequences()
    assert (whole.length, whole.images.path(0).name) == (8, "0001.jpg")
    (shifted,) = OtbDataset(root, one_based=True, sequences=("Crossing",)).sequences()
    assert shifted.annotations().ltwh[0].tolist() == [204, 150, 17, 50]
    assert names(OtbDataset(root, "otb2013", partial=True)) == ["Crossing", "David", "Jogging.1", "Jogging.2", "Tiger1"]
    assert names(OtbDataset(root, "tb50", partial=True)) == ["David", "Human4.2"]


def test_otb_attributes_of_a_folder_come_first(layouts: Any) -> None:
    root = layouts.otb()
    layouts.text("otb/anno/att/crossing.txt", "1,0,0,0,0,0,0,0,0,0,1")
    by_name = {sequence.name: sequence for sequence in OtbDataset(root).sequences()}
    assert by_name["Crossing"].attributes == ("IV", "LR")
    assert by_name["Jogging.1"].attributes == ("OCC", "DEF", "OPR")


def test_uav123(layouts: Any) -> None:
    root = layouts.uav123()
    (sequence,) = Uav123Dataset(root, sequences=("bird1_2",)).sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert (sequence.length, len(truth), sequence.attributes) == (703, 702, ("SV", "FM", "SOB"))
    assert truth.frames[:2].tolist() == [0, 2]
    assert sequence.images.path(0).name == "000775.jpg"
    assert list(sequence.check({"image"})) == []
    assert "122 of the 123 sequences of UAV123 are missing" in complaint(Uav123Dataset(root))


def test_vot(layouts: Any) -> None:
    (sequence,) = VotDataset(layouts.vot()).sequences()
    truth = sequence.annotations()
    assert truth is not None
    assert truth.polygons is not None
    assert truth.frames.tolist() == [0, 1]
    assert truth.polygons.tolist() == [[2, 3, 10, 1, 12, 9, 4, 11], [3, 4, 13, 4, 13, 10, 3, 10]]
    assert truth.ltwh.tolist() == [[2, 1, 10, 10], [3, 4, 10, 6]]
    labels = sequence.frame_labels()
    assert labels["camera_motion"].tolist() == [True, False, True]
    assert labels["illum_change"].tolist() == [False, True, False]
    assert labels["practical"].tolist() == [0.5, 1.5, 2]
    assert (sequence.width, sequence.height, sequence.frame_rate) == (32, 24, 25)


def test_vot_of_other_years(layouts: Any) -> None:
    layouts.images("vot2013/cup", range(1, 3))
    layouts.text("vot2013/cup/groundtruth.txt", "1,2,3,4", "1,2,3,4")
    layouts.text("vot2013/cup/occlusion.label", "1", "0")
    (sequence,) = VotDataset(layouts.folder / "vot2013").sequences()
    assert (sequence.length, sequence.images.path(1).name) == (2, "00000002.jpg")
    assert sequence.frame_labels()["occlusion"].tolist() == [True, False]
    layouts.images("workspace/sequences/ants/color", range(1, 3))
    layouts.text("workspace/sequences/list.txt", "ants")
    layouts.text("workspace/sequences/ants/groundtruth.txt", "m4,3,3,2,1,2,2,1", "0")
    (masked,) = VotDataset(layouts.folder / "workspace").sequences()
    truth = masked.annotations()
    assert truth is not None
    assert truth.masks is not None
    assert (len(truth), truth.ltwh[0].tolist()) == (1, [5, 3, 2, 2])
    pixels = truth.masks.decode()[0]
    assert pixels.shape == (24, 32)
    assert np.argwhere(pixels).tolist() == [[3, 5], [3, 6], [4, 6]]


@pytest.mark.parametrize("lines", [1, 4])
def test_more_images_than_annotations_and_the_reverse(layouts: Any, lines: int) -> None:
    layouts.images("otb/Mine/img", range(1, 4), "{:04d}.jpg")
    layouts.text("otb/Mine/groundtruth_rect.txt", *["1,2,3,4"] * lines)
    (sequence,) = OtbDataset(layouts.folder / "otb").sequences()
    length = min(3, lines)
    truth = sequence.annotations()
    assert truth is not None
    assert (sequence.length, len(truth), len(list(sequence.frames()))) == (length, length, length)
    told = f"{layouts.folder / 'otb' / 'Mine' / 'img'}: 3 images, but {lines} frames are annotated"
    hint = "; fetch what is missing, or take what there is with dataset.partial = true"
    assert list(sequence.mismatch()) == [told]
    assert list(sequence.remarks()) == ([] if lines > 3 else [f"{told}; only those are tracked"])
    assert list(sequence.check({"image", "annotations"})) == ([told + hint] if lines > 3 else [])
    assert list(sequence.check({"annotations"})) == []
    (allowed,) = OtbDataset(layouts.folder / "otb", partial=True).sequences()
    assert list(allowed.check({"image"})) == []


def test_a_missing_and_an_empty_image(layouts: Any) -> None:
    root = layouts.lasot("airplane-1")
    images = root / "airplane" / "airplane-1" / "img"
    (images / "00000002.jpg").unlink()
    (images / "00000004.jpg").write_bytes(b"")
    (sequence,) = LasotDataset(root).sequences()
    assert list(sequence.check({"image"})) == [
        f"{images}: 1 of 5 images are missing",
        f"{images / '00000004.jpg'}: empty file; fetch it anew",
    ]
    with pytest.raises(DataError, match=r"00000002.jpg: cannot be read: No such file"):
        sequence.frame(1)
    assert sequence.frame(2).index == 2


def test_annotations_without_images(layouts: Any) -> None:
    layouts.text("lasot/car-1/groundtruth.txt", "1,2,3,4", "1,2,3,4")
    (sequence,) = LasotDataset(layouts.folder / "lasot").sequences()
    assert (sequence.has_images, sequence.length, sequence.width) == (False, 2, None)
    assert len(list(sequence.frames(images=False))) == 2
    with pytest.raises(DataError, match="img: no such folder; the images are looked for here"):
        list(sequence.frames())


def test_grey_images_and_frames_of_other_sizes(layouts: Any) -> None:
    import cv2

    folder = layouts.images("otb/Mine/img", [2], "{:04d}.jpg", (40, 20))
    cv2.imwrite(str(folder / "0001.jpg"), np.full((24, 32), 77, np.uint8))
    cv2.imwrite(str(folder / "0003.png"), np.full((10, 12), 77 * 256, np.uint16))
    layouts.text("otb/Mine/groundtruth_rect.txt", *["1,2,3,4"] * 3)
    (sequence,) = OtbDataset(layouts.folder / "otb").sequences()
    shapes = [frame.image.shape for frame in sequence.frames() if frame.image is not None]
    assert shapes == [(24, 32, 3), (20, 40, 3), (10, 12, 3)]
    assert (sequence.width, sequence.height) == (32, 24)


def test_listing_opens_nothing(layouts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    root = layouts.lasot("airplane-1", "car-2")

    def refuse(path: Path, *arguments: object, **options: object) -> None:
        raise AssertionError(f"{path} is opened")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert names(LasotDataset(root)) == ["airplane-1", "car-2"]


@pytest.mark.parametrize(
    ("dataset", "made", "truth"),
    [
        (OtbDataset, "otb", "Crossing/groundtruth_rect.txt"),
        (VotDataset, "vot2018", "bag/groundtruth.txt"),
        (Got10kDataset, "got10k/val", "GOT-10k_Val_000001/groundtruth.txt"),
        (LasotDataset, "lasot", "airplane/airplane-1/groundtruth.txt"),
    ],
)
def test_a_sequence_whose_annotation_is_missing_is_not_passed_over(
    layouts: Any, dataset: Any, made: str, truth: str
) -> None:
    for make in (layouts.otb, layouts.vot, layouts.got10k, lambda: layouts.lasot("airplane-1")):
        make()
    root = layouts.folder / made
    path = root / truth
    before = [sequence.name for sequence in dataset(root).sequences()]
    (root / "list.txt").unlink(missing_ok=True)
    (path.parent / "sequence").write_text("fps=25\n")
    path.unlink()
    sequences = {sequence.name: sequence for sequence in dataset(root).sequences()}
    assert list(sequences) == before
    assert sequences[path.parent.name].annotations() is None
    assert sequences[path.parent.name].has_images
    assert sequences[path.parent.name].files()["groundtruth"] == path


def test_an_empty_annotation_of_otb_is_told(layouts: Any) -> None:
    root = layouts.otb()
    (root / "Crossing" / "groundtruth_rect.txt").write_text("")
    sequence = next(each for each in OtbDataset(root).sequences() if each.name == "Crossing")
    with pytest.raises(DataError, match=r"Crossing.groundtruth_rect\.txt: holds no rows"):
        sequence.annotations()
