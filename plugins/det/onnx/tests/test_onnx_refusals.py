"""Files and answers that are not what their decoding says: told in one line, and how to go on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vtcore.errors import MissingPackageError, OptionError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtrack_nets.errors import CheckpointError
from vtrack_plugin_onnx import OnnxDetector

Write = Callable[..., str]
Frames = Callable[..., list[Frame]]
Found = Callable[..., Instances]
Rows = Callable[..., np.ndarray]

PLACES = 4 * 8 + 2 * 4 + 2
"""Of the strides 8, 16 and 32 in 32 x 64 pixels."""
BOXES = [[0, 0, 16, 8], [16, 8, 32, 16], [17, 8, 32, 16]]


def grid_centres() -> np.ndarray:
    """Centres in pixels of the places of strides 8, 16 and 32 in 32 x 64 pixels, where a decoded head puts them."""
    return np.concatenate(
        [
            (np.stack(np.mgrid[: 32 // stride, : 64 // stride][::-1], axis=2).reshape(-1, 2) + 0.5) * stride
            for stride in (8, 16, 32)
        ]
    )


def test_open_sizes_must_be_given(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    path = write_network({"output": yolox_rows()}, shape=("n", 3, "height", "width"))
    assert len(found(OnnxDetector(weights=path, input_size=(32, 64)))) == 2
    with pytest.raises(CheckpointError, match=r"network\.onnx: leaves the size of pictures open: write it"):
        OnnxDetector(weights=path)
    fixed = write_network({"output": yolox_rows()})
    with pytest.raises(CheckpointError, match=r"wants pictures of 32 x 64 \(0: any\), not 64 x 64: leave input_size"):
        OnnxDetector(weights=fixed, input_size=(64, 64))
    with pytest.raises(CheckpointError, match="resize = 'keep-ratio' needs a file that leaves both open"):
        OnnxDetector(weights=fixed, resize="keep-ratio")


def test_what_the_shapes_cannot_be_is_told(write_network: Write, yolox_rows: Rows) -> None:
    path = write_network({"output": yolox_rows()[:40]})
    with pytest.raises(
        CheckpointError,
        match=r"network\.onnx: does not answer as decoding 'yolox' expects: strides 8, 16, 32 have 42 places in 32 x "
        r"64 pixels, not 40; its outputs are output \(1, 40, 7\) float32; another decoding",
    ):
        OnnxDetector(weights=path)
    with pytest.raises(CheckpointError, match=r"40 rows are too many for 7 places"):
        OnnxDetector(weights=path, decoding="yolov8")
    with pytest.raises(
        CheckpointError, match=r"not clear which of its outputs are the logits, boxes of decoding 'detr'"
    ):
        OnnxDetector(weights=path, decoding="detr")
    with pytest.raises(CheckpointError, match=r"outputs: it has no 'scores'; it has output \(1, 40, 7\) float32"):
        OnnxDetector(weights=path, decoding="boxes-scores-labels", outputs=("output", "scores"))
    with pytest.raises(CheckpointError, match=r"boxes \(N, M, 4\) are needed, or with scores"):
        OnnxDetector(weights=path, decoding="boxes-scores-labels", outputs=("output",))
    with pytest.raises(CheckpointError, match=r"2 outputs are named where 1 can be"):
        OnnxDetector(weights=write_network({"a": [[1.0]], "b": [[1.0]]}, name="two.onnx"), outputs=("a", "b"))


def test_strange_inputs_are_told(write_network: Write, yolox_rows: Rows) -> None:
    grey = write_network({"output": yolox_rows()}, shape=("n", 1, 32, 64))
    with pytest.raises(CheckpointError, match=r"is no detector: it must have one input for pictures.*and has images"):
        OnnxDetector(weights=grey)
    masks = write_network({"output": yolox_rows(), "boxes": [[0, 0, 1, 1]]}, sizes="masks")
    with pytest.raises(CheckpointError, match=r"has inputs that no one knows what to give: .*masks \['n', 2\]"):
        OnnxDetector(weights=masks)


def test_labels_beyond_the_names_are_told(write_network: Write, found: Found) -> None:
    path = write_network({"boxes": BOXES, "scores": [0.5, 0.9, 0.8], "labels": np.array([1, 80, 12])})
    detector = OnnxDetector(weights=path, decoding="boxes-scores-labels")
    with pytest.raises(CheckpointError, match=r"gave the label 80, but the last of its 80 classes has the number 79"):
        found(detector)


def test_raw_and_decoded_heads_of_yolox_are_told_apart(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    """Their shapes are the same; the one read as the other finds nothing, or boxes that are none."""
    raw = write_network({"output": yolox_rows()}, name="raw.onnx")
    rows = yolox_rows()
    rows[:, :4] = np.concatenate((grid_centres() + 1, np.full((PLACES, 2), 10)), axis=1)
    decoded = write_network({"output": rows}, name="decoded.onnx")
    assert len(found(OnnxDetector(weights=decoded, decoding="yolox-decoded"))) == 2
    with pytest.raises(CheckpointError, match=r"decoded\.onnx: .* its boxes are in pixels already, as 'yolox-decoded'"):
        OnnxDetector(weights=decoded)
    with pytest.raises(CheckpointError, match=r"raw\.onnx: .* its boxes are relative to the places of a grid, as 'yol"):
        OnnxDetector(weights=raw, decoding="yolox-decoded")


def test_scores_that_are_no_probabilities_are_told(write_network: Write, found: Found) -> None:
    columns = np.full((4 + 3, 20), -5, np.float32)
    columns[:, 4] = [32, 16, 10, 20, -3, 2.5, -1]
    path = write_network({"output0": columns})
    with pytest.raises(
        CheckpointError, match=r"gave the score 2\.5, which is no probability: give activation = 'sigmo"
    ):
        found(OnnxDetector(weights=path, decoding="yolov8"))
    by = {how: OnnxDetector(weights=path, decoding="yolov8", activation=how) for how in ("sigmoid", "none")}
    assert found(by["sigmoid"]).scores.tolist() == pytest.approx([1 / (1 + np.exp(-2.5))])
    assert found(by["none"]).scores.tolist() == [2.5]


def test_ids_of_coco_need_as_many_numbers(write_network: Write) -> None:
    path = write_network({"boxes": BOXES, "scores": np.full((3, 80), 0.1)})
    with pytest.raises(OptionError, match="label_numbers: the network has 80 classes, fewer than COCO's ids"):
        OnnxDetector(weights=path, decoding="boxes-scores-labels", label_numbers="coco-ids")


@pytest.mark.parametrize("column", [2, 4])
def test_numbers_that_are_none_are_left_out_and_told_once(
    write_network: Write, column: int, caplog: pytest.LogCaptureFixture, frames: Frames, yolox_rows: Rows
) -> None:
    rows = yolox_rows()
    rows[9, column] = np.nan
    detector = OnnxDetector(weights=write_network({"output": rows}))
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        assert [each.scores.tolist() for each in detector.detect(frames(2))] == [[pytest.approx(0.8)]] * 2
    (record,) = caplog.records
    assert "network.onnx: gave numbers that are none (NaN); they are left out" in record.message


def test_turned_boxes_are_told(write_network: Write, found: Found) -> None:
    path = write_network({"boxes": [[20, 10, 5, 5]], "scores": [0.5], "labels": np.array([1])})
    with pytest.raises(CheckpointError, match=r"they are not xyxy; give box_format, or another decoding"):
        found(OnnxDetector(weights=path, decoding="boxes-scores-labels"))
    assert len(found(OnnxDetector(weights=path, decoding="boxes-scores-labels", box_format="cxcywh"))) == 1


def test_boxes_that_are_no_numbers_are_left_out(
    write_network: Write, caplog: pytest.LogCaptureFixture, found: Found, yolox_rows: Rows
) -> None:
    rows = yolox_rows()
    rows[9, 2] = 200
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        assert found(OnnxDetector(weights=write_network({"output": rows}))).scores.tolist() == pytest.approx([0.8])
    assert "gave boxes that no number can hold; they are left out" in caplog.text


def test_files_that_are_none(tmp_path: Path, write_network: Write, yolox_rows: Rows) -> None:
    with pytest.raises(ValueError, match="weights: none are given"):
        OnnxDetector()
    with pytest.raises(CheckpointError, match=r"nothing\.onnx: there is no such file"):
        OnnxDetector(weights=str(tmp_path / "nothing.onnx"))
    with pytest.raises(CheckpointError, match="is a folder, not a network"):
        OnnxDetector(weights=str(tmp_path))
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network at all")
    with pytest.raises(CheckpointError, match=r"damaged\.onnx: is damaged, or no ONNX network \(.*\)"):
        OnnxDetector(weights=str(damaged))
    path = Path(write_network({"output": yolox_rows()}))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(CheckpointError, match=r"network\.onnx: is damaged, or no ONNX network"):
        OnnxDetector(weights=str(path))
    with pytest.raises(CheckpointError, match=r"has the sha256 [0-9a-f]{8}, not 12345678: it is another file"):
        OnnxDetector(weights=str(path), weights_sha256="12345678")


def test_missing_package_is_named(write_network: Write, monkeypatch: pytest.MonkeyPatch, yolox_rows: Rows) -> None:
    import sys

    path = write_network({"output": yolox_rows()})
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPackageError, match="detector 'onnx' needs onnxruntime: pip install onnxruntime"):
        OnnxDetector(weights=path)
