"""Single-object trackers on real video, from the command line to the scores."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

REAL = Path(os.environ.get("VTCORE_REFERENCE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "real"
WEIGHTS = {part: REAL / "weights" / f"nanotrackv2_{part}.onnx" for part in ("backbone", "head")}
NANOTRACK = "".join(f'{part} = "{path}"\n' for part, path in WEIGHTS.items())
BAG, CROSSING = REAL / "sot_vot15_bag", REAL / "sot_otb_crossing"

pytestmark = pytest.mark.data


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    for package in (
        "vtrack_datasets",
        "vtrack_plugin_nanotrack",
        "vtrack_plugin_correlation",
        "vtrack_plugin_sot_metrics",
    ):
        pytest.importorskip(package, reason=f"{package} is not installed")
    for path in (BAG, CROSSING, *WEIGHTS.values()):
        if not path.exists():
            pytest.skip(f"the reference data lacks {path.name}")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The two sequences as OTB and VOT lay theirs out."""
    (tmp_path / "OTB").mkdir()
    (tmp_path / "OTB" / "Crossing").symlink_to(CROSSING)
    bag = tmp_path / "VOT" / "bag"
    bag.mkdir(parents=True)
    (bag / "color").symlink_to(BAG / "img")
    (bag / "groundtruth.txt").symlink_to(BAG / "groundtruth.txt")
    (tmp_path / "VOT" / "list.txt").write_text("bag\n")
    return tmp_path


def experiment(data: Path, kind: str, tracker: str, options: str = "", more: str = "") -> str:
    root, rest = (data / "OTB", "one_based = true\n") if kind == "otb100" else (data / "VOT", "")
    text = f'[dataset]\ntype = "{kind}"\nroot = "{root}"\n{rest}[tracker]\ntype = "{tracker}"\n{options}{more}'
    (data / f"{tracker}-{kind}.toml").write_text(f'{text}\n[[metrics]]\ntype = "ope"\n')
    return f"{tracker}-{kind}.toml"


def scores(data: Path, name: str) -> dict[str, float]:
    found: dict[str, float] = json.loads((data / "runs" / name / "metrics.json").read_text())["ope"]["COMBINED"]
    return found


@pytest.mark.parametrize(
    ("tracker", "options", "bag", "crossing"),
    [
        ("nanotrack", NANOTRACK, 0.78, 0.75),
        ("nanotrack", NANOTRACK + 'compat = "opencv"\nchannel_order = "rgb"\nlr = 0.37\n', 0.78, 0.75),
        ("kcf", "", 0.35, 0.75),
        ("mosse", 'scale = "filter"\n', 0.3, 0.6),
    ],
    ids=["nanotrack", "nanotrack-opencv", "kcf", "mosse"],
)
def test_mean_overlap(vtcore, data: Path, tracker: str, options: str, bag: float, crossing: float) -> None:
    for kind, least, frames in (("vot", bag, 196), ("otb100", crossing, 120)):
        name = experiment(data, kind, tracker, options)
        done = vtcore("run", name, "-o", "run.device=cpu")
        assert done.returncode == 0, done.stderr
        found = scores(data, Path(name).stem)
        assert found["Frames"] == frames
        assert found["AverageOverlap"] >= least, kind
        if tracker == "nanotrack":
            assert found["OP50"] > 0.98
            assert found["Precision"] > 0.98


