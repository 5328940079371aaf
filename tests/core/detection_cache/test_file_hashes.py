"""A hash is remembered as long as the file is the same, and not a moment longer."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from vtcore.detection_cache import file_hashes
from vtcore.detection_cache.file_hashes import FileHashes


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read; everything counts as settled."""
    names: list[str] = []
    hashed = file_hashes._hashed

    def noted(path: str | Path) -> str:
        names.append(Path(path).name)
        return hashed(path)

    monkeypatch.setattr(file_hashes, "_hashed", noted)
    monkeypatch.setattr(file_hashes, "_SETTLED_NANOSECONDS", 0)
    return names


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_hash_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"abc" * 10**6)
    assert FileHashes().digest(tmp_path / "weights") == sha256(b"abc" * 10**6)
    with pytest.raises(FileNotFoundError):
        FileHashes().digest(tmp_path / "nothing")


def test_a_file_is_read_once(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "weights").write_bytes(b"abc")
    for _ in range(2):
        hashes = FileHashes(tmp_path / "memory")
        for _ in range(2):
            assert hashes.digest(tmp_path / "weights") == sha256(b"abc")
        hashes.save()
    assert read == ["weights"]


@pytest.mark.parametrize("change", ["content", "time", "content under the same time", "another file in its place"])
def test_every_change_is_noticed(tmp_path: Path, read: list[str], change: str) -> None:
    """Also of a file whose size, name and time of change stay as they were."""
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    before = path.stat()
    hashes = FileHashes(tmp_path / "memory")
    hashes.digest(path)
    hashes.save()
    time.sleep(0.02)  # The clock that file systems use is a coarse one.
    match change:
        case "content":
            path.write_bytes(b"abd")
        case "time":
            os.utime(path, ns=(1, 1))
        case "content under the same time":
            path.write_bytes(b"abd")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "another file in its place":
            (tmp_path / "other").write_bytes(b"abd")
            os.utime(tmp_path / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
            (tmp_path / "other").replace(path)
    for asked in (hashes, FileHashes(tmp_path / "memory")):
        assert asked.digest(path) == sha256(path.read_bytes())
    assert len(read) == 3


def test_what_was_just_written_is_not_remembered(tmp_path: Path) -> None:
    """A second change within the resolution of the file system's clock would leave the time as it is."""
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    hashes = FileHashes(tmp_path / "memory")
    hashes.digest(path)
    hashes.save()
    assert not (tmp_path / "memory").exists()


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    monkeypatch.setattr(file_hashes, "_hashed", lambda _: str(path.write_bytes(b"abcd")))
    with pytest.raises(OSError, match="changes while it is read"):
        FileHashes().digest(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"folder": 3}',
        '{"folder": "F", "files": {"weights": [1, 2]}}',
        '{"folder": "F", "files": 3}',
    ],
)
def test_a_damaged_memory_is_no_memory(tmp_path: Path, read: list[str], content: str) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    hashes = FileHashes(tmp_path / "memory")
    hashes.digest(path)
    hashes.save()
    (file,) = (tmp_path / "memory").iterdir()
    file.write_text(content.replace('"F"', f'"{tmp_path}"'))
    assert FileHashes(tmp_path / "memory").digest(path) == sha256(b"abc")
    assert read == ["weights"] * 2


def test_where_nothing_may_be_written_nothing_is_remembered(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "weights").write_bytes(b"abc")
    (tmp_path / "memory").touch()
    for _ in range(2):
        hashes = FileHashes(tmp_path / "memory")
        hashes.digest(tmp_path / "weights")
        hashes.save()
    assert read == ["weights"] * 2


def test_a_folder_is_its_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "a.py").write_text("1")
    (folder / "b.txt").write_text("2")
    hashes = FileHashes()
    seen = [hashes.folder_digest(folder)]
    assert hashes.folder_digest(folder) == seen[0]
    (folder / "b.txt").write_text("3")
    seen.append(hashes.folder_digest(folder))
    (folder / "b.txt").rename(folder / "c.txt")
    seen.append(hashes.folder_digest(folder))
    assert len(set(seen)) == 3
    sources = hashes.folder_digest(folder, frozenset({".py"}))
    (folder / "c.txt").unlink()
    assert hashes.folder_digest(folder, frozenset({".py"})) == sources
    (folder / "below" / "__pycache__").mkdir()
    (folder / "below" / "__pycache__" / "a.py").write_text("no matter")
    assert hashes.folder_digest(folder, frozenset({".py"})) == sources


def test_a_folder_of_too_many_files_is_hardly_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_hashes, "_MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(OSError, match="holds more than 2 files"):
        FileHashes().folder_digest(tmp_path)
