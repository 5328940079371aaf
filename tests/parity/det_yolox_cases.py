"""YOLOX against ByteTrack's, Megvii's and MMDetection's."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_plugin_yolox", reason="vtrack-plugin-yolox is not installed")

from vtrack_nets.suppression import batched_nms  # noqa: E402
from vtrack_plugin_yolox.detector import YoloxDetector  # noqa: E402
from vtrack_plugin_yolox.loss import YoloxLoss  # noqa: E402
from vtrack_plugin_yolox.postprocessing import postprocess  # noqa: E402
from vtrack_plugin_yolox.preprocessing import Normaliser, Preprocessing  # noqa: E402
from vtrack_plugin_yolox.presets import PRESETS  # noqa: E402

LOSSES = {"total": "total_loss", "box": "iou_loss", "classes": "cls_loss", "l1": "l1_loss"}


def forward(case: Any) -> None:
    """Features, maps, decoded boxes and detections, with batch norms and without."""
    (image,) = map(torch.from_numpy, case.inputs().values())
    check, network = case.checker(), _detector(case, fuse=False).network
    answers = _answers(network.to(memory_format=torch.contiguous_format), image)
    for name in check.left & answers.keys():
        check.close(name, answers[name])
    if "detections" in check.wanted:
        labels, boxes = check.compared("labels"), check.compared("detections")
        _same_detections(case, _detections(case, answers["decoded"]), np.column_stack((boxes, labels)).astype(float))
    check.finish()
    _folded(case, image, network)


def _folded(case: Any, image: Any, network: Any) -> None:
    """Compare the network that a run uses, without norms, with the one just found right, in double precision.

    The outputs that are stored are off from these by the rounding of the norms, in deep networks by more than the
    tolerance; the folded network is nearer.
    """
    exact, folded = _answers(network.double(), image.double()), _answers(_detector(case, fuse=True).network, image)
    rtol, atol = (case.stated["tolerance"].get(bound, 1e-3) for bound in ("rtol", "atol"))
    for name, value in folded.items():
        np.testing.assert_allclose(value, exact[name], rtol=rtol, atol=atol, err_msg=f"{name}, norms folded")
    if "score_thr" in case.stated["hyper"]:
        _same_detections(case, _detections(case, folded["decoded"]), _detections(case, exact["decoded"]))


def _answers(network: Any, image: Any) -> dict[str, Any]:
    """Return all that a case may store of a forward pass, by its name."""
    with torch.inference_mode():
        features = network.backbone(image)
        maps = network.head(features)
        answers = {f"fpn{level}": values for level, values in enumerate(features)}
        for level, values in enumerate(maps):
            parts = (values[:, :4], values[:, 4:5], values[:, 5:])
            answers.update((f"{name}_{level}", part) for name, part in zip(("reg", "obj", "cls"), parts, strict=True))
        answers["decoded"] = network(image)
    return answers


def _detections(case: Any, decoded: Any) -> Any:
    """Return boxes, scores and labels of one picture as rows."""
    hyper = case.stated["hyper"]
    (found,) = postprocess(
        decoded, min_score=hyper["score_thr"], nms_threshold=hyper["nms_iou"], suppression=batched_nms
    )
    return torch.cat((found.boxes, found.scores[:, None], found.labels[:, None]), dim=1).numpy().astype(float)


def _same_detections(case: Any, ours: Any, theirs: Any) -> None:
    """Compare as sets: every box has its partner, near in place and score and of its class."""
    hyper, tolerance = case.stated["hyper"], case.stated["tolerance"]
    for rows, others in ((ours, theirs), (theirs, ours)):
        for row in _without_partner(rows, others, tolerance):
            # Only what lies on the very threshold of score or overlap may fall on either side.
            doubts = np.abs([row[4] - hyper["score_thr"], *(_overlaps(row, theirs) - hyper["nms_iou"])])
            assert doubts.min() < 1e-4, row


def _overlaps(row: Any, others: Any) -> Any:
    low, high = np.maximum(row[:2], others[:, :2]), np.minimum(row[2:4], others[:, 2:4])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = [(boxes[..., 2:4] - boxes[..., :2]).prod(axis=-1) for boxes in (row, others)]
    return shared / (areas[0] + areas[1] - shared)


def _without_partner(rows: Any, others: Any, tolerance: Mapping[str, Any]) -> Any:
    bound = tolerance.get("atol", 1e-3) + tolerance.get("rtol", 1e-3) * np.abs(rows)
    bound[:, 5] = 0
    near = (np.abs(rows[:, None] - others[None]) <= bound[:, None]).all(axis=2)
    return rows[~near.any(axis=1)]


def loss(case: Any) -> None:
    """Losses, what was assigned, and gradients, of a batch."""
    stated, check = case.stated, case.checker()
    network = _detector(case, fuse=False).network.requires_grad_(requires_grad=True)
    network.to(memory_format=torch.contiguous_format)
    criterion = YoloxLoss(variant=_variant(stated), l1=stated["hyper"].get("use_l1", False))
    (images,) = case.inputs().values()
    with _plain_arithmetic():
        found = criterion(network.raw(torch.from_numpy(images)), torch.from_numpy(case.given()["labels"]))
        found.total.backward()
    check.close("conf_loss", found.objectness.detach())
    check.close("num_fg", found.positives)
    _losses(check, found)
    gradients = dict(network.named_parameters())
    for name in sorted(check.left):
        assert name.startswith("grad:"), name
        check.close(name, gradients[name[5:]].grad)
    check.finish()


@contextmanager
def _plain_arithmetic() -> Iterator[None]:
    """Compute by torch's own kernels.

    Gradients of the first layer are sums of thousands of numbers many times their size: the tolerance has room for the
    rounding of these, not for that of oneDNN's.
    """
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


def assign(case: Any) -> None:
    """The same on given maps."""
    stated, check, given = case.stated, case.checker(), case.given()
    hyper = stated["hyper"]
    raw = torch.from_numpy(given["raw"]).requires_grad_()
    criterion = YoloxLoss(variant=_variant(stated), l1=hyper["use_l1"])
    sizes = [tuple(edge // stride for edge in hyper["input_size"]) for stride in hyper["strides"]]
    found = criterion.of_places(raw, torch.from_numpy(given["labels"]), sizes)
    found.total.backward()
    check.close("obj_loss", found.objectness.detach())
    check.close("num_fg_per_gt", found.positives)
    check.close("grad_raw", raw.grad)
    _losses(check, found)
    check.finish()


def _losses(check: Any, found: Any) -> None:
    for field, name in LOSSES.items():
        check.close(name, getattr(found, field).detach())
    for picture, assigned in enumerate(found.assignments):
        if f"fg_index_{picture}" not in check.wanted:
            # Nothing is stored of a picture without objects.
            assert len(assigned.places) == 0, picture
            continue
        check.exact(f"fg_index_{picture}", assigned.places)
        check.exact(f"matched_gt_{picture}", assigned.objects)
        check.close(f"matched_iou_{picture}", assigned.overlaps)


def detections(case: Any) -> None:
    """Score threshold and class-wise NMS on given places."""
    hyper, check, raw = case.stated["hyper"], case.checker(), torch.from_numpy(case.given()["raw"])
    options = {"min_score": hyper["conf_thre"], "nms_threshold": hyper["nms_thre"]}
    for picture, found in enumerate(postprocess(raw, **options)):
        if f"detections_{picture}" not in check.wanted:
            # Theirs answers None where nothing is left.
            assert len(found.places) == 0, picture
            continue
        confidence = raw[picture, found.places, 5 + found.labels]
        rows = torch.column_stack((found.boxes, found.objectness, confidence, found.labels))
        check.close(f"detections_{picture}", rows)
    check.finish()


def preprocess(case: Any) -> None:
    """A picture in its frame, in the network's numbers."""
    hyper, check = case.stated["hyper"], case.checker()
    preset = attrs.evolve(PRESETS[_variant(case.stated)], pad=hyper.get("pad", 114))
    if "mean" in hyper:
        # Theirs are of pixels of 0 to 1; None is left out there.
        mean, deviation = hyper["mean"] or (0, 0, 0), hyper.get("std") or (1, 1, 1)
        stated = attrs.evolve(preset, mean=_of_bytes(mean), deviation=_of_bytes(deviation))
        if (mean, deviation) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]):
            assert stated == preset
        preset = stated
    ((_, image),) = case.images().items()
    batch, factors = Preprocessing(preset, tuple(hyper["input_size"]))([np.ascontiguousarray(image[..., ::-1])])
    for channels_last in (False, True):
        check.close("image", Normaliser(preset, channels_last=channels_last)(batch)[0])
    check.close("ratio", factors[0, 0])
    check.finish()


