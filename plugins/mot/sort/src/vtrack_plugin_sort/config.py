"""Options of SORT."""

from __future__ import annotations

import attrs

from vtcore.options import option
from vtrack_common_mot.tracker_options import clock_option, per_class_option, persist_option

__all__ = ["SortConfig"]


@attrs.frozen(kw_only=True)
class SortConfig:
    """Options of SORT, named as in the original."""

    max_age: int = option(
        1, "How long a track lives on without a detection; raising it bridges longer gaps.", unit="frames", ge=0
    )
    min_hits: int = option(
        3,
        "Detections in a row, after the first, before a track is reported; not asked for in the first so many frames.",
        unit="frames",
        ge=0,
    )
    iou_threshold: float = option(
        0.3, "Least overlap of a detection with the predicted box it continues; raising it is stricter.", ge=0, le=1
    )
    per_class: bool = per_class_option()
    convention: str = option(
        "original",
        "Whose rules; mmtracking matches to the last boxes and knows neither max_age nor min_hits.",
        choices=("original", "mmtracking"),
    )
    clock: str = clock_option()
    persist: bool = persist_option()

    @property
    def needs(self) -> frozenset[str]:
        """Detections, and no pixels."""
        return frozenset({"detections"})

    @property
    def ignores(self) -> frozenset[str]:
        """Embeddings that come with detections."""
        return frozenset({"embeddings"})
