import inspect

import attrs
import numpy as np
import pytest

from vtcore.detectors.config import GivenConfig
from vtcore.detectors.given import GivenDetector
from vtcore.errors import DataError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.interfaces import Detector
from vtcore.masks import Masks
from vtcore.sources.images import ImageSequence
from vtcore.tables import TrackTable

TABLE = TrackTable(
    [0, 0, 2, 2, 2],
    [[10, 20, 30, 40], [1, 2, 3, 4], [5, 5, 5, 5], [6, 6, 6, 6], [7, 7, 7, 7]],
    scores=[0.9, 0.3, 0.5, -1.5, 0.7],
    labels=[0, 1, 0, 0, 1],
)


def sequence(detections=TABLE, classes=("person", "car"), name="SEQ"):
    return ImageSequence(name, ["x"] * 5, detections=detections, classes=classes)


def found(detector, source=None, frames=5):
    detector.reset(sequence() if source is None else source)
    return [detector.detect([Frame(index)])[0] for index in range(frames)]


def test_detections_of_the_data_set_by_frame():
    frames = found(GivenDetector())
    assert [len(instances) for instances in frames] == [2, 0, 3, 0, 0]
    assert frames[0].boxes.tolist() == [[10, 20, 40, 60], [1, 2, 4, 6]]
    assert frames[0].boxes.dtype == np.float32
    assert frames[0].scores.tolist() == np.float32([0.9, 0.3]).tolist()
    assert frames[2].labels.tolist() == [0, 0, 1]
    assert frames[0].ids is None
    # Also a second time, out of order, and in one batch.
    detector = GivenDetector()
    detector.reset(sequence())
    assert [len(instances) for instances in detector.detect([Frame(2), Frame(0), Frame(99)])] == [3, 2, 0]


def test_it_is_a_detector():
    detector = GivenDetector()
    assert isinstance(detector, Detector)
    assert detector.batch_size == 1
    assert detector.classes == ()


@pytest.mark.parametrize(
    ("min_score", "counts"), [(None, [2, 3]), (0.0, [2, 2]), (0.5, [1, 2]), (-2, [2, 3]), (2, [0, 0])]
)
def test_min_score(min_score, counts):
    frames = found(GivenDetector(min_score=min_score))
    assert [len(frames[0]), len(frames[2])] == counts


def test_scores_are_compared_in_float32():
    # 0.7 as float32 is less than 0.7 as float64.
    table = TrackTable([0], [[0, 0, 1, 1]], scores=[0.7])
    assert float(table.scores[0]) < 0.7
    assert len(found(GivenDetector(min_score=0.7), sequence(table))[0]) == 1


def test_classes():
    frames = found(GivenDetector(classes=["car"]))
    assert [len(instances) for instances in frames] == [1, 0, 1, 0, 0]
    assert frames[0].labels.tolist() == [1]
    with pytest.raises(DataError, match=r"detector\.classes: there is no class 'cat'; did you mean 'car'\?"):
        found(GivenDetector(classes=["cat"]))
    with pytest.raises(DataError, match=r"there is no class 'zebra'; there are 'person', 'car'"):
        found(GivenDetector(classes=["zebra"]))


def test_classes_name_what_nobody_names():
    source = sequence(classes=())
    frames = found(GivenDetector(classes=["person"]), source)
    assert source.classes == ("person",)
    assert [len(instances) for instances in frames] == [1, 0, 2, 0, 0]


def test_sequence_without_detections():
    with pytest.raises(DataError, match="sequence 'SEQ' comes without detections; name a file of them"):
        found(GivenDetector(), sequence(None))


def test_huge_frame_numbers_cost_nothing():
    table = TrackTable([0, 10**15], [[0, 0, 1, 1]] * 2)
    detector = GivenDetector()
    detector.reset(sequence(table))
    assert [len(instances) for instances in detector.detect([Frame(0), Frame(1), Frame(10**15)])] == [1, 0, 1]


def test_reset_forgets():
    detector = GivenDetector()
    assert len(found(detector)[0]) == 2
    other = sequence(TrackTable([1], [[0, 0, 1, 1]]))
    assert [len(instances) for instances in found(detector, other)] == [0, 1, 0, 0, 0]


def test_file_for_every_sequence(tmp_path):
    for name, count in (("A", 1), ("B", 2)):
        (tmp_path / f"{name}.txt").write_text("1,-1,1,2,3,4,0.5\n" * count)
    detector = GivenDetector(path=str(tmp_path / "{sequence}.txt"))
    assert len(found(detector, sequence(None, name="A"))[0]) == 1
    assert len(found(detector, sequence(None, name="B"))[0]) == 2
    with pytest.raises(DataError, match=r"C\.txt: cannot be read: No such file"):
        found(detector, sequence(None, name="C"))


