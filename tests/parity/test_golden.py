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
from vtcore.instances import Float64Array
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


TRACKERS: Mapping[str, Mapping[str, str]] = {
    "sort": {name: name for name in ("max_age", "min_hits", "iou_threshold")},
    "bytetrack": {
        "track_thresh": "high_threshold",
        "det_thresh": "new_track_threshold",
        "track_buffer": "track_buffer",
        "match_thresh": "match_threshold",
        "mot20": "fuse_score",
        "frame_rate": "frame_rate",
    },
    "ocsort": {
        "det_thresh": "high_threshold",
        "max_age": "max_age",
        "min_hits": "min_hits",
        "iou_threshold": "iou_threshold",
        "delta_t": "delta_t",
        "asso_func": "similarity",
        "inertia": "inertia",
        "use_byte": "use_byte",
    },
    "botsort-noreid": {
        "use_embeddings": "appearance",
        "track_high_thresh": "high_threshold",
        "track_low_thresh": "low_threshold",
        "new_track_thresh": "new_track_threshold",
        "track_buffer": "track_buffer",
        "match_thresh": "match_threshold",
        "fuse_first_associate": "fuse_score",
        "frame_rate": "frame_rate",
        "second_match_thresh": "second_match_threshold",
        "unconfirmed_match_thresh": "unconfirmed_match_threshold",
    },
}
"""What the parameters of an original are called here."""

COMPONENTS = {"botsort-noreid": "botsort"}
"""Our trackers that are called otherwise."""

HABITS: Mapping[str, Options] = {
    # A reimplementation: docs/algorithms/botsort.md tells where it differs from the original.
    "botsort-noreid": {
        "report_unconfirmed": False,
        "inclusive_overlap": False,
        "camera_motion": {"type": "none"},
    },
}
"""What the reference does without a parameter for it."""

VALUES = {"ct_dist": "centre-distance"}
"""What values of an original are called here."""

OPPOSITES = {"mot20"}
"""Switches of an original that are the other way round here."""


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
        folder = self.folder.parents[1]
        splits = [
            split.name for split in sorted(folder.iterdir()) if all((split / name).is_dir() for name in self.sequences)
        ]
        assert len(splits) == 1, f"{self.name}: expected one folder of {folder} with {self.sequences}, found {splits}"
        return splits[0]

    def tracker_options(self) -> Options:
        """Return our tracker's options for the original's parameters."""
        stated, ours = self.read("params.json"), TRACKERS[self.tracker]
        params = stated["params"]
        options = dict(HABITS.get(self.tracker, {})) | {
            ours[name]: not value if name in OPPOSITES else VALUES.get(str(value), value)
            for name, value in params.items()
            if name in ours
        }
        if stated.get("frame_rate") is not None:
            options["frame_rate"] = float(stated["frame_rate"])
        return options

    def left_out(self) -> str:
        """Say which parameters of the original have no counterpart: what to look at when results differ."""
        unknown = sorted(self.read("params.json")["params"].keys() - TRACKERS[self.tracker])
        return f" (parameters that this test does not know: {', '.join(unknown)})" if unknown else ""


FOUND = [Golden(folder) for folder in sorted(FOLDER.glob("*/golden/*")) if folder.is_dir()]
GOLDENS = [golden for golden in FOUND if golden.sequences]
ROWS = [pytest.param(golden, name, id=f"{golden.name}/{name}") for golden in GOLDENS for name in golden.sequences]
SCORES = [pytest.param(golden, name, id=f"{golden.name}/{name}") for golden in GOLDENS for name in golden.scored()]


def test_reference_data_is_there() -> None:
    empty = [golden.name for golden in FOUND if golden.tracker in TRACKERS and not golden.sequences]
    assert not empty, f"{VARIABLE}: no <sequence>.txt in {', '.join(empty)} of {FOLDER}"
    if GOLDENS:
        return
    problem = f"{FOLDER} {'holds no <set>/golden/<tracker>/' if FOLDER.is_dir() else 'does not exist'}"
    if GIVEN is None:
        pytest.skip(f"{problem}; set {VARIABLE} to a folder of reference data")
    pytest.fail(f"{VARIABLE}: {problem}")


