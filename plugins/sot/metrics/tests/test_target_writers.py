"""Writers of boxes, VOT text and times."""

from __future__ import annotations

import numpy as np
import pytest

from vtcore.errors import OutputError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.interfaces import Writer
from vtcore.results.read import read_results
from vtrack_plugin_sot_metrics.writers import BoxTextWriter, TrackTimesWriter, VotTextWriter


class Named:
    name, classes, live = "walk", (), False


def written(writer, path, frames):
    writer.open(Named(), path)
    try:
        for index, (boxes, seconds) in enumerate(frames):
            frame = Frame(index)
            if seconds is not None:
                frame.shared["track_seconds"] = seconds
            tracks = Instances(np.reshape(boxes, (-1, 4)), ids=range(len(boxes)))
            writer.write(frame, Instances.empty(), tracks)
    finally:
        writer.close(complete=True)
    return path.read_text()


BOX = [[10, 20, 40.125, 50.5]]
GAPS = [(BOX, 0.5), (BOX, 0.25), ([], 0.125), ([], 1), (BOX, 2), (BOX, 3)]


@pytest.mark.parametrize("make", [TrackTimesWriter, BoxTextWriter, VotTextWriter])
def test_are_writers(make):
    assert isinstance(make(), Writer)


def test_times(tmp_path):
    assert written(TrackTimesWriter(), tmp_path / "t.txt", GAPS[:3]) == "0.50000000\n0.25000000\n0.12500000\n"


def test_times_of_a_tracker_without_protocol(tmp_path):
    with pytest.raises(OutputError, match="'walk': frame 1 has no time: track-times is for trackers of targets"):
        written(TrackTimesWriter(), tmp_path / "t.txt", [(BOX, None)])


def test_boxes(tmp_path):
    assert written(BoxTextWriter(decimals=1), tmp_path / "b.txt", GAPS[1:3]) == "10.0,20.0,30.1,30.5\nnan,nan,nan,nan\n"
    tabs = written(BoxTextWriter(decimals=0, separator="tab"), tmp_path / "b.txt", [([[-0.2, 1.4, 5, 6]], 1)])
    assert tabs == "0\t1\t5\t5\n"


def test_vot_text(tmp_path):
    text = written(VotTextWriter(), tmp_path / "v.txt", GAPS)
    assert text.splitlines() == [
        "1",
        "10.0000,20.0000,30.1250,30.5000",
        "2",
        "0",
        "1",
        "10.0000,20.0000,30.1250,30.5000",
    ]


@pytest.mark.parametrize("make", [BoxTextWriter, VotTextWriter])
def test_what_is_written_reads_back(tmp_path, make):
    written(make(), tmp_path / "walk.txt", GAPS)
    table = read_results(tmp_path / "walk.txt", length=6)
    assert table.frames.tolist() == [0, 1, 4, 5]
    np.testing.assert_allclose(table.ltwh[[1, 3]], [[10, 20, 30.125, 30.5]] * 2, atol=0.005)


@pytest.mark.parametrize("make", [BoxTextWriter, VotTextWriter])
def test_one_target_only(tmp_path, make):
    with pytest.raises(OutputError, match="'walk': frame 1 has 2 targets, but this format holds one: write mot-text"):
        written(make(), tmp_path / "b.txt", [(BOX * 2, 1)])


def test_options_out_of_bounds():
    with pytest.raises(ValueError, match="decimals: must be <= 9"):
        BoxTextWriter(decimals=10)
    with pytest.raises(ValueError, match="separator: must be one of"):
        BoxTextWriter(separator="semicolon")
