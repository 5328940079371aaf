"""Data to score: made-up crowds, and the MOT Challenge rules told as roles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import COUNTED, DISTRACTOR, IGNORED, TrackTable

# trackeval's distractors by benchmark: persons on vehicles, static persons, distractors, reflections; MOT20 adds
# vehicles that do not move by themselves.
DISTRACTOR_CLASSES = {"MOT15": (), "MOT16": (2, 7, 8, 12), "MOT17": (2, 7, 8, 12), "MOT20": (2, 6, 7, 8, 12)}


def annotations_from_rows(rows: np.ndarray, benchmark: str) -> TrackTable:
    if benchmark == "MOT15":
        roles = np.where(rows[:, 6] != 0, COUNTED, IGNORED)
        labels = np.zeros(len(rows), int)
    else:
        numbers = rows[:, 7].astype(int)
        is_counted = (numbers == 1) & (rows[:, 6] != 0)
        roles = np.where(is_counted, COUNTED, IGNORED)
        roles[np.isin(numbers, DISTRACTOR_CLASSES[benchmark])] = DISTRACTOR
        labels = np.where(numbers == 1, 0, -1)
    return TrackTable(rows[:, 0].astype(int) - 1, rows[:, 2:6], ids=rows[:, 1].astype(int), roles=roles, labels=labels)


def results_from_rows(rows: np.ndarray) -> TrackTable:
    return TrackTable(rows[:, 0].astype(int) - 1, rows[:, 2:6], ids=rows[:, 1].astype(int), scores=rows[:, 6])


def _crowd_rows(seed: int, length: int = 40, people: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Make gt.txt and result rows: walkers, some of distractor classes or not considered, and shaky results of them."""
    draw = np.random.default_rng(seed)
    truth, results = [], []
    swaps = draw.permutation(people)
    for person in range(people):
        start, end = sorted(draw.integers(0, length, 2).tolist())
        at, step = draw.uniform(0, 300, 2), draw.uniform(-4, 4, 2)
        size = draw.uniform(20, 60, 2)
        number = int(draw.choice([1, 1, 1, 2, 6, 7, 8, 12]))
        for frame in range(start, end + 1):
            if draw.random() < 0.1:
                continue
            box = np.concatenate([at + step * (frame - start), size]).round(2)
            truth.append([frame + 1, person + 1, *box, int(draw.random() < 0.9), number, 1.0])
            shaken = (box + draw.normal(0, 3, 4)).round(2)
            name = 100 + (person if frame % 11 else int(swaps[person]))
            if draw.random() < 0.85:
                results.append([frame + 1, name, *shaken, draw.random(), -1, -1, -1])
    for frame in np.flatnonzero(draw.random(length) < 0.3).tolist():
        results += [[frame + 1, 900 + frame, *draw.uniform(0, 300, 2), 30, 30, 0.2, -1, -1, -1]]
    kept = {(row[0], row[1]): row for row in results}
    return np.array(truth, float), np.array(list(kept.values()), float)


@pytest.fixture
def crowd_rows() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return _crowd_rows


@pytest.fixture
def crowd() -> Callable[..., EvaluatedSequence]:
    def make(seed: int = 0, benchmark: str = "MOT17", length: int = 40, **fields: Any) -> EvaluatedSequence:
        truth, results = _crowd_rows(seed, length)
        return EvaluatedSequence(
            **{
                "name": f"CROWD-{seed:02d}",
                "length": length,
                "classes": ("pedestrian",),
                "truth": annotations_from_rows(truth, benchmark),
                "results": results_from_rows(results),
            }
            | fields
        )

    return make


@pytest.fixture
def from_files() -> Callable[[Path, Path, str], EvaluatedSequence]:
    """Make a sequence from its folder, a result file and the name of a benchmark."""

    def read(folder: Path, result: Path, benchmark: str) -> EvaluatedSequence:
        lines = (folder / "seqinfo.ini").read_text().splitlines()
        length = next(int(line.split("=")[1]) for line in lines if line.lower().startswith("seqlength"))
        truth = annotations_from_rows(np.loadtxt(folder / "gt" / "gt.txt", delimiter=",", ndmin=2), benchmark)
        results = results_from_rows(np.loadtxt(result, delimiter=",", ndmin=2))
        return EvaluatedSequence(folder.name, length, ("pedestrian",), truth, results)

    return read


@pytest.fixture
def official_scores(tmp_path: Path) -> Callable[[str, dict[str, tuple[Path, Path]]], dict[str, Any]]:
    """Run the official evaluator on folders: benchmark, and sequence name to its folder and result file."""

    def run(benchmark: str, sequences: dict[str, tuple[Path, Path]]) -> dict[str, Any]:
        import contextlib
        import io
        import shutil

        import trackeval

        truth_folder, results = tmp_path / "truth", tmp_path / "trackers" / f"{benchmark}-train" / "ours" / "data"
        results.mkdir(parents=True)
        (truth_folder / "seqmaps").mkdir(parents=True)
        (truth_folder / "seqmaps" / f"{benchmark}-train.txt").write_text("\n".join(["name", *sequences]) + "\n")
        for name, (folder, result) in sequences.items():
            shutil.copytree(folder, truth_folder / f"{benchmark}-train" / name)
            shutil.copy(result, results / f"{name}.txt")
        quiet = {"PRINT_CONFIG": False}
        places = {"GT_FOLDER": str(truth_folder), "TRACKERS_FOLDER": str(tmp_path / "trackers")}
        options = ("PRINT_RESULTS", "TIME_PROGRESS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES")
        with contextlib.redirect_stdout(io.StringIO()):
            data = trackeval.datasets.MotChallenge2DBox(
                places | quiet | {"BENCHMARK": benchmark, "SPLIT_TO_EVAL": "train", "TRACKERS_TO_EVAL": ["ours"]}
            )
            evaluator = trackeval.Evaluator(quiet | dict.fromkeys(options, False) | {"LOG_ON_ERROR": None})
            metrics = [trackeval.metrics.CLEAR(quiet.copy()), trackeval.metrics.Identity(quiet.copy())]
            answer, _ = evaluator.evaluate([data], [trackeval.metrics.HOTA(), *metrics])
        by_sequence = answer["MotChallenge2DBox"]["ours"]
        return {
            {"COMBINED_SEQ": "COMBINED"}.get(name, name): tables["pedestrian"] for name, tables in by_sequence.items()
        }

    return run
