"""Our trackers and scores against those of the original code, on whole sequences.

The folder in ``VTCORE_REFERENCE_DATA`` (default: ``shared/data`` beside the repository) is scanned for
``<set>/golden/<tracker>/``: ``params.json`` says how the original tracker was run, ``<sequence>.txt`` what it
answered, and ``trackeval.json`` what the official evaluator makes of that. Sequences lie in ``<set>/<split>/``. Every
case runs an experiment from the data set to the scores, so what is compared is what a user gets.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import vtcore
from vtcore.errors import ComponentError
from vtcore.host import plugin_host
from vtcore.mot_text import MotRows, read_mot_text
from vtcore.runs import Run

VARIABLE = "VTCORE_REFERENCE_DATA"
GIVEN = os.environ.get(VARIABLE)
FOLDER = Path(GIVEN) if GIVEN else Path(__file__).resolve().parents[3] / "shared" / "data"

BOX_TOLERANCE = 0.02
SCORE_TOLERANCE = 1e-4
PERCENT_TOLERANCE = 1e-3

RENAMED_FIELDS = {"FP": "CLR_FP", "FN": "CLR_FN", "TP": "CLR_TP"}

Options = dict[str, Any]


def _sort(params: Options) -> Options:
    return {key: params.pop(key) for key in ("max_age", "min_hits", "iou_threshold")}


def _bytetrack(params: Options) -> Options:
    return {
        "high_threshold": params.pop("track_thresh"),
        "track_buffer": params.pop("track_buffer"),
        "match_threshold": params.pop("match_thresh"),
        "fuse_score": not params.pop("mot20"),
    }


TRACKERS: Mapping[str, Callable[[Options], Options]] = {"sort": _sort, "bytetrack": _bytetrack}
"""What the parameters of an original are called here. Each function takes out what it has translated."""


@attrs.frozen
class Golden:
    """What one original tracker answered on one set."""

    folder: Path

    @property
    def tracker(self) -> str:
        return self.folder.name

    @property
    def name(self) -> str:
        return f"golden/{self.folder.parents[1].name}/{self.tracker}"

    @property
    def sequences(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.txt"))

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def has_scores(self) -> bool:
        return (self.folder / "trackeval.json").is_file()

    def scored(self) -> list[str]:
        return list(self.read("trackeval.json")["results"]) if self.has_scores() else []

    def split(self) -> str:
        """Return the folder of the set in which the sequences lie."""
        first = self.sequences[0]
        splits = [path.parents[1].name for path in self.folder.parents[1].glob(f"*/{first}/seqinfo.ini")]
        assert len(splits) == 1, f"{self.name}: expected one <split>/{first}/seqinfo.ini, found {splits}"
        return splits[0]


GOLDENS = [
    golden for golden in map(Golden, sorted(FOLDER.glob("*/golden/*"))) if golden.folder.is_dir() and golden.sequences
]
ROWS = [pytest.param(golden, name, id=f"{golden.name}/{name}") for golden in GOLDENS for name in golden.sequences]
SCORES = [pytest.param(golden, name, id=f"{golden.name}/{name}") for golden in GOLDENS for name in golden.scored()]


def test_reference_data_is_there() -> None:
    if GOLDENS:
        return
    problem = f"{FOLDER} {'holds no <set>/golden/<tracker>/' if FOLDER.is_dir() else 'does not exist'}"
    if GIVEN is None:
        pytest.skip(f"{problem}; set {VARIABLE} to a folder of reference data")
    pytest.fail(f"{VARIABLE}: {problem}")


@pytest.mark.data
@pytest.mark.parametrize(("golden", "sequence"), ROWS)
def test_tracks_are_those_of_the_original(golden: Golden, sequence: str, runs: Callable[[Golden], Run]) -> None:
    run = runs(golden)
    ours = read_mot_text(run.folder.path / "results" / f"{sequence}.txt")
    theirs = read_mot_text(golden.folder / f"{sequence}.txt")
    assert _counts(ours) == _counts(theirs), "not the same number of tracks in each frame"
    renamed = _renaming(theirs, ours)
    order = np.lexsort((ours.ids, ours.frames))
    wanted = np.array([renamed[identity] for identity in theirs.ids.tolist()])
    theirs_order = np.lexsort((wanted, theirs.frames))
    assert (ours.ids[order] == wanted[theirs_order]).all(), "identities differ"
    boxes = np.abs(ours.ltwh[order] - theirs.ltwh[theirs_order])
    assert boxes.max(initial=0) <= BOX_TOLERANCE
    if (theirs.scores != 1).any():  # A column of ones is of a tracker that gives no score.
        assert np.abs(ours.scores[order] - theirs.scores[theirs_order]).max(initial=0) <= SCORE_TOLERANCE


@pytest.mark.data
@pytest.mark.parametrize(("golden", "sequence"), SCORES)
def test_scores_are_those_of_the_evaluator(golden: Golden, sequence: str, runs: Callable[[Golden], Run]) -> None:
    ours: Options = {}
    for metric in (runs(golden).scores or {}).values():
        ours |= metric[sequence]
    differing = []
    for name, wanted in golden.read("trackeval.json")["results"][sequence].items():
        value = ours[RENAMED_FIELDS.get(name, name)]
        same = value == wanted if isinstance(value, int) else abs(100 * value - wanted) <= PERCENT_TOLERANCE
        if not same:
            differing.append(f"{name}: {value} instead of {wanted}")
    assert not differing, "; ".join(differing)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Golden], Run]:
    """Run an original's experiment with our tracker; once for all sequences of the set."""
    done: dict[Golden, Run] = {}

    def run(golden: Golden) -> Run:
        if golden not in done:
            _skip_unless_built(golden.tracker)
            folder = tmp_path_factory.mktemp("golden") / "run"
            done[golden] = vtcore.run(_experiment(golden, folder))
        return done[golden]

    return run


