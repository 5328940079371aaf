"""A model made for the weights that it gets: as many classes as these have."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vtcore.errors import MissingPackageError
from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.sources import local_file
from vtrack_plugin_torchvision.config import TorchvisionConfig
from vtrack_plugin_torchvision.models import MODELS, Model
from vtrack_plugin_torchvision.naming import convert_weights

__all__ = ["count_classes", "load_model"]

_log = logging.getLogger("vtcore")

_MANY = 10_000
"""Detections of a picture where no number is wanted; no model proposes as many."""


def load_model(config: TorchvisionConfig, *, most: int) -> tuple[nn.Module, int]:
    """Return torchvision's model with the weights, and how many classes it counts.

    Args:
        config: Model, weights and what is kept.
        most: Detections of a picture; 0 for any number.

    Raises:
        ValueError: No weights are given.
        MissingPackageError: torchvision is not installed.
        CheckpointError: The weights are missing, damaged, or another model's.
        DownloadError: They cannot be fetched.
    """
    if not config.source:
        raise ValueError('weights: none are given; write weights = "DEFAULT", or a file or address')
    path = local_file(config.source, config.weights_sha256)
    state = converted(load_state(path, sha256=config.weights_sha256), convert_weights, path)
    kind = MODELS[config.model]
    count = count_classes(config.model, state, path)
    model = _made(config, kind, count, most)
    report = fit(model, state, source=path)
    told = _log.info if not report.unexpected else _log.warning
    told("%s: weights for %s: %s", path, config.model, report)
    if not any(name.endswith("num_batches_tracked") for name in state):
        _freeze(model, eps=0.0 if kind.exact_norms else None)
    return model, count


def count_classes(model: str, state: Mapping[str, Tensor], path: str | Path) -> int:
    """Return how many classes weights have, with the background where the model counts it.

    Args:
        model: Name of torchvision's builder.
        state: The weights.
        path: Their file, for messages.

    Raises:
        CheckpointError: They are another model's.
    """
    kind = MODELS[model]
    scores = state.get(kind.classes)
    if scores is None:
        alike = [name for name, other in MODELS.items() if other.classes in state]
        hint = f"; give one of {', '.join(alike)} as model" if alike else ""
        raise CheckpointError(f"holds no weights of {model}: there is no {kind.classes}{hint}", file=path)
    if scores.ndim < 1 or not len(scores) or len(scores) % kind.rows:
        raise CheckpointError(
            f"holds no weights of {model}: {kind.classes} has the shape {tuple(scores.shape)}, whose rows are no "
            f"multiple of {kind.rows}",
            file=path,
        )
    return len(scores) // kind.rows


def _made(config: TorchvisionConfig, kind: Model, count: int, most: int) -> nn.Module:
    try:
        from torchvision.models import get_model
    except ImportError as error:
        raise MissingPackageError("detector 'torchvision' needs torchvision: pip install torchvision") from error
    before = "box_" if kind.family == "rcnn" else ""
    options: dict[str, Any] = {
        f"{before}score_thresh": config.min_score,
        f"{before}nms_thresh": config.nms_threshold,
        f"{before}detections_per_img": most or _MANY,
    }
    options |= {name: value for name in ("min_size", "max_size") if (value := getattr(config, name))}
    # Nothing is downloaded here: weights come from the file.
    model: nn.Module = get_model(config.model, weights=None, weights_backbone=None, num_classes=count, **options)
    return model


def _freeze(module: nn.Module, eps: float | None) -> None:
    """Put frozen batch norms in place of those that are trained, as torchvision's builders have them for such weights.

    Args:
        module: Changed in place.
        eps: What is added to the variance; None leaves it as it is.
    """
    from torchvision.ops import FrozenBatchNorm2d

    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=child.eps if eps is None else eps)
            frozen.load_state_dict(child.state_dict())
            setattr(module, name, frozen)
        else:
            _freeze(child, eps)
