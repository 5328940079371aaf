import numpy as np
import pytest

from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.masks import Masks

BOXES = [[0, 0, 10, 20], [5, 5, 6, 7], [1, 2, 1, 2]]


def full():
    pixels = np.zeros((3, 8, 9), bool)
    for index in range(3):
        pixels[index, index : index + 3, 2:5] = True
    return Instances(
        BOXES,
        [0.9, 0.5, 0.1],
        [0, 1, 0],
        ids=[7, 3, 9],
        masks=Masks.encode(pixels),
        embeddings=np.eye(3),
        detection_index=[2, -1, 0],
        frame=Frame(4),
    )


def test_types_and_defaults():
    instances = Instances(BOXES)
    assert instances.boxes.dtype == np.float32
    assert instances.boxes.shape == (3, 4)
    assert instances.scores.dtype == np.float32
    assert instances.scores.tolist() == [1, 1, 1]
    assert instances.labels.dtype == np.int64
    assert instances.labels.tolist() == [0, 0, 0]
    assert (instances.ids, instances.masks, instances.embeddings, instances.detection_index) == (None,) * 4
    assert len(instances) == 3


@pytest.mark.parametrize("boxes", [(), [], np.zeros((0, 4)), np.zeros(0)])
def test_empty_is_always_legal(boxes):
    instances = Instances(boxes, [], [], ids=[], embeddings=[], detection_index=[], masks=Masks(()))
    assert len(instances) == 0
    assert instances.boxes.shape == (0, 4)
    assert instances.scores.shape == (0,)
    assert instances.labels.shape == (0,)
    assert instances.ids.shape == (0,)
    assert instances.embeddings.shape == (0, 0)
    assert Instances(boxes, embeddings=np.zeros((0, 128))).embeddings.shape == (0, 128)
    assert len(Instances.empty()) == 0


def test_right_arrays_are_not_copied():
    boxes = np.zeros((2, 4), np.float32)
    labels = np.zeros(2, np.int64)
    instances = Instances(boxes, labels=labels)
    assert instances.boxes is boxes
    assert instances.labels is labels


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"boxes": [[0, 0, 1]]}, "boxes must have shape (N, 4), got (1, 3)"),
        ({"boxes": [0, 0, 1, 1]}, "boxes must have shape (N, 4), got (4,)"),
        ({"boxes": [[0, 0, 1, 1], [0, 0, np.nan, 1]]}, "boxes must be finite, got [0.0, 0.0, nan, 1.0] in row 1"),
        (
            {"boxes": [[5, 0, 1, 1]]},
            "boxes must be x1, y1, x2, y2 with x1 <= x2 and y1 <= y2, got [5.0, 0.0, 1.0, 1.0] in row 0",
        ),
        ({"boxes": BOXES, "scores": [1, 2]}, "scores must have shape (3,), got (2,)"),
        ({"boxes": BOXES, "scores": [1, 2, np.inf]}, "scores must be finite"),
        ({"boxes": BOXES, "labels": [0, 1]}, "labels must have shape (3,), got (2,)"),
        ({"boxes": BOXES, "labels": [0, 1, -2]}, "labels must be >= 0, got -2"),
        ({"boxes": BOXES, "labels": [0.0, 1.0, 2.0]}, "labels must be integers, got float64"),
        ({"boxes": BOXES, "ids": [1, 2, 1]}, "ids must be unique within a frame"),
        ({"boxes": BOXES, "embeddings": [1, 2, 3]}, "embeddings must have shape (3, D), got (3,)"),
        ({"boxes": BOXES, "detection_index": [1]}, "detection_index must have shape (3,), got (1,)"),
        ({"boxes": BOXES, "masks": Masks(())}, "masks must hold one mask per box: expected 3, got 0"),
    ],
)
def test_wrong_fields(fields, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        Instances(**fields)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("index", "ids"),
    [
        ([2, 0], [9, 7]),
        (np.array([True, False, True]), [7, 9]),
        ([False, True, False], [3]),
        (slice(1, None), [3, 9]),
        ([], []),
        (np.zeros(3, bool), []),
    ],
)
def test_picking_rows(index, ids):
    instances = full()
    picked = instances[index]
    assert picked.ids.tolist() == ids
    assert len(picked) == len(ids)
    rows = [instances.ids.tolist().index(one) for one in ids]
    assert picked.boxes.tolist() == [BOXES[row] for row in rows]
    assert picked.embeddings.tolist() == np.eye(3)[rows].tolist()
    assert picked.detection_index.tolist() == instances.detection_index[rows].tolist()
    assert picked.masks.rles == tuple(instances.masks.rles[row] for row in rows)
    assert picked.frame is instances.frame


def test_picking_wrongly():
    with pytest.raises(TypeError, match="rows must be a slice, a mask or a list of indices, got 1"):
        full()[1]
    with pytest.raises(IndexError):
        full()[[3]]
    with pytest.raises(IndexError):
        full()[np.array([True, False])]


def test_replace():
    instances = full()
    changed = instances.replace(scores=[1, 2, 3], ids=None)
    assert changed.scores.tolist() == [1, 2, 3]
    assert changed.ids is None
    assert changed.masks is instances.masks
    assert changed.frame is instances.frame
    assert instances.ids.tolist() == [7, 3, 9]
    with pytest.raises(TypeError, match="Instances has no field colour"):
        instances.replace(colour=1)
    with pytest.raises(ValueError, match="scores must have shape"):
        instances.replace(scores=[1])


def test_repr():
    assert repr(Instances(BOXES)) == "<Instances: 3 with boxes, scores, labels>"
    assert repr(full()) == "<Instances: 3 with boxes, scores, labels, ids, masks, embeddings, detection_index>"


def test_trusted_looks_at_nothing():
    boxes, scores, labels = np.zeros((1, 4), np.float32), np.zeros(1, np.float32), np.zeros(1, np.int64)
    instances = Instances.trusted(boxes, scores, labels)
    assert instances.boxes is boxes
    assert instances.frame is None


def test_exact_numbers_of_boxes():
    instances = Instances.from_ltwh([[100.3, 40.7, 50, 20], [1, 2, 3, 4]], ids=[0, 5])
    assert instances.boxes.tolist() == np.float32([[100.3, 40.7, 150.3, 60.7], [1, 2, 4, 6]]).tolist()
    assert instances.ltwh.dtype == np.float64
    assert instances.ltwh[0].tolist() == [100.3, 40.7, 50, 20]
    assert instances[[1]].ltwh.tolist() == [[1, 2, 3, 4]]
    assert "ltwh" in repr(instances)
    assert Instances.from_ltwh(np.zeros((0, 4))).ltwh.shape == (0, 4)
    assert Instances(BOXES).ltwh is None
    for wrong, message in (
        ([[1, 2, 3, 4]] * 2, r"ltwh must have shape \(3, 4\)"),
        ([[1, 2, 3, np.nan]] * 3, "ltwh must be finite"),
        ([[1, 2, -3, 4]] * 3, "widths and heights"),
    ):
        with pytest.raises(ValueError, match=message):
            Instances(BOXES, ltwh=wrong)
