from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import DataError
from vtrack_datasets.number_text import read_labels, read_numbers


def write(folder: Path, text: str) -> Path:
    path = folder / "numbers.txt"
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3,4\n5,6,7,8\n",
        "1\t2\t3\t4\r\n5\t6\t7\t8",
        "1 2  3 4\n5, 6,\t7 8\n\n\n",
        "\ufeff1,2,3,4\n5.0,6e0,7,8",
    ],
)
def test_any_separator(tmp_path: Path, text: str) -> None:
    assert read_numbers(write(tmp_path, text), 4).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_nan_stands_for_nothing(tmp_path: Path) -> None:
    table = read_numbers(write(tmp_path, "NaN,NaN,NaN,NaN\n1,2,nan,4\n"), 4)
    assert np.isnan(table).tolist() == [[True] * 4, [False, False, True, False]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": holds no rows"),
        ("1,2,3,4\n1,2,3\n", ":2: expected 4 numbers, got 3"),
        ("1,2,3,4\n\n1,2,3,4\n", ":2: expected 4 numbers, got 0"),
        ("1,2,x,4\n", ":1: 'x' is not a number"),
        ("1,2,3,4\n1,2,1_0,4\n", ":2: '1_0' is not a number"),
        ("1,2,3,inf\n", ":1: 'inf' is not finite"),
    ],
)
def test_bad_rows_are_told_by_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_numbers(path, 4)
    assert str(caught.value) == f"{path}{message}"


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "numbers.txt"
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_numbers(path, 4)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"numbers.txt: not a text file"):
        read_numbers(path, 4)


def test_labels_stand_one_in_a_line_or_all_in_one(tmp_path: Path) -> None:
    assert read_labels(write(tmp_path, "0,1,0\n")).tolist() == [0, 1, 0]
    assert read_labels(write(tmp_path, "0\n1\n0.5\n")).tolist() == [0, 1, 0.5]
    assert read_labels(write(tmp_path, "")).tolist() == []


def test_bad_labels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"numbers.txt:2: 'a' is not a number"):
        read_labels(write(tmp_path, "1\na\n"))
    with pytest.raises(DataError, match=r"numbers.txt: label 2 is no number"):
        read_labels(write(tmp_path, "1\nnan\n"))
