from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")

from torchvision.models import get_model, get_model_weights  # noqa: E402
from torchvision.ops import FrozenBatchNorm2d  # noqa: E402

from vtcore.components import BuildContext, Configured, build  # noqa: E402
from vtcore.frames import Frame  # noqa: E402
from vtcore.host import PluginHost  # noqa: E402
from vtrack_common_det.class_names import COCO  # noqa: E402
from vtrack_nets.errors import CheckpointError  # noqa: E402
from vtrack_plugin_torchvision import TorchvisionDetector  # noqa: E402
from vtrack_plugin_torchvision.classes import numbering  # noqa: E402
from vtrack_plugin_torchvision.config import TorchvisionConfig  # noqa: E402
from vtrack_plugin_torchvision.models import MODELS  # noqa: E402
from vtrack_plugin_torchvision.naming import convert_weights  # noqa: E402

SMALL = "ssdlite320_mobilenet_v3_large"
STAGES = "fasterrcnn_mobilenet_v3_large_320_fpn"
MASKS = "maskrcnn_resnet50_fpn"

Written = Callable[..., Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Files of random weights, each made once."""
    folder = tmp_path_factory.mktemp("weights")

    def write(model: str, classes: int) -> Path:
        path = folder / f"{model}-{classes}-classes.pth"
        if not path.exists():
            torch.manual_seed(0)
            torch.save(lively(get_model(model, weights=None, weights_backbone=None, num_classes=classes)), path)
        return path

    return write


def lively(model: nn.Module) -> dict[str, Tensor]:
    """Return random weights that answer differently to different pictures."""
    for name, value in model.named_parameters():
        if value.ndim > 1 and re.search(r"cls_score|cls_logits|classification_head.module_list|bbox_pred", name):
            nn.init.normal_(value, std=0.1)
        elif name.endswith("bias"):
            nn.init.zeros_(value)
    model.eval()
    shrunk(model)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train().momentum = None
    with torch.no_grad():
        model([torch.rand(3, 120, 160), torch.rand(3, 120, 160)])
    return model.state_dict()


def shrunk(model: nn.Module) -> None:
    """Scale pictures to a fifth of what is usual, where the model leaves that open: a twentieth of the work."""
    transform: Any = model.transform
    if transform.fixed_size is None:
        transform.min_size, transform.max_size = (160,), 260


def frames(count: int = 1, height: int = 120, width: int = 160) -> list[Frame]:
    random = np.random.default_rng(0)
    return [Frame(index, random.integers(0, 256, (height, width, 3), dtype=np.uint8)) for index in range(count)]


def by_torchvision(model: nn.Module, frame: Frame) -> dict[str, Tensor]:
    assert frame.image is not None
    picture = torch.from_numpy(frame.image[..., ::-1].copy()).permute(2, 0, 1) / 255
    with torch.inference_mode():
        (found,) = model.eval()([picture])
    return found


def options_of(model: str, **values: Any) -> dict[str, Any]:
    before = "box_" if MODELS[model].family == "rcnn" else ""
    return {before + name: value for name, value in values.items()}


@pytest.mark.parametrize(
    "model", [name if name == SMALL else pytest.param(name, marks=pytest.mark.slow) for name in MODELS]
)
def test_equals_torchvision_with_its_published_weights(
    model: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights stand in for those that torchvision would download, where it looks for them."""
    path = written(model, 91)
    state = torch.load(path)
    weights = get_model_weights(model).DEFAULT
    monkeypatch.setattr(type(weights), "get_state_dict", lambda self, **_: state)
    wanted = {"score_thresh": 0.02, "nms_thresh": 0.5, "detections_per_img": 20}
    original = get_model(model, weights=weights, **options_of(model, **wanted))
    if any(isinstance(module, FrozenBatchNorm2d) for module in original.modules()):
        path = path.with_name(f"published-{path.name}")
        torch.save({name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}, path)
    detector = TorchvisionDetector(model, weights=str(path), min_score=0.02, max_detections=20)
    usual, ours = original.transform, detector.model.transform
    assert (ours.min_size, ours.max_size, ours.fixed_size) == (usual.min_size, usual.max_size, usual.fixed_size)
    shrunk(original)
    shrunk(detector.model)
    frame = frames()[0]
    found = by_torchvision(original, frame)
    instances = detector.detect([frame])[0]
    assert len(found["boxes"]) > 3
    names = [weights.meta["categories"][label] for label in found["labels"].tolist()]
    real = [index for index, name in enumerate(names) if name not in ("N/A", "__background__")]
    assert detector.classes == COCO
    assert len(instances) == len(real)
    order = np.argsort(-found["scores"].numpy()[real], kind="stable")
    assert [detector.classes[label] for label in instances.labels] == [names[real[index]] for index in order]
    assert np.allclose(instances.boxes, found["boxes"].numpy()[real][order], atol=1e-3)
    assert np.allclose(instances.scores, found["scores"].numpy()[real][order], atol=1e-4)
    if "masks" in found:
        assert instances.masks is not None
        pixels = found["masks"].numpy()[real][order][:, 0] >= 0.5
        assert np.mean(instances.masks.decode() == pixels) > 0.9999


@pytest.mark.parametrize("name", MODELS)
def test_table_equals_torchvisions(name: str) -> None:
    published = get_model_weights(name)
    assert MODELS[name].weights == {each.name: each.url for each in published}
    assert [*MODELS[name].weights][-1] == published.DEFAULT.name
    categories = published.DEFAULT.meta["categories"]
    classes = numbering((), len(categories), background=MODELS[name].background)
    assert classes.names == tuple(each for each in categories if each not in ("N/A", "__background__"))
    known, places = classes(np.arange(len(categories)))
    assert [classes.names[place] for place in places] == np.array(categories)[known].tolist()


def test_any_batch_gives_the_same(written: Written) -> None:
    path = str(written(SMALL, 4))
    one, many = (
        TorchvisionDetector(SMALL, path, min_score=0.1, max_detections=30, batch_size=size).detect(frames(3))
        for size in (1, 3)
    )
    assert [len(each) for each in one] == [len(each) for each in many]
    assert len(one[0]) > 0
    assert not np.array_equal(one[0].boxes, one[1].boxes)
    for first, second in zip(one, many, strict=True):
        assert np.allclose(first.boxes, second.boxes, atol=1e-2)
        assert np.allclose(first.scores, second.scores, atol=1e-4)


def test_classes_of_ones_own(written: Written) -> None:
    path = str(written(SMALL, 4))
    options: dict[str, Any] = {"class_names": ("a", "b", "c"), "min_score": 0.1, "max_detections": 0}
    everything = TorchvisionDetector(SMALL, path, **options)
    assert everything.classes == ("a", "b", "c")
    every = everything.detect(frames())[0]
    assert set(every.labels.tolist()) <= {0, 1, 2}
    only = TorchvisionDetector(SMALL, path, **options | {"classes": ("b",), "max_detections": 2})
    found = only.detect(frames())[0]
    assert only.classes == ("b",)
    assert set(found.labels.tolist()) == {0}
    assert np.array_equal(found.boxes, every.boxes[every.labels == 1][:2])
    assert only.seconds["forward"] > 0
    with pytest.raises(ValueError, match="class_names: the network has 3 classes, got 2 names"):
        TorchvisionDetector(SMALL, path, class_names=("a", "b"))


def test_numbers_of_models_that_need_no_background() -> None:
    assert numbering((), 3, background=False).names == ("class-0", "class-1", "class-2")
    known, places = numbering(("a", "b"), 3, background=False)(np.array([0, 1, 2]))
    assert known.tolist() == [False, True, True]
    assert places.tolist() == [0, 1]


@pytest.mark.slow
def test_masks_can_be_left_out(written: Written) -> None:
    path = str(written(MASKS, 3))
    options: dict[str, Any] = {"min_score": 0.02, "max_detections": 5, "min_size": 128, "max_size": 200}
    with_masks = TorchvisionDetector(MASKS, path, **options).detect(frames())[0]
    without = TorchvisionDetector(MASKS, path, masks=False, **options).detect(frames())[0]
    assert with_masks.masks is not None
    assert len(with_masks.masks) == len(with_masks) > 0
    assert with_masks.masks.decode().shape[1:] == (120, 160)
    assert without.masks is None
    assert np.allclose(without.boxes, with_masks.boxes, atol=1e-3)


def test_names_of_older_versions() -> None:
    old = {
        "backbone.fpn.inner_blocks.0.weight": "backbone.fpn.inner_blocks.0.0.weight",
        "backbone.fpn.layer_blocks.3.bias": "backbone.fpn.layer_blocks.3.0.bias",
        "backbone.fpn.extra_blocks.p6.weight": "backbone.fpn.extra_blocks.p6.weight",
        "rpn.head.conv.weight": "rpn.head.conv.0.0.weight",
        "roi_heads.mask_head.mask_fcn4.bias": "roi_heads.mask_head.3.0.bias",
        "head.classification_head.conv.6.weight": "head.classification_head.conv.3.0.weight",
        "head.regression_head.conv.2.weight": "head.regression_head.conv.1.0.weight",
    }
    state = {name: torch.tensor(float(index)) for index, name in enumerate(old)}
    renamed = TorchvisionDetector.convert_weights(state)
    assert list(renamed) == list(old.values())
    assert list(convert_weights(renamed)) == list(old.values())
    with_norms = [f"head.classification_head.conv.{number}.weight" for number in range(6)]
    assert list(convert_weights(dict.fromkeys(with_norms, torch.zeros(1)))) == with_norms


def test_weights_under_older_names_load(written: Written, tmp_path: Path) -> None:
    state = torch.load(written(STAGES, 3))
    older = {
        re.sub(r"(fpn\.(?:inner|layer)_blocks\.\d+)\.0\.", r"\1.", name).replace(
            "rpn.head.conv.0.0", "rpn.head.conv"
        ): value
        for name, value in state.items()
    }
    assert set(older) != set(state)
    torch.save(older, tmp_path / "older.pth")
    new, old = (
        TorchvisionDetector(STAGES, str(path), min_score=0.3).detect(frames())[0]
        for path in (written(STAGES, 3), tmp_path / "older.pth")
    )
    assert len(new) > 0
    assert np.array_equal(new.boxes, old.boxes)


def test_weights_that_are_none_of_it(written: Written, tmp_path: Path) -> None:
    path = str(written(SMALL, 4))
    with pytest.raises(
        CheckpointError,
        match=r"ssdlite.*\.pth: holds no weights of fasterrcnn_resnet50_fpn_v2: there is no roi_heads.*cls_score."
        r"weight; give one of ssdlite320_mobilenet_v3_large as model",
    ):
        TorchvisionDetector(weights=path)
    with pytest.raises(CheckpointError, match=r"no\.pth: there is no such file"):
        TorchvisionDetector(SMALL, str(tmp_path / "no.pth"))
    with pytest.raises(ValueError, match="weights: none are given"):
        TorchvisionDetector(SMALL, "")
    with pytest.raises(ValueError, match="model: must be one of 'fasterrcnn_resnet50_fpn', "):
        TorchvisionDetector("yolo", path)
    with pytest.raises(ValueError, match="min_size: ssdlite320_mobilenet_v3_large takes pictures of one size"):
        TorchvisionDetector(SMALL, path, min_size=300)
    state = torch.load(path)
    name = MODELS[SMALL].classes
    torch.save(state | {name: state[name][:-1]}, tmp_path / "odd.pth")
    with pytest.raises(CheckpointError, match=r"whose rows are no multiple of 6"):
        TorchvisionDetector(SMALL, str(tmp_path / "odd.pth"))


def test_published_weights_are_known_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path))
    config = TorchvisionConfig()
    assert config.source.endswith("/fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth")
    assert list(config.check()) == []
    assert TorchvisionConfig(model=SMALL, weights="COCO_V1").source.endswith(
        "ssdlite320_mobilenet_v3_large_coco-a79551df.pth"
    )
    (problem,) = TorchvisionConfig(weights="COCO_V2").check()
    assert problem == "weights: there is no file COCO_V2; torchvision's own are DEFAULT or COCO_V1"


def test_published_weights_are_taken_from_the_cache(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vtrack_nets.sources import cached_file

    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path))
    config = TorchvisionConfig(model=SMALL)
    kept = cached_file(config.source)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(written(SMALL, 91).read_bytes())
    assert list(config.files()) == [str(kept)]
    assert TorchvisionDetector(SMALL).classes == COCO


def test_half_precision_and_channels_last(written: Written) -> None:
    context = BuildContext(device="cpu", dtype="bfloat16", channels_last=True)
    detector = TorchvisionDetector(SMALL, str(written(SMALL, 4)), min_score=0.1, context=context)
    assert len(detector.detect(frames())[0]) > 0


def test_from_a_table(written: Written) -> None:
    component = PluginHost.discover().component("detector", "torchvision")
    config = component.load_config()(model=SMALL, weights=str(written(SMALL, 4)), min_score=0.1)
    assert len(build(Configured(component, config)).detect(frames())[0]) > 0
