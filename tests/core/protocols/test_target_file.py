"""Files of targets: every form, and every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from vtcore.errors import DataError
from vtcore.protocols.target_file import FileTarget, read_targets


def read(folder: Path, text: str | bytes) -> list[FileTarget]:
    path = folder / "targets.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_targets(path)


@pytest.mark.parametrize(
    "text",
    ["10,20,30,40\n1.5,2,3,4\n", "10 20 30 40\r\n\r\n1.5\t2 3 4", "\ufeff# targets\n10, 20, 30, 40,\n1.5,2,3,4"],
)
def test_boxes(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == [FileTarget(0, 0, (10, 20, 30, 40)), FileTarget(0, 1, (1.5, 2, 3, 4))]


def test_ids_and_boxes(tmp_path: Path) -> None:
    assert read(tmp_path, "7,10,20,30,40\n3,1,2,3,4") == [
        FileTarget(0, 7, (10, 20, 30, 40)),
        FileTarget(0, 3, (1, 2, 3, 4)),
    ]


def test_mot_text_starts_each_id_where_it_first_is(tmp_path: Path) -> None:
    text = "3,1,10,20,30,40,1,-1,-1,-1\n2,1,11,20,30,40,1,-1,-1,-1\n5,2,1,2,3,4,1,-1,-1,-1\n6,2,9,9,9,9,1,-1,-1,-1\n"
    assert read(tmp_path, text) == [FileTarget(1, 1, (11, 20, 30, 40)), FileTarget(4, 2, (1, 2, 3, 4))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no target: a line is left,top,width,height"),
        ("# nothing\n\n", "names no target: a line is left,top,width,height"),
        ("1,2,3\n", "1: expected left,top,width,height, id,left,top,width,height or MOT text, got 3 numbers"),
        ("7\n", "1: expected left,top,width,height, id,left,top,width,height or MOT text, got 1 number"),
        ("1,2,3,4\n\n1,2,3,4,5\n", "3: expected 4 numbers as in line 1, got 5"),
        ("1,2,3,4\n1,2,x,4\n", "2: '1,2,x,4' is not a line of numbers"),
        ("1,2,3,1_0\n", "1: '1,2,3,1_0' is not a line of numbers"),
        ("1,2,,4\n", "1: '1,2,,4' is not a line of numbers"),
        ("1,2,0,4\n", "1: width and height of a box must be above 0, got 1, 2, 0, 4"),
        ("1,2,3,inf\n", "1: the numbers of a box must be finite, and within 1e+09, got 1, 2, 3, inf"),
        ("1,1,2,3,4\n1,5,6,7,8\n", "2: id 1 stands twice"),
        (
            "291.8,203.6,396.3,264.2,442.1,185.3,337.6,124.7\n",
            "1: the eight numbers of a polygon are no target; write the box around it, left,top,width,height",
        ),
        ("1.5,1,2,3,4\n", "1: id must be an integer >= 0, got 1.5"),
        ("nan,1,2,3,4\n", "1: id must be an integer >= 0, got nan"),
        ("0,1,1,2,3,4\n", "1: frame must be an integer >= 1, got 0"),
        ("1,-1,1,2,3,4,0.9\n", "1: id must be an integer >= 0, got -1"),
        ("1,2,3,4\n" * 33, "has 33 lines, each of which would be a target of its own"),
        (b"1,2,3,\xff\n", "is not UTF-8 text"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    told = str(caught.value)
    assert told.startswith(str(tmp_path / "targets.txt"))
    assert told.removeprefix(str(tmp_path / "targets.txt")).lstrip(": ").startswith(message)
    assert "\n" not in told


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt: cannot be read: No such file"):
        read_targets(tmp_path / "nowhere.txt")
