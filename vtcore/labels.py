"""From the class names of a detector to those of a sequence."""

from __future__ import annotations

import numpy as np

from vtcore.errors import DataError
from vtcore.instances import Instances, Int64Array

__all__ = ["LabelMap"]

_SAME = ({"person", "pedestrian", "people"}, {"motorcycle", "motorbike"}, {"airplane", "aeroplane"})
"""Names by which public data sets and detectors call the same thing."""


class LabelMap:
    """Turns a detector's labels into a sequence's, dropping what the sequence has no class for."""

    def __init__(self, detector_classes: tuple[str, ...], sequence_classes: tuple[str, ...]) -> None:
        """Match the names, exactly first, else by the usual synonyms.

        Raises:
            DataError: No name is common to both.
        """
        self._table: Int64Array | None = None
        if not detector_classes or not sequence_classes or detector_classes == sequence_classes:
            return
        places = [_place(name, sequence_classes) for name in detector_classes]
        if max(places) < 0:
            raise DataError(
                f"the detector finds {', '.join(detector_classes)}; the data has {', '.join(sequence_classes)}: "
                "no class in common; choose another detector, or name the data set's classes as the detector does"
            )
        self._table = np.array(places, np.int64)

    def __call__(self, detections: Instances) -> Instances:
        """Return the detections with the sequence's labels."""
        if self._table is None:
            return detections
        labels = self._table[detections.labels]
        known = labels >= 0
        if not known.all():
            detections, labels = detections[known], labels[known]
        return Instances.trusted(
            detections.boxes,
            detections.scores,
            labels,
            detections.ids,
            detections.detection_index,
            detections.masks,
            detections.embeddings,
        )


def _place(name: str, names: tuple[str, ...]) -> int:
    if name in names:
        return names.index(name)
    synonyms = next((group for group in _SAME if name.lower() in group), {name.lower()})
    return next((index for index, other in enumerate(names) if other.lower() in synonyms), -1)
