import cv2
import numpy as np
import pytest

from vtcore.errors import DataError
from vtcore.sources.guess import open_source


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a video, images and a MOT Challenge sequence."""
    monkeypatch.chdir(tmp_path)
    for name in ("street.mp4", "street.avi", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    for folder in ("frames", "MOT17-02/img1"):
        (tmp_path / folder).mkdir(parents=True)
        for index in (1, 2):
            cv2.imwrite(str(tmp_path / folder / f"{index}.jpg"), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "MOT17-02/seqinfo.ini").write_text("[Sequence]\nname=MOT17-02-DPM\nimDir=img1\nframeRate=25\n")
    (tmp_path / "clips").mkdir()
    for name in ("10.mp4", "9.mp4"):
        (tmp_path / "clips" / name).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", ("camera", {"index": 0})),
        ("/dev/video3", ("camera", {"index": 3})),
        ("rtsp://u:p@host/cam", ("stream", {"url": "rtsp://u:p@host/cam"})),
        ("rtmp://host/cam", ("stream", {"url": "rtmp://host/cam"})),
        ("https://host/clip.mp4", ("stream", {"url": "https://host/clip.mp4"})),
        ("udp://0.0.0.0:5000", ("stream", {"url": "udp://0.0.0.0:5000"})),
        ("street.mp4", ("video", {"path": "street.mp4"})),
        ("*.mp4", ("video", {"path": "*.mp4"})),
        ("frames", ("images", {"path": "frames"})),
        ("frames/1.jpg", ("images", {"path": "frames/1.jpg"})),
        ("frames/*.jpg", ("images", {"path": "frames/*.jpg"})),
        ("MOT17-02", ("images", {"path": "MOT17-02/img1", "frame_rate": 25.0, "name": "MOT17-02-DPM"})),
        ("clips", ("video", {"path": ["clips/9.mp4", "clips/10.mp4"]})),
    ],
)
def test_kinds(here, text, expected):
    assert open_source(text) == expected


def test_file_address_and_file_named_by_a_number(here):
    assert open_source(f"file://{here}/street.mp4") == ("video", {"path": f"{here}/street.mp4"})
    (here / "7").write_bytes(b"x")
    assert open_source("7") == ("video", {"path": "7"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stret.mp4", "stret.mp4: no such file; did you mean 'street.mp4', 'street.avi'?"),
        ("street", "street: no such file; did you mean 'street.mp4', 'street.avi'?"),
        ("zzz", "zzz: no such file, folder, camera number or address"),
        ("nowhere/a.mp4", "nowhere/a.mp4: no such file: there is no folder 'nowhere'"),
        ("*.mkv", "*.mkv: no file matches this pattern"),
        ("", "the source is empty: name a video file, folder or glob of images, camera number, or address"),
    ],
)
def test_nothing_there(here, text, message):
    with pytest.raises(DataError) as caught:
        open_source(text)
    assert str(caught.value) == message


def test_bad_mot_challenge_folder(here):
    (here / "MOT17-02/seqinfo.ini").write_text("[Sequence]\nframeRate=fast\n")
    with pytest.raises(DataError, match=r"seqinfo\.ini: cannot be read: could not convert string to float: 'fast'"):
        open_source("MOT17-02")
    (here / "MOT17-02/seqinfo.ini").write_text("[Sequence]\nimDir=pictures\n")
    with pytest.raises(DataError, match=r"MOT17-02: holds seqinfo\.ini, but .* are missing: no folder 'pictures'"):
        open_source("MOT17-02")
