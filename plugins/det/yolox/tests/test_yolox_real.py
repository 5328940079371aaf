"""Real weights on real pictures, where the reference data is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtcore.tables import TrackTable
from vtrack_plugin_yolox import YoloxDetector, load_network
from vtrack_plugin_yolox.preprocessing import Normaliser, Preprocessing
from vtrack_plugin_yolox.presets import PRESETS

pytestmark = pytest.mark.data

RECALL, PRECISION = 0.77, 0.61
"""Of YOLOX-Nano on every fifth frame of TUD-Campus, as the reference data states them."""


@pytest.fixture(scope="module")
def weights(reference_data: Path) -> Path:
    path = reference_data / "real" / "weights" / "yolox_nano_coco_416.onnx"
    pytest.importorskip("onnx", reason="onnx is not installed")
    return path if path.is_file() else pytest.skip(f"no {path}")


@pytest.fixture(scope="module")
def campus(reference_data: Path) -> tuple[list[Frame], TrackTable]:
    datasets = pytest.importorskip("vtrack_datasets.mot_challenge", reason="vtrack-datasets is not installed")
    folder = reference_data / "real" / "mot_tud_campus"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    (sequence,) = datasets.MotChallengeDataset(str(folder)).sequences()
    return list(sequence.frames())[::5], sequence.annotations()


def people(weights: Path, batch_size: int = 1) -> YoloxDetector:
    return YoloxDetector(
        str(weights),
        classes=["person"],
        min_score=0.3,
        nms_threshold=0.5,
        batch_size=batch_size,
        context=BuildContext(device="cpu"),
    )


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    shared = np.clip(np.minimum(first[:, None, 2:], second[None, :, 2:]) - corner, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None] - shared)


def test_recall_and_precision(weights: Path, campus: tuple[list[Frame], TrackTable]) -> None:
    frames, truth = campus
    detector = people(weights)
    hits, found, wanted = 0, 0, 0
    for frame in frames:
        boxes = detector.detect([frame])[0].boxes
        overlap = overlaps(truth.instances(frame.index).boxes, boxes)
        rows, columns = linear_sum_assignment(-np.where(overlap >= 0.5, 1 + overlap, 0))
        hits += int((overlap[rows, columns] >= 0.5).sum())
        wanted, found = wanted + len(overlap), found + len(boxes)
    assert (len(frames), wanted) == (15, 75)
    assert hits / wanted == pytest.approx(RECALL, abs=0.02)
    assert hits / found == pytest.approx(PRECISION, abs=0.02)


def test_batches_find_what_single_frames_do(weights: Path, campus: tuple[list[Frame], TrackTable]) -> None:
    frames = campus[0][:9]
    one, eight = people(weights).detect(frames), people(weights, 8).detect(frames)
    assert sum(map(len, one)) > 30
    for first, second in zip(one, eight, strict=True):
        np.testing.assert_allclose(first.boxes, second.boxes, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(first.scores, second.scores, atol=1e-4)


def test_same_as_onnxruntime(weights: Path, campus: tuple[list[Frame], TrackTable]) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    session = runtime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    network = load_network(weights).eval().to(memory_format=torch.channels_last)
    preprocessing, normaliser = Preprocessing(PRESETS["megvii"], (416, 416)), Normaliser(PRESETS["megvii"])
    for frame in campus[0][::5]:
        batch, _ = preprocessing([frame.image])
        pixels = normaliser(batch)
        (raw,) = session.run(None, {session.get_inputs()[0].name: pixels.numpy()})
        with torch.inference_mode():
            ours = network(pixels.contiguous(memory_format=torch.channels_last))[0]
        grid = np.concatenate(
            [np.stack(np.meshgrid(*[np.arange(416 // s)] * 2), 2).reshape(-1, 2) for s in (8, 16, 32)]
        )
        stride = np.repeat((8, 16, 32), [(416 // s) ** 2 for s in (8, 16, 32)])[:, None]
        centres, sizes = (raw[0, :, :2] + grid) * stride, np.exp(raw[0, :, 2:4]) * stride
        theirs = np.concatenate((centres, sizes, raw[0, :, 4:]), axis=1)
        # Where anything is seen to 1e-4; elsewhere, above all in the grey border, rounding is magnified.
        seen = theirs[:, 4] * theirs[:, 5:].max(axis=1) > 0.01
        assert seen.sum() > 20
        np.testing.assert_allclose(ours.numpy()[seen], theirs[seen], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4, atol=1e-2)
