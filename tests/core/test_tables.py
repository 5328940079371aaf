import numpy as np
import pytest

from vtcore.masks import Masks
from vtcore.tables import COUNTED, IGNORED, TrackTable

BOXES = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


def masks(count):
    pixels = np.zeros((count, 4, 5), bool)
    for index in range(count):
        pixels[index, 0, index] = True
    return Masks.encode(pixels)


def test_types_and_defaults():
    table = TrackTable([0, 1, 4], BOXES)
    assert len(table) == 3
    assert {name: getattr(table, name).dtype for name in ("frames", "ids", "ltwh", "scores", "labels", "roles")} == {
        "frames": np.int64,
        "ids": np.int64,
        "ltwh": np.float64,
        "scores": np.float32,
        "labels": np.int64,
        "roles": np.uint8,
    }
    assert table.ids.tolist() == [-1] * 3
    assert table.scores.tolist() == [1] * 3
    assert table.roles.tolist() == [COUNTED] * 3
    assert table.visibility.tolist() == [1] * 3
    assert (table.masks, table.embeddings, table.detection_index, table.polygons) == (None,) * 4


def test_rows_are_sorted_by_frame_and_keep_their_order():
    table = TrackTable(
        [2, 0, 2],
        BOXES,
        ids=[5, 6, 7],
        scores=[0.1, 0.2, 0.3],
        labels=[1, 2, 3],
        roles=[IGNORED, COUNTED, COUNTED],
        visibility=[0.5, 0.6, 0.7],
        detection_index=[0, 0, 1],
        masks=masks(3),
        embeddings=[[1], [2], [3]],
        polygons=np.arange(24).reshape(3, 8),
    )
    assert table.frames.tolist() == [0, 2, 2]
    assert table.ltwh[:, 0].tolist() == [5, 1, 9]
    assert table.ids.tolist() == [6, 5, 7]
    assert table.labels.tolist() == [2, 1, 3]
    assert table.roles.tolist() == [COUNTED, IGNORED, COUNTED]
    assert table.detection_index.tolist() == [0, 0, 1]
    assert table.embeddings.tolist() == [[2], [1], [3]]
    assert table.polygons[:, 0].tolist() == [8, 0, 16]
    assert table.polygons.dtype == np.float64
    assert table.select(table.frames == 2).polygons[:, 7].tolist() == [7, 23]
    assert table.select(table.frames == 5).polygons.shape == (0, 8)
    assert table.masks.rles == tuple(masks(3).rles[row] for row in (1, 0, 2))


def test_rows_of_a_frame():
    table = TrackTable([0, 2, 2], BOXES, ids=[1, 2, 3])
    assert [table.rows(frame) for frame in (0, 2)] == [slice(0, 1), slice(1, 3)]
    for frame in (-1, 1, 3, 10**12):
        assert len(table.ids[table.rows(frame)]) == 0
    huge = TrackTable([10**15], [BOXES[0]])
    assert huge.rows(10**15) == slice(0, 1)
    assert len(TrackTable.empty().frames[TrackTable.empty().rows(0)]) == 0


def test_instances_of_a_frame():
    table = TrackTable([0, 2, 2], BOXES, ids=[1, 2, 3], scores=[0.5] * 3, masks=masks(3), embeddings=np.eye(3))
    instances = table.instances(2)
    assert instances.boxes.tolist() == [[5, 6, 12, 14], [9, 10, 20, 22]]
    assert instances.boxes.dtype == np.float32
    assert instances.ids.tolist() == [2, 3]
    assert instances.masks.rles == masks(3).rles[1:]
    assert instances.embeddings.tolist() == np.eye(3)[1:].tolist()
    assert len(table.instances(1)) == 0
    assert TrackTable([0], [BOXES[0]]).instances(0).ids is None


def test_corners():
    assert TrackTable([0], [[1.5, 2, 3, 4]]).xyxy().tolist() == [[1.5, 2, 4.5, 6]]


def test_select():
    table = TrackTable([0, 2, 2], BOXES, ids=[1, 2, 3], masks=masks(3), detection_index=[4, 5, 6], embeddings=np.eye(3))
    for rows in (np.array([False, True, True]), np.array([1, 2])):
        picked = table.select(rows)
        assert picked.ids.tolist() == [2, 3]
        assert picked.detection_index.tolist() == [5, 6]
        assert picked.masks.rles == masks(3).rles[1:]
    assert len(table.select(np.zeros(3, bool))) == 0


def test_empty():
    table = TrackTable.empty()
    assert len(table) == 0
    assert table.ltwh.shape == (0, 4)
    assert table.xyxy().shape == (0, 4)
    assert len(table.instances(0)) == 0


def test_whole_numbers_in_floats_are_fine():
    table = TrackTable(np.array([0.0, 3.0]), BOXES[:2], ids=np.array([1.0, 2.0]))
    assert table.frames.tolist() == [0, 3]
    assert table.ids.dtype == np.int64


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"frames": [0, -1]}, "frames must be >= 0, got -1"),
        ({"frames": [0, 1.5]}, "frames must be integers, got 1.5"),
        ({"frames": [0, np.nan]}, "frames must be integers, got nan"),
        ({"ltwh": BOXES}, "ltwh must have 2 rows, got shape (3, 4)"),
        ({"ltwh": [[0, 0, 1, np.inf]] * 2}, "ltwh must be finite"),
        ({"ltwh": [[0, 0, 1, -1]] * 2}, "widths and heights must be >= 0"),
        ({"ids": [1]}, "ids must have 2 rows, got shape (1,)"),
        ({"ids": [1, 2.5]}, "ids must be integers, got 2.5"),
        ({"scores": [[1], [2]]}, "scores must have 2 rows, got shape (2, 1)"),
        ({"scores": [1, np.nan]}, "scores must be finite"),
        ({"masks": masks(3)}, "masks must have 2 rows, got 3"),
        ({"polygons": np.zeros((3, 8))}, "polygons must have 2 rows, got shape (3, 8)"),
        ({"polygons": np.full((2, 8), np.nan)}, "polygons must be finite"),
        ({"embeddings": [1, 2]}, "embeddings must have 2 rows, got shape (2,)"),
    ],
)
def test_wrong_columns(fields, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        TrackTable(**({"frames": [0, 1], "ltwh": BOXES[:2]} | fields))
    assert str(caught.value) == message
