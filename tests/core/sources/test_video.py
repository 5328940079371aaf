import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from vtcore.errors import DamagedSourceError, DataError
from vtcore.sources.video import VideoDataset, VideoSequence

sys.path.insert(0, str(Path(__file__).parent))
from conftest import SIZE

BACKENDS = ["pyav", "opencv"]
CLIPS = (
    Path(os.environ.get("VTCORE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared/data"))
    / "real/clips"
)
needs_clips = pytest.mark.skipif(not CLIPS.is_dir(), reason=f"no reference clips in {CLIPS}")


def read(path, backend="auto", *, images=True):
    """Return the frames that came, and the error that ended them."""
    frames = []
    try:
        for frame in VideoSequence(path, backend=backend).frames(images=images):
            frames.append(frame)  # noqa: PERF402 - those before an error count
    except DataError as error:
        return frames, error
    return frames, None


def cut(path: Path, target: Path, share: float) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["mp4", "avi", "mkv", "ts"])
def test_every_frame_with_its_time(videos, picture, kind, backend):
    frames, error = read(videos[kind], backend)
    assert error is None
    assert [frame.index for frame in frames] == list(range(50))
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=1e-3)
    assert frames[0].image.shape == (SIZE[1], SIZE[0], 3)
    assert frames[0].image.flags.c_contiguous
    assert frames[0].image.dtype == np.uint8
    assert np.abs(frames[30].image.astype(int) - picture(30)).mean() < 15


@pytest.mark.parametrize("kind", ["mp4", "avi", "mkv", "ts"])
def test_both_backends_give_the_same_pixels(videos, kind):
    ours, theirs = read(videos[kind], "pyav")[0], read(videos[kind], "opencv")[0]
    assert len(ours) == len(theirs)
    assert all(np.array_equal(one.image, other.image) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_header(videos, backend):
    sequence = VideoSequence(videos["mp4"], backend=backend)
    assert (sequence.length, sequence.width, sequence.height, sequence.frame_rate) == (50, *SIZE, 25.0)
    assert not sequence.live
    assert sequence.has_images
    assert repr(sequence) == "<VideoSequence 'front': 50 frames, 160x120>"


@pytest.mark.parametrize("backend", BACKENDS)
def test_length_that_only_reading_tells(videos, backend):
    sequence = VideoSequence(videos["mkv"], backend=backend)
    assert sequence.length is None
    assert sequence.estimated_length == 50
    assert len(list(sequence.frames())) == 50
    assert sequence.length == 50


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["mp4", "avi", "mkv"])
def test_without_images(videos, kind, backend):
    frames, error = read(videos[kind], backend, images=False)
    assert error is None
    assert all(frame.image is None for frame in frames)
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=1e-3)


def test_without_images_nothing_is_decoded(videos, monkeypatch):
    import vtcore.sources.video_pyav as module

    monkeypatch.setattr(module, "_decoded", lambda *_: pytest.fail("decoded"))
    assert len(read(videos["mp4"], "pyav", images=False)[0]) == 50


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_followed(tmp_path, picture, make_video, backend, rotation):
    path = make_video(tmp_path / "turned.mp4", frames=3, rotation=rotation)
    frames, error = read(path, backend)
    assert error is None
    upright = np.rot90(picture(0), rotation // 90)
    assert frames[0].image.shape == upright.shape
    assert frames[0].image.flags.c_contiguous
    assert np.abs(frames[0].image.astype(int) - upright).mean() < 15
    sequence = VideoSequence(path, backend=backend)
    assert (sequence.height, sequence.width) == upright.shape[:2]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["mp4", "avi"])
@pytest.mark.parametrize("images", [True, False])
def test_cut_video_keeps_the_frames_before(videos, tmp_path, kind, backend, images):
    path = cut(videos[kind], tmp_path / f"cut.{kind}", 0.6)
    frames, error = read(path, backend, images=images)
    assert isinstance(error, DamagedSourceError)
    assert 10 < len(frames) < 50
    assert error.frames_read == len(frames)
    missing = videos[kind].stat().st_size - path.stat().st_size
    assert str(error) == (
        f"{path}: damaged after {len(frames)} of 50 frames: the file is cut off, {missing} bytes are missing"
    )


