"""The single-object trackers MixFormer, MixViT and MixFormerV2 for vtcore.

Names are looked up in their modules on first use, so that importing the package does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_mixformer.layout import Layout
    from vtrack_plugin_mixformer.losses import BoxLoss, box_loss, score_loss
    from vtrack_plugin_mixformer.network import Answer, MixFormer
    from vtrack_plugin_mixformer.precise_pooling import precise_roi_pool
    from vtrack_plugin_mixformer.tracker import MixFormerTracker, MixFormerV2Tracker, MixFormerVitTracker

__all__ = [
    "Answer",
    "BoxLoss",
    "Layout",
    "MixFormer",
    "MixFormerTracker",
    "MixFormerV2Tracker",
    "MixFormerVitTracker",
    "box_loss",
    "precise_roi_pool",
    "score_loss",
]

_MODULES = {
    "Answer": "network",
    "BoxLoss": "losses",
    "Layout": "layout",
    "MixFormer": "network",
    "MixFormerTracker": "tracker",
    "MixFormerV2Tracker": "tracker",
    "MixFormerVitTracker": "tracker",
    "box_loss": "losses",
    "precise_roi_pool": "precise_pooling",
    "score_loss": "losses",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
