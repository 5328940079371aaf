"""Frames without pixels, and pixels decoded when someone looks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vtcore.frames import Frame, Sequence
from vtcore.sweeps.pictures import KeptFrame, PictureMemory, Pictures


class _Film(Sequence):
    """Frames that are as bright as their index, read in order only."""

    def __init__(self) -> None:
        super().__init__("film", length=6)
        self.read = 0

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(6):
            self.read += 1
            yield Frame(index, np.full((2, 2, 3), index, np.uint8), time=index / 10, sequence=self)


class _Slides(_Film):
    random_access = True

    def frame(self, index: int) -> Frame:
        self.read += 1
        return Frame(index, np.full((2, 2, 3), index, np.uint8), sequence=self)


def _brighter(frame: Frame) -> Frame:
    assert frame.image is not None
    return Frame(frame.index, frame.image + np.uint8(100), time=frame.time, sequence=frame.sequence)


def test_pixels_are_decoded_when_asked_for() -> None:
    for film in (_Film(), _Slides()):
        pictures = Pictures(film, [_brighter])
        frames = [KeptFrame(frame, pictures) for frame in _Film().frames()]
        assert film.read == 0
        assert [frame.time for frame in frames] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
        for _ in range(2):
            for frame in frames:
                image = frame.image
                assert image is not None
                assert image[0, 0, 0] == frame.index + 100
                assert frame.image is image
        assert film.read == 12
        last = frames[1].image
        assert last is not None
        assert last[0, 0, 0] == 101


def test_frames_are_skipped_without_starting_again() -> None:
    film = _Film()
    pictures = Pictures(film, [])
    for index in (1, 4):
        image = pictures.picture(index)
        assert image is not None
        assert image[0, 0, 0] == index
    assert film.read == 5


def test_pixels_stay_where_memory_is_set_aside() -> None:
    size = 2 * 2 * 3
    for film, room, decoded in (
        (_Film(), 6 * size, 6),
        (_Film(), 6 * size - 1, 12),  # some of a film would save nothing
        (_Slides(), 4 * size, 6 + 2),
    ):
        memory = PictureMemory(room)
        pictures = Pictures(film, [_brighter], count=6, memory=memory)
        for _ in range(2):
            for index in range(6):
                image = pictures.picture(index)
                assert image is not None
                assert image[0, 0, 0] == index + 100
        assert film.read == decoded
        assert memory.left == (0 if decoded != 12 else room)


def test_nobody_who_needs_no_pixels_gets_any() -> None:
    frame = KeptFrame(Frame(3), None)
    assert frame.image is None
    frame.shared["found"] = 1
    assert frame.shared == {"found": 1}
