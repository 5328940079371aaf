"""What this distribution offers to vtcore."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

_TRACKER = "vtrack_plugin_mixformer.tracker"
_CONFIG = "vtrack_plugin_mixformer.config"


@hookimpl
def vtcore_trackers() -> Iterable[Component]:
    """Return the trackers."""
    return (
        Component(
            kind="tracker",
            name="mixformer",
            config=f"{_CONFIG}:MixFormerConfig",
            target=f"{_TRACKER}:MixFormerTracker",
            summary="MixFormer on CvT-21 or CvT-w24: follows single targets; later looks are taken up by score.",
            paper="Cui et al., MixFormer: End-to-End Tracking with Iterative Mixed Attention, CVPR 2022, "
            "https://arxiv.org/abs/2203.11082",
        ),
        Component(
            kind="tracker",
            name="mixformer-vit",
            config=f"{_CONFIG}:MixFormerVitConfig",
            target=f"{_TRACKER}:MixFormerVitTracker",
            summary="MixFormer on plain vision transformers (MixViT), base and large.",
            paper="Cui et al., MixFormer: End-to-End Tracking with Iterative Mixed Attention, PAMI 2024, "
            "https://arxiv.org/abs/2302.02814",
        ),
        Component(
            kind="tracker",
            name="mixformerv2",
            config=f"{_CONFIG}:MixFormerV2Config",
            target=f"{_TRACKER}:MixFormerV2Tracker",
            summary="MixFormerV2, base and small: a transformer without convolutions, boxes out of four tokens.",
            paper="Cui et al., MixFormerV2: Efficient Fully Transformer Tracking, NeurIPS 2023, "
            "https://arxiv.org/abs/2305.15896",
        ),
    )
