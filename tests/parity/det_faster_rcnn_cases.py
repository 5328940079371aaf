"""Cases of Faster R-CNN: the network in parts, whole detections, losses and gradients, names of weights.

Everything is read from the case: classes, depth, anchors, thresholds, sizes of pictures. Weights go through a file
under the reference's names, and through the detector as an experiment makes it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore import load_experiment
from vtcore.components import BuildContext, build
from vtcore.errors import ComponentError
from vtcore.frames import Frame
from vtcore.host import plugin_host

LEAST_MATCHED, LEAST_OVERLAP = 0.99, 0.999

_BLOCKS = {(2, False): 18, (6, False): 34, (6, True): 50, (23, True): 101, (36, True): 152}


def _detector(state: Mapping[str, Any], **options: Any) -> Any:
    """Return the detector that an experiment with these weights has."""
    torch = pytest.importorskip("torch")
    try:
        plugin_host().component("detector", "faster-rcnn")
    except ComponentError as error:
        pytest.skip(f"detector 'faster-rcnn' is not built yet: {error}")
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in state.items()}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        torch.save({"state_dict": tensors, "meta": {}}, weights)
        table = {"type": "faster-rcnn", "weights": str(weights), "backbone.depth": _depth(state), **options}
        experiment = load_experiment({}, {f"detector.{key}": value for key, value in table.items()})
        assert experiment.detector is not None
        return build(experiment.detector, BuildContext(device="cpu"))


def _depth(names: Mapping[str, Any]) -> int:
    """Return the depth of the ResNet that has weights of these names."""
    found = [match for name in names if (match := re.search(r"layer3\.(\d+)\.conv([123])\.weight", name))]
    return _BLOCKS[1 + max(int(match[1]) for match in found), any(match[2] == "3" for match in found)]


def _of_case(case: Any, **options: Any) -> tuple[Any, Any]:
    """Return the detector of a case, and its pictures as the network sees them: neither scaled nor padded."""
    hyper, pictures = case.stated["hyper"], case.images()
    sizes = {picture.shape[:2] for picture in pictures.values()}
    ((height, width),) = sizes
    state = case.state()
    detector = _detector(
        state,
        clip_border=hyper["clip_border"],
        mean=hyper["image_mean"],
        std=hyper["image_std"],
        scale=[max(height, width), min(height, width)],
        pad_to=1,
        batch_size=len(pictures),
        **_parts(case.stated, state),
        **options,
    )
    assert len(detector.classes) == hyper["num_classes"]
    images = [np.ascontiguousarray(picture[:, :, ::-1]) for picture in pictures.values()]
    return detector, images


def _parts(stated: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of backbone, neck and heads; a case that says nothing of one has the usual one."""
    rpn, rcnn = stated["hyper"].get("rpn", {}), stated["hyper"].get("rcnn", {})
    told = {
        "rpn.strides": rpn.get("strides"),
        "rpn.scales": _floats(rpn.get("scales")),
        "rpn.ratios": _floats(rpn.get("ratios")),
        "neck.levels": len(rpn["strides"]) if "strides" in rpn else None,
        "roi_head.stds": rcnn.get("stds"),
        "roi_head.roi_size": rcnn.get("roi_size"),
        "roi_head.sampling_ratio": rcnn.get("sampling_ratio"),
        "roi_head.finest_scale": float(rcnn["finest_scale"]) if "finest_scale" in rcnn else None,
    }
    named = "caffe" if "caffe" in str(stated.get("reference", {}).get("config", "")) else "pytorch"
    told["backbone.style"] = stated["hyper"].get("style", named)
    classes, boxes = (len(state[f"roi_head.bbox_head.{name}.weight"]) for name in ("fc_cls", "fc_reg"))
    told["roi_head.class_agnostic"] = boxes == 4 and classes > 2
    return {name: value for name, value in told.items() if value is not None}


