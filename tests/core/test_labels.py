"""Class names of a detector to those of a sequence."""

from __future__ import annotations

import pytest

from vtcore.errors import DataError
from vtcore.instances import Instances
from vtcore.labels import LabelMap

_FOUND = Instances([[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]], [0.1, 0.2, 0.3], [0, 1, 2])


def test_labels_follow_names_and_unknown_classes_are_dropped() -> None:
    mapped = LabelMap(("dog", "car", "person"), ("person", "car"))(_FOUND)
    assert mapped.labels.tolist() == [1, 0]
    assert mapped.scores.tolist() == pytest.approx([0.2, 0.3])


def test_synonyms_are_matched_when_the_exact_name_is_missing() -> None:
    assert LabelMap(("person",), ("pedestrian",))(_FOUND[[0]]).labels.tolist() == [0]
    assert LabelMap(("a", "Person"), ("person", "pedestrian"))(_FOUND[[1]]).labels.tolist() == [0]


@pytest.mark.parametrize("names", [((), ("car",)), (("car",), ()), (("car", "bus"), ("car", "bus"))])
def test_nothing_changes_where_names_agree_or_are_unknown(names: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert LabelMap(*names)(_FOUND) is _FOUND


def test_no_common_class_is_an_error_that_names_both() -> None:
    with pytest.raises(DataError, match="the detector finds dog; the data has car: no class in common"):
        LabelMap(("dog",), ("car",))
