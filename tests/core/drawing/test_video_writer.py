from __future__ import annotations

import inspect
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial as partial_call
from pathlib import Path

import attrs
import cv2
import numpy as np
import pytest

from vtcore.drawing import codecs, encoders, video_writer
from vtcore.drawing.config import VideoWriterConfig
from vtcore.drawing.video_writer import VideoWriter
from vtcore.errors import MissingPackageError, OutputError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.interfaces import Writer

CODECS = ("vp9", "mp4v", "mjpg")


class Nothing(Sequence):
    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        yield from ()


def sequence(**fields: object) -> Nothing:
    return Nothing("clip", **({"frame_rate": 25.0, "classes": ("person",)} | fields))  # type: ignore[arg-type]


def slope(width: int = 96, height: int = 64) -> np.ndarray:
    grey = np.linspace(40, 200, width, dtype=np.uint8)
    return np.repeat(np.repeat(grey[None, :, None], height, axis=0), 3, axis=2)


def frames(count: int, width: int = 96, height: int = 64) -> Iterator[tuple[Frame, Instances]]:
    for index in range(count):
        yield Frame(index, slope(width, height)), Instances([[10.0 + index, 20.0, 30.0 + index, 50.0]], ids=[1])


def write(writer: VideoWriter, path: Path, count: int, *, width: int = 96, height: int = 64, **fields: object) -> Path:
    writer.open(sequence(**fields), path)
    for frame, tracks in frames(count, width, height):
        writer.write(frame, tracks, tracks)
    writer.close(complete=True)
    return path


def decoded(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    pictures: list[np.ndarray] = []
    while True:
        good, picture = capture.read()
        if not good:
            capture.release()
            return pictures
        pictures.append(picture)


def partial(folder: Path, writer: VideoWriter) -> Path:
    return folder / f"clip{writer.suffix}.partial"


def test_is_a_writer_that_takes_the_fields_of_its_config() -> None:
    writer = VideoWriter(codec="mp4v")
    assert isinstance(writer, Writer)
    assert (writer.folder, writer.suffix) == ("videos", ".mp4")
    assert {"image"} == VideoWriterConfig.needs
    parameters = inspect.signature(VideoWriter).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        field.name: field.default for field in attrs.fields(VideoWriterConfig)
    }


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (64, 2)])
def test_two_threads_encode_where_there_are_cores(cores: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_writer, "available_cores", lambda: cores)
    asked: list[int] = []
    monkeypatch.setattr(video_writer, "EncoderOptions", lambda crf, speed, threads: asked.append(threads))
    VideoWriter()
    VideoWriter(threads=5)
    assert asked == [threads, 5]


def test_refuses_what_its_config_refuses() -> None:
    with pytest.raises(ValueError, match="crf: must be <= 63, got 64"):
        VideoWriter(crf=64)
    with pytest.raises(ValueError, match="codec: must be one of 'auto'"):
        VideoWriter(codec="h264")


@pytest.mark.parametrize("codec", CODECS)
def test_what_was_written_is_read_again(codec: str, tmp_path: Path) -> None:
    writer = VideoWriter(codec=codec, trails=0)
    path = write(writer, partial(tmp_path, writer), 12)
    pictures = decoded(path.replace(path.with_suffix("")))
    assert len(pictures) == 12
    assert pictures[0].shape == (64, 96, 3)
    # The grey slope comes back as it was: colour matrix and range are those of the encoder.
    assert np.abs(pictures[5][56:60, 40:90].astype(int) - slope()[56:60, 40:90]).mean() < 6
    assert [item.name for item in tmp_path.iterdir()] == [f"clip{writer.suffix}"]


@pytest.mark.parametrize("codec", CODECS)
def test_odd_sizes_are_padded_by_a_pixel(codec: str, tmp_path: Path) -> None:
    writer = VideoWriter(codec=codec)
    pictures = decoded(write(writer, partial(tmp_path, writer), 3, width=75, height=51))
    assert [picture.shape for picture in pictures] == [(52, 76, 3)] * 3


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size", [(1, 1), (15, 3)])
def test_tiny_frames_are_padded(codec: str, size: tuple[int, int], tmp_path: Path) -> None:
    writer = VideoWriter(codec=codec)
    pictures = decoded(write(writer, partial(tmp_path, writer), 2, width=size[0], height=size[1]))
    assert [picture.shape for picture in pictures] == [(16, 16, 3)] * 2


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("known", [{}, {"width": 96, "height": 64}])
def test_no_frames_still_leave_a_file(codec: str, known: dict[str, int], tmp_path: Path) -> None:
    writer = VideoWriter(codec=codec)
    path = write(writer, partial(tmp_path, writer), 0, **known)
    assert path.exists()
    assert decoded(path) == []


