"""Options that detectors share; those of weights are in `vtrack_common_det.network_config`."""

from __future__ import annotations

from typing import ClassVar

import attrs

from vtcore.options import option

__all__ = ["DetectorConfig"]


@attrs.frozen(kw_only=True)
class DetectorConfig:
    """What to keep of what a detector finds; a detector's own config may give other defaults."""

    needs: ClassVar[frozenset[str]] = frozenset({"image"})

    class_names: tuple[str, ...] = option(
        (), "What the network's classes are called, in its order; empty for the usual names by their number (80: COCO)."
    )
    classes: tuple[str, ...] = option((), "Classes to keep, by name; empty for all.")
    min_score: float = option(0.05, "Least score of what is kept; raising it finds less and is faster.", ge=0, le=1)
    nms_threshold: float = option(
        0.5,
        "Of two boxes of a class whose intersection over union exceeds this only the better one stays; raising it "
        "keeps more of those that stand close together.",
        ge=0,
        le=1,
    )
    max_detections: int = option(0, "Most detections of a frame, the best ones; 0 for any number.", ge=0)
    batch_size: int = option(
        1, "Frames that go through the network at once; more is faster on a GPU, and takes more memory.", ge=1
    )