def _floats(values: list[float] | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def forward(case: Any) -> None:
    """Maps, proposals, the second stage on stored proposals, cutting of given boxes, and detections."""
    hyper, check, given = case.stated["hyper"], case.checker(), case.given()
    rpn, rcnn = hyper["rpn"], hyper["rcnn"]
    assert rpn["stds"] == [1, 1, 1, 1]
    assert rcnn["aligned"]
    options = {
        "min_score": rcnn["score_thr"],
        "nms_threshold": rcnn["nms_iou"],
        "max_detections": rcnn["max_per_img"],
        "rpn.nms_pre": rpn["nms_pre"],
        "rpn.max_proposals": rpn["max_per_img"],
        "rpn.nms_threshold": rpn["nms_iou"],
        "rpn.min_size": float(rpn["min_bbox_size"]),
    }
    detector, images = _of_case(case, **options)
    import torch

    network = detector.network
    extracted = detector.extract(images)
    with torch.inference_mode():
        scores, deltas = network.rpn_head(extracted.features)
        for level, found in enumerate(zip(extracted.features, scores, deltas, strict=True)):
            for name, value in zip(("fpn", "rpn_cls", "rpn_reg"), found, strict=True):
                check.close(f"{name}_{level}", value)
        proposals = network.propose(extracted.features, extracted.sizes)[0]
        wanted = check.compared("proposals")
        _same_boxes(case, _rows(proposals.boxes, proposals.scores), wanted)
        _second_stage(check, network, extracted.features, torch.from_numpy(wanted[:, :4]))
        if "rois" in given:
            rois = torch.from_numpy(given["rois"])
            check.close("roi_align_given", network.roi_head.extractor.cut(extracted.features, rois))
            check.exact("roi_levels_given", network.roi_head.extractor.levels(rois[:, 1:]))
    found = detector.detect([Frame(index, image) for index, image in enumerate(images)])[0]
    labels, stored = check.compared("labels"), check.compared("detections")
    _same_boxes(case, _rows(found.boxes, found.scores), stored, found.labels, labels)
    check.finish()


def _second_stage(check: Any, network: Any, features: Any, proposals: Any) -> None:
    """Compare what the second stage says of the first so many proposals, as the outputs' names tell."""
    count = next(int(match[1]) for name in check.wanted if (match := re.fullmatch(r"roi_feats_(\d+)", name)))
    cut = network.roi_head.extractor(features, [proposals[:count]])
    scores, deltas = network.roi_head.bbox_head(cut)
    check.close(f"roi_feats_{count}", cut)
    check.close(f"roi_cls_score_{count}", scores)
    check.close(f"roi_bbox_pred_{count}", deltas)


def _rows(boxes: Any, scores: Any) -> Any:
    return np.column_stack((np.asarray(boxes), np.asarray(scores)))


def _same_boxes(case: Any, found: Any, wanted: Any, labels: Any = None, wanted_labels: Any = None) -> None:
    """Compare rows of boxes and scores as sets: suppression may choose otherwise where rounding differs."""
    bounds = case.stated["tolerance"]
    assert abs(len(found) - len(wanted)) <= (1 - LEAST_MATCHED) * len(wanted)
    if not len(wanted):
        return
    edges = np.minimum(found[:, None, 2:4], wanted[:, 2:4]) - np.maximum(found[:, None, :2], wanted[:, :2])
    shared = edges.clip(min=0).prod(axis=-1)
    areas, wanted_areas = ((rows[:, 2:4] - rows[:, :2]).prod(axis=-1) for rows in (found, wanted))
    same = shared > LEAST_OVERLAP * (areas[:, None] + wanted_areas - shared)
    same &= np.isclose(found[:, None, 4], wanted[:, 4], rtol=bounds["rtol"], atol=bounds["atol"])
    if labels is not None:
        same &= np.asarray(labels)[:, None] == wanted_labels
    assert same.any(axis=0).mean() >= LEAST_MATCHED
    assert same.any(axis=1).mean() >= LEAST_MATCHED
    assert (np.diff(found[:, 4]) <= 0).all()


def loss(case: Any) -> None:
    """Losses of both stages, and gradients of their sum, with every positive and negative counted."""
    hyper, check, given = case.stated["hyper"], case.checker(), case.given()
    detector, images = _of_case(case)
    import torch

    from vtrack_nets.faster_rcnn import Targets
    from vtrack_nets.losses import smooth_l1_loss
    from vtrack_nets.sampling import Sampler
    from vtrack_nets.training_rules import RoIRules, RpnRules, TwoStageRules

    rpn, rcnn, network = hyper["rpn"], hyper["rcnn"], detector.network
    # The description says: smooth L1, of beta 1/9 and 1, and samplers that take everything.
    network.rules = TwoStageRules(
        rpn=RpnRules(
            assigner=_assigner(rpn),
            sampler=Sampler(),
            box_loss=partial(smooth_l1_loss, beta=1 / 9),
            allowed_border=rpn["allowed_border"],
        ),
        roi=RoIRules(assigner=_assigner(rcnn), sampler=Sampler(), box_loss=smooth_l1_loss, add_objects=rcnn["add_gt"]),
    )
    network.requires_grad_(requires_grad=True)
    boxes = torch.from_numpy(given["gt_boxes"])
    labels = torch.from_numpy(_labels(given, len(boxes)))
    ignored = next((torch.from_numpy(value) for name, value in given.items() if "ignore" in name), None)
    extracted = detector.extract(images)
    targets, proposals = [Targets(boxes, labels, ignored)], [torch.from_numpy(given["proposals"][:, :4])]
    losses = network.loss(extracted.images, targets, sizes=extracted.sizes, proposals=proposals)
    accuracy = losses.pop("acc")
    sum(value.sum() for value in losses.values()).backward()
    for name, value in losses.items():
        check.close(name, value.detach())
    check.close("acc", accuracy.reshape(check.wanted["acc"].shape))
    parameters = dict(network.named_parameters())
    for name in sorted(check.left):
        check.close(name, parameters[name.removeprefix("grad:")].grad)
    check.finish()


def _labels(given: Mapping[str, Any], count: int) -> Any:
    """Return the classes of the objects; a case of one class names none."""
    labels = [value for name, value in given.items() if "label" in name]
    assert len(labels) <= 1
    return np.asarray(labels[0] if labels else np.zeros(count), np.int64)


def _assigner(hyper: Mapping[str, Any]) -> Any:
    from vtrack_nets.assignment import MaxOverlapAssigner

    return MaxOverlapAssigner(
        positive=hyper["pos_iou"],
        negative=hyper["neg_iou"],
        low_quality=hyper["match_low_quality"],
        least_best=hyper["min_pos_iou"],
        ignore=hyper.get("ignore_iof_thr", 0.0),
    )


def key_map(case: Any) -> None:
    """Weights of torchvision's network, and where they are in ours, whose names are MMDetection's."""
    torch = pytest.importorskip("torch")
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.models.detection.faster_rcnn import FasterRCNN

    names = case.stated["map"]
    count = int(re.search(r"num_classes=(\d+)", case.stated["torchvision"])[1])  # type: ignore[index]
    torch.manual_seed(0)
    backbone = resnet_fpn_backbone(backbone_name=f"resnet{_depth(names)}", weights=None)
    theirs = {name: value.numpy() for name, value in FasterRCNN(backbone, num_classes=count).state_dict().items()}
    ours = _detector(theirs).network.state_dict()
    counters = {name for name in ours if name.endswith("num_batches_tracked")}
    assert names.keys() - counters == ours.keys() - counters
    assert set(names.values()) - counters >= theirs.keys() - counters
    for name, other in names.items():
        if name in counters:
            continue
        value = theirs[other]
        if ".fc_cls." in name:
            value = np.concatenate((value[1:], value[:1]))
        elif ".fc_reg." in name:
            value = value[4:]
        assert np.array_equal(ours[name].numpy(), value), name


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("faster-rcnn", "forward"): forward,
    ("faster-rcnn", "loss"): loss,
    ("faster-rcnn", "key-map"): key_map,
}
"""By model and operation."""
