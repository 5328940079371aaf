from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from vtcore.errors import DamagedSourceError
from vtcore.evaluation import FrameErrors
from vtcore.frames import Frame, Sequence
from vtcore.report.contents import SequenceReport
from vtcore.report.thumbnails import Thumbnail, make_thumbnails
from vtcore.report.worst_frames import FALSE, MISSED, OVERVIEW, SWITCH, pick_frames
from vtcore.tables import TrackTable


class Clip(Sequence):
    def __init__(self, length: int = 60, *, good: int | None = None, **fields: Any) -> None:
        super().__init__("clip", length=length, **({"width": 320, "height": 240} | fields))
        self.good = length if good is None else good
        self.read: list[int] = []

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(self.length or 0):
            if index >= self.good:
                raise DamagedSourceError("damaged", frames_read=self.good)
            self.read.append(index)
            yield Frame(index, np.full((240, 320, 3), 100, np.uint8))


class Seekable(Clip):
    random_access = True

    def frame(self, index: int) -> Frame:
        self.read.append(index)
        if index >= self.good:
            raise DamagedSourceError("damaged", frames_read=self.good)
        return Frame(index, np.full((240, 320, 3), 100, np.uint8))


def report(length: int = 60, sequence: Sequence | None = None, **counts: dict[int, int]) -> SequenceReport:
    """A sequence with one track and one annotation a frame, wrong in the frames given as fp, fn and idsw."""
    columns = {name: np.zeros(length, np.int64) for name in ("fp", "fn", "idsw")}
    for name, frames in counts.items():
        for frame, count in frames.items():
            columns[name][frame] = count
    box = np.tile([[100.0, 80.0, 40.0, 60.0]], (length, 1))
    rows = {f"{name}_rows": np.flatnonzero(column) for name, column in columns.items()}
    results = TrackTable(np.arange(length), box, ids=np.ones(length, int))
    truth = TrackTable(np.arange(length), box + np.array([60, 0, 0, 0]), ids=np.ones(length, int))
    errors = FrameErrors(tp=1 - np.minimum(columns["fn"], 1), **columns, **rows)
    return SequenceReport(
        name="clip", results=results, truth=truth, errors=errors, frames_done=length, sequence=sequence
    )


def pixels(picture: Thumbnail) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(picture.source.split(",")[1]), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def picks(made: SequenceReport, most: int, **options: Any) -> list[tuple[str, int]]:
    return [(pick.reason, pick.frame) for pick in pick_frames(made, most, **options)]


class TestPicks:
    def test_the_worst_of_each_kind_come_first(self) -> None:
        made = report(fp={5: 1, 30: 3}, fn={7: 2, 50: 9}, idsw={40: 1})
        assert picks(made, 3) == [(SWITCH, 40), (FALSE, 30), (MISSED, 50)]
        assert picks(made, 6) == [(SWITCH, 40), (FALSE, 5), (FALSE, 30), (MISSED, 7), (MISSED, 50)]

    def test_neighbours_show_the_same_and_are_left_out(self) -> None:
        made = report(fn=dict.fromkeys(range(20, 35), 4))
        assert picks(made, 6) == [(MISSED, 20), (MISSED, 30)]

    def test_a_frame_is_shown_once(self) -> None:
        made = report(fp={10: 5, 40: 1}, fn={10: 5, 41: 1})
        assert picks(made, 6) == [(FALSE, 10), (FALSE, 40), (MISSED, 41)]

    def test_no_errors_no_pictures(self) -> None:
        assert picks(report(), 6) == []

    def test_frames_that_cannot_be_reached_are_not_picked(self) -> None:
        assert picks(report(fp={10: 1, 40: 9}), 6, before=20) == [(FALSE, 10)]

    def test_without_errors_the_busiest_of_each_third(self) -> None:
        results = TrackTable([1, 1, 12, 25, 25], [[0.0, 0.0, 9.0, 9.0]] * 5, ids=[1, 2, 1, 1, 2])
        made = SequenceReport(name="a", results=results, frames_done=30)
        assert picks(made, 6) == [(OVERVIEW, 1), (OVERVIEW, 12), (OVERVIEW, 25)]
        assert picks(made, 0) == []


