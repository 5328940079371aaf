"""Archives for the servers of GOT-10k and TrackingNet, and what keeps one from being written."""

from __future__ import annotations

import zipfile

import pytest

from vtcore.cli import main

LENGTH = 4
NAMES = ("GOT-10k_Test_000001", "GOT-10k_Test_000002")


@pytest.fixture
def dataset(tmp_path):
    """A data set in the layout of GOT-10k, as its test split is: only the first frame is annotated."""
    pytest.importorskip("vtrack_datasets", reason="vtrack-datasets is not installed")
    import cv2
    import numpy as np

    root = tmp_path / "GOT-10k"
    for name in NAMES:
        folder = root / "test" / name
        folder.mkdir(parents=True)
        (folder / "groundtruth.txt").write_text("10,20,30,40\n")
        for index in range(LENGTH):
            cv2.imwrite(str(folder / f"{index + 1:08d}.jpg"), np.zeros((60, 80, 3), np.uint8))
    (root / "test" / "list.txt").write_text("".join(f"{name}\n" for name in NAMES))
    return root


@pytest.fixture
def run(tmp_path, dataset):
    """A run's folder with results and times."""
    folder = tmp_path / "run"
    for part in ("results", "times"):
        (folder / part).mkdir(parents=True)
    (folder / "experiment.toml").write_text(
        f'[dataset]\ntype = "got10k"\nroot = "{dataset}"\nsplit = "test"\npartial = true\n'
    )
    for name in NAMES:
        rows = [f"{index + 1},0,{10 + index / 3:.3f},20.00,30.00,40.00,1,-1,-1,-1\n" for index in range(LENGTH)]
        (folder / "results" / f"{name}.txt").write_text("".join(rows))
        (folder / "times" / f"{name}_time.txt").write_text("0.02000000\n" * LENGTH)
    return folder


def submit(server, run, out, *more):
    return main(["submission", server, str(run), str(out), *more])


def test_got10k(run, tmp_path, capsys):
    assert submit("got10k", run, tmp_path / "out" / "mine.zip") == 0
    with zipfile.ZipFile(tmp_path / "out" / "mine.zip") as archive:
        assert archive.namelist() == [f"{n}/{n}{end}" for n in NAMES for end in ("_001.txt", "_time.txt")]
        boxes = archive.read(f"{NAMES[0]}/{NAMES[0]}_001.txt").decode()
        times = archive.read(f"{NAMES[1]}/{NAMES[1]}_time.txt").decode()
    assert boxes.splitlines() == [
        "10.000,20.000,30.000,40.000",
        "10.333,20.000,30.000,40.000",
        "10.667,20.000,30.000,40.000",
        "11.000,20.000,30.000,40.000",
    ]
    assert times == "0.02000000\n" * LENGTH
    told = capsys.readouterr()
    assert "2 sequences, 8 frames" in told.out
    assert "official test set has 180 sequences" in told.err


def test_the_same_results_give_the_same_archive(run, tmp_path):
    for name in ("a.zip", "b.zip"):
        assert submit("got10k", run, tmp_path / name) == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_trackingnet(run, tmp_path):
    assert submit("trackingnet", run, tmp_path / "mine.zip") == 0
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert archive.namelist() == [f"{name}.txt" for name in NAMES]
        assert archive.read(f"{NAMES[0]}.txt").decode().splitlines()[1] == "10.33,20.00,30.00,40.00"


def test_results_in_the_toolkits_own_layout(run, dataset, tmp_path):
    folder = tmp_path / "SiamFC"
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}_001.txt").write_text("1.000,2.000,3.000,4.000\n" * LENGTH)
        (folder / name / f"{name}_time.txt").write_text("0.1,0.2\n" * LENGTH)
    options = ["--dataset", "got10k", "-o", f"dataset.root={dataset}", "-o", "dataset.split=test"]
    assert submit("got10k", folder, tmp_path / "mine.zip", *options, "-o", "dataset.partial=true") == 0
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert archive.read(f"{NAMES[0]}/{NAMES[0]}_time.txt").decode() == "0.10000000\n" * LENGTH


def test_nothing_is_written_unless_all_is_there(run, tmp_path, capsys):
    (run / "results" / f"{NAMES[0]}.txt").unlink()
    lines = (run / "results" / f"{NAMES[1]}.txt").read_text().splitlines(keepends=True)
    (run / "results" / f"{NAMES[1]}.txt").write_text("".join(lines[:2]))
    assert submit("got10k", run, tmp_path / "mine.zip") == 2
    told = capsys.readouterr().err
    assert "not complete, so nothing was written: 2 problems" in told
    assert f"{NAMES[0]}: there is no result file" in told
    assert f"{NAMES[1]}: 2 of 4 frames have no box, the first is frame 3" in told
    assert list(tmp_path.glob("mine.zip*")) == []


def test_too_many_frames(run, tmp_path, capsys):
    (run / "results" / f"{NAMES[0]}.txt").write_text("1,2,3,4\n" * (LENGTH + 1))
    assert submit("trackingnet", run, tmp_path / "mine.zip") == 2
    assert "has rows for frame 5 (counted from 1), but the sequence has 4 frames" in capsys.readouterr().err


def test_times_missing_or_of_other_frames(run, tmp_path, capsys):
    (run / "times" / f"{NAMES[0]}_time.txt").unlink()
    (run / "times" / f"{NAMES[1]}_time.txt").write_text("0.1\n")
    assert submit("got10k", run, tmp_path / "mine.zip") == 2
    told = capsys.readouterr().err
    assert "there are no times: run with [[writers]] type = 'track-times'" in told
    assert "has times of 1 frames, but the sequence has 4" in told
    assert submit("got10k", run, tmp_path / "mine.zip", "--without-times") == 0
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert archive.namelist() == [f"{name}/{name}_001.txt" for name in NAMES]


def test_several_targets(run, tmp_path, capsys):
    file = run / "results" / f"{NAMES[0]}.txt"
    file.write_text(file.read_text() + "1,1,10,20,30,40,1,-1,-1,-1\n")
    assert submit("trackingnet", run, tmp_path / "mine.zip") == 2
    assert "holds 2 targets; the server takes one a sequence" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nowhere", "mine.zip"), "nowhere: there is no such run's folder or folder of results"),
        ((".", "mine.zip"), "no experiment.toml"),
        ((".", "mine.tar"), "must end in .zip"),
    ],
)
def test_refused(tmp_path, monkeypatch, capsys, words, expected):
    monkeypatch.chdir(tmp_path)
    assert submit("got10k", *words) == 2
    assert expected in capsys.readouterr().err
