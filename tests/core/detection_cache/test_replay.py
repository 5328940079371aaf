"""A run whose detections are replayed ends with the same files as one that computes them, to the last byte."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import vtcore
from vtcore.detection_cache import DetectionCache, file_hashes
from vtcore.errors import DamagedSourceError, DataError
from vtcore.experiments import Experiment
from vtcore.frames import Sequence
from vtcore.runs import Run

Load = Callable[..., Experiment]


def run(experiment: Experiment, **options: Any) -> tuple[dict[str, bytes], list[str]]:
    """Run and return the bytes of the results by file, and the notes."""
    made = Run(experiment)
    made.execute(**{"overwrite": True} | options)
    return {path.name: path.read_bytes() for path in sorted(made.folder.results.iterdir())}, made.notes


@pytest.mark.parametrize("image", ["true", "false"])
def test_files_are_the_same_to_the_last_byte(
    experiment: Load, eyes: Any, decoded: list[Path], cache_folder: Path, image: str
) -> None:
    """Whether the tracker looks at the pictures or not; if it does not, none is decoded."""
    options = (f"tracker.image={image}", "transforms=[{type='brighter', by=3}]", "run.report=false")
    plain, notes = run(experiment(*options, "run.cache=off"))
    assert notes == []
    assert not cache_folder.exists()
    filled, notes = run(experiment(*options, "run.cache=fill"))
    assert notes == [f"detections of street stored in cache ({cache_folder})"]
    assert (len(eyes.seen), eyes.made, len(decoded)) == (18, 2, 18)
    decoded.clear()
    replayed, notes = run(experiment(*options))
    assert notes == [f"detections of street replayed from cache ({cache_folder})"]
    assert (eyes.seen, eyes.made, len(decoded)) == ([], 0, 9 if image == "true" else 0)
    assert plain == filled == replayed
    assert plain["street.jsonl"].count(b'"counts"') == 12


def test_the_log_tells(experiment: Load) -> None:
    run(experiment("run.cache=fill"))
    run(experiment())
    events = [json.loads(line) for line in Path("runs/experiment/log.jsonl").read_text().splitlines()]
    (told,) = [event for event in events if event["event"] == "detections_replayed"]
    assert told["sequence"] == "street"
    assert (Path(told["entry"]) / "about.json").is_file()


def test_nothing_is_stored_unless_asked_for(experiment: Load, cache_folder: Path, eyes: Any) -> None:
    for mode in ("auto", "off"):
        assert run(experiment(f"run.cache={mode}"))[1] == []
    assert not cache_folder.exists()
    run(experiment("run.cache=fill"))
    assert eyes.seen == [*range(9)] * 3
    assert run(experiment("run.cache=off"))[1] == []
    assert eyes.seen == [*range(9)]


def test_without_an_entry_nothing_is_hashed(
    experiment: Load, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object) -> str:
        raise AssertionError(f"{path} is hashed")

    monkeypatch.setattr(file_hashes, "_hashed", refused)
    run(experiment())
    for name in ("detections/others/abc/street-1-all", "detections/eyes/abc/square-1-all"):
        (cache_folder / name).mkdir(parents=True)
    run(experiment())


@pytest.mark.parametrize(
    "change",
    ["option", "transform", "picture", "picture of the same size and time", "one more picture", "weights", "code"],
)
def test_a_change_is_never_answered_by_what_was_stored(
    experiment: Load, eyes: Any, street: Path, fake_site: Any, change: str
) -> None:
    Path("weights.bin").write_bytes(b"abc")
    options = ["detector.weights=weights.bin"]
    run(experiment(*options, "run.cache=fill"))
    assert run(experiment(*options))[1] != []
    eyes.seen  # noqa: B018 - forgets them
    picture = street / "004.png"
    before = picture.stat()
    match change:
        case "option":
            options.append("detector.threshold=0.6")
        case "transform":
            options.append("transforms=[{type='brighter'}]")
        case "picture":
            cv2.imwrite(str(picture), np.zeros((24, 32, 3), np.uint8))
        case "picture of the same size and time":
            content = bytearray(picture.read_bytes())
            content[:-60] = (street / "005.png").read_bytes()[: len(content) - 60]
            picture.write_bytes(content)
            os.utime(picture, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "one more picture":
            shutil.copy(picture, street / "009.png")
        case "weights":
            Path("weights.bin").write_bytes(b"abd")
        case "code":
            source = fake_site.folder / "fake_eyes" / "config.py"
            source.write_text(source.read_text() + "\n")
    if "same" in change:
        assert (picture.stat().st_size, picture.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        with pytest.raises(DamagedSourceError):  # What is in the file now is no whole picture.
            run(experiment(*options))
    else:
        assert run(experiment(*options))[1] == []
    assert eyes.seen != []


def test_the_same_content_elsewhere_is_the_same(experiment: Load, street: Path, eyes: Any, tmp_path: Path) -> None:
    run(experiment("run.cache=fill"))
    shutil.copytree(street, tmp_path / "copy" / "street")
    _, notes = run(experiment("dataset.path=copy/street"))
    assert len(notes) == 1
    assert eyes.seen == [*range(9)]


def test_a_damaged_entry_is_computed_anew_and_told(experiment: Load, eyes: Any, cache_folder: Path) -> None:
    expected, _ = run(experiment("run.cache=fill"))
    (scores,) = cache_folder.glob("detections/eyes/*/*/scores.npy")
    content = scores.read_bytes()
    scores.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    found, notes = run(experiment())
    assert found == expected
    assert notes == [
        f"street: stored detections are damaged, and computed anew: {scores.parent}: the content of scores.npy is "
        "damaged"
    ]
    found, notes = run(experiment("run.cache=fill"))
    assert found == expected
    assert f"detections of street stored in cache ({cache_folder})" in notes
    assert scores.read_bytes() == content
    assert run(experiment())[1] == [f"detections of street replayed from cache ({cache_folder})"]
    assert eyes.seen == [*range(9)] * 3


@pytest.mark.parametrize(("batch", "computed"), [(1, 0), (3, 0), (2, 5)])
def test_the_first_frames_of_an_entry(experiment: Load, eyes: Any, batch: int, computed: int) -> None:
    """They serve a shorter run where the detector sees the same batches; a longer one is never served."""
    options = (f"detector.batch={batch}", "run.max_frames=")
    run(experiment(options[0], "run.cache=fill"))
    eyes.seen  # noqa: B018 - forgets them
    limit = 6 if batch == 3 else 5
    expected, _ = run(experiment(options[0], f"run.max_frames={limit}", "run.cache=off"))
    eyes.seen  # noqa: B018 - forgets them
    assert run(experiment(options[0], f"run.max_frames={limit}"))[0] == expected
    assert len(eyes.seen) == computed


def test_an_entry_of_the_first_frames_serves_no_longer_run(experiment: Load, eyes: Any, cache_folder: Path) -> None:
    run(experiment("run.max_frames=5", "run.cache=fill"))
    assert [path.name.split("-")[-2:] for path in cache_folder.glob("detections/*/*/*")] == [["first", "5"]]
    for limit, computed in ((5, 0), (4, 0), (6, 6), (0, 9), (99, 9)):
        eyes.seen  # noqa: B018 - forgets them
        run(experiment(f"run.max_frames={limit}"))
        assert len(eyes.seen) == computed, limit
    run(experiment("run.max_frames=99", "run.cache=fill"))
    eyes.seen  # noqa: B018 - forgets them
    for limit in (0, 99, 9, 7):
        run(experiment(f"run.max_frames={limit}"))
    assert eyes.seen == []


def test_some_sequences_stored_some_not(experiment: Load, eyes: Any, street: Path, cache_folder: Path) -> None:
    square = street.with_name("square")
    shutil.copytree(street, square)
    both = f"dataset.path=['{street}', '{square}']"
    expected, _ = run(experiment(both, "run.cache=off"))
    run(experiment("run.cache=fill"))
    eyes.seen  # noqa: B018 - forgets them
    found, notes = run(experiment(both, "run.cache=fill"))
    assert found == expected
    assert len(eyes.seen) == 9
    assert notes == [
        f"detections of street replayed from cache ({cache_folder})",
        f"detections of square stored in cache ({cache_folder})",
    ]
    assert run(experiment(both))[1] == [f"detections of 2 sequences replayed from cache ({cache_folder})"]


def test_a_run_that_is_resumed(experiment: Load, street: Path, eyes: Any) -> None:
    """Begun without the cache, gone on with from it."""
    square = street.with_name("square")
    shutil.copytree(street, square)
    both = f"dataset.path=['{street}', '{square}']"
    expected, _ = run(experiment(both, "run.cache=fill"))
    first = Path("runs/experiment/results/street.txt")
    (first.parent / "square.txt").unlink()
    before = first.stat().st_mtime_ns
    eyes.seen  # noqa: B018 - forgets them
    found, notes = run(experiment(both), resume=True, overwrite=False)
    assert found == expected
    assert eyes.seen == []
    assert first.stat().st_mtime_ns == before
    assert [note.split(" replayed")[0] for note in notes] == ["detections of square"]


def test_what_is_damaged_or_stopped_is_not_stored(experiment: Load, street: Path, cache_folder: Path) -> None:
    (street / "007.png").write_bytes((street / "007.png").read_bytes()[:100])
    with pytest.raises(DamagedSourceError):
        run(experiment("run.cache=fill"))
    assert not list(cache_folder.glob("detections/*/*/*"))


def test_data_that_changes_while_it_is_read_is_not_stored(
    experiment: Load, street: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import vtcore.sources.images as images

    read = images.read_image

    def changing(path: Path) -> Any:
        if path.name == "008.png":
            os.utime(street / "000.png")
            (street / "000.png").write_bytes((street / "001.png").read_bytes())
        return read(path)

    monkeypatch.setattr(images, "read_image", changing)
    _, notes = run(experiment("run.cache=fill"))
    assert notes == ["street: detections are not cached: options, code or data have changed meanwhile"]
    assert not list(cache_folder.glob("detections/*/*/*"))


def test_where_nothing_can_be_written_the_run_goes_on(experiment: Load, cache_folder: Path) -> None:
    cache_folder.touch()
    expected, _ = run(experiment("run.cache=off"))
    found, notes = run(experiment("run.cache=fill"))
    assert found == expected
    assert notes == ["street: detections are not cached: Not a directory"]


@pytest.mark.parametrize(
    ("override", "note"),
    [
        ("detector={type='given', path='found.txt'}", "detector 'given' is never cached: its config says so"),
        ("detector.cacheable=false", "detector 'eyes' is never cached: its config says so"),
    ],
)
def test_what_is_never_cached(experiment: Load, cache_folder: Path, override: str, note: str) -> None:
    Path("found.txt").write_text("1,-1,1,2,3,4,0.9\n")
    _, notes = run(experiment(override, "run.cache=fill"))
    assert notes == [f"detections are not cached: {note}"]
    assert run(experiment(override))[1] == []
    assert not list(cache_folder.glob("detections/*"))


def test_track_replays_too(experiment: Load, eyes: Any, street: Path, sequences: Any) -> None:
    options: dict[str, Any] = {"detector": {"type": "eyes"}, "tracker": {"type": "numbers"}}
    expected = [tracks.boxes.tolist() for tracks in vtcore.track(street, **options)]
    run(experiment("run.cache=fill"))
    eyes.seen  # noqa: B018 - forgets them
    tracked = list(vtcore.track(street, **options))
    assert [tracks.boxes.tolist() for tracks in tracked] == expected
    assert all(tracks.frame is not None and tracks.frame.image is not None for tracks in tracked)
    assert eyes.seen == []
    (sequence,) = sequences(experiment())
    assert [tracks.boxes.tolist() for tracks in vtcore.track(sequence, **options)] == expected
    assert eyes.seen == []


def test_a_source_with_more_frames_than_are_stored_is_told(
    experiment: Load, monkeypatch: pytest.MonkeyPatch, street: Path
) -> None:
    """It cannot come to this, its content being hashed; but no reader is without a bug."""
    from vtcore.sources.images import ImageSequence

    run(experiment("run.cache=fill"))
    monkeypatch.setattr(ImageSequence, "content", lambda self: list(self.paths[:9]))
    run(experiment("run.cache=fill", "tracker.image=true"))
    shutil.copy(street / "000.png", street / "009.png")
    with pytest.raises(DataError, match=r"street: has more frames than the 9 .* vtcore cache --force"):
        run(experiment("tracker.image=true"))


class Live(Sequence):
    def __init__(self) -> None:
        super().__init__("camera", live=True)

    def frames(self, *, images: bool = True) -> Any:
        for index in range(3):
            yield vtcore.Frame(index, np.zeros((8, 8, 3), np.uint8), sequence=self)

    def content(self) -> Any:
        raise AssertionError("a live source is not asked")


def test_a_live_source_is_never_cached(
    experiment: Load, cache_folder: Path, monkeypatch: pytest.MonkeyPatch, eyes: Any
) -> None:
    from vtcore.sources.images import ImagesDataset

    monkeypatch.setattr(ImagesDataset, "sequences", lambda _: [Live()])
    for _ in range(2):
        _, notes = run(experiment("run.cache=fill"))
        assert notes == ["camera: detections are not cached: a live source never comes again"]
    assert len(eyes.seen) == 6
    assert not list(cache_folder.glob("detections/*/*/*"))
    assert DetectionCache().entries() == []
