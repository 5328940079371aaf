from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vtcore.errors import DataError
from vtrack_datasets.config import MotChallengeConfig
from vtrack_datasets.mot_layout import find_sequences

Write = Callable[..., Path]


def names(root: Path, **options: object) -> list[str]:
    return [folder.name for folder in find_sequences(MotChallengeConfig(root=str(root), **options))]


def complaint(root: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        names(root, **options)
    return str(caught.value)


def test_splits_hold_sequences_in_order_of_their_names(tmp_path: Path, write_sequence: Write) -> None:
    for path in ("train/B", "train/A", "test/C"):
        write_sequence(path)
    (tmp_path / "train" / ".cache").mkdir()
    (tmp_path / "train" / "seqmaps").mkdir()
    assert names(tmp_path, split="train") == ["A", "B"]
    assert names(tmp_path, split="test") == ["C"]


def test_root_may_hold_sequences_or_be_one(tmp_path: Path, write_sequence: Write) -> None:
    folder = write_sequence("A")
    assert names(tmp_path) == ["A"]
    assert names(folder) == ["A"]


def test_the_working_directory_may_be_a_sequence(write_sequence: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_sequence("A"))
    assert names(Path()) == ["A"]


@pytest.mark.parametrize("parts", [("train1", "train2"), ("train/train1", "train/train2")])
def test_numbered_folders_are_one_split(tmp_path: Path, write_sequence: Write, parts: tuple[str, ...]) -> None:
    write_sequence(f"{parts[0]}/dancetrack0002")
    write_sequence(f"{parts[1]}/dancetrack0001")
    write_sequence("val/dancetrack0004")
    assert names(tmp_path, split="train") == ["dancetrack0001", "dancetrack0002"]


def test_detector_and_names_choose(tmp_path: Path, write_sequence: Write) -> None:
    for number in ("02", "04"):
        for detector in ("DPM", "FRCNN"):
            write_sequence(f"train/MOT17-{number}-{detector}")
    assert names(tmp_path, split="train", detector="FRCNN") == ["MOT17-02-FRCNN", "MOT17-04-FRCNN"]
    assert names(tmp_path, split="train", sequences=("*-04-*",)) == ["MOT17-04-DPM", "MOT17-04-FRCNN"]
    assert names(tmp_path, split="train", sequences=("*-04-*",), detector="DPM") == ["MOT17-04-DPM"]


LAYOUT = "<root>/<split>/<sequence>/ with seqinfo.ini, img1/, det/det.txt, gt/gt.txt"


def test_no_such_root(tmp_path: Path) -> None:
    root = tmp_path / "none"
    assert complaint(root) == f"{root}: no such folder; dataset.root must name the folder of the data set: {LAYOUT}"


def test_root_is_a_file(tmp_path: Path) -> None:
    root = tmp_path / "file"
    root.touch()
    assert complaint(root) == f"{root}: is not a folder; dataset.root must name the folder of the data set: {LAYOUT}"


def test_empty_data_set(tmp_path: Path) -> None:
    assert complaint(tmp_path) == f"{tmp_path}: holds no sequences; expected {LAYOUT}"
    assert complaint(tmp_path, split="train") == f"{tmp_path}: has no split 'train' and no sequences; expected {LAYOUT}"
    (tmp_path / "train").mkdir()
    assert complaint(tmp_path, split="train") == f"{tmp_path / 'train'}: holds no sequences; expected {LAYOUT}"


def test_split_is_left_out_where_there_are_splits(tmp_path: Path, write_sequence: Write) -> None:
    write_sequence("train/A")
    write_sequence("val/B")
    assert complaint(tmp_path) == (
        f"{tmp_path}: holds splits, not sequences; set dataset.split to one of 'train', 'val'"
    )


def test_split_is_misspelt_or_not_there(tmp_path: Path, write_sequence: Write) -> None:
    write_sequence("train/A")
    write_sequence("test/B")
    assert complaint(tmp_path, split="trian") == f"{tmp_path}: has no split 'trian'; did you mean 'train'?"
    assert complaint(tmp_path, split="val") == f"{tmp_path}: has no split 'val'; there are 'test', 'train'"


def test_split_is_given_where_there_is_none(tmp_path: Path, write_sequence: Write) -> None:
    folder = write_sequence("A")
    assert complaint(tmp_path, split="train") == (
        f"{tmp_path}: has no split 'train', but sequences of its own; leave dataset.split out"
    )
    assert complaint(folder, split="train") == (
        f"{folder}: is a sequence itself and has no split 'train'; leave dataset.split out"
    )


def test_nothing_fits(tmp_path: Path, write_sequence: Write) -> None:
    write_sequence("MOT17-02-FRCNN")
    assert complaint(tmp_path, detector="SDP") == (
        f"{tmp_path}: no sequence ends in '-SDP' (dataset.detector); their endings are 'FRCNN'; "
        "leave it out to take all"
    )
    assert complaint(tmp_path, sequences=("MOT17-02-FRCN",)) == (
        f"{tmp_path}: no sequence fits 'MOT17-02-FRCN' (dataset.sequences); did you mean 'MOT17-02-FRCNN'?"
    )
    assert complaint(tmp_path, sequences=("x*",)) == (
        f"{tmp_path}: no sequence fits 'x*' (dataset.sequences); there is 'MOT17-02-FRCNN'"
    )


def test_one_name_twice(tmp_path: Path, write_sequence: Write) -> None:
    write_sequence("train1/A")
    write_sequence("train2/A")
    assert complaint(tmp_path, split="train") == (
        f"{tmp_path / 'train2' / 'A'}: sequence 'A' is also in {tmp_path / 'train1'}; remove one"
    )
