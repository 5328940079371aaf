from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vtcore.errors import DataError
from vtrack_datasets.seqinfo import read_seqinfo

Write = Callable[..., Path]


def test_reads_every_key(write_sequence: Write) -> None:
    info = read_seqinfo(write_sequence("A", name="MOT17-02-FRCNN", frameRate="12.5", imDir="frames", imExt="png"))
    assert (info.name, info.length, info.frame_rate, info.width, info.height) == ("MOT17-02-FRCNN", 10, 12.5, 64, 48)
    assert (info.image_folder, info.image_suffix) == ("frames", ".png")


def test_folder_and_suffix_of_images_have_defaults(write_sequence: Write) -> None:
    info = read_seqinfo(write_sequence("A", name=None, imDir=None, imExt=None))
    assert (info.name, info.image_folder, info.image_suffix) == ("A", "img1", ".jpg")


def test_windows_text_with_spaces(tmp_path: Path) -> None:
    text = "[Sequence]\r\nframeRate = 30\r\nseqLength = 600\r\nimWidth = 4\r\nimHeight = 3\r\n"
    (tmp_path / "seqinfo.ini").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_seqinfo(tmp_path).length == 600


def test_missing_file_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_seqinfo(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'seqinfo.ini'}: missing; write the line [Sequence] and below it one line for each of "
        "seqLength=600, frameRate=30, imWidth=1920, imHeight=1080 with the sequence's own numbers (imDir and imExt "
        "where they are not img1 and .jpg)"
    )


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        ({"seqLength": None}, None, "seqLength: missing; add a line such as seqLength=600 below [Sequence]"),
        ({"frameRate": None}, None, "frameRate: missing; add a line such as frameRate=30 below [Sequence]"),
        ({"seqLength": "ten"}, 5, "seqLength: must be a number above 0, got 'ten'"),
        ({"seqLength": "0"}, 5, "seqLength: must be a number above 0, got '0'"),
        ({"seqLength": "7.5"}, 5, "seqLength: must be a whole number above 0, got '7.5'"),
        ({"frameRate": "-25"}, 4, "frameRate: must be a number above 0, got '-25'"),
        ({"frameRate": "nan"}, 4, "frameRate: must be a number above 0, got 'nan'"),
        ({"imWidth": "inf"}, 6, "imWidth: must be a number above 0, got 'inf'"),
        ({"imHeight": ""}, 7, "imHeight: must be a number above 0, got ''"),
    ],
)
def test_bad_keys_are_named(write_sequence: Write, change: dict[str, str], line: int | None, message: str) -> None:
    folder = write_sequence("A", **change)
    with pytest.raises(DataError) as caught:
        read_seqinfo(folder)
    place = f"{folder / 'seqinfo.ini'}:{line}" if line else f"{folder / 'seqinfo.ini'}"
    assert str(caught.value) == f"{place}: {message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"seqLength=3\n", "not an ini file: File contains no section headers"),
        (b"[Sequence]\nseqLength\n", "not an ini file: Source contains parsing errors"),
        (b"[Sequence]\nname=a\nname=b\n", "not an ini file: While reading from"),
        (b"[Video]\nseqLength=3\n", "has no section [Sequence]; its first line must be [Sequence]"),
        (b"\xff\xfe\x00", "not a text file; write it anew as UTF-8"),
    ],
)
def test_what_is_no_ini_file_is_told_on_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "seqinfo.ini").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_seqinfo(tmp_path)
    text = str(caught.value)
    assert text.startswith(str(tmp_path / "seqinfo.ini"))
    assert message in text
    assert "\n" not in text
    assert "<string>" not in text
