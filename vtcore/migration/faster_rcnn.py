"""Faster R-CNN of MMDetection on a feature pyramid."""

from __future__ import annotations

from typing import Any

from vtcore.migration.detector import Detector, KeyPath
from vtcore.migration.options import Move, move_all
from vtcore.migration.sections import MISSING, Section

__all__ = ["map_faster_rcnn"]


def map_faster_rcnn(detector: Detector) -> str:
    """Map Faster R-CNN on ResNet and a feature pyramid; return its name here, empty where its parts are others."""
    section, path = detector.section, detector.path
    neck = section.child("neck")
    backbone = section.child("backbone")
    if neck.type != "FPN" or backbone.type != "ResNet":
        what = f"{section.type} on {backbone.type or 'no backbone'} with {neck.type or 'no neck'}"
        section.cannot("type", f"{what} has no counterpart here: faster-rcnn has ResNet and FPN")
        section.forget()
        return ""
    section.draft.put((*path, "type"), "faster-rcnn", section.where("type"))
    detector.put_weights()
    _resnet(backbone, (*path, "backbone"))
    _fpn(neck, (*path, "neck"))
    _rpn(section.child("rpn_head"), (*path, "rpn"))
    _roi(section.child("roi_head"), (*path, "roi_head"))
    tests = section.child("test_cfg")
    _proposals(tests.child("rpn"), (*path, "rpn"))
    _box_tests(tests.child("rcnn"), path)
    _clip(section, path)
    _picture_options(detector)
    return "faster-rcnn"


def _resnet(backbone: Section, path: KeyPath) -> None:
    moves = [
        Move("depth", "depth", 50),
        Move("out_indices", "out_indices", [0, 1, 2, 3]),
        Move("style", "style", "pytorch"),
        Move("strides", "strides"),
        Move("dilations", "dilations"),
    ]
    move_all(backbone, path, moves)
    backbone.expect("num_stages", 4)
    norm = backbone.child("norm_cfg")
    norm.expect("type", "BN", "SyncBN", "BatchNorm2d", "SyncBatchNorm")
    norm.ignore("requires_grad")
    for name in ("dcn", "plugins", "stage_with_dcn"):
        backbone.expect(name, None, [False] * 4)
    backbone.expect("deep_stem", False)
    backbone.expect("avg_down", False)
    backbone.ignore("init_cfg", "with_cp")


_EXTRA = {
    False: "max-pool",
    "on_input": "on-input",
    "on_lateral": "on-lateral",
    "on_output": "on-output",
    True: "on-input",
}


def _fpn(neck: Section, path: KeyPath) -> None:
    moves = [
        Move("in_channels", "in_channels", MISSING),
        Move("out_channels", "out_channels", MISSING),
        Move("num_outs", "levels", MISSING),
        Move("start_level", "start_level", MISSING),
        Move("add_extra_convs", "extra", MISSING, lambda value: _EXTRA[value]),
        Move("relu_before_extra_convs", "relu_before_extra", MISSING),
    ]
    move_all(neck, path, moves)
    neck.expect("norm_cfg", None)
    neck.expect("act_cfg", None)
    neck.expect("no_norm_on_lateral", False)
    neck.expect("end_level", -1)
    neck.ignore("init_cfg")


def _rpn(rpn: Section, path: KeyPath) -> None:
    rpn.expect("type", "RPNHead")
    moves = [
        Move("in_channels", "in_channels", MISSING),
        Move("feat_channels", "hidden_channels", MISSING),
        Move("anchor_generator.scales", "scales", [8.0], _floats),
        Move("anchor_generator.ratios", "ratios", [0.5, 1.0, 2.0], _floats),
        Move("anchor_generator.strides", "strides", [4, 8, 16, 32, 64]),
    ]
    move_all(rpn, path, moves)
    rpn.child("anchor_generator").expect("type", "AnchorGenerator")
    coder = rpn.child("bbox_coder")
    coder.expect("type", "DeltaXYWHBBoxCoder")
    coder.expect("target_means", [0.0] * 4)
    coder.expect("target_stds", [1.0] * 4)
    coder.ignore("clip_border")
    rpn.expect("num_convs", 1)
    rpn.ignore("init_cfg", "num_classes")


