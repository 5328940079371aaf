"""YOLOX of MMDetection."""

from __future__ import annotations

from vtcore.migration.detector import Detector
from vtcore.migration.options import Move, move_all
from vtcore.migration.sections import Section

__all__ = ["map_yolox"]

_SIZES = {
    (0.33, 0.25): "nano",
    (0.33, 0.375): "tiny",
    (0.33, 0.5): "s",
    (0.67, 0.75): "m",
    (1.0, 1.0): "l",
    (1.33, 1.25): "x",
}


def map_yolox(detector: Detector) -> str:
    """Map YOLOX of one of the published sizes; return its name here, empty where it is of another."""
    section, path = detector.section, detector.path
    backbone = section.child("backbone")
    backbone.expect("type", "CSPDarknet")
    factors = (backbone.number("deepen_factor", 1.0), backbone.number("widen_factor", 1.0))
    size = _SIZES.get(factors)
    if size is None:
        backbone.cannot("deepen_factor", f"factors {factors} are those of no YOLOX from nano to x")
        section.forget()
        return ""
    draft = section.draft
    draft.put((*path, "type"), "yolox", section.where("type"))
    detector.put_weights()
    draft.put((*path, "size"), size, backbone.where("deepen_factor"))
    move_all(
        section.child("test_cfg"),
        path,
        [Move("score_thr", "min_score", 0.01), Move("nms.iou_threshold", "nms_threshold", 0.65)],
    )
    section.child("test_cfg").child("nms").expect("type", "nms")
    _yolox_pictures(detector)
    _yolox_parts(section)
    return "yolox"


def _yolox_parts(section: Section) -> None:
    """What remains of the network follows from its weights, as long as it is the usual one."""
    section.child("neck").expect("type", "YOLOXPAFPN")
    head = section.child("bbox_head")
    head.expect("type", "YOLOXHead")
    head.expect("stacked_convs", 2)
    head.expect("strides", [8, 16, 32])
    head.ignore("num_classes", "in_channels", "feat_channels", "use_depthwise", "norm_cfg", "act_cfg")
    backbone = section.child("backbone")
    backbone.expect("out_indices", [2, 3, 4])
    backbone.expect("spp_kernal_sizes", [5, 9, 13])
    backbone.ignore("use_depthwise", "norm_cfg", "act_cfg")
    neck = section.child("neck")
    neck.ignore("in_channels", "out_channels", "num_csp_blocks", "use_depthwise", "upsample_cfg", "norm_cfg", "act_cfg")
    section.ignore("input_size", "random_size_range", "random_size_interval", "size_multiplier")


def _yolox_pictures(detector: Detector) -> None:
    draft, pictures, path = detector.section.draft, detector.pictures, detector.path
    place = pictures.place("scale", detector.section)
    scale = sorted(pictures.scale or [640, 640])
    square = pictures.pad_to_square and scale[0] == scale[1]
    draft.put((*path, "preset"), "megvii" if square else "mmdet")
    draft.put((*path, "input_size"), scale, place)
    usual = (pictures.mean, pictures.std, pictures.rgb) == ([0.0] * 3, [1.0] * 3, False)
    if not usual:
        message = "yolox takes pictures as they are, blue first, unless they are ByteTrack's own"
        draft.cannot(f"normalised pictures have no counterpart here: {message}", "Normalize", place)
    if pictures.pad_value != 114.0 or not (square or pictures.pad_to == 32) or not pictures.keep_ratio:
        message = "yolox pads with 114, to a square or to multiples of 32, and keeps the shape"
        draft.cannot(f"such pictures have no counterpart here: {message}", "Pad", place)
