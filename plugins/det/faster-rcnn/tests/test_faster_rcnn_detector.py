"""The detector, on weights of a small network that were written to a file as published ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vtcore
from vtcore.components import BuildContext, Configured, build
from vtcore.errors import OptionError
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtrack_nets.errors import CheckpointError
from vtrack_nets.faster_rcnn import FasterRcnn
from vtrack_nets.fpn import FPN
from vtrack_nets.resnet import ResNet
from vtrack_nets.roi_head import RoIHead
from vtrack_nets.rpn import RPNHead
from vtrack_plugin_faster_rcnn import FasterRcnnDetector
from vtrack_plugin_faster_rcnn.config import FasterRcnnConfig

TABLES: dict[str, Any] = {"backbone": {"depth": 18}, "neck": {"out_channels": 16}, "roi_head": {"hidden_features": 32}}
CPU = BuildContext(device="cpu")


def small_parts() -> dict[str, Any]:
    return {
        "backbone": ResNet(depth=18),
        "neck": FPN(out_channels=16),
        "roi_head": RoIHead(hidden_features=32),
    }


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """Weights of a network of three classes, whose answers differ from place to place."""
    torch.manual_seed(0)
    state = FasterRcnn(3, **small_parts()).state_dict()
    generator = torch.Generator().manual_seed(5)
    for name, value in state.items():
        if name.startswith(("rpn_head.rpn_", "roi_head.bbox_head.fc_")):
            value.copy_(torch.randn(value.shape, generator=generator) * (0.1 if value.ndim > 1 else 0.01))
    return dict(state)


@pytest.fixture(scope="module")
def weights(state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save({"meta": {"epoch": 4}, "state_dict": state}, path)
    return str(path)


def made(weights: str, **options: Any) -> FasterRcnnDetector:
    return FasterRcnnDetector(weights=weights, **{"scale": (160, 96), "context": CPU, **small_parts(), **options})


def frames(*sizes: tuple[int, int]) -> list[Frame]:
    generator = np.random.default_rng(0)
    return [
        Frame(index, np.kron(generator.integers(0, 256, (h // 8, w // 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8)))
        for index, (h, w) in enumerate(sizes)
    ]


def test_from_toml_as_from_python(weights: str) -> None:
    options = {"weights": weights, "scale": [160, 96], "batch_size": 2}
    experiment = vtcore.load_experiment({"detector": {"type": "faster-rcnn", **options, **TABLES}})
    assert isinstance(experiment.detector, Configured)
    detector = build(experiment.detector, CPU)
    assert isinstance(detector, FasterRcnnDetector)
    assert (detector.classes, detector.batch_size) == (("class-0", "class-1", "class-2"), 2)
    (one,), (other,) = detector.detect(frames((64, 96))), made(weights).detect(frames((64, 96)))
    assert len(one) > 5
    assert np.array_equal(one.boxes, other.boxes)


def test_batches_give_what_single_frames_give(weights: str) -> None:
    pictures = frames((64, 96), (64, 96), (64, 96), (96, 64), (64, 96))
    single = made(weights)
    alone = [each for frame in pictures for each in single.detect([frame])]
    together = made(weights, batch_size=3).detect(pictures)
    assert len(together) == 5
    for one, other in zip(alone, together, strict=True):
        assert len(one) > 5
        assert one.labels.tolist() == other.labels.tolist()
        assert np.allclose(one.boxes, other.boxes, atol=1e-3)
        assert np.allclose(one.scores, other.scores, atol=1e-4)


def test_the_same_frame_gives_the_same_to_the_last_bit(weights: str) -> None:
    detector = made(weights)
    first, second = (detector.detect(frames((64, 96)))[0] for _ in range(2))
    assert np.array_equal(first.boxes, second.boxes)
    assert np.array_equal(first.scores, second.scores)


def test_boxes_are_told_in_pixels_of_the_frame(weights: str) -> None:
    height, width = 64, 96
    (found,) = made(weights).detect(frames((height, width)))
    assert found.boxes.min() >= 0
    # Cut in the scaled picture, of 96 x 144, then divided.
    assert found.boxes[:, 0::2].max() == pytest.approx(width, abs=1e-3)
    assert found.boxes[:, 1::2].max() == pytest.approx(height, abs=1e-3)
    (free,) = made(weights, clip_border=False).detect(frames((height, width)))
    assert free.boxes.min() < 0
    assert (np.diff(found.scores) <= 0).all()


def test_only_wanted_classes_scores_and_numbers(weights: str) -> None:
    (everything,) = made(weights, max_detections=0).detect(frames((64, 96)))
    options: dict[str, Any] = {"class_names": ("a", "b", "c"), "classes": ("c", "a")}
    detector = made(weights, max_detections=0, **options)
    (some,) = detector.detect(frames((64, 96)))
    assert detector.classes == ("a", "c")
    wanted = everything.labels != 1
    assert np.array_equal(some.boxes, everything.boxes[wanted])
    assert np.array_equal(some.labels, everything.labels[wanted] // 2)
    (few,) = made(weights, max_detections=4, **options).detect(frames((64, 96)))
    assert np.array_equal(few.boxes, some.boxes[:4])
    (sure,) = made(weights, min_score=0.6).detect(frames((64, 96)))
    assert 0 < len(sure) < len(everything)
    assert sure.scores.min() > 0.6
    (none,) = made(weights, min_score=1.0).detect(frames((64, 96)))
    assert len(none) == 0


def test_second_stage_corrects_given_boxes(weights: str) -> None:
    detector = made(weights)
    extracted = detector.extract([frame.image for frame in frames((64, 96), (64, 96)) if frame.image is not None])
    assert [tuple(each.shape[:2]) for each in extracted.features] == [(2, 16)] * 5
    assert extracted.sizes.tolist() == [[96, 144]] * 2
    assert extracted.images.shape == (2, 3, 96, 160)
    assert extracted.images[:, :, :, 144:].abs().max() == 0
    given = np.array([[10, 10, 40, 50], [5, 20, 30, 60]], np.float32)
    (boxes, scores), (none, no_scores) = detector.regress(extracted, [given, np.zeros((0, 4), np.float32)])
    assert (boxes.shape, scores.shape, none.shape, no_scores.shape) == ((2, 3, 4), (2, 3), (0, 3, 4), (0, 3))
    (direct,) = detector.network.regress(
        [each[:1] for each in extracted.features], [torch.from_numpy(given * 1.5)], [(96, 144)]
    )
    assert np.allclose(boxes, direct.boxes.numpy() / 1.5, atol=1e-3)
    assert np.allclose(scores, direct.scores[:, :-1].numpy())
    found = detector.detect_in(extracted)[0]
    assert isinstance(found, tuple)
    assert np.allclose(found[0], detector.detect(frames((64, 96)))[0].boxes, atol=1e-3)


def test_weights_of_trackers(state: dict[str, torch.Tensor], weights: str, tmp_path: Path) -> None:
    tracker = {f"detector.{name}": value for name, value in state.items()} | {"reid.head.bn.bias": torch.zeros(3)}
    torch.save(tracker, tmp_path / "tracker.pth")
    (one,) = made(str(tmp_path / "tracker.pth")).detect(frames((64, 96)))
    assert np.array_equal(one.boxes, made(weights).detect(frames((64, 96)))[0].boxes)
    converted = FasterRcnnDetector.convert_weights(tracker)
    assert converted.keys() == state.keys()


def test_time_is_told_by_stage(weights: str) -> None:
    detector = made(weights)
    detector.detect(frames((64, 96)))
    assert all(seconds > 0 for seconds in detector.seconds.values())


def test_weights_of_another_depth_say_what_to_write(weights: str) -> None:
    with pytest.raises(
        CheckpointError, match=r"holds a ResNet-18, the network has a ResNet-34; write depth = 18 in the"
    ):
        made(weights, backbone=ResNet(depth=34))


def test_weights_with_one_box_for_all_classes_say_what_to_write(weights: str, tmp_path: Path) -> None:
    head = RoIHead(hidden_features=32, class_agnostic=True)
    torch.manual_seed(0)
    torch.save(FasterRcnn(3, **small_parts() | {"roi_head": head}).state_dict(), tmp_path / "one.pth")
    with pytest.raises(CheckpointError, match=r"holds one box for all classes, .* write class_agnostic = true in the"):
        made(str(tmp_path / "one.pth"))
    other = RoIHead(hidden_features=32, class_agnostic=True)
    with pytest.raises(CheckpointError, match=r"holds one for each, .* write class_agnostic = false in the"):
        made(weights, roi_head=other)
    other = RoIHead(hidden_features=32, class_agnostic=True)
    assert len(made(str(tmp_path / "one.pth"), roi_head=other).classes) == 3


def test_weights_of_another_network_are_refused(state: dict[str, torch.Tensor], weights: str, tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"other.pth: holds another network than FasterRcnn: no name matches"):
        made(str(tmp_path / "other.pth"))
    torch.save({name: value for name, value in state.items() if "fc_reg" not in name}, tmp_path / "part.pth")
    with pytest.raises(CheckpointError, match=r"part.pth: does not fit FasterRcnn: .* 2 missing"):
        made(str(tmp_path / "part.pth"))
    with pytest.raises(CheckpointError, match=r"has the sha256"):
        made(weights, weights_sha256="00000000")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"weights": ""}, OptionError, r'weights: none are given; write weights = "file or address"'),
        (
            {"class_names": ("a", "b")},
            OptionError,
            r"detector 'faster-rcnn': class_names: the network has 3 classes, got 2 names",
        ),
        ({"classes": ("person",)}, OptionError, r"detector 'faster-rcnn': classes: the detector finds no 'person'"),
        ({"rpn": RoIHead()}, OptionError, r"rpn: RoIHead proposes nothing: it has no method propose"),
        ({"roi_head": FPN()}, OptionError, r"roi_head: FPN corrects no boxes: it has no method regress"),
        ({"class_names": ("a", "", "c")}, OptionError, r"detector 'faster-rcnn': class_names: name 2 of 3 is empty"),
        ({"channel_order": "grb"}, ValueError, r"channel_order: must be one of 'rgb', 'bgr'"),
        ({"scale": (8, 8)}, ValueError, r"scale: must be >= 32"),
        ({"std": (1.0, 0.0, 1.0)}, ValueError, r"std: must be > 0"),
        ({"neck": FPN(out_channels=16, levels=4)}, OptionError, r"rpn: expects 5 maps"),
        (
            {"rpn": RPNHead(strides=(8, 16, 32, 64, 128))},
            OptionError,
            r"rpn: strides: the pyramid is built on maps of strides \[4, 8, 16, 32\], got \[8, 16, 32, 64, 128\]",
        ),
        (
            {"roi_head": RoIHead(hidden_features=32, strides=(8, 16))},
            OptionError,
            r"roi_head: strides: the pyramid is built on maps of strides \[4, 8, 16, 32\], got \[8, 16\]",
        ),
        ({"neck": FPN(levels=3)}, OptionError, r"neck: levels: must be >= 4, the maps that are used, got 3"),
        ({"roi_head": RoIHead(num_classes=5)}, OptionError, r"roi_head: num_classes: must be 5, got 3"),
    ],
)
def test_what_cannot_be_is_refused(weights: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        made(**{"weights": weights, **options})


def test_the_preflight_looks_for_the_weights(weights: str) -> None:
    assert list(FasterRcnnConfig(weights=weights).check()) == []
    assert list(FasterRcnnConfig(weights=weights).files()) == [weights]
    assert list(FasterRcnnConfig().check()) == ['weights: none are given; write weights = "file or address"']
    (problem,) = FasterRcnnConfig(weights="nowhere.pth").check()
    assert "nowhere.pth" in problem


@pytest.mark.parametrize(
    ("name", "factor"), [("backbone.conv1.weight", 1e37), ("roi_head.bbox_head.fc_cls.weight", 1e39)]
)
def test_nothing_found_because_of_numbers_that_are_none_is_said_once(
    state: dict[str, torch.Tensor], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, factor: float
) -> None:
    # Too much for the backbone, and for the second stage only.
    huge = state | {name: (state[name] * factor).clamp(-3e38, 3e38)}
    torch.save(huge, tmp_path / "huge.pth")
    detector = made(str(tmp_path / "huge.pth"))
    with caplog.at_level("WARNING", logger="vtcore"):
        found = detector.detect(frames((64, 96), (64, 96)))
    assert [len(each) for each in found] == [0, 0]
    (record,) = caplog.records
    assert "detector 'faster-rcnn': nothing is found in a picture, for the network's numbers overflow" in record.message
    assert 'dtype = "float32"' in record.message


def test_nothing_found_is_no_reason_to_warn(weights: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="vtcore"):
        (found,) = made(weights, min_score=1.0).detect(frames((64, 96)))
    assert (len(found), caplog.records) == (0, [])


def test_classes_of_torchvision_have_the_names_of_coco(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    head = "roi_head.bbox_head"
    rows = {f"{head}.fc_cls": 91, f"{head}.fc_reg": 360}
    wide = {f"{name}.weight": torch.zeros(count, 32) for name, count in rows.items()}
    wide |= {f"{name}.bias": torch.zeros(count) for name, count in rows.items()}
    torch.save(state | wide, tmp_path / "wide.pth")
    detector = made(str(tmp_path / "wide.pth"), classes=("toothbrush", "person"))
    assert detector.classes == ("person", "toothbrush")


def test_a_frame_without_pixels_is_refused(weights: str) -> None:
    with pytest.raises(ValueError, match=r"detector 'faster-rcnn' needs one"):
        made(weights).detect([Frame(0)])


@pytest.mark.parametrize(
    ("name", "tracker", "needed"),
    [
        ("mot17", "sort", "vtrack_plugin_sort"),
        ("mot17-bytetrack", "bytetrack", "vtrack_plugin_bytetrack"),
        ("mot17-deepsort", "deepsort", "vtrack_plugin_reid"),
    ],
)
def test_shipped_experiments_load(
    name: str, tracker: str, needed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for package in ("vtrack_datasets", "vtrack_plugin_mot_metrics", f"vtrack_plugin_{tracker}", needed):
        pytest.importorskip(package)
    monkeypatch.setenv("VTCORE_DATA", str(tmp_path))
    experiment = vtcore.load_experiment(f"faster-rcnn:{name}")
    assert isinstance(experiment.detector, Configured)
    assert experiment.detector.component.name == "faster-rcnn"
    assert experiment.detector.config.clip_border is False
    assert isinstance(experiment.tracker, Configured)
    assert experiment.tracker.component.name == tracker
    assert "image" in experiment.needs()


def test_parts_are_components_of_their_own() -> None:
    host = plugin_host()
    for kind, name in (("backbone", "resnet"), ("backbone", "timm"), ("neck", "fpn"), ("head", "rpn"), ("head", "box")):
        assert host.component(kind, name).load_target().__module__.startswith("vtrack_nets.")