def test_colours_say_what_is_wrong() -> None:
    made = report(fp={30: 1}, fn={30: 1}, sequence=Clip())
    (picture,) = make_thumbnails(made, 6)
    image = pixels(picture).astype(int)
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    assert ((red > 170) & (green < 90) & (blue < 90)).any(), "false positive in red"
    assert ((red > 200) & (green > 110) & (green < 190) & (blue < 80)).any(), "missed in orange"
    assert not ((green > 140) & (red < 120)).any(), "nothing correct"
    assert picture.counts == {FALSE: 1, MISSED: 1, SWITCH: 0}


def test_a_switch_is_magenta_and_the_rest_green() -> None:
    (picture,) = make_thumbnails(report(idsw={30: 1}, sequence=Clip()), 6)
    image = pixels(picture).astype(int)
    assert ((image[..., 2] > 170) & (image[..., 0] > 170) & (image[..., 1] < 110)).any()
    made = report(fn={30: 1}, sequence=Clip())
    (picture,) = make_thumbnails(made, 6)
    image = pixels(picture).astype(int)
    assert ((image[..., 1] > 140) & (image[..., 2] < 120)).any()


def test_pictures_are_cut_to_what_is_wrong_and_keep_the_frames_shape() -> None:
    (picture,) = make_thumbnails(report(fp={30: 1}, sequence=Clip()), 6)
    width, height = picture.size
    assert abs(width / height - 320 / 240) < 0.02
    assert pixels(picture).shape == (height, width, 3)
    assert width < 320 * 1.5, "the part, not the whole frame enlarged"


def test_reading_stops_at_the_last_frame_needed() -> None:
    clip = Clip()
    assert len(make_thumbnails(report(fp={3: 1, 20: 1}, sequence=clip), 6)) == 2
    assert clip.read == list(range(21))


def test_single_frames_are_asked_for_where_they_can_be_had() -> None:
    clip = Seekable()
    assert len(make_thumbnails(report(fp={3: 1, 20: 1}, sequence=clip), 6)) == 2
    assert clip.read == [3, 20]


def test_what_was_read_before_the_damage_is_shown() -> None:
    for kind in (Clip, Seekable):
        made = report(fp={3: 1, 20: 1}, sequence=kind(good=10))
        assert [picture.frame for picture in make_thumbnails(made, 6)] == [3]


def test_a_deadline_ends_the_reading() -> None:
    clip = Clip()
    assert make_thumbnails(report(fp={3: 1, 20: 1}, sequence=clip), 6, deadline=0.0) == []
    assert clip.read == [0]


def test_far_frames_are_not_read_to() -> None:
    clip = Clip(4000)
    made = report(4000, fp={3500: 9, 20: 1}, sequence=clip)
    assert [picture.frame for picture in make_thumbnails(made, 6)] == [20]
    made = report(4000, fp={3500: 9, 20: 1}, sequence=Seekable(4000))
    assert [picture.frame for picture in make_thumbnails(made, 6)] == [20, 3500]


def test_boxes_stand_on_a_plain_ground_where_there_are_no_images() -> None:
    clip = Clip(has_images=False)
    (picture,) = make_thumbnails(report(fp={30: 1}, sequence=clip), 6)
    assert clip.read == []
    assert len(np.unique(pixels(picture).reshape(-1, 3), axis=0)) > 3
    unsized = Clip(has_images=False, width=None, height=None)
    assert len(make_thumbnails(report(fp={30: 1}, sequence=unsized), 6)) == 1


def test_no_sequence_or_a_live_one_gives_no_pictures() -> None:
    assert make_thumbnails(report(fp={30: 1}), 6) == []
    clip = Clip(live=True)
    assert make_thumbnails(report(fp={30: 1}, sequence=clip), 6) == []
    assert clip.read == []


def test_boxes_beyond_the_frame_and_of_no_size_are_fine() -> None:
    results = TrackTable([0, 0, 0], [[-900.0, -900.0, 5000.0, 5000.0], [5.0, 5.0, 0.0, 0.0], [9e8, 9e8, 1.0, 1.0]])
    none = np.zeros(0, np.int64)
    one = np.ones(1, np.int64)
    made_errors = FrameErrors(tp=one, fp=3 * one, fn=one, idsw=one, fp_rows=np.arange(3), fn_rows=none, idsw_rows=none)
    made = SequenceReport(name="a", results=results, errors=made_errors, frames_done=1, sequence=Clip(1))
    assert len(make_thumbnails(made, 6)) == 1
