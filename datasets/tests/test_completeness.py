"""``vtcore convert ... --check``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vtcore.cli import main


def check(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, Any]:
    status = main(["convert", *map(str, words), "--check", "--json"])
    return status, json.loads(capsys.readouterr().out)


def problems(report: Any) -> list[str]:
    return [f"{gap['sequence']}: {gap['problem']}" for gap in report["gaps"]]


def test_sequences_of_the_official_lists(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root = layouts.lasot("airplane-1", "zebra-10")
    assert main(["convert", "lasot", str(root), "--check"]) == 1
    out = capsys.readouterr().out
    assert "278 of 280 sequences are missing: 'airplane-9', 'airplane-13'" in out
    row = next(line for line in out.splitlines() if " test " in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["test", "2", "280", "10", "8", "278"]
    status, (report,) = check(capsys, "lasot", root, "--split", "test")
    assert (status, report["expected"], report["found"], len(report["gaps"])) == (1, 280, 2, 278)


def test_a_complete_split(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root = layouts.vot()
    status, (report,) = check(capsys, "vot", root)
    assert (status, report["split"], report["frames"], report["annotated"]) == (0, "vot2018", 3, 2)
    assert main(["convert", "vot", str(root), "--check"]) == 0
    assert "none" in capsys.readouterr().out
    status, (report,) = check(capsys, "coco", layouts.coco())
    assert (status, report["found"], report["gaps"]) == (0, 2, [])


def test_files_of_sequences(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root = layouts.lasot("airplane-1", "airplane-9", "airplane-13", "airplane-15")
    place = root / "airplane"
    (place / "airplane-1" / "out_of_view.txt").unlink()
    (place / "airplane-9" / "img" / "00000005.jpg").unlink()
    (place / "airplane-13" / "img" / "00000002.jpg").unlink()
    path = layouts.text("lasot/airplane/airplane-15/groundtruth.txt", "1,2,3")
    _, (report,) = check(capsys, "lasot", root, "--split", "test", "--sequences", "airplane-*")
    assert problems(report) == [
        f"airplane-1: {place / 'airplane-1' / 'out_of_view.txt'}: the labels are missing",
        f"airplane-9: {place / 'airplane-9' / 'img'}: 4 images, but 5 frames are annotated",
        f"airplane-13: {place / 'airplane-13' / 'img'}: 1 of 5 images are missing",
        f"airplane-15: {path}:1: expected 4 numbers, got 3",
    ]


def test_what_has_no_images_or_no_annotation(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root = layouts.got10k()
    folder = root / "train" / "GOT-10k_Train_000001"
    (folder / "groundtruth.txt").unlink()
    for path in (root / "val" / "GOT-10k_Val_000001").glob("*.jpg"):
        path.unlink()
    status, reports = check(capsys, "got10k", root)
    found = {report["split"]: problems(report) for report in reports}
    assert status == 1
    assert found["train"] == [
        ": sequences in the list: 1; officially there are 9335",
        f"GOT-10k_Train_000001: {folder / 'groundtruth.txt'}: the annotation is missing",
    ]
    assert found["val"][1:] == [f"GOT-10k_Val_000001: {root / 'val' / 'GOT-10k_Val_000001'}: no images"]
    assert found["test"] == [": sequences in the list: 1; officially there are 180"]


def test_official_numbers_of_frames_and_sequences(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, (report,) = check(capsys, "otb100", layouts.otb(), "--sequences", "David")
    images = layouts.folder / "otb" / "David" / "img"
    assert problems(report) == [f"David: {images}: 4 images, but officially there are 471"]
    _, reports = check(capsys, "trackingnet", layouts.trackingnet())
    assert [problems(report) for report in reports] == [
        [": sequences found: 2; officially there are 30132"],
        [": sequences found: 1; officially there are 511"],
    ]


def test_imagenet(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root = layouts.vid()
    images = root / "Data" / "VID" / "val" / "val_1"
    (images / "000002.JPEG").unlink()
    _, (report,) = check(capsys, "imagenet-vid", root, "--split", "val", "--sequences", "val_1")
    assert problems(report) == [f"val_1: {images}: 2 images, but 3 annotations"]
    layouts.det()
    (root / "Data" / "DET" / "train" / "ILSVRC2013_train" / "n02691156" / "n02691156_10.JPEG").unlink()
    status, (report,) = check(capsys, "imagenet-det", root)
    assert status == 1
    assert problems(report)[0].endswith("n02691156: no images")


def test_nothing_at_all_of_a_split(layouts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root = layouts.lasot("airplane-1")
    status, (report,) = check(capsys, "lasot", root, "--split", "extension")
    assert (status, report["found"]) == (1, 0)
    assert problems(report)[-1] == f": {root}: holds none of the 150 sequences of split 'extension', such as 'atv-1'"
