import struct

import pytest

from vtcore.sources.containers import Container, read_container


@pytest.mark.parametrize(("kind", "name"), [("mp4", "mp4"), ("avi", "avi"), ("mkv", "matroska"), ("ts", "")])
def test_whole_files_lack_nothing(videos, kind, name):
    assert read_container(videos[kind]) == Container(name, 0, True)


@pytest.mark.parametrize(("kind", "name"), [("mp4", "mp4"), ("avi", "avi"), ("mkv", "matroska")])
@pytest.mark.parametrize("lost", [1, 1000])
def test_missing_bytes_are_counted(videos, tmp_path, kind, name, lost):
    path = tmp_path / "cut"
    path.write_bytes(videos[kind].read_bytes()[:-lost])
    # An AVI chunk of odd length ends in a byte of padding that FFmpeg writes and announces.
    assert read_container(path) == Container(name, lost, True)


def test_sizes_of_64_bits_and_to_the_end(tmp_path):
    path = tmp_path / "large.mp4"
    head = struct.pack(">I4sI", 12, b"ftyp", 0) + struct.pack(">I4s", 8, b"moov")
    path.write_bytes(head + struct.pack(">I4sQ", 1, b"mdat", 1000) + b"x" * 100)
    assert read_container(path) == Container("mp4", 1000 - 116, True)
    path.write_bytes(head + struct.pack(">I4s", 0, b"mdat") + b"x" * 100)
    assert read_container(path) == Container("mp4", 0, True)


def test_junk_behind_the_last_box_is_harmless(videos, tmp_path):
    path = tmp_path / "junk.mp4"
    path.write_bytes(videos["mp4"].read_bytes() + b"\0" * 50)
    assert read_container(path) == Container("mp4", 0, True)


def test_recorder_that_never_wrote_its_size(videos, tmp_path):
    data = bytearray(videos["avi"].read_bytes())
    data[4:8] = bytes(4)
    path = tmp_path / "crashed.avi"
    path.write_bytes(data)
    assert read_container(path) == Container("avi", 0, True)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\x1a\x45\xdf\xa3", b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01"])
def test_hardly_anything(tmp_path, data):
    path = tmp_path / "stub"
    path.write_bytes(data)
    assert read_container(path).missing == 0
