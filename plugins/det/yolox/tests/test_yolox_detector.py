from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

import vtcore
from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtrack_plugin_yolox import Yolox, YoloxDetector, YoloxLayout
from vtrack_plugin_yolox.config import YoloxConfig
from vtrack_plugin_yolox.postprocessing import postprocess

CPU = BuildContext(device="cpu")
TINY = YoloxLayout(8, 1, depthwise=True, classes=3)


class Scripted(Yolox):
    """Finds the same at given places of every picture; keeps what it was shown."""

    def __init__(self, rows: list[list[float]]) -> None:
        super().__init__(TINY, fused=True)
        self.rows = torch.tensor(rows)
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images.clone())
        return self.rows.expand(len(images), -1, -1)


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


# Centre x and y, width and height, objectness, three classes.
ROWS = [
    [32.0, 48, 16, 32, 0.9, 0.1, 0.8, 0.2],
    [33.0, 48, 16, 32, 0.8, 0.1, 0.8, 0.2],  # Hidden by the first: same class.
    [33.0, 48, 16, 32, 0.8, 0.9, 0.3, 0.2],  # Of another class.
    [90.0, 20, 40, 20, 0.5, 0.1, 0.1, 0.4],
    [10.0, 10, 10, 10, 0.1, 0.1, 0.1, 0.2],
]


def test_detections_are_in_pixels_of_the_frame() -> None:
    detector = YoloxDetector(network=Scripted(ROWS), input_size=(64, 96), min_score=0.1, context=CPU)
    (found,) = detector.detect([Frame(0, picture(128, 192))])
    assert found.scores.tolist() == pytest.approx([0.72, 0.72, 0.2])
    assert sorted(found.labels[:2].tolist()) == [0, 1]
    first = found.boxes[found.labels.tolist().index(1)]
    assert first.tolist() == pytest.approx([48, 64, 80, 128])
    # What reaches beyond the picture stays so.
    assert found.boxes[2].tolist() == pytest.approx([140, 20, 220, 60])
    assert found.boxes.dtype == np.float32
    assert detector.classes == ("class-0", "class-1", "class-2")


def test_bounds_of_the_edges_have_a_factor_for_each_axis() -> None:
    network = Scripted(ROWS[:1])
    detector = YoloxDetector(network=network, preset="mmdet", input_size=(80, 107), context=CPU)
    (found,) = detector.detect([Frame(0, picture(48, 64))])
    assert network.seen[0].shape == (1, 3, 96, 128)
    across, down = 64 / 107, 48 / 80
    assert found.boxes[0].tolist() == pytest.approx([24 * across, 32 * down, 40 * across, 64 * down])


def test_classes_are_kept_before_the_best_are_chosen() -> None:
    options: dict[str, Any] = {"input_size": (64, 96), "min_score": 0.1, "context": CPU}
    names = ("cat", "dog", "person")
    detector = YoloxDetector(network=Scripted(ROWS), class_names=names, classes=["person"], max_detections=1, **options)
    (found,) = detector.detect([Frame(0, picture(64, 96))])
    assert detector.classes == ("person",)
    assert found.labels.tolist() == [0]
    assert found.scores.tolist() == pytest.approx([0.2])


@pytest.mark.parametrize(("preset", "first"), [("megvii", 0), ("bytetrack", 2)])
def test_presets_hand_over_what_the_weights_know(preset: str, first: int) -> None:
    network = Scripted(ROWS[:1])
    image = picture(32, 96)
    YoloxDetector(network=network, preset=preset, input_size=(64, 96), context=CPU).detect([Frame(0, image)])
    shown = network.seen[0][0]
    values = np.full((64, 96, 3), 114.0)
    values[:32] = image
    values = values[..., ::-1] if preset == "bytetrack" else values
    if preset == "bytetrack":
        values = (values / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(shown.permute(1, 2, 0).numpy(), values, rtol=1e-5, atol=1e-5)
    assert np.corrcoef(shown[0, :32].numpy().ravel(), image[..., first].ravel())[0, 1] > 0.999


@pytest.mark.parametrize("preset", ["megvii", "bytetrack", "mmdet"])
def test_batches_of_eight_find_what_single_frames_do(make_network: Callable[..., Yolox], preset: str) -> None:
    frames = [Frame(index, picture(90, 120, index)) for index in range(11)]
    options: dict[str, Any] = {"preset": preset, "input_size": (64, 96), "min_score": 0.2, "context": CPU}
    one, eight = (
        YoloxDetector(network=make_network(TINY), batch_size=size, **options).detect(frames) for size in (1, 8)
    )
    assert sum(map(len, one)) > 20
    for first, second in zip(one, eight, strict=True):
        assert len(first) == len(second)
        # As sets: what scores the same may change places.
        rows, others = (np.column_stack((each.boxes, each.scores, 1e3 * each.labels)) for each in (first, second))
        assert np.abs(rows[:, None] - others).max(axis=2).min(axis=1).max(initial=0) < 2e-3


@pytest.mark.parametrize(
    ("preset", "size", "expected"),
    [
        ("megvii", "nano", (416, 416)),
        ("megvii", "s", (640, 640)),
        ("bytetrack", "s", (608, 1088)),
        ("bytetrack", "m", (800, 1440)),
        ("mmdet", "nano", (800, 1440)),
    ],
)
def test_input_sizes_are_the_published_ones(preset: str, size: str, expected: tuple[int, int]) -> None:
    network = Yolox(YoloxLayout.named(size, 1), fused=True)
    assert YoloxDetector(network=network, preset=preset, context=CPU).input_size == expected


def test_an_experiment_loads_weights_from_a_file(make_network: Callable[..., Yolox], tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"model": make_network(TINY).state_dict()}, path)
    component = plugin_host().component("detector", "yolox")
    config = component.load_config()(weights=str(path), input_size=(64, 96), classes=("class-1",))
    assert list(config.check()) == []
    assert list(config.files()) == [str(path)]
    detector = build(Configured(component, config), CPU)
    (found,) = detector.detect([Frame(0, picture(90, 120))])
    assert detector.classes == ("class-1",)
    assert set(found.labels.tolist()) == {0}
    assert all(spent > 0 for spent in detector.seconds.values())