@pytest.mark.parametrize("kind", ["mp4", "avi"])
def test_frames_before_a_cut_are_the_whole_videos(videos, tmp_path, kind):
    whole = read(videos[kind], "pyav")[0]
    frames, _ = read(cut(videos[kind], tmp_path / f"cut.{kind}", 0.6), "pyav")
    for one, other in zip(frames, whole, strict=False):
        assert np.array_equal(one.image, other.image)
        assert one.time == other.time


@pytest.mark.parametrize("backend", BACKENDS)
def test_cut_matroska(videos, tmp_path, backend):
    frames, error = read(cut(videos["mkv"], tmp_path / "cut.mkv", 0.6), backend)
    assert isinstance(error, DamagedSourceError)
    assert "bytes are missing" in str(error)
    assert 10 < len(frames) < 50


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["mp4", "avi"])
def test_garbled_middle_keeps_the_frames_before(videos, tmp_path, kind, backend):
    data = bytearray(videos[kind].read_bytes())
    start, stop = len(data) * 7 // 10, len(data) * 9 // 10
    data[start:stop] = np.random.default_rng(0).bytes(stop - start)
    path = tmp_path / f"garbled.{kind}"
    path.write_bytes(data)
    frames, error = read(path, backend)
    assert isinstance(error, DamagedSourceError)
    assert 5 < len(frames) < 50
    assert f"damaged after {len(frames)} of 50 frames" in str(error)


@pytest.mark.parametrize("backend", BACKENDS)
def test_index_at_the_end_and_cut_off(tmp_path, make_video, backend):
    path = make_video(tmp_path / "whole.mp4")
    path = cut(path, tmp_path / "cut.mp4", 0.6)
    frames, error = read(path, backend)
    assert frames == []
    assert str(error) == (
        f"{path}: cannot be played: its index ('moov') is missing, as in a recording or download that was cut off"
    )
    assert list(VideoSequence(path).check({"image"})) == [str(error)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_video_at_all(tmp_path, backend):
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.write_bytes(b"")
    text.write_text("not a video\n" * 100)
    assert str(read(empty, backend)[1]) == f"{empty}: is empty (0 bytes)"
    assert str(read(text, backend)[1]).startswith(f"{text}: cannot be opened as a video: ")
    assert (
        str(read(tmp_path / "none.mp4", backend)[1])
        == f"{tmp_path / 'none.mp4'}: cannot be read: No such file or directory"
    )
    assert list(VideoSequence(empty).check({"image"})) == [f"{empty}: is empty (0 bytes)"]
    sequence = VideoSequence(text, backend=backend)
    assert (sequence.length, sequence.width) == (None, None)


def test_sound_only(tmp_path):
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    assert str(read(path, "pyav")[1]) == f"{path}: holds no video"


@pytest.mark.parametrize("backend", BACKENDS)
def test_failures_are_quiet(videos, make_video, tmp_path, backend):
    """Nothing on stderr but our own errors; in a process of its own, since OpenCV reads its log level once."""
    bad = [cut(videos[kind], tmp_path / f"cut.{kind}", 0.6) for kind in ("mp4", "avi", "mkv")]
    bad.append(cut(make_video(tmp_path / "end.mp4"), tmp_path / "cut-end.mp4", 0.5))
    bad.append(tmp_path / "text.mp4")
    bad[-1].write_text("no video")
    program = (
        "import sys\nfrom vtcore.sources.video import VideoSequence\nfrom vtcore.errors import DataError\n"
        "for path in sys.argv[2:]:\n"
        "    try:\n        list(VideoSequence(path, backend=sys.argv[1]).frames())\n"
        "    except DataError:\n        print('failed')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, backend, *map(str, bad)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["failed"] * len(bad)
    assert done.stderr == ""


@pytest.mark.parametrize("backend", BACKENDS)
def test_times_of_a_variable_rate(tmp_path, make_video, backend):
    path = make_video(tmp_path / "variable.mp4", frames=10, pts=lambda index: index + (5 if index >= 5 else 0))
    frames, error = read(path, backend)
    assert error is None
    assert [frame.time for frame in frames] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16, 0.4, 0.44, 0.48, 0.52, 0.56])
    assert [frame.time for frame in read(path, backend, images=False)[0]] == pytest.approx([f.time for f in frames])