def _roi(roi: Section, path: KeyPath) -> None:
    roi.expect("type", "StandardRoIHead")
    cut = roi.child("bbox_roi_extractor")
    cut.expect("type", "SingleRoIExtractor")
    layer = cut.child("roi_layer")
    layer.expect("type", "RoIAlign")
    layer.expect("aligned", True)
    move_all(layer, path, [Move("output_size", "roi_size", 7), Move("sampling_ratio", "sampling_ratio", 0)])
    moves = [
        Move("featmap_strides", "strides", [4, 8, 16, 32]),
        Move("finest_scale", "finest_scale", MISSING, float),
    ]
    move_all(cut, path, moves)
    cut.ignore("out_channels")
    head = roi.child("bbox_head")
    head.expect("type", "Shared2FCBBoxHead")
    moves = [
        Move("in_channels", "in_channels", MISSING),
        Move("fc_out_channels", "hidden_features", MISSING),
        Move("num_classes", "num_classes", 80),
        Move("reg_class_agnostic", "class_agnostic", False),
        Move("bbox_coder.target_stds", "stds", [0.1, 0.1, 0.2, 0.2], _floats),
    ]
    move_all(head, path, moves)
    coder = head.child("bbox_coder")
    coder.expect("type", "DeltaXYWHBBoxCoder")
    coder.expect("target_means", [0.0] * 4)
    coder.ignore("clip_border")
    head.ignore("roi_feat_size", "init_cfg")
    for name in ("mask_roi_extractor", "mask_head", "shared_head"):
        if name in roi:
            roi.cannot(name, "no counterpart here: faster-rcnn finds boxes alone")
    roi.ignore("mask_roi_extractor", "mask_head", "shared_head")


def _proposals(rpn: Section, path: KeyPath) -> None:
    moves = [
        Move("nms_pre", "nms_pre", 1000),
        Move("max_num" if "max_num" in rpn else "max_per_img", "max_proposals", 1000),
        Move("nms_thr" if "nms_thr" in rpn else "nms.iou_threshold", "nms_threshold", 0.7),
        Move("min_bbox_size", "min_size", 0.0, float),
    ]
    move_all(rpn, path, moves)
    rpn.child("nms").expect("type", "nms")
    # Until MMDetection 2.5 proposals were also counted before they were put together.
    rpn.expect("nms_across_levels", False)
    rpn.ignore("nms_post")


def _box_tests(rcnn: Section, path: KeyPath) -> None:
    moves = [
        Move("score_thr", "min_score", 0.05),
        Move("nms.iou_threshold", "nms_threshold", 0.5),
        Move("max_per_img", "max_detections", 100),
    ]
    move_all(rcnn, path, moves)
    nms = rcnn.child("nms")
    nms.expect("type", "nms")
    nms.expect("class_agnostic", False)
    rcnn.ignore("mask_thr_binary")


def _clip(section: Section, path: KeyPath) -> None:
    """One option here for what the two stages are told apart there."""
    stages = (section.child("rpn_head"), section.child("roi_head").child("bbox_head"))
    coders = [stage.child("bbox_coder") for stage in stages]
    first, second = (coder.take("clip_border", True) for coder in coders)
    section.draft.put((*path, "clip_border"), second, coders[1].where("clip_border"))
    if first != second:
        coders[0].cannot("clip_border", f"{first!r}, but {second!r} in the second stage: here both do the same")


def _picture_options(detector: Detector) -> None:
    draft, pictures, path = detector.section.draft, detector.pictures, detector.path
    section = detector.section
    if pictures.scale is not None:
        draft.put((*path, "scale"), pictures.scale, pictures.place("scale", section))
    if not pictures.keep_ratio:
        draft.cannot("keep_ratio=False has no counterpart here: pictures keep their shape", "Resize", section.place)
    draft.put((*path, "pad_to"), pictures.pad_to or 1, pictures.place("pad_to", section))
    draft.put((*path, "mean"), pictures.mean, pictures.place("mean", section))
    draft.put((*path, "std"), pictures.std, pictures.place("std", section))
    draft.put((*path, "channel_order"), pictures.order, pictures.place("order", section))
    if pictures.pad_to_square or pictures.pad_value:
        message = "padding with anything but 0, or to a square, has no counterpart in faster-rcnn"
        draft.cannot(message, "Pad", pictures.place("pad_to", section))


def _floats(values: Any) -> list[float]:
    return [float(value) for value in values]
