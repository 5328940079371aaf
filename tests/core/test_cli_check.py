"""``vtcore check``: findings in groups, a summary when there is no error."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from vtcore.cli import main

INFO = """\
[Sequence]
name={name}
imDir=img1
frameRate=30
seqLength={length}
imWidth=640
imHeight=480
imExt=.jpg
"""
TEXT = """\
[dataset]
type = "mot-challenge"
root = "data"

[detector]
type = "given"
"""


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_datasets")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for name, length in (("A", 700), ("B", 800)):
        folder = Path("data", name)
        (folder / "det").mkdir(parents=True)
        (folder / "seqinfo.ini").write_text(INFO.format(name=name, length=length))
        (folder / "det" / "det.txt").write_text("1,-1,10,10,20,50,0.9,-1,-1,-1\n")
    Path("x.toml").write_text(TEXT)


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x.toml"]) == 0
    components = "dataset mot-challenge, detector given, writer mot-text"
    assert capsys.readouterr().out == f"x.toml can run: 2 sequences, 1,500 frames; {components}\n"
    assert main(["check", "x.toml", "-o", "run.sequences=['B']", "-o", "run.max_frames=1"]) == 0
    assert capsys.readouterr().out == f"x.toml can run: 1 sequence, 1 frame; {components}\n"
    assert sorted(path.name for path in Path().iterdir()) == ["data", "x.toml"], "nothing is left behind"


def test_errors_and_warnings_in_groups(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtrack_plugin_mot_metrics")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20_000_000))
    Path("data/B/det/det.txt").write_text("1,-1,10,10\n1,-1,x,10,20,50,1\n")
    assert main(["check", "x.toml", "-o", 'metrics=[{type="hota"}]']) == 2
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "3 errors:"
    assert out[1] == (
        "  -o metrics=[{type=\"hota\"}]: metrics.0: 'hota' needs annotations; 2 sequences without: 'A', 'B'; "
        "leave the metrics out, or choose with run.sequences"
    )
    assert out[2].startswith(f"  {Path('data/B/det/det.txt')}:1: ")
    assert out[3].startswith(f"  {Path('data/B/det/det.txt')}:2: ")
    assert out[4:] == [
        "1 warning:",
        "  x.toml:1: run.output: the disk of 'runs/x' has 20 MB left; free some, or put run.output elsewhere",
    ]


def test_warnings_alone_are_no_failure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20_000_000))
    assert main(["check", "x.toml"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "1 warning:"
    assert out[-1].startswith("x.toml can run: ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("seqinfo.ini", "seqinfo.ini"),
        ("det/det.txt", "'given' needs detections that come with the data; sequence without: 'A'"),
    ],
)
def test_missing_files(capsys: pytest.CaptureFixture[str], name: str, expected: str) -> None:
    Path("data/A", name).unlink()
    assert main(["check", "x.toml"]) == 2
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "1 error:"
    assert expected in out[1]
    assert len(out) == 2


def test_missing_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x.toml", "-o", "dataset.root=dta"]) == 2
    out = capsys.readouterr().out
    assert out.startswith("1 error:\n  -o dataset.root=dta: dataset.root: dta: ")


def test_images_are_asked_for_only_where_something_needs_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x.toml"]) == 0
    capsys.readouterr()
    assert main(["check", "x.toml", "-o", "run.show=true"]) == 2
    assert "'show' needs images; 2 sequences without: 'A', 'B'" in capsys.readouterr().out


def test_missing_video(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x.toml", "-o", "dataset={type='video', path='no.mp4'}"]) == 2
    assert "no.mp4" in capsys.readouterr().out
