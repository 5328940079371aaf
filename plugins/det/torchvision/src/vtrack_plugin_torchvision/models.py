"""The detectors of torchvision, and where their published weights are; light: no torch."""

from __future__ import annotations

import attrs

__all__ = ["MODELS", "Model"]

_FOLDER = "https://download.pytorch.org/models/"
_CLASS_SCORES = "roi_heads.box_predictor.cls_score.weight"
_LOGITS = "head.classification_head.cls_logits.weight"


@attrs.frozen
class Model:
    """One of torchvision's builders.

    Attributes:
        family: ``"rcnn"``, ``"dense"`` (RetinaNet, FCOS) or ``"ssd"``.
        weights: Addresses of the published weights by the name that torchvision gives them, the best last.
        classes: Name of the tensor that tells how many classes there are.
        rows: Its rows for each class.
        exact_norms: Whether the frozen batch norms of torchvision's builder divide by the deviation alone, without
            adding a little to the variance, once weights of COCO are in them.
    """

    family: str
    weights: dict[str, str]
    classes: str
    rows: int = 1
    exact_norms: bool = False

    @property
    def resizable(self) -> bool:
        """Whether pictures may be scaled to any size."""
        return self.family != "ssd"

    @property
    def background(self) -> bool:
        """Whether the class 0 stands for nothing, and is never found."""
        return self.family != "dense"


def _coco(file: str) -> dict[str, str]:
    return {"COCO_V1": f"{_FOLDER}{file}"}


MODELS = {
    "fasterrcnn_resnet50_fpn": Model(
        "rcnn", _coco("fasterrcnn_resnet50_fpn_coco-258fb6c6.pth"), _CLASS_SCORES, exact_norms=True
    ),
    "fasterrcnn_resnet50_fpn_v2": Model("rcnn", _coco("fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth"), _CLASS_SCORES),
    "fasterrcnn_mobilenet_v3_large_fpn": Model(
        "rcnn", _coco("fasterrcnn_mobilenet_v3_large_fpn-fb6a3cc7.pth"), _CLASS_SCORES
    ),
    "fasterrcnn_mobilenet_v3_large_320_fpn": Model(
        "rcnn", _coco("fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth"), _CLASS_SCORES
    ),
    "maskrcnn_resnet50_fpn": Model(
        "rcnn", _coco("maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth"), _CLASS_SCORES, exact_norms=True
    ),
    "maskrcnn_resnet50_fpn_v2": Model("rcnn", _coco("maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth"), _CLASS_SCORES),
    "retinanet_resnet50_fpn": Model(
        "dense", _coco("retinanet_resnet50_fpn_coco-eeacb38b.pth"), _LOGITS, rows=9, exact_norms=True
    ),
    "retinanet_resnet50_fpn_v2": Model("dense", _coco("retinanet_resnet50_fpn_v2_coco-5905b1c5.pth"), _LOGITS, rows=9),
    "fcos_resnet50_fpn": Model("dense", _coco("fcos_resnet50_fpn_coco-99b0c9b7.pth"), _LOGITS),
    "ssd300_vgg16": Model(
        "ssd", _coco("ssd300_vgg16_coco-b556d3b4.pth"), "head.classification_head.module_list.0.weight", rows=4
    ),
    "ssdlite320_mobilenet_v3_large": Model(
        "ssd",
        _coco("ssdlite320_mobilenet_v3_large_coco-a79551df.pth"),
        "head.classification_head.module_list.0.1.weight",
        rows=6,
    ),
}
"""By the name of torchvision's builder."""
