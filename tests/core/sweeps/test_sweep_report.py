"""The report of a sweep: one file, everything in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vtcore.sweeps import Sweep
from vtcore.sweeps.report import value_text


def test_it_shows_history_front_and_parameters(swept: Callable[..., Sweep]) -> None:
    pytest.importorskip("optuna")
    parameters = {
        "tracker": {
            "high_threshold": {"low": 0.4, "high": 0.8},
            "track_buffer": {"low": 2, "high": 60, "log": True},
            "convention": ["original", "mmtracking"],
            "low_threshold": [0.1, 0.3],
        }
    }
    sweep = swept({"sweep": {"parameters": parameters, "trials": 25, "metrics": ["identity.IDF1", "-clear.CLR_FP"]}})
    page = Path("sweep/report.html").read_text()
    for heading in ("Best", "History", "Pareto front", "Parameters", "Trials", "How it was made"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") >= 2 + 1 + 2 * 4
    assert "clear.CLR_FP, lower is better" in page
    assert "PED-ANOVA" in page
    best = sweep.best()
    assert best is not None
    assert f"{100 * best.values['identity.IDF1']:.3f}" in page
    assert not re.search(r"(src|href)=\"?(https?:)?//", page)
    assert "<script src" not in page


def test_no_report_where_none_is_wanted(swept: Callable[..., Sweep]) -> None:
    swept({"run": {"report": False}}, sweep__trials=1)
    assert not Path("sweep/report.html").exists()


def test_values_are_shown_without_passwords() -> None:
    assert value_text("rtsp://me:secret@camera/1") == "rtsp://me:***@camera/1"
    assert value_text({"type": "x", "url": ["rtsp://me:secret@camera/1"]}) == "x, url = ['rtsp://me:***@camera/1']"
