import inspect
import subprocess
import sys

import attrs
import pytest

from vtcore.components import load_object
from vtcore.sources.config import CameraConfig, ImagesConfig, StreamConfig, VideoConfig

TARGETS = {
    VideoConfig: "vtcore.sources.video:VideoDataset",
    ImagesConfig: "vtcore.sources.images:ImagesDataset",
    CameraConfig: "vtcore.sources.camera:CameraDataset",
    StreamConfig: "vtcore.sources.stream:StreamDataset",
}


@pytest.mark.parametrize("config", TARGETS)
def test_target_takes_the_same_fields_with_the_same_defaults(config):
    parameters = inspect.signature(load_object(TARGETS[config], "target")).parameters
    fields = attrs.fields_dict(config)
    assert list(parameters) == list(fields)
    for name, field in fields.items():
        required = field.default is attrs.NOTHING
        assert parameters[name].default == (inspect.Parameter.empty if required else field.default)


def test_nothing_heavy_is_imported_before_frames_are_read(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    program = (
        "import sys\n"
        "from vtcore.sources.video import VideoDataset\nfrom vtcore.sources.images import ImagesDataset\n"
        "from vtcore.sources.camera import CameraDataset\nfrom vtcore.sources.stream import StreamDataset\n"
        "import vtcore.sources.guess, vtcore.sources.prefetch, vtcore.detectors.given\n"
        "made = [VideoDataset(path=sys.argv[1]), CameraDataset(), StreamDataset(url='rtsp://x/y')]\n"
        "for data in made:\n"
        "    for sequence in data.sequences():\n        list(sequence.check(('image',)))\n"
        "print([name for name in ('cv2', 'av', 'scipy', 'torch') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.mp4")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_checks(tmp_path, monkeypatch):
    assert list(VideoConfig(path=str(tmp_path / "none.mp4")).check()) == [
        f"{tmp_path}/none.mp4: no such file or folder"
    ]
    assert list(VideoConfig(path=str(tmp_path / "*.mp4")).check()) == [
        f"{tmp_path}/*.mp4: no file matches this pattern"
    ]
    assert list(ImagesConfig(path=()).check()) == ["path names no file"]
    assert list(ImagesConfig(path=str(tmp_path)).check()) == []
    assert list(StreamConfig(url="rtsp://x/y").check()) == []
    assert list(StreamConfig(url="camera").check()) == [
        "not an address: 'camera'; expected something like rtsp://host/path or http://host/path"
    ]
    monkeypatch.setattr("vtcore.sources.config.find_spec", lambda name: None)
    assert list(StreamConfig(url="rtsp://x/y", backend="pyav").check()) == [
        "backend 'pyav' needs the package av: pip install 'vtcore[av]', or choose backend 'opencv'"
    ]


def test_without_pyav(videos, monkeypatch):
    from vtcore.errors import MissingPackageError
    from vtcore.sources import stream_connection, video_reading
    from vtcore.sources.video import VideoSequence

    monkeypatch.setattr(video_reading, "find_spec", lambda name: None)
    monkeypatch.setattr(stream_connection, "find_spec", lambda name: None)
    assert type(video_reading.video_reader("auto")).__name__ == "OpenCvReader"
    with pytest.raises(MissingPackageError, match="backend 'pyav' needs the package av"):
        next(VideoSequence(videos["mp4"], backend="pyav").frames())
    with pytest.raises(MissingPackageError, match="backend 'pyav' needs the package av"):
        stream_connection.connect("rtsp://x/y", timeout=1, transport="tcp", backend="pyav")