def test_a_video_with_the_targets_drawn(vtcore, tmp_path: Path) -> None:
    options = [f"tracker.{part}={path}" for part, path in WEIGHTS.items()]
    words = [word for option in options for word in ("-o", option)]
    boxes = ("--init", "291.8,124.7,150.3,139.6", "--init", "100,200,60,50")
    done = vtcore("track", REAL / "clips" / "bag.avi", "--tracker", "nanotrack", *boxes, *words, "--output", "out")
    assert done.returncode == 0, done.stderr
    rows = np.loadtxt(tmp_path / "out" / "results" / "bag.txt", delimiter=",")
    assert len(rows) == 2 * 196
    assert rows[:2, 2:6].tolist() == [[291.8, 124.7, 150.3, 139.6], [100, 200, 60, 50]]
    corners = np.loadtxt(BAG / "groundtruth.txt", delimiter=",").reshape(-1, 4, 2)
    low, high = corners.min(axis=1), corners.max(axis=1)
    mine = rows[rows[:, 1] == rows[0, 1]][:, 2:6]
    common = np.minimum(mine[:, :2] + mine[:, 2:], high) - np.maximum(mine[:, :2], low)
    shared = np.clip(common, 0, None).prod(axis=1)
    overlaps = shared / (mine[:, 2:].prod(axis=1) + (high - low).prod(axis=1) - shared)
    assert overlaps.mean() > 0.78
    (video,) = (tmp_path / "out" / "videos").iterdir()
    capture = cv2.VideoCapture(str(video))
    last = None
    for _ in range(196):
        there, image = capture.read()
        assert there
        last = image
    assert not capture.read()[0]
    assert last is not None
    assert last.shape == (360, 480, 3)


def test_the_embedded_trackers_start_again_after_a_failure(vtcore, data: Path) -> None:
    """What never learns, and looks no farther than the target, loses it; five frames later it is started anew."""
    more = '[protocol]\ntype = "vot-reset"\n[[metrics]]\ntype = "vot"\nyear = 2018\n'
    name = experiment(data, "vot", "mosse", "min_psr = 0.0\nlearning_rate = 0.0\npadding = 0.0\n", more)
    done = vtcore("run", name)
    assert done.returncode == 0, done.stderr
    rows = np.loadtxt(data / "runs" / "mosse-vot" / "results" / "bag.txt", delimiter=",")
    frames = rows[:, 0].astype(int)
    gaps = np.flatnonzero(np.diff(frames) > 1)
    assert len(gaps) > 0
    found = json.loads((data / "runs" / "mosse-vot" / "metrics.json").read_text())["vot"]["COMBINED"]
    assert found["Failures"] == len(gaps) + (frames[-1] < 196)
    # The frame of the failure and four more have no row.
    assert set(np.diff(frames)[gaps].tolist()) <= {6}


def test_grey_pictures_of_sixteen_bits(vtcore, tmp_path: Path) -> None:
    """A source gives pictures of eight bits in three colours, whatever the files are."""
    (tmp_path / "deep").mkdir()
    for number, file in enumerate(sorted((CROSSING / "img").glob("*.jpg"))[:40]):
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(tmp_path / "deep" / f"{number:04d}.png"), grey.astype(np.uint16) * 257)
    truth = np.loadtxt(CROSSING / "groundtruth_rect.txt", delimiter="\t")[39] - (1, 1, 0, 0)
    options = [word for part, path in WEIGHTS.items() for word in ("-o", f"tracker.{part}={path}")]
    for tracker, words in (("nanotrack", options), ("kcf", []), ("mosse", [])):
        output = ("--output", f"out-{tracker}", "--no-video")
        done = vtcore("track", "deep", "--tracker", tracker, "--init", "204,150,17,50", *words, *output)
        assert done.returncode == 0, done.stderr
        last = np.loadtxt(next((tmp_path / f"out-{tracker}" / "results").glob("*.txt")), delimiter=",")[-1]
        assert int(last[0]) == 40
        offset = (last[2:4] + last[4:6] / 2) - (truth[:2] + truth[2:] / 2)
        assert np.abs(offset).max() < 8, tracker


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "backbone: no file is given"),
        (("-o", "tracker.backbone=none.onnx", "-o", "tracker.head=none.onnx"), "there is no file none.onnx"),
    ],
)
def test_what_is_missing_is_told_in_a_line(vtcore, words: tuple[str, ...], told: str) -> None:
    done = vtcore("track", REAL / "clips" / "bag.avi", "--tracker", "nanotrack", "--init", "1,2,30,40", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
