from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vtcore.errors import DataError
from vtcore.masks import Masks
from vtrack_datasets.vot_regions import PixelMask, read_regions


def runs_of(pixels: np.ndarray) -> np.ndarray:
    """Run lengths row by row, those of 0 first, in the slowest way."""
    runs, value = [0], False
    for pixel in pixels.reshape(-1).tolist():
        if pixel != value:
            runs.append(0)
            value = pixel
        runs[-1] += 1
    return np.array(runs)


@given(
    pixels=arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6))),
    left=st.integers(-3, 8),
    top=st.integers(-3, 8),
)
def test_masks_are_put_where_they_belong(pixels: np.ndarray, left: int, top: int) -> None:
    mask = PixelMask(left, top, pixels.shape[1], pixels.shape[0], runs_of(pixels))
    frame = np.zeros((30, 30), bool)
    frame[10 + top : 10 + top + pixels.shape[0], 10 + left : 10 + left + pixels.shape[1]] = pixels
    rows, columns = np.nonzero(frame)
    box = mask.box()
    if len(rows) == 0:
        assert box is None
    else:
        assert box is not None
        low = [columns.min() - 10, rows.min() - 10]
        assert box.tolist() == [*low, np.ptp(columns) + 1, np.ptp(rows) + 1]
    decoded = Masks([mask.encoded(9, 7)]).decode()[0]
    assert (decoded == frame[10:17, 10:19]).all()


def test_a_file_of_all_kinds(tmp_path: Path) -> None:
    path = tmp_path / "groundtruth.txt"
    path.write_text("1,2,3,4\n0,0,4,0,4,2,0,2\n0\nNaN,NaN,NaN,NaN\n1,1,5,1,3,4\nm1,1,2,2,4\n")
    regions = read_regions(path)
    assert regions.polygons is not None
    assert np.isnan(regions.ltwh[[2, 3, 5]]).all()
    assert regions.ltwh[[0, 1, 4]].tolist() == [[1, 2, 3, 4], [0, 0, 4, 2], [1, 1, 4, 3]]
    assert regions.polygons[0].tolist() == [1, 2, 4, 2, 4, 6, 1, 6]
    assert regions.masks is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2,3", "not a region: expected 4 numbers (a rectangle), 8 (a polygon), 1 (no region) or m... (a mask), "),
        ("1,2,x,4", "not a region: '1,2,x,4'"),
        ("1,2,inf,4", "not a region: expected"),
        ("m1,2,3", "not a mask: expected left, top, width, height and run lengths, got '1,2,3'"),
        ("m1,2,3,x", "not a mask: '1,2,3,x' holds something other than whole numbers"),
        ("m1,2,2,2,1,9", "not a mask: its runs add up to 10, beyond 2 x 2 pixels"),
        ("", "not a region: expected"),
    ],
)
def test_bad_regions(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "groundtruth.txt"
    path.write_text(f"1,2,3,4\n{line}\n1,2,3,4\n")
    with pytest.raises(DataError) as caught:
        read_regions(path)
    assert str(caught.value).startswith(f"{path}:2: {message}")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "groundtruth.txt"
    path.write_text("\n")
    with pytest.raises(DataError, match=r"groundtruth.txt: holds no rows"):
        read_regions(path)
