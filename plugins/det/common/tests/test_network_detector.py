from __future__ import annotations

import logging
from collections.abc import Sequence as Seq

import numpy as np
import pytest

from vtcore.errors import OptionError
from vtcore.frames import Frame, Image
from vtcore.instances import Instances
from vtrack_common_det.class_filter import ClassFilter, network_class_names
from vtrack_common_det.class_names import COCO
from vtrack_common_det.detector import NetworkDetector


class Scripted(NetworkDetector):
    """Answers by the value of a picture's first pixel, and notes the batches."""

    def __init__(self, answers: dict[int, object], **options: object) -> None:
        super().__init__(("cat", "dog", "person"), name="detector 'scripted'", **options)  # type: ignore[arg-type]
        self.answers = answers
        self.batches: list[tuple[int, ...]] = []

    def _infer(self, images: Seq[Image]) -> list[object]:  # type: ignore[override]
        self.batches.append((len(images), *images[0].shape))
        with self._timed("forward"):
            return [self.answers[int(image[0, 0, 0])] for image in images]


def frame(value: int, height: int = 4, width: int = 6) -> Frame:
    return Frame(0, np.full((height, width, 3), value, np.uint8))


def answer(scores: Seq[float], labels: Seq[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    boxes = np.arange(4 * len(scores), dtype=np.float32).reshape(-1, 4)
    return boxes, np.array(scores, np.float32), np.array(labels, np.int64)


def test_all_classes_best_first() -> None:
    detector = Scripted({1: answer([0.2, 0.9, 0.9], [0, 2, 1])})
    (found,) = detector.detect([frame(1)])
    assert detector.classes == ("cat", "dog", "person")
    assert found.labels.tolist() == [2, 1, 0]
    assert found.boxes[0].tolist() == [4, 5, 6, 7]


def test_classes_are_kept_by_name_and_numbered_anew() -> None:
    detector = Scripted({1: answer([0.2, 0.9, 0.8], [1, 0, 2])}, classes=("person", "dog"))
    (found,) = detector.detect([frame(1)])
    assert detector.classes == ("dog", "person")
    assert found.labels.tolist() == [1, 0]
    assert found.scores.tolist() == pytest.approx([0.8, 0.2])


def test_the_best_are_kept_after_the_classes() -> None:
    detector = Scripted({1: answer([0.2, 0.9, 0.8, 0.3], [1, 0, 2, 1])}, classes=("dog",), max_detections=1)
    (found,) = detector.detect([frame(1)])
    assert found.scores.tolist() == pytest.approx([0.3])


def test_instances_may_be_answered_and_stay_as_they_are() -> None:
    given = Instances(*answer([0.1, 0.5], [0, 2]))
    detector = Scripted({1: given}, classes=("person",))
    (found,) = detector.detect([frame(1)])
    assert found.labels.tolist() == [0]
    assert given.labels.tolist() == [0, 2]
    assert given.scores.tolist() == pytest.approx([0.1, 0.5])


def test_batches_hold_pictures_of_one_size_in_their_order() -> None:
    answers = {value: answer([value / 10], [0]) for value in range(1, 8)}
    detector = Scripted(answers, batch_size=2)
    sizes = [(4, 6)] * 3 + [(8, 6)] * 2 + [(4, 6)] * 2
    found = detector.detect([frame(value, *size) for value, size in zip(range(1, 8), sizes, strict=True)])
    assert detector.batch_size == 2
    assert detector.batches == [(2, 4, 6, 3), (1, 4, 6, 3), (2, 8, 6, 3), (2, 4, 6, 3)]
    assert [each.scores[0] for each in found] == pytest.approx([value / 10 for value in range(1, 8)])
    assert detector.seconds["forward"] > 0
    assert detector.detect([]) == []


def test_boxes_that_are_no_numbers_are_left_out_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    boxes, scores, labels = answer([0.5, 0.6, 0.7], [0, 1, 2])
    boxes[1, 2] = np.inf
    scores[2] = np.nan
    detector = Scripted({1: (boxes, scores, labels)})
    with caplog.at_level(logging.WARNING, logger="vtcore"):
        found = detector.detect([frame(1), frame(1)])
    assert [each.labels.tolist() for each in found] == [[0], [0]]
    assert len(caplog.records) == 1
    assert "detector 'scripted': 2 of 3 boxes are no numbers" in caplog.text


def test_a_frame_without_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"<Frame 3> has no image; detector 'scripted' needs one"):
        Scripted({}).detect([Frame(3)])


def test_unknown_classes_are_refused_with_what_was_meant() -> None:
    with pytest.raises(OptionError, match=r"classes: the detector finds no 'persn'; did you mean 'person'\?"):
        ClassFilter(COCO, ("persn",))
    with pytest.raises(OptionError, match=r"classes: the detector finds no 'x'; there are 'a', 'b'"):
        ClassFilter(("a", "b"), ("x",))


def test_names_of_a_network() -> None:
    assert len(COCO) == len(set(COCO)) == 80
    assert (COCO[0], COCO[2], COCO[56], COCO[79]) == ("person", "car", "chair", "toothbrush")
    assert network_class_names((), 80) == COCO
    assert network_class_names((), 1) == ("person",)
    assert network_class_names((), 3) == ("class-0", "class-1", "class-2")
    assert network_class_names(["a", "b"], 2) == ("a", "b")
    gaps = network_class_names((), 90)
    assert (gaps[0], gaps[11], gaps[89]) == ("person", "class-11", "toothbrush")
    assert len(set(gaps)) == 90
    assert set(COCO) <= set(gaps)
    with pytest.raises(OptionError, match=r"class_names: the network has 3 classes, got 1 name; give one for each"):
        network_class_names(["a"], 3)
    with pytest.raises(OptionError, match=r"class_names: 'a' stands twice"):
        network_class_names(["a", "a"], 2)
    with pytest.raises(OptionError, match=r"class_names: name 2 of 3 is empty"):
        network_class_names(["a", "", "b"], 3)


def test_batches_are_looked_at_one_after_the_other() -> None:
    detector = Scripted({1: answer([0.2], [1]), 2: answer([0.3], [0])})
    each = detector.detect_each(iter([[frame(1), frame(2)], [frame(2)]]))
    assert [[len(found) for found in batch] for batch in each] == [[1, 1], [1]]


def test_batches_are_looked_at_as_they_are_spread() -> None:
    spread: list[object] = []

    def backwards(function, groups):  # type: ignore[no-untyped-def]
        given = list(groups)
        spread.extend(given)
        return reversed([function(group) for group in given])

    detector = Scripted({1: answer([0.2], [1]), 2: answer([0.3], [0])}, spread=backwards)
    one, two = [frame(1)], [frame(2)]
    (last,), (first,) = detector.detect_each([one, two])
    assert spread == [[one], [two]]
    assert (first.labels.tolist(), last.labels.tolist()) == ([1], [0])


def test_small_batches_are_joined_where_they_are_spread() -> None:
    seen: list[int] = []

    class Counting(Scripted):
        def _infer(self, images):  # type: ignore[no-untyped-def]
            seen.append(len(images))
            return super()._infer(images)

    detector = Counting({1: answer([0.2], [1]), 2: answer([0.3], [0])}, spread=map, together=3)
    one, two, both = [frame(1)], [frame(2)], [frame(1), frame(2)]
    found = [[each.labels.tolist() for each in batch] for batch in detector.detect_each([one, two, both, one, []])]
    assert found == [[[1]], [[0]], [[1], [0]], [[1]], []]
    assert seen == [2, 3]
    seen.clear()
    detector.detect(both)
    assert seen == [1, 1]


def test_batches_before_one_that_cannot_be_had_come_first() -> None:
    def batches():  # type: ignore[no-untyped-def]
        yield [frame(1)]
        raise OSError("gone")

    detector = Scripted({1: answer([0.2], [1])}, spread=map, together=3)
    each = detector.detect_each(batches())
    assert [found.labels.tolist() for found in next(each)] == [[1]]
    with pytest.raises(OSError, match="gone"):
        next(each)
