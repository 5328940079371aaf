"""Our scores of single-object tracking against those of the published evaluators.

The folder in ``VTCORE_REFERENCE_DATA`` (default: ``shared/data`` beside the repository) holds
``sot_eval/expected.json`` and, beside it, results and annotations. Which videos and sequences there are, and which
numbers are expected of them, is read from there: a number that nothing here compares fails the test. Speeds are not
compared.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.evaluation import EvaluatedSequence
from vtcore.tables import TrackTable

VARIABLE = "VTCORE_REFERENCE_DATA"
GIVEN = os.environ.get(VARIABLE)
ROOT = Path(GIVEN) if GIVEN else Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = ROOT / "sot_eval"
TOLERANCE = 1e-6

PROSE = ("format", "convention", "hidden_frames", "picture_size_wh", "sources")
"""Keys that say how numbers were made."""
NOT_COMPARED = ("speed_fps",)

Scores = Mapping[str, Any]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    file = FOLDER / "expected.json"
    assert GIVEN is None or ROOT.is_dir(), f"{VARIABLE}: {ROOT} does not exist"
    if not FOLDER.is_dir():
        pytest.skip(f"there is no {FOLDER}; set {VARIABLE} to the folder that holds sot_eval")
    assert file.is_file(), f"{file} does not exist"
    pytest.importorskip("vtrack_plugin_sot_metrics", reason="vtrack-plugin-sot-metrics is not installed")
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def test_every_section_is_compared(expected: dict[str, Any]) -> None:
    known = {"lasot_ope_mmtracking", "lasot_ope_pytracking", "got10k", "vot2018"}
    assert expected.keys() - {"sources"} <= known, "expected.json has sections that nothing here compares"


def test_ope_in_the_convention_of_mmtracking(expected: dict[str, Any]) -> None:
    from vtrack_plugin_sot_metrics import Ope

    names = {"success": "AUC", "norm_precision": "NormPrecision", "precision": "Precision"}
    section = _section(expected, "lasot_ope_mmtracking")
    videos = [_lasot_video(name) for name in section["per_video"]]
    scores = _scores(Ope(convention="mmtracking"), videos)
    for part, what in _parts(section):
        if part == "visible_only":
            metric = Ope(convention="mmtracking", exclude_invisible=True)
            table = _scores(metric, _hidden_videos(section, what))["COMBINED"]
            _compare(what["result"], _percent(table, names), part)
        else:
            _compare_tables(part, what, lambda name: _percent(scores[name], names))


def test_ope_in_the_convention_of_pytracking(expected: dict[str, Any]) -> None:
    from vtrack_plugin_sot_metrics import Ope

    names = {
        "auc": "AUC",
        "op50": "OP50",
        "op75": "OP75",
        "precision20": "Precision",
        "norm_precision20": "NormPrecision",
    }
    section = _section(expected, "lasot_ope_pytracking")
    scores = _scores(Ope(), [_lasot_video(name) for name in section["per_video"]])

    def fields(table: Scores) -> dict[str, Any]:
        return _percent(table, names) | {"avg_overlap": table["AverageOverlap"]}

    for part, what in _parts(section):
        if part == "visible_only":
            _compare(what["result"], fields(_scores(Ope(), _hidden_videos(section, what))["COMBINED"]), part)
        else:
            _compare_tables(part, what, lambda name: fields(scores[name]))


def test_got10k(expected: dict[str, Any]) -> None:
    from vtrack_plugin_sot_metrics import Got10k

    section = _section(expected, "got10k")
    sequences = [_got10k_sequence(name) for name in section["per_sequence"]]
    clipped, whole = _scores(Got10k(), sequences), _scores(Got10k(clip=False), sequences)
    for part, what in _parts(section):
        if part == "mean_over_sequences":
            _compare(what, _got10k_fields(clipped["SEQUENCE_AVERAGED"], what), part)
        elif part == "overall_without_clipping_to_the_picture":
            _compare(what, _got10k_fields(whole["COMBINED"], what), part)
        else:
            _compare_tables(part, what, partial(_got10k_fields_of, clipped, what))


def test_vot(expected: dict[str, Any]) -> None:
    from vtrack_plugin_sot_metrics import Vot

    section = _section(expected, "vot2018")
    videos = {name: _vot_video(name, section["picture_size_wh"]) for name in section["per_video"]}

    def found(what: Any, name: str) -> dict[str, Any]:
        fields = {}
        for key in what.get(name, what):
            interval, burn_in = re.fullmatch(r"eao_(\d+)_(\d+)", key), re.fullmatch(r"accuracy_burnin(\d+)", key)
            options: dict[str, Any] = {"interval": tuple(map(int, interval.groups()))} if interval else {}
            options |= {"burn_in": int(burn_in[1])} if burn_in else {}
            table = _scores(Vot(**options), videos.values())[name]
            fields[key] = {
                "accuracy": table["Accuracy"],
                "robustness": 100 * table["Robustness"],
                "num_fails": table["Failures"],
            }.get(key, table["EAO"] if interval else table["Accuracy"] if burn_in else None)
        return fields

    for part, what in _parts(section):
        if part.startswith("overlaps_"):
            (track,) = Vot().evaluate(videos[part.removeprefix("overlaps_")])["targets"].values()
            _compare({part: what}, {part: track["overlaps"].tolist()}, part)
        else:
            _compare_tables(part, what, partial(found, what))


def _section(expected: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in expected:
        pytest.skip(f"expected.json has no {name}")
    section: dict[str, Any] = expected[name]
    return section


def _parts(section: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, what) for name, what in section.items() if name not in PROSE)


def _scores(metric: Any, sequences: Any) -> Scores:
    scores: Scores = metric.report({each.name: metric.evaluate(each) for each in sequences}, ("target",))
    return scores


def _percent(table: Scores, names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: 100 * table[ours] for theirs, ours in names.items()}


def _got10k_fields(table: Scores, wanted: Scores) -> dict[str, Any]:
    names = {"ao": "AO", "sr50": "SR50", "sr75": "SR75", "valid_frames": "Frames", "length": "Length"}
    fields = {theirs: table[ours] for theirs, ours in names.items() if ours in table}
    for key in wanted:
        step = re.fullmatch(r"succ_curve_every_(\d+)", key)
        if step:
            fields[key] = table["curves"]["success"][:: int(step[1])]
    return fields


def _got10k_fields_of(scores: Scores, what: Any, name: str) -> dict[str, Any]:
    return _got10k_fields(scores[name], what.get(name, what))


def _compare_tables(part: str, what: Any, found: Callable[[str], Scores]) -> None:
    """Compare tables by video or sequence, or one table of all of them together."""
    if part.startswith("per_"):
        for name, numbers in what.items():
            _compare(numbers, found(name), f"{part} {name}")
    elif part in ("overall", "all_videos"):
        _compare(what, found("COMBINED"), part)
    else:
        pytest.fail(f"nothing here compares {part!r}")


def _compare(wanted: Scores, found: Scores, where: str) -> None:
    for key, value in wanted.items():
        if key in NOT_COMPARED:
            continue
        assert found.get(key) is not None, f"{where}: nothing here answers {key!r}"
        np.testing.assert_allclose(found[key], value, rtol=TOLERANCE, atol=1e-12, err_msg=f"{where}: {key}")


def _numbers(path: Path) -> list[list[float]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[float(cell) for cell in re.split(r"[,\s]+", line.strip())] for line in lines if line.strip()]


def _boxes(rows: list[list[float]], *, corners: bool = False, visible: Any = None) -> TrackTable:
    """Return boxes as a table; a row that is no box, since it holds NaN or a negative size, is no row of it."""
    boxes = np.array(rows)
    if corners:
        boxes[:, 2:] -= boxes[:, :2]
    is_box = np.isfinite(boxes).all(axis=1) & ~(boxes[:, 2:] < 0).any(axis=1)
    visibility = np.ones(len(boxes)) if visible is None else np.asarray(visible, np.float64)
    frames = np.flatnonzero(is_box)
    return TrackTable(frames, boxes[is_box], ids=np.zeros(len(frames), int), visibility=visibility[is_box])


def _lasot_video(name: str, hidden: tuple[int, int] | None = None) -> EvaluatedSequence:
    folder = FOLDER / "lasot" / name
    truth, results = _numbers(folder / "groundtruth.txt"), _numbers(folder / "track_results.txt")
    visible = None if hidden is None else np.arange(len(truth)) % hidden[0] != hidden[1]
    return EvaluatedSequence(
        name, len(truth), ("target",), _boxes(truth, visible=visible), _boxes(results, corners=True)
    )


def _hidden_videos(section: Mapping[str, Any], what: Mapping[str, Any]) -> list[EvaluatedSequence]:
    """Return the videos with those frames hidden that the words of the file name: ``index % 5 == 3``."""
    rule = re.search(r"index % (\d+) == (\d+)", what["hidden_frames"])
    assert rule is not None, what["hidden_frames"]
    return [_lasot_video(name, hidden=(int(rule[1]), int(rule[2]))) for name in section["per_video"]]


def _got10k_sequence(name: str) -> EvaluatedSequence:
    folder = FOLDER / "got10k" / name
    truth, results = _numbers(folder / "groundtruth.txt"), _numbers(folder / f"{name}_001.txt")
    cover = np.array(_numbers(folder / "cover.label"))[:, 0]
    size = re.search(r"resolution:\s*\((\d+),\s*(\d+)\)", (folder / "meta_info.ini").read_text(encoding="utf-8"))
    assert size is not None
    return EvaluatedSequence(
        name,
        len(truth),
        ("target",),
        _boxes(truth, visible=cover / 8),
        _boxes(results),
        width=int(size[1]),
        height=int(size[2]),
    )


def _vot_video(name: str, sizes: Any) -> EvaluatedSequence:
    folder = FOLDER / "vot2018" / name
    corners, answers = _numbers(folder / "groundtruth.txt"), _numbers(folder / "track_results.txt")
    boxes, polygons = corners, None
    if len(corners[0]) == 8:
        polygons = np.array(corners)
        boxes = [[min(row[::2]), min(row[1::2]), max(row[::2]), max(row[1::2])] for row in corners]
        boxes = [[left, top, right - left, bottom - top] for left, top, right, bottom in boxes]
    truth = TrackTable(np.arange(len(boxes)), boxes, ids=np.zeros(len(boxes), int), polygons=polygons)
    # A lone 1 is a start, which has a row; 2 and 0 are a failure and a pause, which have none.
    rows = [(index, row if len(row) == 4 else [0.0] * 4) for index, row in enumerate(answers) if row not in ([0], [2])]
    results = np.array([row for _, row in rows])
    results[:, 2:] -= results[:, :2]
    width, height = sizes[name] if isinstance(sizes, dict) else sizes
    table = TrackTable([index for index, _ in rows], results, ids=np.zeros(len(rows), int))
    assert all(math.isfinite(side) for side in (width, height))
    return EvaluatedSequence(name, len(corners), ("target",), truth, table, width=width, height=height)
