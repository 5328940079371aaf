"""What the numbers of a model stand for."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq

from vtrack_common_det.class_filter import network_class_names
from vtrack_common_det.label_map import LabelMap

__all__ = ["numbering"]

_NOTHING = ("", "N/A")
"""What stands in the gaps of COCO's ids."""


def numbering(names: Seq[str], labels: Mapping[int, str]) -> LabelMap:
    """Return the classes that a model's numbers stand for.

    Args:
        names: As the option ``class_names`` has them; empty for the model's own.
        labels: The model's own name of each number (``id2label``).

    Raises:
        ValueError: There are more or fewer names than the model has classes, or two classes have one name.
    """
    named = {int(number): name for number, name in sorted(labels.items()) if name not in _NOTHING}
    if names:
        return LabelMap(dict(zip(named, network_class_names(names, len(named)), strict=True)))
    try:
        return LabelMap(named)
    except ValueError as error:
        raise ValueError(f"class_names: {error}; give class_names") from error
