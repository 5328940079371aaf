"""What is found by networks of every decoding, in pictures of every size."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame
from vtcore.host import PluginHost
from vtcore.instances import Instances
from vtrack_common_det.class_names import COCO
from vtrack_common_det.detector import Found as FoundInOne
from vtrack_nets.errors import CheckpointError, DeviceError
from vtrack_plugin_onnx import OnnxDetector
from vtrack_plugin_onnx import detector as detector_module

Write = Callable[..., str]
Frames = Callable[..., list[Frame]]
Found = Callable[..., Instances]
Rows = Callable[..., np.ndarray]

BOXES = [[0, 0, 16, 8], [16, 8, 32, 16], [17, 8, 32, 16]]


def test_raw_head_of_yolox(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    detector = OnnxDetector(weights=write_network({"output": yolox_rows()}))
    instances = found(detector)
    # Twice as large as the network's picture, 32 x 64.
    assert instances.boxes.tolist() == pytest.approx(np.array([[8, 16, 40, 32], [32, 16, 96, 48]]))
    assert instances.scores.tolist() == pytest.approx([0.9, 0.8])
    assert instances.labels.tolist() == [1, 0]
    assert detector.classes == ("class-0", "class-1")
    assert detector.input_size == (32, 64)


def test_only_wanted_classes_meet_in_the_suppression(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    rows = yolox_rows()
    rows[10] = rows[9]
    rows[10, :2] -= (1, 0)
    rows[10, 4] = 0.7
    path = write_network({"output": rows})
    assert len(found(OnnxDetector(weights=path))) == 2
    assert len(found(OnnxDetector(weights=path, suppress="never"))) == 3
    assert len(found(OnnxDetector(weights=path, nms_threshold=1))) == 3
    one = OnnxDetector(weights=path, classes=["class-0"], suppress="never")
    assert one.classes == ("class-0",)
    assert found(one).labels.tolist() == [0]
    assert found(OnnxDetector(weights=path, max_detections=1)).scores.tolist() == pytest.approx([0.9])
    assert found(OnnxDetector(weights=path, min_score=0.85)).scores.tolist() == pytest.approx([0.9])


def test_head_of_yolox_with_numbers_before_the_sigmoid(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    rows = yolox_rows()
    rows[:, 4:] = np.log(np.clip(rows[:, 4:], 1e-6, 1 - 1e-6) / (1 - np.clip(rows[:, 4:], 1e-6, 1 - 1e-6)))
    detector = OnnxDetector(weights=write_network({"output": rows}), activation="sigmoid")
    assert found(detector).scores.tolist() == pytest.approx([0.9, 0.8], abs=1e-4)


def test_decoded_head_of_yolox(write_network: Write, found: Found) -> None:
    rows = [[16, 8, 8, 4, 0.9, 0.1, 0.9], [16, 8, 8, 4, 0.01, 1, 1]]
    detector = OnnxDetector(weights=write_network({"output": rows}), decoding="yolox-decoded")
    instances = found(detector)
    assert instances.boxes.tolist() == [[24, 12, 40, 20]]
    assert instances.scores.tolist() == pytest.approx([0.81])


def test_columns_of_yolov8_in_a_centred_letterbox(write_network: Write, found: Found) -> None:
    columns = np.zeros((4 + 3, 20), np.float32)
    columns[:, 4] = [32, 16, 10, 20, 0.1, 0.7, 0.2]
    names = {"names": "{0: 'cat', 1: 'dog', 2: 'cow'}"}
    detector = OnnxDetector(weights=write_network({"output0": columns}, metadata=names), decoding="yolov8")
    assert detector.classes == ("cat", "dog", "cow")
    # 64 x 64 becomes 32 x 32 with 16 pixels left and right.
    instances = found(detector, width=64)
    assert instances.boxes.tolist() == [[22, 12, 42, 52]]
    assert instances.labels.tolist() == [1]


def test_queries_of_detr(write_network: Write, found: Found) -> None:
    outputs = {"logits": [[4.0, 0, 0], [0, 0, 9], [0, 2, 0]], "pred_boxes": [[0.5, 0.5, 0.5, 0.5]] * 3}
    detector = OnnxDetector(weights=write_network(outputs), decoding="detr", class_names=("cat", "dog"))
    instances = found(detector)
    powers = np.exp([[4, 0, 0], [0, 2, 0]])
    assert instances.boxes.tolist() == [[32, 16, 96, 48]] * 2
    assert instances.scores.tolist() == pytest.approx((powers.max(axis=1) / powers.sum(axis=1)).tolist())
    assert instances.labels.tolist() == [0, 1]


def test_queries_of_rt_detr_may_be_of_several_classes(write_network: Write, found: Found) -> None:
    outputs = {"scores_first": [[2.0, 1.0], [-1, -3]], "second": [[0.25, 0.5, 0.5, 0.5], [0.5, 0.5, 1, 1]]}
    options = {"decoding": "detr", "activation": "sigmoid", "preset": "unit"}
    detector = OnnxDetector(weights=write_network(outputs), **options)  # type: ignore[arg-type]
    instances = found(detector)
    assert instances.labels.tolist() == [0, 1]
    assert instances.boxes.tolist() == [[0, 16, 64, 48]] * 2
    assert instances.scores.tolist() == pytest.approx([0.8808, 0.7311], abs=1e-4)


def test_boxes_scores_and_labels_by_name_and_by_shape(write_network: Write, found: Found) -> None:
    labels = np.array([2, 0, -1])
    by_name = write_network({"labels": labels, "boxes": BOXES, "scores": [0.5, 0.9, 0.8]}, name="a.onnx")
    by_shape = write_network({"x": [0.5, 0.9, 0.8], "y": labels, "z": BOXES}, name="b.onnx")
    for path in (by_name, by_shape):
        detector = OnnxDetector(weights=path, decoding="boxes-scores-labels")
        instances = found(detector)
        assert detector.classes == COCO
        assert instances.boxes.tolist() == [[32, 16, 64, 32], [0, 0, 32, 16]]
        assert instances.labels.tolist() == [0, 2]


def test_boxes_with_all_in_one_output(write_network: Write, found: Found) -> None:
    rows = np.concatenate((BOXES, [[0.5, 1], [0.9, 0], [0.8, 0]]), axis=1)
    path = write_network({"output": rows})
    options = {"decoding": "boxes-scores-labels", "class_names": ("a", "b")}
    assert found(OnnxDetector(weights=path, **options)).labels.tolist() == [0, 0, 1]  # type: ignore[arg-type]
    thinned = OnnxDetector(weights=path, suppress="always", **options)  # type: ignore[arg-type]
    assert found(thinned).scores.tolist() == pytest.approx([0.9, 0.5])
    five = write_network({"dets": rows[:, :5], "labels": np.array([1, 0, 0])}, name="five.onnx")
    assert found(OnnxDetector(weights=five, **options)).labels.tolist() == [0, 0, 1]  # type: ignore[arg-type]


def test_boxes_with_scores_of_all_classes(write_network: Write, found: Found) -> None:
    outputs = {"boxes": [[0.5, 0.5, 0.5, 1.0]], "scores": [[0.2, 0.3, 0.1]]}
    detector = OnnxDetector(
        weights=write_network(outputs),
        decoding="boxes-scores-labels",
        box_format="xywh",
        box_units="fractions",
        label_numbers="from-one",
    )
    instances = found(detector)
    assert detector.classes == ("class-0", "class-1")
    assert instances.boxes.tolist() == [[64, 32, 128, 96]]
    assert instances.labels.tolist() == [0]


def test_numbers_of_coco_have_gaps(write_network: Write, found: Found) -> None:
    outputs = {"boxes": BOXES, "scores": [0.5, 0.9, 0.8], "labels": np.array([1, 90, 12])}
    detector = OnnxDetector(weights=write_network(outputs), decoding="boxes-scores-labels", label_numbers="coco-ids")
    assert [detector.classes[label] for label in found(detector).labels] == ["toothbrush", "person"]


def test_sizes_are_given_to_those_that_ask_for_them(write_network: Write, frames: Frames) -> None:
    outputs = {"boxes": [[0, 0.5, 0.5, 1.0]], "scores": [0.9], "labels": np.array([0])}
    path = write_network(outputs, sizes="orig_target_sizes")
    detector = OnnxDetector(weights=path, decoding="boxes-scores-labels", batch_size=2)
    for instances in detector.detect(frames(2)):
        assert instances.boxes.tolist() == [[0, 32, 64, 64]]


@pytest.mark.parametrize("shape", [(3, 32, 64), (1, 3, 32, 64), (3, 3, 32, 64), ("n", 3, 32, 64)])
def test_any_batch_gives_the_same(
    write_network: Write, shape: tuple[object, ...], frames: Frames, yolox_rows: Rows
) -> None:
    path = write_network({"output": yolox_rows()}, shape=shape)
    if len(shape) == 3:
        path = write_network({"bare": yolox_rows()}, shape=shape)
    one, many = (OnnxDetector(weights=path, batch_size=size).detect(frames(5)) for size in (1, 4))
    assert len(one) == len(many) == 5
    for first, second in zip(one, many, strict=True):
        assert len(first) == 2
        assert np.array_equal(first.boxes, second.boxes)
        assert np.array_equal(first.scores, second.scores)


def test_files_for_one_picture_only_that_say_otherwise(
    write_network: Write, caplog: pytest.LogCaptureFixture, frames: Frames, yolox_rows: Rows
) -> None:
    path = write_network({"bare": yolox_rows()[None]})
    detector = OnnxDetector(weights=path, batch_size=4)
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        assert [len(each) for each in detector.detect(frames(6))] == [2] * 6
    assert [record.message.partition(": ")[2][:28] for record in caplog.records] == [
        "cannot take 4 pictures at on",
        "cannot take 2 pictures at on",
    ]


@pytest.mark.parametrize(("shape", "dtype"), [((1, 32, 64, 3), np.uint8), (("n", 3, 32, 64), np.float16)])
def test_other_inputs(
    write_network: Write, shape: tuple[object, ...], dtype: type, found: Found, yolox_rows: Rows
) -> None:
    path = write_network({"output": yolox_rows()}, shape=shape, dtype=dtype)
    assert len(found(OnnxDetector(weights=path))) == 2


def test_keep_ratio_pads_to_whole_strides(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    path = write_network({"output": yolox_rows()}, shape=("n", 3, "height", "width"))
    detector = OnnxDetector(weights=path, input_size=(32, 64), resize="keep-ratio")
    # 60 x 128 becomes 30 x 64, and is padded to 32 x 64.
    instances = found(detector, height=60)
    assert instances.boxes[0].tolist() == pytest.approx([8, 16, 40, 32])


@pytest.mark.parametrize("decoding", ["yolov8", "yolox-decoded"])
def test_rows_of_masks_and_key_points_are_no_classes(
    write_network: Write, decoding: str, caplog: pytest.LogCaptureFixture, found: Found
) -> None:
    """Where the file names fewer classes than the outputs have rows, as segmentation and pose have them."""
    classes, masks = [0.1, 0.7], [30.0, -4.0, 90.0]
    box = [32, 16, 10, 20, *([] if decoding == "yolov8" else [1.0]), *classes, *masks]
    values = np.zeros((20, len(box)), np.float32)
    values[4] = box
    outputs = {"output0": values.T if decoding == "yolov8" else values, "output1": np.zeros((3, 8, 16))}
    path = write_network(outputs, metadata={"names": "{0: 'cat', 1: 'dog'}"})
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        detector = OnnxDetector(weights=path, decoding=decoding)
    assert "names 2 classes: 3 more numbers of each box are left out" in caplog.text
    assert detector.classes == ("cat", "dog")
    instances = found(detector)
    assert instances.labels.tolist() == [1]
    assert instances.scores.tolist() == pytest.approx([0.7])


def test_devices(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    import onnxruntime

    path = write_network({"output": yolox_rows()})
    assert len(found(OnnxDetector(weights=path, context=BuildContext(device="cpu"), threads=1))) == 2
    assert len(found(OnnxDetector(weights=path, providers=("CPUExecutionProvider",)))) == 2
    with pytest.raises(DeviceError, match=r"device 'gpu': must be 'auto', 'cpu'"):
        OnnxDetector(weights=path, context=BuildContext(device="gpu"))
    with pytest.raises(DeviceError, match=r"providers: this onnxruntime has no 'X'; it has .*'CPUExecutionProvider'"):
        OnnxDetector(weights=path, providers=("X",))
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        with pytest.raises(
            DeviceError, match=r"device 'cuda:1': this onnxruntime cannot use CUDA; install onnxruntime-gpu"
        ):
            OnnxDetector(weights=path, context=BuildContext(device="cuda:1"))


def test_from_a_table(write_network: Write, found: Found, yolox_rows: Rows) -> None:
    component = PluginHost.discover().component("detector", "onnx")
    path = write_network({"output": yolox_rows()})
    config = component.load_config()(weights=path, mean=(1.0, 2.0, 3.0))
    assert list(config.files()) == [path]
    assert list(config.check()) == []
    detector = build(Configured(component, config))
    assert detector.config.mean == (1.0, 2.0, 3.0)
    assert len(found(detector)) == 2
    assert detector.seconds["forward"] > 0


@pytest.mark.parametrize(("threads", "cores", "beside"), [(0, 4, True), (0, 1, False), (1, 4, False)])
def test_threads_are_beside_each_other_where_nobody_says_how_many_one_picture_takes(
    threads: int,
    cores: int,
    beside: bool,
    write_network: Write,
    frames: Frames,
    yolox_rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(detector_module, "available_cores", lambda: cores)
    detector = OnnxDetector(weights=write_network({"output": yolox_rows()}), threads=threads)
    where: set[str] = set()
    infer = detector._infer

    def watched(images: list[np.ndarray]) -> list[FoundInOne]:
        where.add(threading.current_thread().name.rpartition("_")[0])
        return infer(images)

    monkeypatch.setattr(detector, "_infer", watched)
    answers = list(detector.detect_each([each] for each in frames(6)))
    assert [[each.scores.tolist() for each in batch] for batch in answers] == [[pytest.approx([0.9, 0.8])]] * 6
    assert where == {"vtrack-onnx" if beside else ""}


def test_a_file_that_goes_before_the_run_is_told(write_network: Write, frames: Frames, yolox_rows: Rows) -> None:
    path = Path(write_network({"output": yolox_rows()}))
    detector = OnnxDetector(weights=str(path))
    if detector._side_by_side is None:
        pytest.skip("one core: nothing is opened later")
    path.unlink()
    with pytest.raises(CheckpointError, match=r"network.onnx: there is no such file"):
        list(detector.detect_each([frames(1)]))
