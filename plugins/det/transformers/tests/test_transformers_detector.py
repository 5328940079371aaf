from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from vtcore.components import BuildContext, Configured, build  # noqa: E402
from vtcore.errors import MissingPackageError  # noqa: E402
from vtcore.frames import Frame  # noqa: E402
from vtcore.host import PluginHost  # noqa: E402
from vtrack_nets.errors import CheckpointError, DownloadError  # noqa: E402
from vtrack_plugin_transformers import TransformersDetector  # noqa: E402
from vtrack_plugin_transformers.config import TransformersConfig  # noqa: E402

NAMES = {0: "cat", 1: "dog"}
WITH_GAPS = {0: "N/A", 1: "cat", 2: "N/A", 3: "dog"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of untrained models, as small as can be."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    transformers.utils.logging.disable_progress_bar()
    for name, (model, processor) in {"rt-detr": rt_detr(), "d-fine": d_fine(), "detr": detr()}.items():
        model.save_pretrained(folder / name)
        processor.save_pretrained(folder / name)
    return folder


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail where a server is asked."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a server is asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return iter(())  # type: ignore[return-value]


def _sizes(**others: Any) -> dict[str, Any]:
    return {
        "d_model": 32,
        "encoder_hidden_dim": 32,
        "encoder_ffn_dim": 32,
        "encoder_attention_heads": 2,
        "decoder_ffn_dim": 32,
        "decoder_attention_heads": 2,
        "num_queries": 20,
        "decoder_layers": 2,
        "decoder_in_channels": [32, 32, 32],
        "id2label": NAMES,
        **others,
    }


def rt_detr() -> tuple[Any, Any]:
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[16, 32, 32, 32],
        depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )
    config = transformers.RTDetrConfig(backbone_config=backbone, **_sizes(encoder_in_channels=[32, 32, 32]))
    return transformers.RTDetrForObjectDetection(config), square()


def d_fine() -> tuple[Any, Any]:
    backbone = transformers.HGNetV2Config(
        stem_channels=[3, 8, 8],
        stage_in_channels=[8, 16, 16, 16],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[16, 16, 16, 16],
        stage_num_blocks=[1, 1, 1, 1],
        stage_numb_of_layers=[1, 1, 1, 1],
        embedding_size=8,
        hidden_sizes=[16, 16, 16, 16],
        depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )
    config = transformers.DFineConfig(backbone_config=backbone, **_sizes(encoder_in_channels=[16, 16, 16]))
    return transformers.DFineForObjectDetection(config), square()


def detr() -> tuple[Any, Any]:
    backbone = transformers.ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 8, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage4"],
    )
    config = transformers.DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        num_queries=20,
        id2label=WITH_GAPS,
    )
    model = transformers.DetrForObjectDetection(config)
    # Untrained, all queries say the same: let this be a dog.
    torch.nn.init.constant_(model.class_labels_classifier.bias, 0)
    model.class_labels_classifier.bias.data[3] = 3
    size = {"shortest_edge": 64, "longest_edge": 100}
    return model, transformers.DetrImageProcessor(size=size)


def square() -> Any:
    return transformers.RTDetrImageProcessor(size={"height": 64, "width": 64})


def frames(count: int = 1, height: int = 60, width: int = 80) -> list[Frame]:
    random = np.random.default_rng(0)
    return [Frame(index, random.integers(0, 256, (height, width, 3), dtype=np.uint8)) for index in range(count)]


@pytest.mark.parametrize(("name", "names"), [("rt-detr", NAMES), ("d-fine", NAMES), ("detr", WITH_GAPS)])
def test_equals_transformers(models: Path, name: str, names: dict[int, str]) -> None:
    folder = str(models / name)
    frame = frames()[0]
    assert frame.image is not None
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    model = transformers.AutoModelForObjectDetection.from_pretrained(folder).eval()
    with torch.inference_mode():
        ready = processor(images=[frame.image[..., ::-1].copy()], return_tensors="pt")
        answer = processor.post_process_object_detection(model(**ready), threshold=0.3, target_sizes=[(60, 80)])[0]
    order = np.argsort(-answer["scores"].numpy(), kind="stable")
    detector = TransformersDetector(folder, min_score=0.3)
    found = detector.detect([frame])[0]
    assert detector.classes == ("cat", "dog")
    assert len(found) == len(order) > 0
    assert np.allclose(found.boxes, answer["boxes"].numpy()[order], atol=1e-3)
    assert np.allclose(found.scores, answer["scores"].numpy()[order], atol=1e-5)
    assert [detector.classes[label] for label in found.labels] == [names[int(answer["labels"][row])] for row in order]
    assert all(seconds > 0 for seconds in detector.seconds.values())


@pytest.mark.parametrize("name", ["rt-detr", "d-fine", "detr"])
def test_any_batch_gives_the_same(models: Path, name: str) -> None:
    one, many = (
        TransformersDetector(str(models / name), min_score=0.3, batch_size=size).detect(frames(3)) for size in (1, 3)
    )
    assert [len(each) for each in one] == [len(each) for each in many]
    for first, second in zip(one, many, strict=True):
        assert np.allclose(first.boxes, second.boxes, atol=1e-3)
        assert np.allclose(first.scores, second.scores, atol=1e-5)