def _of_bytes(numbers: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = numbers
    return 255 * red, 255 * green, 255 * blue


def key_map(case: Any) -> None:
    """Every weight's name in MMDetection, and Megvii's for it."""
    stated = case.stated["map"]
    state = {name: torch.tensor(float(number)) for number, name in enumerate(stated)}
    for prefix in ("", "detector."):
        found = YoloxDetector.convert_weights({prefix + name: value for name, value in state.items()})
        assert {name: float(value) for name, value in found.items()} == {
            new: float(state[old]) for old, new in stated.items()
        }
    assert YoloxDetector.convert_weights(found) == found


def _detector(case: Any, *, fuse: bool) -> Any:
    """Return the detector, its weights from a file as the reference writes it."""
    state = {name: torch.from_numpy(np.asarray(value)) for name, value in case.state().items()}
    repository = case.stated["reference"]["repository"]
    if "mmdet" in repository or "mmtrack" in repository:
        held: dict[str, Any] = {"meta": {}, "state_dict": {f"detector.{name}": value for name, value in state.items()}}
    else:
        held = {"start_epoch": 1, "model": state}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        torch.save(held, weights)
        component = plugin_host().component("detector", "yolox")
        config = component.load_config()(weights=str(weights), fuse=fuse)
        detector = build(Configured(component, config), BuildContext(device="cpu"))
    hyper, layout = case.stated["hyper"], detector.network.layout
    assert layout.classes == len(detector.classes) == hyper["num_classes"]
    assert layout.channels == 64 * hyper.get("width", hyper.get("widen_factor"))
    return detector


def _variant(stated: Mapping[str, Any]) -> str:
    return "bytetrack" if "ByteTrack" in stated["reference"]["repository"] else "megvii"


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("yolox", "forward"): forward,
    ("yolox", "loss"): loss,
    ("yolox", "assign"): assign,
    ("yolox", "postprocess"): detections,
    ("yolox", "preprocess"): preprocess,
    ("yolox", "key-map"): key_map,
}
"""By model and operation."""
