"""What trackers ask of detectors that hand out their feature maps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vtcore.errors import OptionError
from vtrack_common_mot.feature_detector import KeptClasses, require_feature_detector, runs_of_one_size


class Detector:
    batch_size = 1

    def __init__(self, *classes: str, count: int = 3) -> None:
        self.classes = classes
        self.network = SimpleNamespace(roi_head=SimpleNamespace(bbox_head=SimpleNamespace(num_classes=count)))

    def extract(self, images: Any) -> Any: ...

    def detect_in(self, extracted: Any) -> Any: ...

    def regress(self, extracted: Any, boxes: Any) -> Any: ...


def test_a_detector_hands_out_maps_and_all_of_its_classes() -> None:
    whole = Detector("person", "car", "dog")
    assert require_feature_detector(whole) is whole
    with pytest.raises(OptionError, match=r"detector: must be one that hands out its feature maps.*, got NoneType"):
        require_feature_detector(None)
    with pytest.raises(OptionError, match="detector: finds 2 of its network's 3 classes; leave classes out there"):
        require_feature_detector(Detector("person", "car"))


def test_classes_are_kept_in_the_networks_order() -> None:
    kept = KeptClasses(("person", "car", "dog"), ("dog", "person"))
    assert kept.names == ("person", "dog")
    assert kept.columns().tolist() == [0, 2]
    labels = np.array([2, 1, 0, 2])
    assert kept.kept(labels).tolist() == [True, False, True, True]
    assert kept.numbered(labels[kept.kept(labels)]).tolist() == [1, 0, 1]
    assert KeptClasses(("person", "car")).names == ("person", "car")
    with pytest.raises(OptionError, match="classes: the detector finds no 'dgo'; did you mean 'dog'"):
        KeptClasses(("person", "dog"), ("dgo",))


def test_pictures_of_one_size_go_together() -> None:
    sizes = [(2, 3), (2, 3), (2, 3), (4, 3), (2, 3)]
    images = [np.zeros((*size, 3), np.uint8) for size in sizes]
    assert [len(run) for run in runs_of_one_size(images, 2)] == [2, 1, 1, 1]
    assert [each for run in runs_of_one_size(images, 8) for each in run] == images
    assert list(runs_of_one_size([], 4)) == []