def test_file_with_class_names(tmp_path):
    path = tmp_path / "det.csv"
    path.write_text("frame,x1,y1,x2,y2,score,class\n0,0,0,1,1,0.5,car\n0,0,0,1,1,0.5,pedestrian\n0,0,0,1,1,0.5,dog\n")
    # The sequence's names count; what it has no class for is left out, a synonym is understood.
    frames = found(GivenDetector(path=str(path)), sequence(None))
    assert frames[0].labels.tolist() == [1, 0]
    nameless = sequence(None, classes=())
    frames = found(GivenDetector(path=str(path), classes=["dog"]), nameless)
    assert nameless.classes == ("car", "pedestrian", "dog")
    assert frames[0].labels.tolist() == [2]
    with pytest.raises(DataError, match="no class in common"):
        found(GivenDetector(path=str(path)), sequence(None, classes=("boat",)))


def test_file_that_counts_from_zero(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("0,-1,1,2,3,4,0.5\n")
    with pytest.raises(DataError, match=r"det\.txt:1: frame is 0, but frames count from 1"):
        found(GivenDetector(path=str(path)))
    assert len(found(GivenDetector(path=str(path), first_frame=0))[0]) == 1


def test_file_that_counts_from_one_where_zero_is_usual(tmp_path):
    file = tmp_path / "boxes.csv"
    file.write_text("frame,x1,y1,x2,y2\n1,10,20,40,60\n5,10,20,40,60\n")
    with pytest.raises(
        DataError, match=r"boxes\.csv: frames of this format count from 0, .* detector\.first_frame = 1"
    ):
        GivenDetector(path=str(file)).reset(sequence())
    assert [len(each) for each in found(GivenDetector(path=str(file), first_frame=1))] == [1, 0, 0, 0, 1]
    # Boxes of the last frames only are no sign of anything.
    file.write_text("frame,x1,y1,x2,y2\n4,10,20,40,60\n")
    assert [len(each) for each in found(GivenDetector(path=str(file)))] == [0, 0, 0, 0, 1]


def test_a_file_is_read_once(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("1,-1,1,2,3,4,0.5\n")
    detector = GivenDetector(path=str(path))
    assert len(found(detector)[0]) == 1
    path.unlink()
    assert len(found(detector)[0]) == 1


@pytest.mark.parametrize("form", ["list", "mapping", "table"])
def test_detections_in_memory(form):
    boxes = np.float32([[0.1, 0.2, 10.3, 20.4], [5, 5, 6, 6]])
    first = Instances(boxes, [0.9, 0.2], [0, 1])
    if form == "list":
        given = [first, Instances.empty(), first]
    elif form == "mapping":
        given = {2: first, 0: first}
    else:
        given = TrackTable([0, 0, 2, 2], np.tile([[0, 0, 1, 1]], (4, 1)), scores=[0.9, 0.2] * 2)
    frames = found(GivenDetector(detections=given, min_score=0.5), sequence(None))
    assert [len(instances) for instances in frames] == [1, 0, 1, 0, 0]
    if form != "table":
        assert np.array_equal(frames[2].boxes, boxes[:1])


def test_masks_and_embeddings_in_memory():
    pixels = np.zeros((2, 6, 8), bool)
    pixels[0, 1:3, 2:5] = True
    first = Instances([[0, 0, 1, 1]] * 2, masks=Masks.encode(pixels), embeddings=[[1, 2], [3, 4]])
    frames = found(GivenDetector(detections=[first, first]), sequence(None))
    assert np.array_equal(frames[1].masks.decode(), pixels)
    assert frames[1].embeddings.tolist() == [[1, 2], [3, 4]]


def test_no_detections_in_memory():
    assert [len(instances) for instances in found(GivenDetector(detections=[]), sequence(None))] == [0] * 5


def test_path_and_detections_exclude_each_other():
    with pytest.raises(ValueError, match="give either path or detections, not both"):
        GivenDetector(path="a.txt", detections=[])


def test_config(tmp_path):
    assert GivenConfig().needs == {"given-detections"}
    assert GivenConfig(path="a.txt").needs == frozenset()
    assert list(GivenConfig().check()) == []
    assert list(GivenConfig(path=str(tmp_path / "a.txt")).check()) == [f"{tmp_path}/a.txt: no such file"]
    assert list(GivenConfig(path=str(tmp_path / "{sequence}.txt")).check()) == []
    inner = str(tmp_path / "none" / "{sequence}.txt")
    assert list(GivenConfig(path=inner).check()) == [f"{inner}: there is no folder {str(tmp_path / 'none')!r}"]


def test_target_takes_the_fields_of_the_config():
    parameters = inspect.signature(GivenDetector).parameters
    for name, field in attrs.fields_dict(GivenConfig).items():
        assert parameters[name].default == field.default