def test_what_is_kept(models: Path) -> None:
    folder = str(models / "rt-detr")
    everything = TransformersDetector(folder, min_score=0.0).detect(frames())[0]
    only = TransformersDetector(folder, min_score=0.0, classes=["dog"]).detect(frames())[0]
    assert 0 < len(only) < len(everything)
    assert len(TransformersDetector(folder, min_score=0.0, max_detections=3).detect(frames())[0]) == 3
    alike, thinned = (
        TransformersDetector(str(models / "detr"), min_score=0.3, nms_threshold=threshold).detect(frames())[0]
        for threshold in (1, 0.5)
    )
    assert len(alike) == 20
    assert 0 < len(thinned) < len(alike)
    smaller = TransformersDetector(folder, min_score=0.0, input_size=(96, 128)).detect(frames())[0]
    assert not np.array_equal(smaller.boxes, everything.boxes)
    named = TransformersDetector(folder, class_names=["a", "b"])
    assert named.classes == ("a", "b")
    with pytest.raises(ValueError, match="class_names: the network has 2 classes, got 1 name"):
        TransformersDetector(folder, class_names=["a"])


def test_half_precision(models: Path) -> None:
    context = BuildContext(device="cpu", dtype="bfloat16")
    assert len(TransformersDetector(str(models / "rt-detr"), min_score=0.0, context=context).detect(frames())[0]) == 20


@pytest.fixture
def copied(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models / "rt-detr", tmp_path / "copy"))


def test_folders_that_hold_none(copied: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="weights: none are given"):
        TransformersDetector()
    with pytest.raises(CheckpointError, match=r"there is no folder .*nothing, and no model of the Hugging Face Hub"):
        TransformersDetector(str(tmp_path / "nothing"))
    with pytest.raises(CheckpointError, match=r"config\.json is a file; give the folder"):
        TransformersDetector(str(copied / "config.json"))
    (copied / "preprocessor_config.json").rename(tmp_path / "preprocessor_config.json")
    with pytest.raises(CheckpointError, match=r"copy: there is no preprocessor_config\.json"):
        TransformersDetector(str(copied))
    with pytest.raises(CheckpointError, match=r"holds no model: there is no config\.json"):
        TransformersDetector(str(tmp_path))


def test_pickles_are_not_read(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"no \*\.safetensors \(pickled weights are not read: they may hold prog"):
        TransformersDetector(str(copied))


def test_code_in_the_folder_is_not_run(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    config["model_type"] = "their-own"
    config["auto_map"] = {"AutoConfig": "evil.C", "AutoModelForObjectDetection": "evil.M"}
    (copied / "config.json").write_text(json.dumps(config))
    (copied / "evil.py").write_text(f"open({str(copied / 'ran')!r}, 'w')\n")
    with pytest.raises(CheckpointError, match="holds no object detection model that can be read"):
        TransformersDetector(str(copied))
    assert not (copied / "ran").exists()


def test_damaged_and_foreign_weights(copied: Path, models: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = copied / "model.safetensors"
    state = load_file(file)
    kept = {name: value for name, value in state.items() if not name.startswith("model.decoder.layers.0.")}
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(
        CheckpointError, match=r"holds no weights of RTDetrForObjectDetection for model\.decoder\.lay.* more"
    ):
        TransformersDetector(str(copied))
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(CheckpointError, match="holds no object detection model that can be read"):
        TransformersDetector(str(copied))
    shutil.copy(models / "detr" / "config.json", copied)
    with pytest.raises(CheckpointError, match="holds no object detection model that can be read"):
        TransformersDetector(str(copied))


def test_models_of_the_hub_come_from_its_cache(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(DownloadError, match=r"someone/tiny at v1: cannot be had .* \(it is not in the cache; write"):
        TransformersDetector("someone/tiny", revision="v1", offline=True)
    commit = "0123456789" * 4
    kept = tmp_path / "models--someone--tiny"
    shutil.copytree(models / "rt-detr", kept / "snapshots" / commit)
    (kept / "refs").mkdir()
    (kept / "refs" / "v1").write_text(commit)
    detector = TransformersDetector("someone/tiny", revision="v1", offline=True)
    assert detector.classes == ("cat", "dog")
    files = list(TransformersConfig(weights="someone/tiny", revision="v1", offline=True).files())
    assert [Path(file).name for file in files] == ["config.json", "preprocessor_config.json", "model.safetensors"]


def test_check_asks_no_one(copied: Path) -> None:
    assert list(TransformersConfig(weights=str(copied)).check()) == []
    assert list(TransformersConfig(weights="PekingU/rtdetr_r18vd").check()) == []
    assert re.match("weights: none are given", next(TransformersConfig().check()))
    assert re.match("weights: there is no folder", next(TransformersConfig(weights="./x").check()))
    with pytest.raises(ValueError, match="input_size: must be a height and a width"):
        TransformersConfig(input_size=(640,))


def test_missing_package_is_named(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPackageError, match="detector 'transformers' needs transformers: pip install transf"):
        TransformersDetector(str(copied))


def test_config_imports_neither_transformers_nor_torch() -> None:
    code = (
        "import sys, vtrack_plugin_transformers.config, vtrack_plugin_transformers.plugin\n"
        "print([name for name in ('torch', 'transformers', 'huggingface_hub', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_from_a_table(models: Path) -> None:
    component = PluginHost.discover().component("detector", "transformers")
    config = component.load_config()(weights=str(models / "d-fine"), min_score=0.0)
    assert len(build(Configured(component, config)).detect(frames())[0]) > 0