def _skip_unless_built(tracker: str) -> None:
    try:
        plugin_host().component("tracker", tracker)
    except ComponentError as error:
        pytest.skip(f"tracker {tracker!r} is not built yet: {error}")
    if tracker not in TRACKERS:
        pytest.skip(f"this test does not know yet what the original's parameters are called in tracker {tracker!r}")


def _experiment(golden: Golden, output: Path) -> Options:
    stated = golden.read("params.json")
    params = dict(stated["params"])
    tracker: Options = {"type": golden.tracker} | TRACKERS[golden.tracker](params)
    assert not params, f"{golden.name}: this test does not know the parameters {sorted(params)}"
    if stated.get("frame_rate") is not None:
        tracker["frame_rate"] = float(stated["frame_rate"])
    detector: Options = {"type": "given"}
    if stated.get("detection_min_score") is not None:
        detector["min_score"] = float(stated["detection_min_score"])
    dataset: Options = {"type": "mot-challenge", "root": str(golden.folder.parents[1]), "split": golden.split()}
    metrics: list[Options] = []
    if golden.has_scores():
        dataset["benchmark"] = golden.read("trackeval.json")["benchmark"]
        metrics = [{"type": name} for name in ("hota", "clear", "identity")]
    return {
        "dataset": dataset | {"sequences": golden.sequences},
        "detector": detector,
        "tracker": tracker,
        "metrics": metrics,
        "writers": [{"type": "mot-text"}],
        "run": {"output": str(output), "report": False},
    }


def _counts(rows: MotRows) -> Counter[int]:
    return Counter(rows.frames.tolist())


def _renaming(theirs: MotRows, ours: MotRows) -> dict[int, int]:
    """Return the one-to-one renaming of their ids that puts most of their boxes on ours."""
    their_ids, their_index = np.unique(theirs.ids, return_inverse=True)
    our_ids, our_index = np.unique(ours.ids, return_inverse=True)
    assert len(their_ids) == len(our_ids), f"{len(our_ids)} identities instead of {len(their_ids)}"
    together = np.zeros((len(their_ids), len(our_ids)))
    for frame in np.unique(theirs.frames):
        left, right = np.flatnonzero(theirs.frames == frame), np.flatnonzero(ours.frames == frame)
        apart = np.abs(theirs.ltwh[left][:, None] - ours.ltwh[right]).max(2)
        row, column = (apart <= BOX_TOLERANCE).nonzero()
        together[their_index[left[row]], our_index[right[column]]] += 1
    rows, columns = linear_sum_assignment(together, maximize=True)
    return dict(zip(their_ids[rows].tolist(), our_ids[columns].tolist(), strict=True))
