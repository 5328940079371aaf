"""From a run to its report: what is passed on, and how much memory it takes."""

from __future__ import annotations

import re
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vtcore.frames import Frame, Sequence
from vtcore.runs.folder import RunFolder
from vtcore.runs.reporting import report_run


class Clip(Sequence):
    random_access = True

    def __init__(self, name: str = "clip", length: int | None = 20, **fields: Any) -> None:
        super().__init__(name, length=length, **({"width": 160, "height": 120} | fields))
        self.path = Path("films") / f"{name}.mp4"

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        raise AssertionError("nothing here reads frames")

    def frame(self, index: int) -> Frame:
        return Frame(index, np.full((120, 160, 3), 90, np.uint8))


def tracked(folder: Path, *sequences: Clip, frames: int = 20, log: bool = True, **fields: Any) -> Any:
    """A run whose sequences have been tracked, two tracks in every frame."""
    run = RunFolder(folder)
    run.results.mkdir(parents=True)
    for sequence in sequences:
        with (run.results / f"{sequence.name}.txt").open("w") as file:
            for frame in range(1, frames + 1):
                file.write("".join(f"{frame},{number},{20 * number},30,15,40,0.9,-1,-1,-1\n" for number in (1, 2)))
        if log:
            seconds = {"decode": 1.5, "track": 0.5}
            run.log("sequence_finished", sequence=sequence.name, frames=frames, dropped=0, seconds=seconds)
    standard = {
        "experiment": SimpleNamespace(source="tracks.toml", to_toml=lambda: 'url = "rtsp://me:secret@camera/1"\n'),
        "folder": run,
        "sequences": sequences,
        "notes": [],
        "scores": None,
        "summaries": {},
        "final_results": run.results,
        "has_readable_results": lambda: True,
        "frames_expected": lambda sequence: sequence.length,
    }
    return SimpleNamespace(**(standard | fields))


def page(run: Any) -> str:
    path = report_run(run, None, {"vtcore": "1.2.3"})
    assert path is not None
    return path.read_text(encoding="utf-8")


def test_what_the_log_and_the_files_hold_is_told(tmp_path: Path) -> None:
    text = page(tracked(tmp_path, Clip("walk", 25), notes=["all is grey"]))
    for told in ("tracks", "walk", "20 frames of 25", "160×120", "2 tracks", "decode", "all is grey", "Busiest frames"):
        assert told in text, told
    assert text.count("data:image/") == 3


def test_sequences_without_images_stand_on_a_plain_ground(tmp_path: Path) -> None:
    assert page(tracked(tmp_path, Clip(has_images=False))).count("data:image/") == 3


def test_a_camera_has_its_size_told_but_no_pictures(tmp_path: Path) -> None:
    text = page(tracked(tmp_path, Clip(live=True, length=None)))
    assert "160×120" in text
    assert "data:image/" not in text


@pytest.mark.parametrize(("length", "frames"), [(25, "25 frames"), (None, "20 frames")])
def test_a_run_killed_before_its_log_was_written_still_knows_the_frames(
    tmp_path: Path, length: int | None, frames: str
) -> None:
    assert f"{frames} ·" in page(tracked(tmp_path, Clip(length=length), log=False))


def test_damage_is_told_at_its_sequence_also_when_the_run_was_resumed_since(tmp_path: Path) -> None:
    run = tracked(tmp_path, Clip("first"), Clip("second"), log=False)
    run.folder.log("sequence_finished", sequence="second", frames=20, damage=["films/second.mp4: cut off"])
    text = page(run)
    assert text.count("films/second.mp4: cut off") == 1
    assert text.index('id="sequence-2"') < text.index("films/second.mp4: cut off")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["/usr/bin/vtcore", "track", "my film.mp4"], "vtcore track &#x27;my film.mp4&#x27;"),
        (["/lib/vtcore/__main__.py", "run", "a.toml"], "vtcore run a.toml"),
        (["vtcore.exe", "track", "rtsp://me:secret@camera/1"], "vtcore track &#x27;rtsp://me:***@camera/1&#x27;"),
        (["analysis.py", "run"], None),
    ],
)
def test_the_command_is_told_without_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], command: str | None
) -> None:
    monkeypatch.setattr(sys, "argv", arguments)
    text = page(tracked(tmp_path, Clip()))
    assert "secret" not in text
    assert "rtsp://me:***@camera/1" in text
    assert re.findall(r'class="command"><code>(.*?)</code>', text) == ([command] if command else [])


def test_no_readable_results_no_report(tmp_path: Path) -> None:
    assert report_run(tracked(tmp_path, Clip(), has_readable_results=lambda: False), None, {}) is None


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    run = tracked(tmp_path, Clip(length=40_000), frames=40_000)
    assert (run.folder.results / "clip.txt").stat().st_size > 2_500_000
    page(tracked(tmp_path / "warm", Clip()))  # what is loaded once does not count
    tracemalloc.start()
    try:
        page(run)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # As a table the 80,000 rows would take 5.5 MB, and twice that while they are read.
    assert peak < 6_000_000


@pytest.mark.parametrize(
    ("source", "names", "title"),
    [
        ("experiments/tracks.toml", ["walk"], "tracks"),
        ("Python", ["walk"], "walk"),
        ("Python", ["walk", "run"], "track-street"),
    ],
)
def test_the_report_goes_by_what_was_tracked(tmp_path: Path, source: str, names: list[str], title: str) -> None:
    experiment = SimpleNamespace(source=source, to_toml=lambda: "")
    run = tracked(tmp_path / "track-street", *map(Clip, names), experiment=experiment)
    assert f"<h1>{title}</h1>" in page(run)
