from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.errors import DamagedSourceError, DataError
from vtrack_datasets.mot_challenge import MotChallengeDataset, MotChallengeSequence

Write = Callable[..., Path]


def only(root: Path, **options: object) -> MotChallengeSequence:
    (sequence,) = MotChallengeDataset(str(root), **options).sequences()
    return sequence


def write_images(folder: Path, numbers: range | list[int], name: str = "{:06d}.jpg", below: str = "img1") -> None:
    (folder / below).mkdir()
    for number in numbers:
        image = np.full((48, 64, 3), number * 10, np.uint8)
        assert cv2.imwrite(str(folder / below / name.format(number)), image)


def rows(frames: range, tail: str = "1,1,1") -> str:
    return "".join(f"{frame},1,{frame},2,8,9,{tail}\n" for frame in frames)


def test_knows_itself_by_its_folder_and_seqinfo(write_sequence: Write) -> None:
    sequence = only(write_sequence("MOT17-02-FRCNN"))
    assert (sequence.name, sequence.length, sequence.width, sequence.height) == ("MOT17-02-FRCNN", 10, 64, 48)
    assert (sequence.frame_rate, sequence.classes, sequence.live, sequence.has_images) == (
        20,
        ("pedestrian",),
        False,
        False,
    )
    assert sequence.annotations() is None
    assert sequence.detections() is None


def test_without_images_there_are_as_many_frames_as_seqinfo_says(write_sequence: Write) -> None:
    sequence = only(write_sequence("A"))
    frames = list(sequence.frames(images=False))
    assert [frame.index for frame in frames] == list(range(10))
    assert [frame.time for frame in frames] == [index / 20 for index in range(10)]
    assert all(frame.image is None and frame.sequence is sequence for frame in frames)


def test_numbers_are_read_as_they_are(write_sequence: Write) -> None:
    det = "3,-1,10.25,-4.5,30,40.125,0.75,-1,-1,-1\n1,-1,1,2,3,4,42.8,-1,-1,-1\n3,-1,5,6,7,8,-0.5,-1,-1,-1\n"
    sequence = only(write_sequence("A", det=det))
    found = sequence.detections()
    assert found is not None
    assert found is sequence.detections()
    assert found.frames.tolist() == [0, 2, 2]
    assert found.ltwh.tolist() == [[1, 2, 3, 4], [10.25, -4.5, 30, 40.125], [5, 6, 7, 8]]
    assert found.scores.tolist() == pytest.approx([42.8, 0.75, -0.5])
    assert found.ids.tolist() == [-1, -1, -1]
    assert found.labels.tolist() == [0, 0, 0]