@pytest.mark.parametrize("codec", CODECS)
def test_a_video_stopped_early_plays_up_to_there(codec: str, tmp_path: Path) -> None:
    writer = VideoWriter(codec=codec)
    path = partial(tmp_path, writer)
    writer.open(sequence(), path)
    for frame, tracks in frames(5):
        writer.write(frame, tracks, tracks)
    writer.close(complete=False)
    assert len(decoded(path)) == 5


@pytest.mark.parametrize("codec", CODECS)
def test_frame_rate(codec: str, tmp_path: Path) -> None:
    def rate(fields: dict[str, float], **options: float) -> float:
        writer = VideoWriter(codec=codec, **options)  # type: ignore[arg-type]
        path = write(writer, partial(tmp_path, writer), 4, **fields)  # type: ignore[arg-type]
        return float(cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS))

    assert rate({"frame_rate": 30000 / 1001}) == pytest.approx(29.97, abs=0.01)
    assert rate({"frame_rate": None}) == pytest.approx(30)  # type: ignore[dict-item]
    assert rate({"frame_rate": float("nan")}) == pytest.approx(30)
    assert rate({}, frame_rate=12.5) == pytest.approx(12.5)
    assert rate({}, every=2) == pytest.approx(12.5, abs=0.3)
    assert rate({"frame_rate": 1000.0}) == pytest.approx(240)


def test_a_writer_serves_one_sequence_after_the_other(tmp_path: Path) -> None:
    writer = VideoWriter()
    assert len(decoded(write(writer, tmp_path / "a.mp4.partial", 3))) == 3
    pictures = decoded(write(writer, tmp_path / "b.mp4.partial", 4, width=64, height=128))
    assert [picture.shape for picture in pictures] == [(128, 64, 3)] * 4


def test_width_every_and_frames_that_change_size(tmp_path: Path) -> None:
    writer = VideoWriter(width=48, every=3)
    writer.open(sequence(), tmp_path / "a.mp4.partial")
    for count, (frame, tracks) in enumerate(frames(9)):
        if count >= 4:
            frame.image = frame.image[:, :40].copy()  # type: ignore[index]
        writer.write(frame, tracks, tracks)
    writer.close(complete=True)
    assert [picture.shape for picture in decoded(tmp_path / "a.mp4.partial")] == [(32, 48, 3)] * 3


def test_a_frame_without_image_is_told(tmp_path: Path) -> None:
    writer = VideoWriter()
    writer.open(sequence(), tmp_path / "a.mp4.partial")
    with pytest.raises(OutputError, match="frame 0 has no image"):
        writer.write(Frame(0), Instances.empty(), Instances.empty())


@pytest.mark.parametrize("codec", CODECS)
def test_a_folder_that_is_not_there_is_told(codec: str, tmp_path: Path) -> None:
    writer = VideoWriter(codec=codec)
    writer.open(sequence(), tmp_path / "gone" / "a.partial")
    frame, tracks = next(frames(1))
    with pytest.raises(OutputError, match=r"gone/a\.partial: cannot write the video: No such file or directory"):
        writer.write(frame, tracks, tracks)
    writer.close(complete=False)


@pytest.mark.parametrize("codec", CODECS)
def test_a_full_disk_is_told(codec: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="file-size limits are POSIX's")
    rng = np.random.default_rng(0)
    writer = VideoWriter(codec=codec, crf=10)
    path = partial(tmp_path, writer)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        writer.open(sequence(), path)
        with pytest.raises(OutputError) as caught:  # noqa: PT012 - the codecs differ in when they write
            for index in range(40):
                noise = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
                writer.write(Frame(index, noise), Instances.empty(), Instances.empty())
            writer.close(complete=True)
        writer.close(complete=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value).startswith(f"{path}: cannot write the video: ")
    assert "File too large" in str(caught.value) or "is the disk full?" in str(caught.value)


