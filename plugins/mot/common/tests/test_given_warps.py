"""Camera motion that is given in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.frames import Frame, Sequence
from vtrack_common_mot.camera_motion.given import GivenWarps, read_warps


class Clip(Sequence):
    def frames(self, *, images: bool = True) -> Any:
        yield from ()


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_warps_of_a_file(tmp_path: Path) -> None:
    write(tmp_path / "GMC-MOT17-02.txt", "0\t1\t0\t0\t0\t1\t0\t", "1\t1.5\t0.25\t-2\t-0.25\t1.5\t3\t")
    estimator = GivenWarps(path=str(tmp_path / "GMC-{scene}.txt"))
    estimator.reset(Clip("MOT17-02-FRCNN", length=2))
    assert (estimator.estimate(Frame(0)) == np.eye(2, 3)).all()
    assert estimator.estimate(None).tolist() == [[1.5, 0.25, -2], [-0.25, 1.5, 3]]
    assert estimator.estimate(Frame(1)).tolist() == [[1.5, 0.25, -2], [-0.25, 1.5, 3]]
    with pytest.raises(DataError, match=r"GMC-MOT17-02.txt: has warps for 2 frames, none for frame 3"):
        estimator.estimate(Frame(2))
    with pytest.raises(DataError, match="has warps for 2 frames, and the sequence has 5"):
        estimator.reset(Clip("MOT17-02-SDP", length=5))


def test_warps_of_dropped_frames_are_joined(tmp_path: Path) -> None:
    warps = [[1, 0, 9, 0, 1, 9], [2, 0, 1, 0, 2, 0], [1, 0, 5, 0, 1, -3], [0, -1, 0, 1, 0, 2], [1, 0, 0, 0, 1, 4]]
    write(tmp_path / "warps.txt", *("0 " + " ".join(map(str, warp)) for warp in warps))
    estimator = GivenWarps(path=str(tmp_path / "warps.txt"))
    estimator.estimate(Frame(0))
    joined = estimator.estimate(Frame(3))
    point = np.array([3.0, 7, 1])
    for warp in np.reshape(warps, (5, 2, 3))[1:4]:
        point[:2] = warp @ point
    assert (joined @ [3, 7, 1]).tolist() == point[:2].tolist()
    assert estimator.estimate(None).tolist() == [[1, 0, 0], [0, 1, 4]]
    # Nothing is known from before the first frame, or once frames start again.
    assert estimator.estimate(Frame(1)).tolist() == [[2, 0, 1], [0, 2, 0]]
    estimator.reset()
    assert estimator.estimate(Frame(2)).tolist() == [[1, 0, 5], [0, 1, -3]]


def test_a_state_names_the_file_of_warps(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", *(f"0 1 0 {shift} 0 1 0" for shift in (0, 1, 2, 4)))
    one, other = (GivenWarps(path=str(tmp_path / "{sequence}.txt")) for _ in range(2))
    one.reset(Clip("a"))
    for index in (0, 1):
        one.estimate(Frame(index))
    other.load_state_dict(one.state_dict())
    assert other.estimate(Frame(3))[0, 2] == one.estimate(Frame(3))[0, 2] == 6


@pytest.mark.parametrize("line", ["0 1 0 0 0 1", "0 1 0 0 0 1 x", "0 1 0 0 0 1 nan", ""])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "warps.txt", "0 1 0 0 0 1 0", line)
    with pytest.raises(DataError, match=r"warps.txt:2: must be seven numbers"):
        read_warps(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone.txt: cannot read the camera's motion: No such file"):
        GivenWarps(path=str(tmp_path / "gone.txt")).reset(Clip("a"))
    estimator = GivenWarps(path=str(tmp_path / "{sequence}.txt"))
    estimator.reset()
    with pytest.raises(DataError, match="which file of warps to read depends on the sequence"):
        estimator.estimate(Frame(0))
    complaints = [list(GivenWarps(path=str(tmp_path / name)).config.check()) for name in ("a.txt", "no/{scene}.txt")]
    assert "there is no file" in complaints[0][0]
    assert "there is no folder" in complaints[1][0]
    assert list(GivenWarps(path=str(tmp_path / "{scene}.txt")).config.check()) == []
