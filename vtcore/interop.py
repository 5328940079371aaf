"""Conversions from and to ``supervision.Detections`` (https://supervision.roboflow.com).

Boxes are the same there (``xyxy``, pixels, float32); labels are called ``class_id`` and ids ``tracker_id``, masks are
pixels. `Instances.detection_index` and `Instances.embeddings` travel in ``data`` under their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vtcore.errors import MissingPackageError
from vtcore.instances import Instances
from vtcore.masks import Masks

if TYPE_CHECKING:
    import supervision

__all__ = ["from_supervision", "to_supervision"]


def to_supervision(instances: Instances) -> supervision.Detections:
    """Convert instances to ``supervision.Detections``; masks are decoded to bool ``(N, height, width)``.

    Raises:
        MissingPackageError: supervision is not installed.
    """
    try:
        import supervision
    except ImportError as error:
        raise MissingPackageError(
            "converting to supervision.Detections needs supervision: pip install 'vtcore[supervision]'"
        ) from error
    data: dict[str, Any] = {
        name: np.array(value)
        for name in ("detection_index", "embeddings")
        if (value := getattr(instances, name)) is not None
    }
    # There, fields are changed in place; instances are not to be, so all are copies.
    return supervision.Detections(
        xyxy=np.array(instances.boxes),
        # Without instances the size of a mask is unknown.
        mask=instances.masks.decode() if instances.masks is not None and len(instances) else None,
        confidence=np.array(instances.scores),
        class_id=np.array(instances.labels),
        tracker_id=None if instances.ids is None else np.array(instances.ids),
        data=data,
    )


def from_supervision(detections: supervision.Detections) -> Instances:
    """Convert from ``supervision.Detections``; what it lacks takes the defaults of `Instances`.

    Raises:
        ValueError: As the constructor of `Instances`: a box that is turned or not finite, ids that appear twice.
    """
    mask = detections.mask
    return Instances(
        np.array(detections.xyxy, np.float32),
        None if detections.confidence is None else np.array(detections.confidence, np.float32),
        None if detections.class_id is None else np.array(detections.class_id, np.int64),
        ids=None if detections.tracker_id is None else np.array(detections.tracker_id, np.int64),
        masks=None if mask is None else Masks.encode(np.asarray(mask, bool)),
        embeddings=_field(detections, "embeddings"),
        detection_index=_field(detections, "detection_index"),
    )


def _field(detections: supervision.Detections, name: str) -> Any:
    value = detections.data.get(name)
    return None if value is None else np.array(value)
