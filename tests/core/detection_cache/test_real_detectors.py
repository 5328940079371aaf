"""Detectors, a transform and data that were not made for this test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import pytest

import vtcore
from vtcore.detection_cache import DetectionCache
from vtcore.experiments import load_experiment
from vtcore.runs import Run

pytest.importorskip("vtrack_datasets", reason="vtrack-datasets is not installed")
pytest.importorskip("vtrack_plugin_classic", reason="vtrack-plugin-classic is not installed")
pytest.importorskip("vtrack_plugin_bytetrack", reason="vtrack-plugin-bytetrack is not installed")


def tables(detector: str, **more: Any) -> dict[str, Any]:
    return {
        "dataset": {
            "type": "synthetic",
            "frames": 20,
            "width": 320,
            "height": 240,
            "camera_motion": 0.0,
            "classes": ["person"] if detector == "hog" else ["object"],
        },
        "transforms": [{"type": "clahe", "clip_limit": 3.0}],
        "detector": {"type": detector},
        "tracker": {"type": "bytetrack"},
        "run": {"report": False},
    } | more


def run(document: dict[str, Any], *overrides: str) -> tuple[bytes, list[str]]:
    made = Run(load_experiment(document, overrides))
    made.execute(overwrite=True)
    (result,) = made.folder.results.iterdir()
    return result.read_bytes(), made.notes


@pytest.mark.parametrize("detector", ["hog", "background-subtraction"])
def test_replayed_as_computed(detector: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The background's model is one of all frames before: what is replayed must not disturb it."""
    from vtrack_datasets.synthetic import SyntheticSequence

    document = tables(detector)
    expected, _ = run(document, "run.cache=off")
    assert run(document, "run.cache=fill")[0] == expected
    monkeypatch.setattr(SyntheticSequence, "render", lambda *_: pytest.fail("a picture is rendered"))
    found, notes = run(document)
    assert found == expected
    assert "replayed from cache" in notes[0]
    assert expected.count(b"\n") > 5


@pytest.mark.parametrize(
    "override",
    [
        "detector.resize_width=150",
        "transforms.0.clip_limit=2.0",
        "transforms=[]",
        "dataset.seed=1",
        "dataset.frames=21",
    ],
)
def test_another_setup_or_data_is_another_entry(override: str) -> None:
    document = tables("background-subtraction")
    run(document, "run.cache=fill")
    assert run(document, override)[1] == []
    assert "stored in cache" in run(document, override, "run.cache=fill")[1][0]
    assert len(DetectionCache().entries()) == 2


def write_video(path: Path, seed: int) -> None:
    from vtrack_datasets.synthetic import SyntheticDataset

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (192, 160))
    (sequence,) = SyntheticDataset(frames=25, width=192, height=160, camera_motion=0, objects=3, seed=seed).sequences()
    for frame in sequence.frames():
        assert frame.image is not None
        writer.write(frame.image)
    writer.release()


def test_a_video_of_the_same_name_and_size_with_other_content(tmp_path: Path) -> None:
    write_video(tmp_path / "street.avi", 0)
    write_video(tmp_path / "other.avi", 1)
    size = max(path.stat().st_size for path in tmp_path.glob("*.avi"))
    for name in ("street.avi", "other.avi"):
        with (tmp_path / name).open("ab") as file:
            file.write(bytes(size - file.tell()))
        os.utime(tmp_path / name, ns=(10**18, 10**18))
    document = tables("background-subtraction", dataset={"type": "video", "path": str(tmp_path / "street.avi")})
    for limit in ("run.cache=off", "run.cache=fill", "run.cache=auto"):
        expected, notes = run(document, limit)
    assert "replayed from cache" in notes[0]
    os.utime(tmp_path / "street.avi", ns=(10**18 + 5, 10**18 + 5))
    assert run(document)[0] == expected
    (tmp_path / "other.avi").replace(tmp_path / "street.avi")
    found, notes = run(document)
    assert notes == []
    assert found != expected


def test_python_verbs_replay(tmp_path: Path) -> None:
    made = vtcore.run(tables("hog"), overrides=["run.cache=fill"])
    assert "stored in cache" in made.notes[0]
    again = vtcore.run(tables("hog"), overrides=[f"run.output={tmp_path / 'again'}"])
    assert "replayed from cache" in again.notes[0]
