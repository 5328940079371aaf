"""A network made for the weights that it gets: as many classes as these have."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vtcore.errors import OptionError
from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError
from vtrack_nets.faster_rcnn import FasterRcnn
from vtrack_nets.faster_rcnn_names import convert_faster_rcnn, count_classes, resnet_depth
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.resnet import ResNet
from vtrack_nets.sources import local_file
from vtrack_plugin_faster_rcnn.config import FasterRcnnConfig

__all__ = ["loaded_network"]

_log = logging.getLogger("vtcore")

_BOXES, _COORDINATES = "roi_head.bbox_head.fc_reg.weight", 4
"""What corrects boxes, and its rows for each of them."""

_STAGES = {"rpn_head": ("rpn", "propose", "proposes nothing"), "roi_head": ("roi_head", "regress", "corrects no boxes")}
"""Option, the method that counts, and what is wrong without it, by the part of the network."""


def loaded_network(config: FasterRcnnConfig, parts: Mapping[str, Any]) -> FasterRcnn:
    """Read weights, and return a network of the given parts with them.

    Args:
        config: Where the weights are, and the options that do not belong to a part.
        parts: Of `FasterRcnn`, by its arguments' names; None where the usual one is wanted.

    Raises:
        OptionError: No weights are given, a part is no such part, or parts do not fit together.
        CheckpointError: The weights cannot be read, or do not fit.
    """
    if not config.weights:
        raise OptionError('weights: none are given; write weights = "file or address"')
    for part, (option, method, lack) in _STAGES.items():
        given = parts.get(part)
        if given is not None and not hasattr(given, method):
            raise OptionError(f"{option}: {type(given).__name__} {lack}: it has no method {method}")
    path = local_file(config.weights, config.weights_sha256)
    state = converted(load_state(path, sha256=config.weights_sha256), convert_faster_rcnn, path)
    network = FasterRcnn(
        count_classes(state) or len(config.class_names) or 1,
        **parts,
        clip_border=config.clip_border,
        min_score=config.min_score,
        nms_threshold=config.nms_threshold,
        max_detections=config.max_detections,
    )
    _check_depth(network, state, path)
    _check_boxes(network, state, path)
    report = fit(network, state, source=path)
    told = _log.info if not report.unexpected else _log.warning
    told("%s: weights for %s: %s", path, type(network).__name__, report)
    return network


def _check_boxes(network: FasterRcnn, state: Mapping[str, Tensor], path: Any) -> None:
    """Say what to write where only one of the two has one box for all classes."""
    found, wanted = state.get(_BOXES), network.state_dict().get(_BOXES)
    if found is None or wanted is None or found.ndim != wanted.ndim or len(found) == len(wanted):
        return
    if _COORDINATES in (len(found), len(wanted)):
        agnostic = len(found) == _COORDINATES
        held, made = ("one box for all classes", "one for each")[:: 1 if agnostic else -1]
        raise CheckpointError(
            f"holds {held}, the network has {made}; write class_agnostic = {str(agnostic).lower()} in the table of "
            "the roi_head",
            file=path,
        )


def _check_depth(network: FasterRcnn, state: dict[str, Tensor], path: Any) -> None:
    """Say what to write where the backbone alone is another one."""
    if not isinstance(network.backbone, ResNet):
        return
    found, wanted = resnet_depth(state), resnet_depth(network.state_dict())
    if 0 not in (found, wanted) and found != wanted:
        raise CheckpointError(
            f"holds a ResNet-{found}, the network has a ResNet-{wanted}; write depth = {found} in the backbone's table",
            file=path,
        )
