"""Bad input ends in one line a person can act on, exit status 2, and loses nothing."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

GT = "1,1,10,10,20,40,1,1,1\n2,1,12,10,20,40,1,1,1\n"
DET = "1,-1,10,10,20,40,0.9\n2,-1,12,10,20,40,0.8\n"


@pytest.fixture
def own_data(experiment: Path) -> Path:
    """An experiment on a data set of its own, with two sequences and no images."""
    for name in ("S-1", "S-2"):
        folder = experiment.parent / "mydata/train" / name
        for part, text in (("det", DET), ("gt", GT)):
            (folder / part).mkdir(parents=True)
            (folder / part / f"{part}.txt").write_text(text)
        (folder / "seqinfo.ini").write_text(
            f"[Sequence]\nname={name}\nimDir=img1\nframeRate=25\nseqLength=2\nimWidth=100\nimHeight=80\nimExt=.jpg\n"
        )
    experiment.write_text(
        """
[dataset]
type = "mot-challenge"
root = "mydata"
split = "train"

[detector]
type = "given"

[tracker]
type = "bytetrack"

[[metrics]]
type = "clear"
"""
    )
    return experiment


def test_without_images_it_runs(own_data: Path, vtcore) -> None:
    done = vtcore("run", own_data.name)
    assert done.returncode == 0, done.stderr


def test_images_are_asked_for_when_a_component_needs_them(own_data: Path, vtcore) -> None:
    done = vtcore("run", own_data.name, "-o", "detector.type=hog")
    assert done.returncode == 2
    assert "'hog' needs images; 2 sequences without: 'S-1', 'S-2'" in done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("tracker.high_treshold=0.5", "tracker.high_treshold: unknown key; did you mean 'high_threshold'?"),
        ("tracker.high_threshold='high'", "tracker.high_threshold: must be a"),
        ("tracker.high_threshold=1.5", "tracker.high_threshold: must be <= 1, got 1.5"),
        ("tracker.type=bytetrak", "did you mean 'bytetrack'?"),
        ("tracker.type=ocsort2000", "unknown tracker 'ocsort2000'"),
        ("dataset.root=elsewhere", "elsewhere"),
        ("dataset.split=trian", "did you mean 'train'?"),
        ("detector.path=nowhere.csv", "nowhere.csv"),
    ],
)
def test_a_wrong_value(own_data: Path, vtcore, change: str, message: str) -> None:
    _refused(own_data, vtcore, message, "-o", change)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("3,-1,10\n", "det.txt:3"),
        ("2,-1,ten,10,20,40,0.9\n", "'ten'"),
        ("2,-1,nan,10,20,40,0.9\n", "det.txt:3"),
        ("2,-1,10,10,-20,40,0.9\n", "negative"),
        ("0,-1,10,10,20,40,0.9\n", "det.txt:3"),
    ],
)
def test_a_damaged_row_of_detections(own_data: Path, vtcore, row: str, message: str) -> None:
    path = own_data.parent / "mydata/train/S-2/det/det.txt"
    path.write_text(DET + row)
    errors = _refused(own_data, vtcore, message)
    assert "S-2" in errors
    assert "det.txt:3" in errors


def test_seqinfo_missing(own_data: Path, vtcore) -> None:
    (own_data.parent / "mydata/train/S-1/seqinfo.ini").unlink()
    _refused(own_data, vtcore, "seqinfo.ini")


def test_an_empty_data_set(own_data: Path, vtcore) -> None:
    (own_data.parent / "mydata/empty").mkdir()
    _refused(own_data, vtcore, "empty", "-o", "dataset.split=empty")


def test_every_mistake_is_told_at_once(own_data: Path, vtcore) -> None:
    own_data.write_text(own_data.read_text() + "\n[run]\nsed = 3\n\n[plugns]\n")
    done = vtcore("run", own_data.name, "-o", "tracker.high_threshold=7")
    assert done.returncode == 2
    for part in ("run.sed", "plugns", "tracker.high_threshold"):
        assert part in done.stderr
    assert "experiment.toml:17: run.sed: unknown key; did you mean 'seed'?" in done.stderr


def test_an_experiment_that_is_not_there(vtcore, experiment: Path) -> None:
    errors = _refused(experiment, lambda *_: vtcore("run", "experimnt.toml"), "experimnt.toml")
    assert "experiment.toml" in errors


def test_a_zero_byte_image(experiment: Path, vtcore) -> None:
    folder = experiment.parent / "images"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), np.zeros((64, 64, 3), np.uint8))
    (folder / "1.png").write_bytes(b"")
    done = vtcore("track", "images", "--detector", "background-subtraction")
    assert done.returncode == 2
    assert "1.png" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_broken_image_keeps_what_came_before_and_is_tried_again(experiment: Path, vtcore) -> None:
    folder = experiment.parent / "images"
    folder.mkdir()
    for number in range(6):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((64, 64, 3), 40 * number, np.uint8))
    whole = (folder / "4.png").read_bytes()
    (folder / "4.png").write_bytes(b"no picture at all")
    words = ("track", "images", "--detector", "background-subtraction", "--output", "runs/images", "--no-video")
    writers = ("-o", 'writers=[{type="json-lines"}]')
    results = experiment.parent / "runs/images/results/images.jsonl"
    for again in ((), ("--resume",)):
        done = vtcore(*words, *writers, *again)
        assert done.returncode == 2
        assert "4.png" in done.stderr
        assert "the 4 frames before it are kept" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert len(results.read_text().splitlines()) == 4
    (folder / "4.png").write_bytes(whole)
    done = vtcore(*words, *writers, "--resume")
    assert done.returncode == 0, done.stderr
    assert len(results.read_text().splitlines()) == 6


def test_a_truncated_video_keeps_what_came_before(experiment: Path, vtcore) -> None:
    whole = experiment.parent / "whole.avi"
    video = cv2.VideoWriter(str(whole), cv2.VideoWriter_fourcc(*"MJPG"), 25, (160, 120))
    noise = np.random.default_rng(0)
    for _ in range(40):
        video.write(noise.integers(0, 255, (120, 160, 3), np.uint8))
    video.release()
    (experiment.parent / "cut.avi").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done = vtcore("track", "cut.avi", "--detector", "background-subtraction", "--output", "runs/cut")
    assert done.returncode == 2
    assert "cut.avi" in done.stderr
    assert "Traceback" not in done.stderr
    assert (experiment.parent / "runs/cut/results/cut.txt").exists()
    assert list((experiment.parent / "runs/cut/videos").glob("cut.*"))


def test_a_file_that_is_no_video(experiment: Path, vtcore) -> None:
    (experiment.parent / "words.mp4").write_text("not a video")
    done = vtcore("track", "words.mp4", "--detector", "background-subtraction")
    assert done.returncode == 2
    assert "words.mp4" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_scores_without_a_result_file(experiment: Path, vtcore) -> None:
    message = (
        'writers: results are refined and scored from files (.txt, .jsonl, .coco.json); add one with type = "mot-text"'
    )
    _refused(experiment, vtcore, message, "-o", 'writers=[{type="video"}]')


def test_a_window_without_a_display(experiment: Path, vtcore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    _refused(experiment, vtcore, "there is no display", "--show")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_output_without_permission(experiment: Path, vtcore) -> None:
    (experiment.parent / "locked").mkdir(mode=0o500)
    _refused(experiment, vtcore, "locked", "-o", "run.output=locked/run")


def test_an_output_below_a_file(experiment: Path, vtcore) -> None:
    (experiment.parent / "file").write_text("")
    _refused(experiment, vtcore, "file", "-o", "run.output=file/run")


def test_a_full_disk_keeps_finished_sequences(experiment: Path, vtcore) -> None:
    experiment.write_text(experiment.read_text().replace('[[writers]]\ntype = "coco-video"\n', ""))
    whole = vtcore("run", experiment.name, "-o", "run.output=runs/whole")
    assert whole.returncode == 0
    sizes = {path.name: path.stat().st_size for path in (experiment.parent / "runs/whole/results").glob("*.jsonl")}
    # The second sequence is longer than the limit allows, the first is not.
    limit = sizes["SYN-01.jsonl"] + 1000
    experiment.write_text(experiment.read_text().replace("frames = 60", "frames = 60"))
    done = vtcore("run", experiment.name, "-o", "dataset.frames=60", limit_file_size=limit // 2)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "free some space" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    folder = experiment.parent / "runs/experiment/results"
    assert not [path for path in folder.iterdir() if path.suffix == ".jsonl"]
    again = vtcore("run", experiment.name, "-o", "dataset.frames=60", "--resume")
    assert again.returncode == 0, again.stderr
    for path in (experiment.parent / "runs/whole/results").iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()


def test_no_camera(experiment: Path, vtcore) -> None:
    if Path("/dev/video97").exists():
        pytest.skip("there is a camera 97 here")
    done = vtcore("track", "97", "--detector", "background-subtraction", "--max-frames", "5")
    assert done.returncode == 2
    assert "no camera 97" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def _refused(experiment: Path, vtcore, message: str, *words: str) -> str:
    """Run, expect exit status 2 and one short message, and no output folder."""
    done = vtcore("run", experiment.name, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert message in done.stderr
    assert not (experiment.parent / "runs").exists()
    return done.stderr
