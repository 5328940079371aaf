import sys
import warnings

import numpy as np
import pytest

from vtcore.errors import MissingPackageError
from vtcore.instances import Instances
from vtcore.masks import Masks

BOXES = [[0, 0, 10, 20], [5, 5, 6.5, 7]]


@pytest.fixture
def supervision():
    with warnings.catch_warnings():
        # What the package itself does at import is not ours to mend.
        warnings.simplefilter("ignore")
        return pytest.importorskip("supervision")


def pixels():
    array = np.zeros((2, 20, 30), bool)
    array[0, 2:5, 3:9] = True
    array[1, :, 4] = True
    return array


def full():
    return Instances(
        BOXES,
        [0.9, 0.5],
        [3, 0],
        ids=[7, 2],
        masks=Masks.encode(pixels()),
        embeddings=[[1, 2, 3], [4, 5, 6]],
        detection_index=[1, -1],
    )


def test_fields(supervision):
    detections = full().to_supervision()
    assert isinstance(detections, supervision.Detections)
    assert detections.xyxy.tolist() == BOXES
    assert detections.confidence.tolist() == np.float32([0.9, 0.5]).tolist()
    assert detections.class_id.tolist() == [3, 0]
    assert detections.tracker_id.tolist() == [7, 2]
    assert np.array_equal(detections.mask, pixels())
    assert detections.data["detection_index"].tolist() == [1, -1]


def test_there_and_back(supervision):
    before, after = full(), Instances.from_supervision(full().to_supervision())
    for name in ("boxes", "scores", "labels", "ids", "embeddings", "detection_index"):
        assert getattr(after, name).tolist() == getattr(before, name).tolist(), name
        assert getattr(after, name).dtype == getattr(before, name).dtype, name
    assert after.masks.rles == before.masks.rles


def test_changing_one_leaves_the_other(supervision):
    instances = full()
    detections = instances.to_supervision()
    detections.xyxy[:] = 0
    assert instances.boxes.tolist() == BOXES
    again = Instances.from_supervision(detections)
    detections.xyxy[:] = 1
    assert again.boxes.max() == 0


def test_few_fields(supervision):
    detections = Instances(BOXES).to_supervision()
    assert detections.tracker_id is None
    assert detections.mask is None
    assert detections.data == {}
    instances = Instances.from_supervision(supervision.Detections(xyxy=np.array(BOXES, np.float64)))
    assert instances.boxes.dtype == np.float32
    assert instances.scores.tolist() == [1, 1]
    assert instances.labels.tolist() == [0, 0]
    assert instances.ids is None


@pytest.mark.parametrize("instances", [Instances.empty(), full()[[]]])
def test_empty(supervision, instances):
    detections = instances.to_supervision()
    assert len(detections) == 0
    assert len(Instances.from_supervision(detections)) == 0
    assert len(Instances.from_supervision(supervision.Detections.empty())) == 0


def test_rows_picked_there(supervision):
    picked = Instances.from_supervision(full().to_supervision()[[1]])
    assert picked.ids.tolist() == [2]
    assert picked.embeddings.tolist() == [[4, 5, 6]]


def test_without_supervision(monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(MissingPackageError, match=r"needs supervision: pip install 'vtcore\[supervision\]'"):
        full().to_supervision()