@pytest.mark.parametrize("length", [9, 10])
def test_halves_meet_without_a_gap(write_sequence: Write, length: int) -> None:
    folder = write_sequence("A", length=length, gt=rows(range(1, length + 1)), det=rows(range(1, length + 1)))
    first, second = only(folder, half="first"), only(folder, half="second")
    # Half-train is frames 0 to N // 2 inclusive, half-val the rest.
    assert (first.length, second.length) == (length // 2 + 1, length - length // 2 - 1)
    for half, start in ((first, 1), (second, length // 2 + 2)):
        for table in (half.annotations(), half.detections()):
            assert table is not None
            assert table.frames.tolist() == list(range(half.length or 0))
            assert table.ltwh[0, 0] == start
        assert [frame.index for frame in half.frames(images=False)] == list(range(half.length or 0))


def test_a_half_reads_its_own_images(write_sequence: Write) -> None:
    folder = write_sequence("A", length=5)
    write_images(folder, range(1, 6))
    shades = [
        int(frame.image.mean().round()) for frame in only(folder, half="second").frames() if frame.image is not None
    ]
    assert shades == [40, 50]
    (folder / "img1" / "000001.jpg").unlink()
    assert list(only(folder, half="second").check({"image", "given-detections", "annotations"})) == []


def test_any_frame_is_read_alone(write_sequence: Write) -> None:
    folder = write_sequence("A", length=6)
    write_images(folder, [1, 2, 4, 5, 6])
    sequence = only(folder, half="second")
    assert sequence.random_access
    frame = sequence.frame(1)
    assert frame.image is not None
    assert (frame.index, frame.time, frame.sequence) == (1, 1 / 20, sequence)
    assert int(frame.image.mean().round()) == 60
    with pytest.raises(DataError, match=r"000003\.jpg: cannot be read"):
        only(folder).frame(2)
    for index in (-1, 2):
        with pytest.raises(IndexError, match=f"sequence 'A' has no frame {index}"):
            sequence.frame(index)


def test_a_frame_of_a_sequence_without_images(write_sequence: Write) -> None:
    with pytest.raises(DataError, match="img1: no such folder; put the images there"):
        only(write_sequence("A")).frame(0)


def test_one_frame_has_no_second_half(write_sequence: Write) -> None:
    folder = write_sequence("A", length=1)
    assert only(folder, half="first").length == 1
    with pytest.raises(
        DataError, match=r"seqinfo.ini: one frame \(seqLength\) has no second half; leave dataset.half out"
    ):
        only(folder, half="second")


@pytest.mark.parametrize("name", ["{:06d}.jpg", "{:08d}.jpg", "{}.jpg", "{:06d}.JPG"])
def test_images_in_order_of_their_numbers(write_sequence: Write, name: str) -> None:
    folder = write_sequence("A", length=11)
    write_images(folder, range(1, 12), name)
    (folder / "img1" / "._000001.jpg").touch()
    (folder / "img1" / "Thumbs.db").touch()
    sequence = only(folder)
    assert sequence.has_images
    assert list(sequence.check({"image", "given-detections", "annotations"})) == []
    frames = list(sequence.frames())
    assert [int(frame.image.mean().round()) for frame in frames if frame.image is not None] == list(range(10, 120, 10))
    assert [frame.index for frame in frames] == list(range(11))
    assert frames[3].time == 3 / 20
    assert all(frame.sequence is sequence for frame in frames)


def test_folder_and_suffix_of_seqinfo_count(write_sequence: Write) -> None:
    folder = write_sequence("A", length=2, imDir="frames", imExt=".png")
    write_images(folder, [0, 1], "{:04d}.png", below="frames")
    sequence = only(folder)
    assert len(list(sequence.frames())) == 2
    assert list(sequence.check({"image", "given-detections", "annotations"})) == []


def test_images_beyond_the_length_are_left_out(write_sequence: Write) -> None:
    folder = write_sequence("A", length=2)
    write_images(folder, range(1, 6))
    assert len(list(only(folder).frames())) == 2
    assert list(only(folder).check({"image", "given-detections", "annotations"})) == []


def test_missing_and_empty_images(write_sequence: Write) -> None:
    folder = write_sequence("A", length=6)
    write_images(folder, [1, 2, 4, 5])
    (folder / "img1" / "000002.jpg").write_bytes(b"")
    sequence = only(folder)
    assert list(sequence.check({"image", "given-detections", "annotations"})) == [
        f"{folder / 'img1'}: 2 of 6 images are missing (seqLength in seqinfo.ini is 6): 000003.jpg, 000006.jpg",
        f"{folder / 'img1' / '000002.jpg'}: empty file; fetch it anew",
    ]
    assert list(sequence.check({"given-detections", "annotations"})) == []
    frames = sequence.frames()
    assert next(frames).index == 0
    with pytest.raises(DataError, match=r"000002\.jpg"):
        next(frames)


def test_a_missing_image_shifts_no_other(write_sequence: Write) -> None:
    folder = write_sequence("A", length=3)
    write_images(folder, [2, 3])
    with pytest.raises(DataError, match=r"000001\.jpg: cannot be read: No such file"):
        next(only(folder).frames())


def test_fewer_images_that_no_number_names(write_sequence: Write) -> None:
    folder = write_sequence("A", length=3)
    write_images(folder, [1, 2], "frame-{}.jpg")
    assert list(only(folder).check({"image", "given-detections", "annotations"})) == [
        f"{folder / 'img1'}: 2 images, but seqLength in seqinfo.ini is 3"
    ]
    frames = only(folder).frames()
    assert [next(frames).index, next(frames).index] == [0, 1]
    with pytest.raises(DamagedSourceError, match=r"img1: 2 images, but seqLength in seqinfo\.ini is 3"):
        next(frames)


def test_no_images(write_sequence: Write) -> None:
    folder = write_sequence("A")
    gone = f"{folder / 'img1'}: no such folder; put the images there, or correct imDir in seqinfo.ini"
    assert list(only(folder).check({"image", "given-detections", "annotations"})) == [gone]
    with pytest.raises(DataError) as caught:
        next(only(folder).frames())
    assert str(caught.value) == gone
    (folder / "img1").mkdir()
    assert list(only(folder).check({"image", "given-detections", "annotations"})) == [
        f"{folder / 'img1'}: no .jpg images; put them there, or correct imDir and imExt in seqinfo.ini"
    ]


@pytest.mark.parametrize(
    ("gt", "line", "message"),
    [
        ("1,1,1,2,3,4,1\n1,2,3\n", 2, "expected at least 6 columns, got 3"),
        ("1,1,a,2,3,4,1\n", 1, "'a' in column 3 (left) is not a number"),
        ("\n1,1,nan,2,3,4,1\n", 2, "'nan' in column 3 (left) is not finite"),
        ("1,1,1,2,-3,4,1\n", 1, "width is negative (-3)"),
        ("0,1,1,2,3,4,1\n", 1, "frame is 0, but frames count from 1"),
        (
            "1,1,1,2,3,4,1\n\n11,1,1,2,3,4,1\n",
            3,
            "frame 11 is beyond the sequence's 10; correct the row, or seqLength in seqinfo.ini",
        ),
        (
            "2,7,1,2,3,4,1\n\n1,7,1,2,3,4,1\n2,7,9,2,3,4,1\n",
            4,
            "id 7 stands twice in frame 2, first in line 1; an id names one object, remove one row or number it anew",
        ),
        ("\n", None, "holds no rows; remove the file if there is nothing to put in"),
    ],
)
def test_bad_rows_are_named(write_sequence: Write, gt: str, line: int | None, message: str) -> None:
    folder = write_sequence("A", gt=gt)
    path = folder / "gt" / "gt.txt"
    place = f"{path}:{line}" if line else str(path)
    with pytest.raises(DataError) as caught:
        only(folder).annotations()
    assert str(caught.value) == f"{place}: {message}"
    assert list(only(folder).check({"given-detections", "annotations"})) == [f"{place}: {message}"]


def test_check_tells_every_bad_row_of_both_files(write_sequence: Write) -> None:
    folder = write_sequence("A", gt="1,1\n1,2\n", det="1,-1,1,2,3,-4,1\n2,-1,1,2,x,4,1\n")
    found = list(only(folder).check({"given-detections", "annotations"}))
    assert [problem.split(": ")[0] for problem in found] == [
        f"{folder / name / name}.txt:{line}" for name in ("det", "gt") for line in (1, 2)
    ]


def test_ids_of_detections_may_repeat(write_sequence: Write) -> None:
    sequence = only(write_sequence("A", det="1,-1,1,2,3,4,1\n1,-1,5,6,7,8,1\n"))
    assert list(sequence.check({"given-detections", "annotations"})) == []


def test_sequence_without_seqinfo_is_named(tmp_path: Path) -> None:
    (tmp_path / "train" / "A" / "det").mkdir(parents=True)
    (tmp_path / "train" / "A" / "det" / "det.txt").write_text("1,-1,1,2,3,4,1\n")
    with pytest.raises(DataError, match=r"A/seqinfo.ini: missing; write the line \[Sequence\]"):
        MotChallengeDataset(str(tmp_path), split="train").sequences()


def test_what_nobody_needs_is_not_checked(write_sequence: Write) -> None:
    folder = write_sequence("A", gt="this is no row\n", det="1,-1,1,2,3,4,1\n")
    assert list(only(folder).check({"given-detections"})) == []
    assert len(list(only(folder).check({"annotations"}))) == 1


@pytest.mark.parametrize("text", ["", "\n"])
@pytest.mark.parametrize("classes", [(), ("car", "bus")])
def test_a_detector_may_find_nothing(write_sequence: Write, text: str, classes: tuple[str, ...]) -> None:
    sequence = only(write_sequence("A", det=text), classes=classes)
    assert list(sequence.check({"given-detections"})) == []
    detections = sequence.detections()
    assert detections is not None
    assert len(detections) == 0
    assert len(detections.instances(3)) == 0
