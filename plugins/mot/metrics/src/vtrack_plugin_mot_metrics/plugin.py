"""What this plugin offers: four metrics of multi-object tracking."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_metrics"]

_CONFIG = "vtrack_plugin_mot_metrics.config"
_METRICS = "vtrack_plugin_mot_metrics.metrics"


@hookimpl
def vtcore_metrics() -> Iterable[Component]:
    """Return the metrics."""
    return (
        Component(
            "metric",
            "hota",
            f"{_CONFIG}:HotaConfig",
            f"{_METRICS}:Hota",
            "Higher order tracking accuracy: detection and association weighed alike.",
            "Luiten et al., HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking, IJCV 2021, "
            "https://arxiv.org/abs/2009.07736",
        ),
        Component(
            "metric",
            "clear",
            f"{_CONFIG}:ClearConfig",
            f"{_METRICS}:Clear",
            "CLEAR MOT: MOTA, MOTP, identity switches, fragmentations, mostly tracked and mostly lost.",
            "Bernardin and Stiefelhagen, Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics, "
            "EURASIP JIVP 2008, https://doi.org/10.1155/2008/246309",
        ),
        Component(
            "metric",
            "identity",
            f"{_CONFIG}:IdentityConfig",
            f"{_METRICS}:Identity",
            "Identity F1, recall and precision: how long identities are held.",
            "Ristani et al., Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking, "
            "ECCV Workshops 2016, https://arxiv.org/abs/1609.01775",
        ),
        Component(
            "metric",
            "count",
            f"{_CONFIG}:CountConfig",
            f"{_METRICS}:Count",
            "Numbers of boxes and identities in results and annotations.",
        ),
    )