def test_stopping_early_closes_the_file(videos):
    frames = VideoSequence(videos["mp4"], backend="pyav").frames()
    assert next(frames).index == 0
    frames.close()
    assert list(frames) == []


def test_data_set_of_several_files(videos, tmp_path):
    for name in ("clip10.mp4", "clip9.mp4"):
        shutil.copy(videos["mp4"], tmp_path / name)
    sequences = VideoDataset(path=str(tmp_path / "*.mp4")).sequences()
    assert [sequence.name for sequence in sequences] == ["clip9", "clip10"]
    sequences = VideoDataset(path=[str(tmp_path / "clip10.mp4"), str(videos["avi"])]).sequences()
    assert [sequence.name for sequence in sequences] == ["clip10", "clip"]


def test_data_set_errors(tmp_path):
    with pytest.raises(DataError, match=r"none\.mp4: no such file or folder"):
        VideoDataset(path=str(tmp_path / "none.mp4")).sequences()
    with pytest.raises(DataError, match=r"\*\.mp4: no file matches this pattern"):
        VideoDataset(path=str(tmp_path / "*.mp4")).sequences()
    with pytest.raises(DataError, match="is a folder, not a video"):
        VideoDataset(path=str(tmp_path)).sequences()
    with pytest.raises(ValueError, match="backend: must be one of 'auto', 'pyav', 'opencv', got 'ffmpeg'"):
        VideoDataset(path="x", backend="ffmpeg")


@needs_clips
@pytest.mark.data
@pytest.mark.parametrize(("name", "length"), [("bag.avi", 196), ("highway_motorbike.mp4", 67)])
def test_real_clips(tmp_path, name, length):
    ours, error = read(CLIPS / name, "pyav")
    assert error is None
    assert len(ours) == length
    theirs, _ = read(CLIPS / name, "opencv")
    assert all(np.array_equal(one.image, other.image) for one, other in zip(ours, theirs, strict=True))


@needs_clips
@pytest.mark.data
@pytest.mark.parametrize("backend", BACKENDS)
def test_cut_real_clips(tmp_path, backend):
    frames, error = read(cut(CLIPS / "bag.avi", tmp_path / "bag.avi", 0.5), backend)
    assert isinstance(error, DamagedSourceError)
    assert 50 < len(frames) < 196
    assert error.frames_read == len(frames)
    frames, error = read(cut(CLIPS / "highway_motorbike.mp4", tmp_path / "highway.mp4", 0.5), backend)
    assert "its index ('moov') is missing" in str(error)


@pytest.mark.parametrize("backend", ["pyav", "opencv"])
@pytest.mark.parametrize(("pixels", "bits"), [("gray", 8), ("gray10le", 10), ("gray16le", 16)])
def test_grey_videos_have_three_equal_channels_of_8_bits(tmp_path, backend, pixels, bits):
    values = np.linspace(0, 2**bits - 1, 64 * 48).reshape(48, 64).astype(np.uint8 if bits == 8 else np.uint16)
    path = tmp_path / "grey.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        for _ in range(3):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(values, format=pixels)))
        output.mux(stream.encode(None))
    images = [frame.image for frame in VideoSequence(path, backend=backend).frames()]
    assert len(images) == 3
    assert (images[0].dtype, images[0].shape) == (np.uint8, (48, 64, 3))
    assert (images[0] == images[0][..., :1]).all()
    # FFmpeg scales to 8 bits itself, to the nearest or the next lower value.
    difference = images[0][..., 0].astype(int) - (values >> (bits - 8))
    assert np.abs(difference).max() <= (0 if bits == 8 else 1)
