import time
from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import DataError, Problem
from vtcore.mot_text import PROBLEM_LIMIT, read_mot_text


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "det.txt"
    path.write_bytes(text.encode())
    return path


def test_columns_and_zero_based_frames(tmp_path):
    rows = read_mot_text(write(tmp_path, "1,-1,10.5,20,30,40,0.9,1,0.25\n3,7,1,2,3,4,-0.5,2,1\n"))
    assert rows.frames.tolist() == [0, 2]
    assert rows.frames.dtype == np.int64
    assert rows.ids.tolist() == [-1, 7]
    assert rows.ltwh.tolist() == [[10.5, 20, 30, 40], [1, 2, 3, 4]]
    assert rows.ltwh.dtype == np.float64
    assert rows.scores.tolist() == [0.9, -0.5]
    assert rows.extra.tolist() == [[1, 0.25], [2, 1]]
    assert len(rows) == 2


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3,4,5,6,7\n2,2,3,4,5,6,7\n",
        "1,2,3,4,5,6,7\r\n2,2,3,4,5,6,7\r\n",
        "1 2 3 4 5 6 7\n2\t2  3 4 5 6 7",
        "1, 2, 3, 4, 5, 6, 7\n\n2, 2, 3, 4, 5, 6, 7\n\n",
        "1,2,3,4,5,6,7,\n2,2,3,4,5,6,7,\n",
        "1.0,2.00,3,4,5,6,7\n2e0,2,3,4,5,6,7\n",
        "\ufeff1,2,3,4,5,6,7\n2,2,3,4,5,6,7\n",
    ],
    ids=["plain", "crlf", "blanks", "blank lines", "trailing commas", "integral floats", "byte order mark"],
)
def test_accepted_spellings(tmp_path, text):
    rows = read_mot_text(write(tmp_path, text), min_columns=7)
    assert rows.frames.tolist() == [0, 1]
    assert rows.ids.tolist() == [2, 2]
    assert rows.ltwh.tolist() == [[3, 4, 5, 6]] * 2
    assert rows.scores.tolist() == [7, 7]
    assert rows.extra.shape == (2, 0)


def test_six_columns_score_one(tmp_path):
    assert read_mot_text(write(tmp_path, "1,2,3,4,5,6\n")).scores.tolist() == [1]


@pytest.mark.parametrize("text", ["", "\n \r\n"])
def test_empty_file_has_no_rows(tmp_path, text):
    rows = read_mot_text(write(tmp_path, text))
    assert len(rows) == 0
    assert rows.ltwh.shape == (0, 4)


GOOD = "1,-1,1,2,3,4,0.5\n"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("2,-1,1,2,3", "expected at least 7 columns, got 5"),
        ("2,-1,1,2,3,4,1,1", "expected 7 columns as in line 1, got 8"),
        ("2,-1,abc,2,3,4,1", "'abc' in column 3 (left) is not a number"),
        ("2,-1,,2,3,4,1", "'' in column 3 (left) is not a number"),
        ("2,-1,1_0,2,3,4,1", "'1_0' in column 3 (left) is not a number"),
        ("2,-1,1,2,3,4,nan", "'nan' in column 7 (score) is not finite"),
        ("2,-1,1,inf,3,4,1", "'inf' in column 4 (top) is not finite"),
        ("2,-1,1,2,-3,4,1", "width is negative (-3)"),
        ("2,-1,1,2,3,-0.5,1", "height is negative (-0.5)"),
        ("0,-1,1,2,3,4,1", "frame is 0, but frames count from 1"),
        ("2.5,-1,1,2,3,4,1", "'2.5' in column 1 (frame) is not an integer"),
        ("2,1.5,1,2,3,4,1", "'1.5' in column 2 (id) is not an integer"),
        ("2,1e300,1,2,3,4,1", "'1e300' in column 2 (id) is not an integer"),
    ],
)
def test_errors_name_file_line_and_column(tmp_path, bad, message):
    path = write(tmp_path, GOOD * 2 + "\n" + bad + "\n" + GOOD)
    with pytest.raises(DataError) as caught:
        read_mot_text(path, min_columns=7)
    assert str(caught.value) == f"{path}:4: {message}"


def test_frames_may_count_from_zero(tmp_path):
    assert read_mot_text(write(tmp_path, "0,1,1,2,3,4\n1,1,1,2,3,4\n"), first_frame=0).frames.tolist() == [0, 1]


def test_text_in_a_later_column_goes_by_its_number(tmp_path):
    with pytest.raises(DataError, match=r":1: 'x' in column 9 is not a number"):
        read_mot_text(write(tmp_path, "1,1,1,2,3,4,1,-1,x,-1\n"))


def test_collected_problems_leave_the_good_rows(tmp_path):
    problems: list[Problem] = []
    path = write(tmp_path, GOOD + "x,-1,1,2,3,4,1\n" + "2,-1,1,2,-3,4,1\n" + GOOD)
    rows = read_mot_text(path, problems=problems)
    assert [(p.file, p.line) for p in problems] == [(str(path), 2), (str(path), 3)]
    assert len(rows) == 2


def test_collecting_stops_at_the_limit(tmp_path):
    problems: list[Problem] = []
    read_mot_text(write(tmp_path, GOOD + "x\n" * 1000), problems=problems)
    assert len(problems) == PROBLEM_LIMIT


def test_missing_file(tmp_path):
    path = tmp_path / "none.txt"
    with pytest.raises(DataError, match=r"none\.txt: cannot be read: No such file"):
        read_mot_text(path)
    problems: list[Problem] = []
    assert len(read_mot_text(path, problems=problems)) == 0
    assert len(problems) == 1


def test_a_hundred_thousand_rows_are_quick(tmp_path):
    line = "{},-1,{}.125,187.466,79.93,209.537,0.997784,-1,-1,-1\n"
    path = write(tmp_path, "".join(line.format(row // 20 + 1, row % 1000) for row in range(100_000)))
    start = time.process_time()
    rows = read_mot_text(path)
    # About ten times what it takes, so that a busy machine does not fail it.
    assert time.process_time() - start < 1
    assert len(rows) == 100_000
    assert rows.ltwh[1234].tolist() == [234.125, 187.466, 79.93, 209.537]
