"""Any Python function as a detector."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import vtcore
from vtcore.detectors.config import FunctionConfig
from vtcore.detectors.function import FunctionDetector, load_function
from vtcore.errors import ComponentError, DataError, ExperimentError, PreflightError
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.runs import Run

BOXES = [[1, 2, 3, 4], [5, 6, 7, 9]]
MODULE = """
import numpy as np
import beside

KNOWN = 3

def find(image):
    return beside.boxes()

def broken(image):
    return "what is this?"

class Finder:
    def __call__(self, image):
        return [[0, 0, image.shape[1], image.shape[0]]]

    def look(self, image):
        return self(image)

finder = Finder()
"""


def frame(index: int = 0) -> Frame:
    image = np.zeros((20, 30, 3), np.uint8)
    image[:, :, 0] = 255
    return Frame(index, image)


def found(answer: Any, **options: Any) -> Instances:
    (instances,) = FunctionDetector(function=lambda image: answer, **options).detect([frame()])
    return instances


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with a module, and one beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_finder.py").write_text(MODULE)
    (tmp_path / "beside.py").write_text("def boxes():\n    return [[1, 2, 30, 40, 0.75, 1]]\n")
    yield tmp_path
    for name in ("my_finder", "beside", "fails"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "answer",
    [
        [[1, 2, 3, 4, 0.5, 1], [5, 6, 7, 9, 0.25, 0]],
        np.array([[1, 2, 3, 4, 0.5, 1], [5, 6, 7, 9, 0.25, 0]]),
        (BOXES, [0.5, 0.25], [1, 0]),
        (np.array(BOXES), np.array([0.5, 0.25]), np.array(["person", "car"])),
        {"boxes": BOXES, "scores": [0.5, 0.25], "labels": [1.0, 0.0], "masks": "of no interest"},
        Instances(BOXES, [0.5, 0.25], [1, 0]),
    ],
)
def test_forms_of_an_answer(answer: Any) -> None:
    instances = found(answer, class_names=["car", "person"])
    assert instances.boxes.tolist() == BOXES
    assert instances.scores.tolist() == [0.5, 0.25]
    assert instances.labels.tolist() == [1, 0]


def test_what_is_left_out_has_defaults() -> None:
    for answer in (BOXES, {"boxes": BOXES}):
        assert found(answer).scores.tolist() == [1, 1]
        assert found(answer).labels.tolist() == [0, 0]
    assert found([[*row, 0.5] for row in BOXES]).scores.tolist() == [0.5, 0.5]
    assert found((BOXES, [0.5, 0.25])).labels.tolist() == [0, 0]


@pytest.mark.parametrize("answer", [None, [], np.zeros((0, 6)), np.zeros(0), ([], []), {"boxes": []}])
def test_nothing_found(answer: Any) -> None:
    assert len(found(answer)) == 0


def test_supervision() -> None:
    supervision = pytest.importorskip("supervision")
    detections = supervision.Detections(np.array(BOXES, float), confidence=np.array([0.5, 0.25]))
    assert found(detections).scores.tolist() == [0.5, 0.25]


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    rows = torch.tensor([[1.0, 2, 3, 4, 0.5, 1]], requires_grad=True)
    assert found(rows).boxes.tolist() == BOXES[:1]
    assert found((rows[:, :4], rows[:, 4])).scores.tolist() == [0.5]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([1, 2, 3, 4], r"rows of 4 to 6 numbers \(x1, y1, x2, y2, score, label\), got an array \(4,\)"),
        ([[1, 2, 3]], r"rows of 4 to 6 numbers .*, got an array \(1, 3\)"),
        ("boxes", r"rows of 4 to 6 numbers .*, got str"),
        ((row for row in BOXES), r"rows of 4 to 6 numbers .*, got generator"),
        ([[10**400, 0, 1, 1]], "boxes: int too large"),
        (Instances(BOXES[:1], [0.5], [2]), "boxes: label 2 is beyond the 2 class_names"),
        ([[3, 2, 1, 4]], "boxes: boxes must be x1, y1, x2, y2 with x1 <= x2"),
        ([[0, 0, 1, np.nan]], "boxes: boxes must be finite"),
        ((BOXES, [0.5]), r"boxes: scores must have shape \(2,\), got \(1,\)"),
        ((BOXES,), r"\(boxes, scores\) or \(boxes, scores, labels\), got a tuple of 1"),
        ([[1, 2, 3, 4, 0.5, 0.5]], r"boxes: labels must be integers, got \[0.5\]"),
        ([[1, 2, 3, 4, 0.5, 2]], "boxes: label 2 is beyond the 2 class_names"),
        ((BOXES, [1, 1], ["person", "cat"]), "boxes: unknown class 'cat': did you mean 'car'.*class_names"),
        ({"box": BOXES}, r"a mapping with 'boxes', got the keys \['box'\]"),
    ],
)
def test_wrong_answers_name_the_frame(answer: Any, told: str) -> None:
    detector = FunctionDetector(function=lambda image: answer, class_names=("car", "person"))
    with pytest.raises(DataError, match=r"frame 7: function '.*<lambda>' must return " + told):
        detector.detect([frame(7)])


def test_batches() -> None:
    taken: list[int] = []

    def find(images: list[Any]) -> list[Any]:
        taken.append(len(images))
        return [BOXES[:1] for _ in images]

    detector = FunctionDetector(function=find, batch_size=4)
    assert [len(each) for each in detector.detect([frame(), frame(1)])] == [1, 1]
    assert taken == [2]
    wrong = FunctionDetector(function=lambda images: BOXES[:1], batch_size=4)
    with pytest.raises(DataError, match="must return a list of 2, one for each image, got 1"):
        wrong.detect([frame(), frame(1)])


@pytest.mark.parametrize(("colours", "expected"), [("bgr", [255, 0, 0]), ("rgb", [0, 0, 255])])
def test_order_of_colours(colours: str, expected: list[int]) -> None:
    seen: list[Any] = []
    FunctionDetector(function=seen.append, colours=colours).detect([frame()])
    assert seen[0][0, 0].tolist() == expected
    assert seen[0].flags.c_contiguous


def test_classes_and_scores_are_chosen() -> None:
    answer = [[1, 2, 3, 4, 0.5, 1], [5, 6, 7, 9, 0.25, 0], [5, 6, 7, 9, 0.75, 0]]
    names = ("car", "person")
    assert found(answer, class_names=names, classes=["car"]).scores.tolist() == [0.25, 0.75]
    assert found(answer, class_names=names, min_score=0.5).labels.tolist() == [1, 0]
    with pytest.raises(ValueError, match="classes: 'persn' is none of the class_names; did you mean 'person'"):
        FunctionDetector(function=len, class_names=names, classes=["persn"])


def test_a_function_of_the_working_directory(module: Path) -> None:
    detector = FunctionDetector(function="my_finder:find", class_names=("car", "person"))
    (instances,) = detector.detect([frame()])
    assert (instances.boxes.tolist(), instances.labels.tolist()) == ([[1, 2, 30, 40]], [1])
    assert [len(each) for each in FunctionDetector(function="my_finder:finder.look").detect([frame()])] == [1]
    # What it imports later is found too; but nothing that is installed is shadowed.
    assert sys.path[-1] == str(module)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("my_findr:find", "cannot import 'my_findr': .*; it is neither installed nor in "),
        ("fails:find", "cannot import 'fails': it is so"),
        ("my_finder:fnd", "there is no 'fnd' in .*my_finder.py; did you mean 'find'"),
        ("my_finder:KNOWN", "'KNOWN' is no function"),
        ("my_finder:Finder", "'Finder' is a class; name a function, or an object of the class"),
    ],
)
def test_what_cannot_be_loaded_is_told(module: Path, function: str, told: str) -> None:
    (module / "fails.py").write_text("raise RuntimeError('it is so')\n")
    with pytest.raises(ComponentError, match=f"function '{function}': {told}"):
        load_function(function)


def test_the_config(module: Path) -> None:
    config = FunctionConfig(function="my_finder:find")
    assert list(config.check()) == []
    assert list(config.files()) == [str(module / "my_finder.py")]
    assert not config.cacheable
    assert FunctionConfig(function="my_finder:find", cache=True).cacheable
    assert "my_finder" not in sys.modules
    (told,) = FunctionConfig(function="nobody_has_this:find").check()
    assert told == f"'nobody_has_this:find': there is no module 'nobody_has_this', neither installed nor in {module}"


@pytest.fixture
def street(tmp_path: Path) -> Path:
    folder = tmp_path / "street"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((64, 64, 3), number, np.uint8))
    return folder


def tables(street: Path, **detector: Any) -> dict[str, Any]:
    return {"dataset": {"type": "images", "path": str(street)}, "detector": {"type": "function", **detector}}


def test_in_an_experiment(module: Path, street: Path) -> None:
    table = tables(street, function="my_finder:find", class_names=["car", "person"])
    run = Run(vtcore.load_experiment(table))
    run.execute()
    text = (run.folder.results / "street.txt").read_text()
    assert text.startswith("1,-1,1.00,2.00,29.00,38.00,0.75,")
    assert run.sequences[0].classes == ("car", "person")


def test_wrong_experiments(module: Path, street: Path) -> None:
    with pytest.raises(ExperimentError, match=r"detector.function: must read 'module:name', .*, got 'my_finder.find'"):
        vtcore.load_experiment(tables(street, function="my_finder.find"))
    with pytest.raises(ExperimentError, match=r"detector.function: is missing"):
        vtcore.load_experiment(tables(street))
    experiment = vtcore.load_experiment(tables(street, function="nobody_has_this:find"))
    with pytest.raises(PreflightError, match=r"detector.function: 'nobody_has_this:find': there is no module"):
        Run(experiment).execute()


def test_in_python(street: Path) -> None:
    pytest.importorskip("vtrack_plugin_bytetrack", reason="vtrack-plugin-bytetrack is not installed")
    tracked = list(vtcore.track(street, detector=lambda image: [[1, 2, 30, 40]]))
    assert [None if each.ids is None else each.ids.tolist() for each in tracked] == [[1]] * 4
    assert not any(map(len, vtcore.track(street, detector=lambda image: [[1, 2, 30, 40, 0.7]], min_score=0.8)))
