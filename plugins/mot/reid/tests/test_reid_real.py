"""Published weights on a real sequence."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from vtcore.components import BuildContext
from vtcore.frames import Frame
from vtrack_plugin_reid import OnnxReId, OSNetReId, evaluate_reid

DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or Path(__file__).parents[5] / "shared" / "data") / "real"
WEIGHTS = DATA / "weights" / "osnet_x0_25_msmt17.pth"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not WEIGHTS.is_file(), reason=f"no reference data in {DATA.parent} (VTCORE_REFERENCE_DATA)"),
]


@pytest.fixture(scope="module")
def people() -> tuple[list[Frame], list[np.ndarray], np.ndarray, np.ndarray]:
    """Every tenth frame with its annotated boxes, and the identity and frame of each."""
    folder = DATA / "mot_tud_campus"
    truth = np.loadtxt(folder / "gt" / "gt.txt", delimiter=",")
    frames, boxes = [], []
    rows = truth[truth[:, 0] % 10 == 1]
    for number in np.unique(rows[:, 0]).astype(int):
        frames.append(Frame(int(number) - 1, cv2.imread(str(folder / "img1" / f"{number:06d}.jpg"))))
        ltwh = rows[rows[:, 0] == number, 2:6]
        boxes.append(np.concatenate((ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]), 1).astype(np.float32))
    return frames, boxes, rows[np.argsort(rows[:, 0], kind="stable")][:, 1].astype(int), np.sort(rows[:, 0])


def test_people_are_known_again(people):
    frames, boxes, identities, _ = people
    reid = OSNetReId(str(WEIGHTS), normalise=True, context=BuildContext(device="cpu"))
    embeddings = np.concatenate(reid.embed(frames, boxes))
    scores = evaluate_reid(embeddings, identities)
    assert scores.rank(1) > 0.85
    assert scores.mean_average_precision > 0.7
    alike = embeddings @ embeddings.T
    same = identities[:, None] == identities[None, :]
    assert alike[same].mean() > alike[~same].mean() + 0.15


def test_onnx_and_torch_agree(people):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    frames, boxes, _, _ = people
    options = {"normalise": True, "context": BuildContext(device="cpu")}
    torch_one = OSNetReId(str(WEIGHTS), **options)
    onnx_one = OnnxReId(str(WEIGHTS.with_suffix(".onnx")), **options)
    for one, other in zip(torch_one.embed(frames[:3], boxes[:3]), onnx_one.embed(frames[:3], boxes[:3]), strict=True):
        assert np.allclose(one, other, atol=1e-4)