def test_nothing_found_is_nothing() -> None:
    assert [len(each.boxes) for each in postprocess(torch.zeros(2, 9, 8), min_score=0.1, nms_threshold=0.5)] == [0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "coco"}, "preset: must be one of 'megvii', 'bytetrack', 'mmdet', got 'coco'"),
        ({"size": "xl"}, "size: must be one of .*, got 'xl'"),
        ({"input_size": (640,)}, r"input_size: must be a height and a width, got \[640\]"),
        ({"input_size": (640, 650)}, r"input_size: must be multiples of 32, got \[640, 650\]"),
        ({"weights_sha256": "x"}, "weights_sha256: must be 8 to 64 hexadecimal digits, got 'x'"),
        ({}, "weights: give a file or address of weights"),
        ({"network": Scripted(ROWS), "weights": "a.pth"}, "network: not both"),
        ({"network": Scripted(ROWS), "classes": ["clas-1"]}, "the detector finds no 'clas-1'; did you mean 'class-1'"),
        ({"network": Scripted(ROWS), "class_names": ["a"]}, "class_names: the network has 3 classes, got 1 name"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        YoloxDetector(**options, context=CPU)


def test_missing_weights_are_told_beforehand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert list(YoloxConfig().check()) == ['weights: none are given; write weights = "file or address"']
    assert list(YoloxConfig(weights="none.pth").check()) == ["weights: there is no file none.pth"]
    path = tmp_path / "network.onnx"
    path.write_bytes(b"\x08")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (problem,) = YoloxConfig(weights=str(path)).check()
    assert problem.endswith("onnx is needed: pip install 'vtrack-plugin-yolox[onnx]'")


@pytest.mark.parametrize("name", ["coco", "mot17", "mot17-mmtracking"])
def test_shipped_experiments_are_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    for needed in ("vtrack_datasets", "vtrack_plugin_bytetrack", "vtrack_plugin_mot_metrics"):
        pytest.importorskip(needed)
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = vtcore.load_experiment(f"yolox:{name}")
    assert experiment.detector is not None
    assert experiment.tracker is not None
    assert experiment.detector.component.name == "yolox"
    assert Path(experiment.detector.config.weights).parent == tmp_path / "weights"
    (problem,) = experiment.detector.config.check()
    assert problem.startswith("weights: there is no file")


def test_mixed_precision_finds_nearly_the_same(make_network: Callable[..., Yolox]) -> None:
    frames = [Frame(index, picture(90, 120, index)) for index in range(3)]
    options: dict[str, Any] = {"input_size": (64, 96), "preset": "bytetrack", "min_score": 0.0}
    single, mixed = (
        YoloxDetector(network=make_network(TINY), context=BuildContext(device="cpu", dtype=dtype), **options)
        for dtype in ("float32", "bfloat16")
    )
    batch, _ = single._preprocessing([frame.image for frame in frames])
    decoded = [detector._runner(batch) for detector in (single, mixed)]
    assert [each.dtype for each in decoded] == [torch.float32, torch.float32]
    # Halves of 8 bits are too coarse for coordinates: those are made in single precision.
    assert (decoded[0] - decoded[1]).abs()[..., :2].mean() < 1
    assert not torch.equal(*decoded)
    assert len(mixed.detect(frames)) == 3


def test_too_little_memory_halves_the_batch(
    make_network: Callable[..., Yolox], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [Frame(index, picture(90, 120, index)) for index in range(8)]
    options: dict[str, Any] = {"input_size": (64, 96), "min_score": 0.2, "context": CPU}
    plenty = YoloxDetector(network=make_network(TINY), batch_size=8, **options).detect(frames)
    tight = YoloxDetector(network=make_network(TINY), batch_size=8, **options)
    forward = tight.network.forward

    def limited(images: torch.Tensor) -> torch.Tensor:
        if len(images) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(images)

    monkeypatch.setattr(tight.network, "forward", limited)
    for first, second in zip(plenty, tight.detect(frames), strict=True):
        np.testing.assert_allclose(np.sort(first.boxes, 0), np.sort(second.boxes, 0), rtol=1e-4, atol=1e-3)
