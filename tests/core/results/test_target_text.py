"""Results of single-object tracking, one line a frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtcore.errors import DataError
from vtcore.results.read import find_results, read_results
from vtcore.results.scan import scan_results


def table_of(tmp_path, text, **more):
    file = tmp_path / "walk.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_results(file, **more)


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3,4\n5,6,7,8.5\n",
        "1\t2\t3\t4\n5\t6\t7\t8.5",
        "1 2 3 4\r\n5 6 7 8.5\r\n",
        "1, 2, 3, 4\n5, 6, 7, 8.5\n\n",
        b"\xef\xbb\xbf1,2,3,4\n5,6,7,8.5\n",
        "1e0,2e0,3e0,4e0\n5,6,7,8.5\n",
    ],
)
def test_plain_boxes(tmp_path, text):
    table = table_of(tmp_path, text, length=2)
    assert table.frames.tolist() == [0, 1]
    assert table.ids.tolist() == [0, 0]
    assert table.ltwh.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8.5]]
    assert table.polygons is None


def test_a_frame_without_box_has_no_row(tmp_path):
    table = table_of(tmp_path, "1,2,3,4\nNaN,NaN,NaN,NaN\n0,0,0,0\n")
    assert table.frames.tolist() == [0, 2]


def test_vot_text(tmp_path):
    table = table_of(tmp_path, "1\n5,6,7,8\n2\n0\n1\n1,2,9,2,9,6,1,6\n")
    assert table.frames.tolist() == [0, 1, 4, 5]
    assert table.ltwh.tolist() == [[0, 0, 0, 0], [5, 6, 7, 8], [0, 0, 0, 0], [1, 2, 8, 4]]
    assert table.polygons[[1, 3]].tolist() == [[5, 6, 12, 6, 12, 14, 5, 14], [1, 2, 9, 2, 9, 6, 1, 6]]


def test_vot_text_of_boxes_has_no_polygons(tmp_path):
    assert table_of(tmp_path, "1.0\n5,6,7,8\n").polygons is None


def test_mot_text_stays_mot_text(tmp_path):
    table = table_of(tmp_path, "1,3,1,2,3,4,0.5\n")
    assert (table.ids.tolist(), table.ltwh.tolist()) == ([3], [[1, 2, 3, 4]])
    assert len(table_of(tmp_path, "")) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "1,2,3,4\n1,2,3\n",
            "walk.txt:2: expected left,top,width,height, the eight numbers of a polygon, or 0, 1 or 2",
        ),
        ("1,2,3,4\nx,2,3,4\n", "walk.txt:2: 'x,2,3,4' is not a line of numbers"),
        ("1,2,3,4\n1_0,2,3,4\n", "walk.txt:2: '1_0,2,3,4' is not a line of numbers"),
        ("1,2,3,4\n\n1,2,3,4\n", "walk.txt:2: expected left,top,width,height"),
        ("1\n3\n", "walk.txt:2: expected left,top,width,height"),
        ("1,2,3,inf\n", "walk.txt:1: expected left,top,width,height"),
        ("1,2,3,4\n1,2,-3,4\n", r"walk.txt: frame 2 has a negative width or height \(-3, 4\)"),
    ],
)
def test_damaged(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        table_of(tmp_path, text)


def test_more_lines_than_frames(tmp_path):
    with pytest.raises(DataError, match=r"has rows for frame 3 .*, but the sequence has 2 frames"):
        table_of(tmp_path, "1,2,3,4\n" * 3, length=2)


def test_overview(tmp_path):
    (tmp_path / "walk.txt").write_text("1\n5,6,7,8\n2\n")
    overview = scan_results(tmp_path / "walk.txt")
    assert overview.tracks_per_frame.tolist() == [1, 1]
    assert overview.track_lengths.tolist() == [2]


def test_layout_of_toolkits(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "one_001.txt").write_text("1,2,3,4\n")
    (tmp_path / "two_001.txt").write_text("1,2,3,4\n")
    (tmp_path / "three.txt").write_text("1,2,3,4\n")
    files = find_results(tmp_path, ["one", "two", "three"])
    assert [file.name for file in files.values()] == ["one_001.txt", "two_001.txt", "three.txt"]


@given(
    st.lists(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=4, max_size=4), min_size=1, max_size=30),
    st.sampled_from([",", "\t", " ", ", "]),
)
def test_any_boxes_read_back(tmp_path_factory, boxes, separator):
    file = tmp_path_factory.mktemp("boxes") / "walk.txt"
    file.write_text("".join(separator.join(map(repr, box)) + "\n" for box in boxes))
    np.testing.assert_array_equal(read_results(file).ltwh, boxes)
