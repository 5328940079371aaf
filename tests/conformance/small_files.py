"""Small weights and data for our own components: the same networks and layouts as their own tests have."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = "${VTCORE_CONFORMANCE}"
"""Where the files are written, when they are first needed."""

_SMALL_STAGES = {
    "backbone": {"type": "resnet", "depth": 18},
    "neck": {"type": "fpn", "out_channels": 32},
    "roi_head": {"type": "box", "hidden_features": 32},
    "rpn": {"type": "rpn", "max_proposals": 12},
    "scale": [96, 96],
    "min_score": 0.0,
    "max_detections": 8,
}

OPTIONS: dict[str, dict[str, Any]] = {
    "dataset:video": {"path": f"{FOLDER}/street.mp4"},
    "dataset:images": {"path": f"{FOLDER}/images"},
    "dataset:coco-video": {"annotations": f"{FOLDER}/coco/annotations/instances_val2017.json"},
    "detector:function": {"function": "vtcore_conformance_finder:find"},
    "refiner:aflink": {"weights": f"{FOLDER}/aflink.pth"},
    "camera-motion:file": {"path": f"{FOLDER}/GMC-scene.txt"},
    "dataset:mot-challenge": {"root": f"{FOLDER}/mot", "split": "train"},
    "dataset:lasot": {"root": f"{FOLDER}/lasot"},
    "dataset:got10k": {"root": f"{FOLDER}/got10k", "split": "val"},
    "dataset:trackingnet": {"root": f"{FOLDER}/trackingnet"},
    "dataset:otb100": {"root": f"{FOLDER}/otb", "partial": True},
    "dataset:uav123": {"root": f"{FOLDER}/uav123", "partial": True},
    "dataset:vot": {"root": f"{FOLDER}/vot2018"},
    "dataset:coco": {"root": f"{FOLDER}/coco", "split": "val2017"},
    "dataset:imagenet-vid": {"root": f"{FOLDER}/ilsvrc", "split": "val"},
    "dataset:imagenet-det": {"root": f"{FOLDER}/ilsvrc"},
    "dataset:synthetic": {"frames": 12, "width": 160, "height": 120, "objects": 3},
    "detector:faster-rcnn": {"weights": f"{FOLDER}/faster-rcnn.pth", **_SMALL_STAGES},
    "detector:qdtrack": {
        "weights": f"{FOLDER}/qdtrack.pth",
        "detector": {"type": "faster-rcnn", "weights": f"{FOLDER}/qdtrack.pth", **_SMALL_STAGES},
    },
    "detector:torchvision": {
        "weights": f"{FOLDER}/ssdlite.pth",
        "model": "ssdlite320_mobilenet_v3_large",
    },
    "detector:yolox": {"weights": f"{FOLDER}/yolox.pth", "input_size": [64, 96]},
    "detector:onnx": {"weights": f"{FOLDER}/yolox.onnx"},
    "detector:transformers": {"weights": f"{FOLDER}/detr"},
    "reid:osnet": {"weights": f"{FOLDER}/osnet.pth", "size": [64, 32]},
    "reid:resnet50-reid": {"weights": f"{FOLDER}/resnet50.pth", "size": [64, 32]},
    "reid:onnx-reid": {"weights": f"{FOLDER}/means.onnx"},
    "backbone:resnet": {"depth": 18},
    "head:box": {"num_classes": 2, "in_channels": 16},
    "head:rpn": {"in_channels": 16},
    "neck:fpn": {"in_channels": [16, 32], "levels": 3},
    "tracker:tracktor": {
        "detections": "given",
        # Untrained, its second stage is sure of nothing: what is found goes on whatever that says.
        "new_track_threshold": 0.0,
        "keep_threshold": 0.0,
        "detector": {
            "type": "faster-rcnn",
            "weights": f"{FOLDER}/faster-rcnn.pth",
            "class_names": ["person", "car"],
            **_SMALL_STAGES,
        },
    },
    "tracker:mixformer": {"weights": f"{FOLDER}/mixformer-cvt.pth", "search_size": 64, "template_size": 32},
    "tracker:mixformer-vit": {"weights": f"{FOLDER}/mixformer-vit.pth"},
    "tracker:mixformerv2": {"weights": f"{FOLDER}/mixformer-v2.pth"},
    "tracker:nanotrack": {"backbone": f"{FOLDER}/nanotrackv2_backbone.onnx", "head": f"{FOLDER}/nanotrackv2_head.onnx"},
    "tracker:ostrack": {"weights": f"{FOLDER}/ostrack.pth", "elimination_blocks": [1, 2]},
    "tracker:siamrpn": {"weights": f"{FOLDER}/siamrpn.pth", "search_size": 207},
    "tracker:stark": {"weights": f"{FOLDER}/stark.pth", "template_size": 32, "search_size": 64, "heads": 4},
}
"""Options of our components that cannot be made without some, or are quicker with smaller networks."""


def load_module(path: Path) -> Any:
    """Import a file of tests that is in no package."""
    name = "conformance_" + "_".join(path.relative_to(ROOT).with_suffix("").parts).replace("-", "_")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def write_all(folder: Path) -> None:
    """Write every file, leaving out those of packages that are not installed."""
    writers: tuple[Callable[[Path], None], ...] = (
        _sources,
        _layouts,
        _onnx_files,
        _two_stage,
        _plain_networks,
        _transformer,
        _target_trackers,
    )
    torch = sys.modules.get("torch") or importlib.import_module("torch")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for write in writers:
            write(folder)


def _sources(folder: Path) -> None:
    import cv2

    from vtcore.testing import SceneSequence

    (folder / "images").mkdir()
    video = cv2.VideoWriter(str(folder / "street.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 25, (192, 160))
    for frame in SceneSequence().frames():
        assert frame.image is not None
        video.write(frame.image)
        cv2.imwrite(str(folder / "images" / f"{frame.index:06d}.png"), frame.image)
    video.release()
    lines = [f"{index}\t1\t0\t{index}\t0\t1\t0" for index in range(12)]
    (folder / "GMC-scene.txt").write_text("\n".join(lines) + "\n")


def _layouts(folder: Path) -> None:
    layouts = load_module(ROOT / "datasets/tests/conftest.py").Layouts(folder)
    layouts.lasot("airplane-1", "airplane-2")
    for name in ("got10k", "trackingnet", "otb", "uav123", "vot", "vid", "det", "coco"):
        getattr(layouts, name)()
    mot = folder / "mot/train/street"
    shutil.copytree(folder / "images", mot / "img1")
    for image in sorted((mot / "img1").iterdir(), reverse=True):
        image.rename(image.with_name(f"{int(image.stem) + 1:06d}.png"))
    (mot / "seqinfo.ini").write_text(
        "[Sequence]\nname=street\nimDir=img1\nframeRate=25\nseqLength=12\nimWidth=192\nimHeight=160\nimExt=.png\n"
    )
    for name, tail in (("gt", "1,1,1"), ("det", "0.9")):
        (mot / name).mkdir()
        rows = (f"{frame},{1 if name == 'gt' else -1},{frame},5,20,40,{tail}\n" for frame in range(1, 13))
        (mot / name / f"{name}.txt").write_text("".join(rows))


def _onnx_files(folder: Path) -> None:
    documents = load_module(ROOT / "tests/docs/conftest.py")
    documents._write_onnx(folder / "yolox.onnx")
    documents._write_nanotrack(folder)
    import onnx

    make = onnx.helper
    nodes = [
        make.make_node("Mul", ["crops", "crops"], ["squares"]),
        make.make_node("Concat", ["crops", "squares"], ["both"], axis=1),
        make.make_node("GlobalAveragePool", ["both"], ["means"]),
        make.make_node("Flatten", ["means"], ["embeddings"]),
    ]
    graph = make.make_graph(
        nodes,
        "means",
        [make.make_tensor_value_info("crops", onnx.TensorProto.FLOAT, ["n", 3, 24, 12])],
        [make.make_tensor_value_info("embeddings", onnx.TensorProto.FLOAT, ["n", 6])],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(folder / "means.onnx"))


def _two_stage(folder: Path) -> None:
    import torch

    from vtrack_nets.faster_rcnn import FasterRcnn
    from vtrack_nets.fpn import FPN
    from vtrack_nets.resnet import ResNet
    from vtrack_nets.roi_head import RoIHead
    from vtrack_plugin_qdtrack import EmbedHead, TrackHead

    network = FasterRcnn(2, backbone=ResNet(depth=18), neck=FPN(out_channels=32), roi_head=RoIHead(hidden_features=32))
    torch.save({"state_dict": network.state_dict()}, folder / "faster-rcnn.pth")
    head = TrackHead(EmbedHead(in_channels=32, conv_channels=32, num_convs=2, fc_channels=16, embedding_length=8))
    state = {f"detector.{name}": value for name, value in network.state_dict().items()}
    state |= {f"track_head.{name}": value for name, value in head.state_dict().items()}
    torch.save({"state_dict": state}, folder / "qdtrack.pth")


def _plain_networks(folder: Path) -> None:
    import torch
    from torchvision.models import get_model

    from vtrack_plugin_aflink import LinkNetwork
    from vtrack_plugin_reid import OSNet, ResNet50ReIdNetwork
    from vtrack_plugin_yolox import Yolox, YoloxLayout

    torch.save(LinkNetwork().state_dict(), folder / "aflink.pth")
    torch.save(OSNet((16, 64, 96, 128)).state_dict(), folder / "osnet.pth")
    torch.save(
        ResNet50ReIdNetwork(fc_channels=48, embedding_length=20, num_classes=5).state_dict(), folder / "resnet50.pth"
    )
    torch.save({"model": Yolox(YoloxLayout.named("nano", 2)).state_dict()}, folder / "yolox.pth")
    name = "ssdlite320_mobilenet_v3_large"
    ssdlite = get_model(name, weights=None, weights_backbone=None, num_classes=3)
    torch.save(ssdlite.state_dict(), folder / "ssdlite.pth")


def _transformer(folder: Path) -> None:
    model, processor = load_module(ROOT / "plugins/det/transformers/tests/test_transformers_detector.py").detr()
    model.save_pretrained(folder / "detr")
    processor.save_pretrained(folder / "detr")


def _target_trackers(folder: Path) -> None:
    import torch

    from vtrack_plugin_mixformer import MixFormer
    from vtrack_plugin_siamrpn import SiamRpn

    mixformer, siamrpn, ostrack, stark = (
        load_module(ROOT / f"plugins/sot/{name}/tests/conftest.py")
        for name in ("mixformer", "siamrpn", "ostrack", "stark")
    )
    for family, layout in mixformer.LAYOUTS.items():
        torch.save({"net": MixFormer(layout).state_dict()}, folder / f"mixformer-{family}.pth")
    torch.save(SiamRpn(siamrpn.LAYOUTS["alexnet"]).state_dict(), folder / "siamrpn.pth")
    network = ostrack.make_network()
    torch.save({"net": ostrack.published_state(network)}, folder / "ostrack.pth")
    torch.save({"net": stark._published(stark._made(stark.SMALL))}, folder / "stark.pth")
