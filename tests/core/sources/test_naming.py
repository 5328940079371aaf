from pathlib import Path

import pytest

from vtcore.errors import DataError
from vtcore.sources.naming import expand_paths, masked_url, natural_key, sequence_names, url_name


def test_natural_order():
    names = ["frame10", "frame9", "frame", "10", "9", "a1b2", "a1b10", "frame009"]
    assert sorted(names, key=natural_key) == ["9", "10", "a1b2", "a1b10", "frame", "frame9", "frame009", "frame10"]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a/x.mp4", "a/y.mp4"], ["x", "y"]),
        (["a/x.mp4", "a/x.avi", "a/y.avi"], ["x-mp4", "x-avi", "y"]),
        (["a/x.mp4", "b/x.mp4"], ["a-x-mp4", "b-x-mp4"]),
        (["a/c/x.mp4", "b/c/x.mp4"], ["a-c-x-mp4", "b-c-x-mp4"]),
    ],
)
def test_names_are_unique(tmp_path, files, names):
    paths = [tmp_path / file for file in files]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert sequence_names(paths) == names


def test_folder_names_keep_their_dots(tmp_path):
    (tmp_path / "run.1").mkdir()
    assert sequence_names([tmp_path / "run.1"]) == ["run.1"]


def test_paths(tmp_path):
    for name in ("b10.txt", "b9.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in expand_paths(str(tmp_path / "b*.txt"))] == ["b9.txt", "b10.txt"]
    assert expand_paths([str(tmp_path)]) == [tmp_path]
    # A name that looks like a pattern but is there means itself.
    (tmp_path / "[1].txt").write_text("")
    assert expand_paths(str(tmp_path / "[1].txt")) == [tmp_path / "[1].txt"]
    with pytest.raises(DataError, match="the path names no file"):
        expand_paths([])


@pytest.mark.parametrize(
    ("url", "masked", "name"),
    [
        ("rtsp://user:pa:ss@host:554/a/b?c=d", "rtsp://user:***@host:554/a/b?c=d", "host-554-a-b"),
        ("http://host/clip.mp4", "http://host/clip.mp4", "host-clip.mp4"),
        ("http://user@host/", "http://user@host/", "host"),
        ("udp://@:5000", "udp://@:5000", "5000"),
    ],
)
def test_addresses(url, masked, name):
    assert masked_url(url) == masked
    assert url_name(url) == name
    assert Path(name).name == name