@pytest.mark.data
@pytest.mark.parametrize(("golden", "sequence"), ROWS)
def test_tracks_are_those_of_the_original(golden: Golden, sequence: str, runs: Callable[[Golden, str], Run]) -> None:
    run = runs(golden, sequence)
    ours = read_mot_text(run.folder.path / "results" / f"{sequence}.txt")
    theirs = read_mot_text(golden.folder / f"{sequence}.txt")
    hint = golden.left_out()
    assert _counts(ours) == _counts(theirs), f"not the same number of tracks in each frame{hint}"
    renamed = _renaming(theirs, ours)
    order = np.lexsort((ours.ids, ours.frames))
    wanted = np.array([renamed[identity] for identity in theirs.ids.tolist()], np.int64)
    theirs_order = np.lexsort((wanted, theirs.frames))
    assert (ours.ids[order] == wanted[theirs_order]).all(), f"identities differ{hint}"
    boxes = np.abs(ours.ltwh[order] - theirs.ltwh[theirs_order])
    assert boxes.max(initial=0) <= BOX_TOLERANCE, f"boxes of an identity differ{hint}"
    if not _is_filler(theirs.scores):
        assert np.abs(ours.scores[order] - theirs.scores[theirs_order]).max() <= SCORE_TOLERANCE, f"scores differ{hint}"


@pytest.mark.data
@pytest.mark.parametrize(("golden", "sequence"), SCORES)
def test_scores_are_those_of_the_evaluator(golden: Golden, sequence: str, runs: Callable[[Golden, str], Run]) -> None:
    ours: Options = {}
    for metric in (runs(golden, sequence).scores or {}).values():
        ours |= metric[sequence]
    differing = []
    for name, wanted in golden.read("trackeval.json")["results"][sequence].items():
        value = ours[RENAMED_FIELDS.get(name, name)]
        # Ours tell counts, which are whole, from shares, which the evaluator prints in percent.
        found, tolerance = (value, 0) if isinstance(value, int) else (100 * value, PERCENT_TOLERANCE)
        if abs(found - wanted) > tolerance:
            differing.append(f"{name}: {found} instead of {wanted}")
    assert not differing, "; ".join(differing) + golden.left_out()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Golden, str], Run]:
    """Run an original's experiment with our tracker: once for the sequences with scores, once for those without."""
    done: dict[tuple[Golden, bool], Run] = {}

    def run(golden: Golden, sequence: str) -> Run:
        scored = golden.scored()
        kind = golden, sequence in scored
        if kind not in done:
            _skip_unless_built(golden.tracker)
            sequences = [name for name in golden.sequences if (name in scored) is kind[1]]
            folder = tmp_path_factory.mktemp("golden") / "run"
            done[kind] = vtcore.run(_experiment(golden, sequences, scored=kind[1], output=folder))
        return done[kind]

    return run


def _skip_unless_built(tracker: str) -> None:
    try:
        plugin_host().component("tracker", COMPONENTS.get(tracker, tracker))
    except ComponentError as error:
        pytest.skip(f"tracker {tracker!r} is not built yet: {error}")
    if tracker not in TRACKERS:
        pytest.skip(f"this test does not know yet what the original's parameters are called in tracker {tracker!r}")


def _experiment(golden: Golden, sequences: list[str], *, scored: bool, output: Path) -> Options:
    detector: Options = {"type": "given"}
    least = golden.read("params.json").get("detection_min_score")
    if least is not None:
        detector["min_score"] = float(least)
    dataset: Options = {"type": "mot-challenge", "root": str(golden.folder.parents[1]), "split": golden.split()}
    if scored:
        dataset["benchmark"] = golden.read("trackeval.json").get("benchmark", "auto")
    return {
        "dataset": dataset | {"sequences": sequences},
        "detector": detector,
        "tracker": {"type": COMPONENTS.get(golden.tracker, golden.tracker)} | golden.tracker_options(),
        "metrics": [{"type": name} for name in ("hota", "clear", "identity", "count")] if scored else [],
        "writers": [{"type": "mot-text"}],
        "run": {"output": str(output), "report": False},
    }


def _is_filler(scores: Float64Array) -> bool:
    """Return whether the column is what is written by a tracker that gives no score, one of -1, 0 and 1 throughout."""
    return len(scores) == 0 or (scores[0] in (-1, 0, 1) and bool((scores == scores[0]).all()))


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