class TestWithoutPyAv:
    @pytest.fixture(autouse=True)
    def _blocked(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        for name in [name for name in sys.modules if name == "av" or name.startswith("av.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "av", None)
        monkeypatch.setitem(sys.modules, "av.codec", None)
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        codecs._note_fallback.cache_clear()
        yield
        codecs._note_fallback.cache_clear()

    def test_auto_falls_back_and_says_so_once(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, "vtcore"):
            writers = [VideoWriter(), VideoWriter()]
        assert [record.getMessage() for record in caplog.records] == [
            "videos are written as MPEG-4 (mp4v), which players show but browsers do not; "
            "vp9 needs PyAV: pip install 'vtcore[av]'"
        ]
        assert writers[0].suffix == ".mp4"
        assert len(decoded(write(writers[0], partial(tmp_path, writers[0]), 6))) == 6

    def test_asking_for_its_codec_is_an_error(self) -> None:
        with pytest.raises(MissingPackageError, match="video codec 'vp9' needs PyAV: pip install"):
            VideoWriter(codec="vp9")
        (finding,) = VideoWriterConfig(codec="vp9").check()
        assert finding.startswith("codec 'vp9' needs PyAV, which is not installed: pip install 'vtcore[av]'")

    @pytest.mark.parametrize("codec", ["auto", "mp4v", "mjpg"])
    def test_the_preflight_has_nothing_against_the_others(self, codec: str) -> None:
        assert list(VideoWriterConfig(codec=codec).check()) == []


def test_the_preflight_is_content_with_pyav() -> None:
    assert [list(VideoWriterConfig(codec=codec).check()) for codec in CODECS] == [[]] * len(CODECS)


def test_an_encoder_that_pyav_lacks_is_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    codec = pytest.importorskip("av.codec")

    def lacks(name: str, mode: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr(codec, "Codec", lacks)
    codecs._note_fallback.cache_clear()
    assert codecs.resolve_codec("auto").name == "mp4v"
    assert "vp9 needs FFmpeg's encoder libvpx-vp9, which this build of PyAV lacks" in caplog.text
    with pytest.raises(MissingPackageError, match="needs FFmpeg's encoder libvpx-vp9"):
        codecs.resolve_codec("vp9")


def test_quality_changes_the_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sizes = []
    for crf in (10, 60):
        writer = VideoWriter(codec="vp9", crf=crf)
        writer.open(sequence(), tmp_path / f"{crf}.partial")
        for index in range(5):
            noise = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
            writer.write(Frame(index, noise), Instances.empty(), Instances.empty())
        writer.close(complete=True)
        sizes.append((tmp_path / f"{crf}.partial").stat().st_size)
    assert sizes[0] > 2 * sizes[1]


def test_opencv_stays_silent_when_it_reads_after_it_has_written(tmp_path: Path) -> None:
    """FFmpeg inside OpenCV takes its log level at its first use, so only a fresh process tells."""
    program = """
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

from vtcore.drawing.codecs import Codec
from vtcore.drawing.encoders import OpenCvEncoder
from vtcore.errors import DataError
from vtcore.sources.video import VideoDataset

whole, broken = Path(sys.argv[1], "whole.mp4"), Path(sys.argv[1], "broken.mp4")
encoder = OpenCvEncoder(Codec("mp4v", ".mp4", "mp4v"), whole, (64, 48), Fraction(25))
for seed in range(40):
    encoder.write(np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8))
encoder.close()
data = bytearray(whole.read_bytes())
for place in range(len(data) // 4, len(data) // 2):
    data[place] = place * 37 % 256
broken.write_bytes(data)
try:
    for sequence in VideoDataset(path=str(broken), backend="opencv").sequences():
        print(sum(1 for _ in sequence.frames()))
except DataError as error:
    print(error)
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = {key: value for key, value in os.environ.items() if key != "OPENCV_FFMPEG_LOGLEVEL"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "damaged after" in done.stdout
    assert done.stderr == ""


def test_a_picture_is_encoded_while_the_next_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    writer = VideoWriter(codec="vp9")
    writer.wait()  # nothing is under way
    writer.open(sequence(), partial(tmp_path, writer))
    let_go, done = threading.Event(), []
    encode = encoders.PyAvEncoder._encode

    def slow(self: encoders.PyAvEncoder, frame: object) -> None:
        let_go.wait(10)
        encode(self, frame)
        done.append(frame)

    monkeypatch.setattr(encoders.PyAvEncoder, "_encode", slow)
    (first, tracks), *_ = frames(1)
    writer.write(first, tracks, tracks)
    assert done == []
    let_go.set()
    writer.wait()
    assert len(done) == 1
    writer.close(complete=True)


@pytest.mark.parametrize("later", ["write", "wait"])
def test_what_fails_in_the_background_is_told_with_the_next_frame_or_by_waiting(
    later: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av")
    writer = VideoWriter(codec="vp9")
    writer.open(sequence(), partial(tmp_path, writer))

    def full(self: encoders.PyAvEncoder, frame: object) -> None:
        raise encoders.EncoderError("No space left on device")

    monkeypatch.setattr(encoders.PyAvEncoder, "_encode", full)
    (first, tracks), *_ = frames(1)
    writer.write(first, tracks, tracks)
    ask = writer.wait if later == "wait" else partial_call(writer.write, first, tracks, tracks)
    with pytest.raises(OutputError, match=r"clip.webm.partial: cannot write the video: No space left on device"):
        ask()
    writer.close(complete=False)  # told once
