"""A folder as the documents assume it: a video, images, a data set of one's own, given boxes."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("vtrack_datasets", reason="vtrack-datasets is not installed")
    folder = tmp_path_factory.mktemp("documents")
    material = runpy.run_path(str(REPOSITORY / "examples" / "material.py"))
    material["write_material"](folder, width=192, height=160, frames=40)
    _write_lasot(folder / "LaSOT" / "airplane" / "airplane-1", folder / "images")
    _write_vot(folder / "vot2018", folder / "images")
    _write_weights(folder / "weights" / "AFLink_epoch20.pth")
    _write_onnx(folder / "weights" / "yolox_nano.onnx")
    _write_nanotrack(folder / "weights")
    _write_ssdlite(folder / "weights" / "ssdlite.pth")
    _write_looks(folder / "weights" / "osnet_x0_25_msmt17.pth")
    _write_yolox(folder / "weights" / "yolox_nano.pth")
    return folder


@pytest.fixture
def reader_folder(prepared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the prepared folder, as working directory."""
    folder = tmp_path / "reader"
    shutil.copytree(prepared_folder, folder)
    monkeypatch.chdir(folder)
    # The documents fill the cache, and empty it.
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    return folder


def _write_lasot(folder: Path, images: Path) -> None:
    """Write a sequence of a target that is out of view once, as LaSOT's archives unpack."""
    (folder / "img").mkdir(parents=True)
    found = sorted(images.iterdir())
    for number, image in enumerate(found, 1):
        shutil.copy(image, folder / "img" / f"{number:08d}.png")
    (folder / "groundtruth.txt").write_text("".join(f"{20 + index},30,40,90\n" for index in range(len(found))))
    (folder / "full_occlusion.txt").write_text(",".join("0" * len(found)))
    (folder / "out_of_view.txt").write_text(",".join("01".ljust(len(found), "0")))


def _write_vot(folder: Path, images: Path) -> None:
    """Write a sequence with a rotated box, as a data set of the VOT challenge has it."""
    (folder / "bag" / "color").mkdir(parents=True)
    found = sorted(images.iterdir())
    for number, image in enumerate(found, 1):
        shutil.copy(image, folder / "bag" / "color" / f"{number:08d}.png")
    (folder / "bag" / "groundtruth.txt").write_text("20,30,60,25,65,110,25,115\n" * len(found))
    (folder / "list.txt").write_text("bag\n")


def _write_weights(path: Path) -> None:
    """Write weights in the place of those that a reader has downloaded: of the same network, but untrained."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    aflink = pytest.importorskip("vtrack_plugin_aflink", reason="vtrack-plugin-aflink is not installed")
    path.parent.mkdir()
    torch.manual_seed(0)
    torch.save(aflink.LinkNetwork().state_dict(), path)


def _write_looks(path: Path) -> None:
    """Write an untrained network for re-identification."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    reid = pytest.importorskip("vtrack_plugin_reid", reason="vtrack-plugin-reid is not installed")
    torch.manual_seed(0)
    torch.save(reid.OSNet((16, 64, 96, 128)).state_dict(), path)


def _write_onnx(path: Path) -> None:
    """Write an ONNX file with inputs and outputs of YOLOX-Nano, that finds one person, whatever it sees."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    rows = np.zeros((1, 3549, 85), np.float32)
    rows[0, 1000] = [0.5, 0.5, 2, 3, 0.9, 0.9, *[0] * 79]
    constants = [onnx.numpy_helper.from_array(rows, "rows"), onnx.numpy_helper.from_array(np.zeros(1, np.float32), "0")]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "0"], ["nothing"]),
        helper.make_node("Add", ["rows", "nothing"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", kind, [1, 3, 416, 416])],
        [helper.make_tensor_value_info("output", kind, [1, 3549, 85])],
        constants,
    )
    path.parent.mkdir(exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


def _write_nanotrack(folder: Path) -> None:
    """Write files with inputs and outputs of NanoTrack v2, that find every target where it was."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT

    def save(name: str, nodes: list, inputs: dict, outputs: dict, constants: dict) -> None:  # type: ignore[type-arg]
        given, got = (
            [helper.make_tensor_value_info(each, kind, shape) for each, shape in values.items()]
            for values in (inputs, outputs)
        )
        numbers = [onnx.numpy_helper.from_array(np.float32(value), each) for each, value in constants.items()]
        model = helper.make_model(
            helper.make_graph(nodes, name, given, got, numbers),
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=9,
        )
        onnx.save(model, str(folder / f"nanotrackv2_{name}.onnx"))

    squares = helper.make_node("Conv", ["input", "w"], ["output"], strides=[16, 16], pads=[9, 9, 0, 0])
    shapes = {"input1": [1, 48, 8, 8], "input2": [1, 48, 16, 16]}
    save(
        "backbone",
        [squares],
        {"input": [1, 3, 255, 255]},
        {"output": [1, 48, 16, 16]},
        {"w": np.full((48, 3, 16, 16), 1e-5)},
    )
    head = [
        helper.make_node("GlobalAveragePool", ["input1"], ["target"]),
        helper.make_node("Sub", ["input2", "target"], ["difference"]),
        helper.make_node("Mul", ["difference", "nothing"], ["zero"]),
        helper.make_node("ReduceSum", ["zero"], ["any"], keepdims=0, noop_with_empty_axes=0),
        helper.make_node("Add", ["scores", "any"], ["output1"]),
        helper.make_node("Add", ["edges", "any"], ["output2"]),
    ]
    numbers = {"nothing": [0], "scores": np.zeros((1, 2, 16, 16)), "edges": np.full((1, 4, 16, 16), 31.75)}
    save("head", head, shapes, {"output1": [1, 2, 16, 16], "output2": [1, 4, 16, 16]}, numbers)


def _write_yolox(path: Path) -> None:
    """Write an untrained detector."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    yolox = pytest.importorskip("vtrack_plugin_yolox", reason="vtrack-plugin-yolox is not installed")
    torch.manual_seed(0)
    torch.save({"model": yolox.Yolox(yolox.YoloxLayout.named("nano", 80)).state_dict()}, path)


def _write_ssdlite(path: Path) -> None:
    """Write weights of torchvision's smallest detector, untrained, for two classes and the background."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    models = pytest.importorskip("torchvision.models", reason="torchvision is not installed")
    name = "ssdlite320_mobilenet_v3_large"
    torch.save(models.get_model(name, weights=None, weights_backbone=None, num_classes=3).state_dict(), path)
