import subprocess
import sys

import numpy as np
import pytest

from vtcore.errors import DamagedSourceError, DataError
from vtcore.sources import camera as module
from vtcore.sources.camera import CameraDataset

PROPERTIES = {"width": 3, "height": 4, "frame_rate": 5}


class FakeCapture:
    """Stands in for a camera: gives some pictures, then fails."""

    opened = True
    pictures = 3

    def __init__(self, index):
        self.index = index
        self.values = {3: 640, 4: 480, 5: 30.0}
        self.released = False
        FakeCapture.last = self

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.opened

    def get(self, key):
        return self.values[key]

    def set(self, key, value):
        self.values[key] = value

    def read(self):
        self.pictures -= 1
        return (True, np.zeros((480, 640, 3), np.uint8)) if self.pictures >= 0 else (False, None)

    def release(self):
        self.released = True


@pytest.fixture
def fake(monkeypatch):
    import cv2

    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    return FakeCapture


def test_frames_until_it_stops(fake):
    (sequence,) = CameraDataset(index=1, width=320, frame_rate=15).sequences()
    assert sequence.live
    assert sequence.real_time
    assert sequence.name == "camera-1"
    assert sequence.width is None
    source = sequence.frames()
    frames = [next(source) for _ in range(3)]
    with pytest.raises(DamagedSourceError, match="camera 1 stopped after 3 frames") as caught:
        next(source)
    assert caught.value.frames_read == 3
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert frames[0].time == 0
    assert frames[1].time <= frames[2].time
    assert (sequence.width, sequence.height, sequence.frame_rate) == (320, 480, 15)
    assert fake.last.index == 1
    assert fake.last.released


def test_camera_without_pictures(fake, monkeypatch):
    monkeypatch.setattr(fake, "pictures", 0)
    with pytest.raises(DataError, match="camera 0 gives no pictures; another program may be using it"):
        next(CameraDataset().sequences()[0].frames())


def test_stopping_releases_the_camera(fake):
    frames = CameraDataset().sequences()[0].frames()
    next(frames)
    frames.close()
    assert fake.last.released


@pytest.mark.parametrize(
    ("present", "remedy"),
    [
        ([], "this machine shows none; connect one, or name a video file, a folder or an address"),
        (["/dev/video2", "/dev/video4"], "there are /dev/video2, /dev/video4; choose one by its number"),
        (["/dev/video0"], "/dev/video0 is there but gives no video: it may be in use, or you may lack the right"),
    ],
)
def test_no_camera(fake, monkeypatch, present, remedy):
    monkeypatch.setattr(fake, "opened", False)
    monkeypatch.setattr(module, "_video_devices", lambda: present)
    sequence = CameraDataset().sequences()[0]
    with pytest.raises(DataError) as caught:
        next(sequence.frames())
    assert str(caught.value) == f"no camera 0: {remedy}"


def test_check_looks_only_at_the_files(monkeypatch):
    sequence = CameraDataset(index=63).sequences()[0]
    monkeypatch.setattr(module, "_lists_cameras", lambda: True)
    (finding,) = sequence.check({"image"})
    assert finding.startswith("no camera 63: ")
    monkeypatch.setattr(module, "_lists_cameras", lambda: False)
    assert list(sequence.check({"image"})) == []


def test_a_missing_camera_is_quiet():
    program = (
        "from vtcore.sources.camera import CameraDataset\nfrom vtcore.errors import DataError\n"
        "try:\n    next(CameraDataset(index=63).sequences()[0].frames())\n"
        "except DataError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("no camera 63: ")
    assert done.stderr == ""


def test_bounds():
    with pytest.raises(ValueError, match="index: must be >= 0, got -1"):
        CameraDataset(index=-1)
