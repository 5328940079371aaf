"""What the published code answers: cases in ``VTCORE_PARITY`` (default: ``shared/parity`` beside the repository)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.tables import TrackTable
from vtrack_plugin_mot_refine import GaussianSmoothing, LinearInterpolation

FOLDER = Path(os.environ.get("VTCORE_PARITY") or Path(__file__).resolve().parents[5] / "shared" / "parity")


def cases(model: str) -> Iterator[Any]:
    """Find the cases of a model by what they say of themselves."""
    for path in sorted(FOLDER.glob("*/*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        if case.get("case", {}).get("model") == model and case["case"].get("operation") == "interpolate":
            yield pytest.param(case, np.load(path.with_suffix(".npz")), id=f"{case['case']['family']}/{case['name']}")


def parametrized(model: str) -> Any:
    reason = pytest.mark.skip(reason=f"{FOLDER} holds no such case; set VTCORE_PARITY to a folder of parity cases")
    return pytest.mark.parametrize(("case", "arrays"), [*cases(model)] or [pytest.param(None, None, marks=reason)])


def table_of(rows: np.ndarray) -> TrackTable:
    """Make a table of rows (frame, id, x1, y1, x2, y2, score)."""
    ltwh = rows[:, 2:6].copy()
    ltwh[:, 2:] -= ltwh[:, :2]
    return TrackTable(rows[:, 0], ltwh, ids=rows[:, 1], scores=rows[:, 6])


def compare(table: TrackTable, wanted: np.ndarray, tolerance: dict[str, float]) -> None:
    """Compare as sets of rows; scores, float32 in a table, must be those numbers."""
    corners = table.ltwh.copy()
    corners[:, 2:] += corners[:, :2]
    order = np.lexsort((table.ids, table.frames))
    wanted = wanted[np.lexsort((wanted[:, 1], wanted[:, 0]))]
    assert table.frames[order].tolist() == wanted[:, 0].tolist()
    assert table.ids[order].tolist() == wanted[:, 1].tolist()
    assert np.array_equal(table.scores[order], wanted[:, 6].astype(np.float32))
    np.testing.assert_allclose(corners[order], wanted[:, 2:6], **tolerance)


@pytest.mark.data
@parametrized("linear")
def test_linear(case: dict[str, Any], arrays: Any) -> None:
    hyper = case["hyper"]
    refiner = LinearInterpolation(
        max_gap=hyper["max_num_frames"] - 2, min_length=hyper["min_num_frames"] + 1, compat="mmtracking"
    )
    compare(refiner.refine(table_of(arrays["given:tracks"])), arrays["tracks"], case["tolerance"])


@pytest.mark.data
@parametrized("gsi")
def test_gaussian_smoothing(case: dict[str, Any], arrays: Any) -> None:
    hyper = case["hyper"]
    rows = arrays["given:tracks"]
    for tau in hyper["smooth_taus"]:
        refiner = GaussianSmoothing(
            tau=tau,
            max_gap=hyper["max_num_frames"] - 2,
            min_length=hyper["min_num_frames"] + 1,
            compat="mmdetection",
        )
        compare(refiner.refine(table_of(rows)), arrays[f"gsi_tau{tau}"], case["tolerance"])
    alone = GaussianSmoothing(tau=10, max_gap=0).refine(table_of(rows[rows[:, 1] == 1]))
    compare(alone, arrays["gsi_one"], case["tolerance"])
