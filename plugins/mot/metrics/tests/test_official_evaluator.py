"""The same numbers, to the last bit, as the official evaluator reading folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from vtrack_plugin_mot_metrics import Clear, Count, Hota, Identity

REFERENCE = Path(os.environ.get("VTCORE_REFERENCE_DATA") or Path(__file__).parents[5] / "shared" / "data")
GOLDEN = sorted(path.parent for path in REFERENCE.glob("*/golden/*/trackeval.json"))
OFFICIAL_NAMES = {"hota": "HOTA", "clear": "CLEAR", "identity": "Identity", "count": "Count"}
GOLDEN_NAMES = {"FP": "CLR_FP", "FN": "CLR_FN", "TP": "CLR_TP"}

needs_reference = pytest.mark.skipif(not GOLDEN, reason=f"no reference data in {REFERENCE}")
golden = pytest.mark.parametrize("folder", GOLDEN, ids=lambda path: f"{path.parts[-3]}/{path.name}")


def scores_of(sequences):
    metrics = {"hota": Hota(), "clear": Clear(), "identity": Identity(), "count": Count()}
    evaluated = {name: {} for name in metrics}
    for sequence in sequences:
        for name, metric in metrics.items():
            evaluated[name][sequence.name] = metric.evaluate(sequence)
    return {name: metric.report(evaluated[name], ("pedestrian",)) for name, metric in metrics.items()}


def assert_equal(ours, official):
    """Compare every field of every sequence exactly."""
    assert set(ours["hota"]) == set(official)
    for name, tables in official.items():
        for metric, official_name in OFFICIAL_NAMES.items():
            table = ours[metric][name]
            for field, value in tables[official_name].items():
                if field == "Frames":
                    continue
                if isinstance(value, np.ndarray):
                    assert table["curves"][field] == value.tolist(), (name, field)
                    assert table[field] == np.mean(value), (name, field)
                else:
                    assert table[field] == value, (name, field)


@pytest.mark.parametrize("benchmark", ["MOT15", "MOT16", "MOT17", "MOT20"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_equals_official_evaluator_on_made_up_crowds(benchmark, crowd_rows, from_files, official_scores, tmp_path):
    files = {}
    for seed in range(4):
        folder = tmp_path / "made" / f"CROWD-{seed:02d}"
        (folder / "gt").mkdir(parents=True)
        result = tmp_path / "made" / f"CROWD-{seed:02d}.txt"
        truth, results = crowd_rows(seed, length=40 + seed)
        if seed == 3:
            # A stretch with neither, one without results, one without annotations.
            truth = truth[(truth[:, 0] < 10) | (truth[:, 0] > 16)]
            results = results[(results[:, 0] < 13) | (results[:, 0] > 20)]
        np.savetxt(folder / "gt" / "gt.txt", truth, fmt="%d,%d,%.2f,%.2f,%.2f,%.2f,%d,%d,%.2f")
        np.savetxt(result, results, fmt="%d,%d,%.2f,%.2f,%.2f,%.2f,%.4f,%d,%d,%d")
        (folder / "seqinfo.ini").write_text(f"[Sequence]\nname=CROWD-{seed:02d}\nseqLength={40 + seed}\n")
        files[folder.name] = (folder, result)
    official = official_scores(benchmark, files)
    ours = scores_of([from_files(folder, result, benchmark) for folder, result in files.values()])
    assert_equal(ours, official)
    assert 0.1 < ours["hota"]["COMBINED"]["HOTA"] < 0.9


@needs_reference
@pytest.mark.data
@golden
def test_equals_stored_scores(folder, from_files):
    stored = json.loads((folder / "trackeval.json").read_text())
    names = [name for name in stored["results"] if name != "COMBINED"]
    train = folder.parents[1] / "train"
    sequences = [from_files(train / name, folder / f"{name}.txt", stored["benchmark"]) for name in names]
    tables = scores_of(sequences)
    for name, fields in stored["results"].items():
        ours = {field: value for metric in tables for field, value in tables[metric][name].items()}
        for field, value in fields.items():
            got = ours[GOLDEN_NAMES.get(field, field)]
            if isinstance(value, int):
                assert type(got) is int, field
                assert got == value, (name, field)
            else:
                # Stored in percent with four decimals.
                assert 100 * got == pytest.approx(value, abs=5.1e-5), (name, field)


@needs_reference
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@golden
def test_equals_official_evaluator_on_reference_data(folder, from_files, official_scores):
    stored = json.loads((folder / "trackeval.json").read_text())
    train = folder.parents[1] / "train"
    files = {name: (train / name, folder / f"{name}.txt") for name in sorted(stored["results"]) if name != "COMBINED"}
    official = official_scores(stored["benchmark"], files)
    ours = scores_of([from_files(*paths, stored["benchmark"]) for paths in files.values()])
    assert_equal(ours, official)


@needs_reference
@pytest.mark.data
@golden
def test_errors_of_frames_add_up(folder, from_files):
    stored = json.loads((folder / "trackeval.json").read_text())
    clear = Clear()
    for name in stored["results"].keys() - {"COMBINED"}:
        sequence = from_files(folder.parents[1] / "train" / name, folder / f"{name}.txt", stored["benchmark"])
        counts, errors = clear.evaluate(sequence)[0], clear.frame_errors(sequence)
        for field, column in {"CLR_TP": errors.tp, "CLR_FP": errors.fp, "CLR_FN": errors.fn}.items():
            assert column.sum() == counts[field]
        assert errors.idsw.sum() == counts["IDSW"]
        assert clear.diagnose(sequence) == []
