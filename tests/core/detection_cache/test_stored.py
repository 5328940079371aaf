"""What is stored comes back bit by bit, or is known to be damaged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtcore.detection_cache.entry_writer import EntryWriter, UnstorableError
from vtcore.detection_cache.stored import StoredDetections
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.masks import Masks

FACTS: dict[str, Any] = {
    "classes": ("person",),
    "complete": True,
    "batch_size": 1,
    "sequence_classes": ("pedestrian",),
    "sequence_length": 7,
}


def write(folder: Path, found: list[Instances], **facts: Any) -> StoredDetections:
    writer = EntryWriter(folder)
    for index, instances in enumerate(found):
        writer.add(Frame(index, time=index / 7 if index % 3 else None), instances)
    return writer.finish(FACTS | facts)


def assert_same(a: Instances, b: Instances) -> None:
    """Compare bit by bit, also what is absent."""
    for name in ("boxes", "scores", "labels", "embeddings", "ids", "detection_index"):
        left, right = getattr(a, name), getattr(b, name)
        assert (left is None) == (right is None), name
        if left is not None:
            assert (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes()), name
    assert (a.masks is None) == (b.masks is None)
    if a.masks is not None and b.masks is not None:
        assert a.masks.rles == b.masks.rles


@st.composite
def instances(draw: st.DrawFn) -> Instances:
    count = draw(st.integers(0, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    numbers = rng.integers(0, 2**32, (count, 4), dtype=np.uint32).view(np.float32)
    boxes = np.sort(np.nan_to_num(numbers, nan=-0.0, posinf=1e-45, neginf=-0.0), axis=1)
    dimension = draw(st.sampled_from([0, 1, 3]))
    size = draw(st.sampled_from([(1, 1), (5, 3)]))
    return Instances.trusted(
        boxes,
        rng.normal(size=count).astype(np.float32),
        rng.integers(0, 2**40, count),
        masks=Masks.encode(rng.random((count, *size)) < 0.5) if draw(st.booleans()) else None,
        embeddings=rng.normal(size=(count, dimension)).astype(np.float32) if draw(st.booleans()) else None,
    )


@settings(max_examples=40, deadline=None)
@given(found=st.lists(instances(), max_size=6))
def test_everything_comes_back_bit_by_bit(found: list[Instances]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stored = write(Path(folder, "entry"), found)
        assert stored.length == len(found)
        for index in [*range(len(found)), *reversed(range(len(found)))]:
            assert_same(stored.detections(index), found[index])
        StoredDetections.open(Path(folder, "entry"), verify=True)


def test_facts_times_and_bounds(tmp_path: Path) -> None:
    stored = write(tmp_path / "entry", [Instances.empty()] * 7)
    assert (stored.classes, stored.sequence_classes, stored.complete) == (("person",), ("pedestrian",), True)
    assert [stored.time(index) for index in range(7)] == [None, 1 / 7, 2 / 7, None, 4 / 7, 5 / 7, None]
    for index in (-1, 7):
        with pytest.raises(IndexError, match="is not among the 7 stored ones"):
            stored.detections(index)


def test_columns_are_ordinary_numpy_files(tmp_path: Path) -> None:
    write(tmp_path / "entry", [Instances([[1, 2, 3, 4]], [0.5])] * 3)
    assert np.load(tmp_path / "entry/boxes.npy").tolist() == [[1, 2, 3, 4]] * 3
    assert np.load(tmp_path / "entry/scores.npy", mmap_mode="r").tolist() == [0.5] * 3
    assert json.loads((tmp_path / "entry/about.json").read_text())["detections"] == 3


def test_answers_belong_to_who_asked(tmp_path: Path) -> None:
    """A tracker that changes what it is given spoils nothing."""
    stored = write(tmp_path / "entry", [Instances([[1, 2, 3, 4]], embeddings=[[1, 2]])])
    first = stored.detections(0)
    first.boxes[:] = 0
    assert first.embeddings is not None
    first.embeddings[:] = 0
    assert_same(stored.detections(0), Instances([[1, 2, 3, 4]], embeddings=[[1, 2]]))


@pytest.mark.parametrize(
    ("complete", "batch_size", "serving"),
    [
        (True, 1, [0, 1, 3, 6, 7, 8, 100]),
        (True, 3, [0, 3, 6, 7, 8, 100]),
        (False, 1, [1, 3, 6, 7]),
        (False, 3, [3, 6, 7]),
    ],
)
def test_whom_it_serves(tmp_path: Path, complete: bool, batch_size: int, serving: list[int]) -> None:
    """A shorter run is served where the detector would have seen the same batches."""
    stored = write(tmp_path / "entry", [Instances.empty()] * 7, complete=complete, batch_size=batch_size)
    assert [limit for limit in (0, 1, 3, 6, 7, 8, 100) if stored.serves(limit)] == serving


class Plain(Sequence):
    def frames(self, *, images: bool = True) -> Any:
        raise AssertionError("replaying reads nothing")


def test_replay_reads_nothing_of_the_sequence(tmp_path: Path) -> None:
    stored = write(tmp_path / "entry", [Instances([[index, 0, 9, 9]]) for index in range(7)])
    sequence = Plain("street")
    stored.prepare(sequence)
    replayed = list(stored.replay(sequence))
    assert [frame.index for frame, _ in replayed] == list(range(7))
    assert [found.boxes[0, 0] for _, found in replayed] == list(range(7))
    assert all(frame.image is None and frame.sequence is sequence for frame, _ in replayed)
    assert (sequence.classes, sequence.length) == (("pedestrian",), 7)
    assert len(list(stored.replay(sequence, 4))) == 4


def damages(folder: Path) -> dict[str, Any]:
    def flip(name: str, at: int) -> None:
        content = bytearray((folder / name).read_bytes())
        content[at] ^= 4
        (folder / name).write_bytes(content)

    return {
        "a bit of a box": lambda: flip("boxes.npy", 131),
        "a bit of a header": lambda: flip("scores.npy", 20),
        "a bit of the facts": lambda: flip("about.json", 30),
        "cut off": lambda: os.truncate(folder / "labels.npy", 140),
        "too long": lambda: os.truncate(folder / "times.npy", 200),
        "a column missing": lambda: (folder / "mask_bytes.npy").unlink(),
        "facts missing": lambda: (folder / "about.json").unlink(),
        "facts empty": lambda: (folder / "about.json").write_text(""),
        "facts a list": lambda: (folder / "about.json").write_text("[]"),
    }


@pytest.mark.parametrize("damage", damages(Path()))
def test_damage_is_noticed(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "entry", [Instances([[1, 2, 3, 4]], [0.5])] * 3)
    StoredDetections.open(tmp_path / "entry", verify=True)
    damages(tmp_path / "entry")[damage]()
    with pytest.raises((ValueError, OSError), match=r"damaged|bytes|No such file"):
        StoredDetections.open(tmp_path / "entry", verify=True)


def test_until_it_is_finished_there_is_nothing(tmp_path: Path) -> None:
    writer = EntryWriter(tmp_path / "entry")
    writer.add(Frame(0), Instances([[1, 2, 3, 4]]))
    assert not (tmp_path / "entry").exists()
    assert all(".partial" in path.name for path in tmp_path.iterdir())
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_who_comes_second_takes_what_is_there(tmp_path: Path) -> None:
    first, second = EntryWriter(tmp_path / "entry"), EntryWriter(tmp_path / "entry")
    for writer, x in ((first, 1), (second, 2)):
        writer.add(Frame(0), Instances([[x, 2, 3, 4]]))
    assert second.finish(FACTS).detections(0).boxes[0, 0] == 2
    assert first.finish(FACTS).detections(0).boxes[0, 0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["entry"]


def test_what_is_damaged_or_to_be_replaced_makes_room(tmp_path: Path) -> None:
    write(tmp_path / "entry", [Instances([[1, 2, 3, 4]])])
    (tmp_path / "entry/about.json").write_text("{}")
    assert write(tmp_path / "entry", [Instances([[2, 2, 3, 4]])]).detections(0).boxes[0, 0] == 2
    writer = EntryWriter(tmp_path / "entry", replace=True)
    writer.add(Frame(0), Instances([[3, 2, 3, 4]]))
    assert writer.finish(FACTS).detections(0).boxes[0, 0] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["entry"]


@pytest.mark.parametrize(
    ("frame", "found", "message"),
    [
        (Frame(1), Instances.empty(), "frame 1 comes where 0 is expected"),
        (Frame(0), Instances([[1, 2, 3, 4]], ids=[1]), "frame 0: the detections carry ids"),
        (
            Frame(0),
            Instances.trusted(np.zeros((1, 4)), np.ones(1, np.float32), np.zeros(1, np.int64)),  # type: ignore[arg-type]
            r"frame 0: boxes are float64 \(1, 4\), not float32 \(1, 4\)",
        ),
        (
            Frame(0),
            Instances.trusted(np.zeros((1, 4), np.float32), np.ones(2, np.float32), np.zeros(1, np.int64)),
            r"frame 0: scores are float32 \(2,\), not float32 \(1,\)",
        ),
    ],
)
def test_what_could_not_come_back_as_it_was_is_refused(
    tmp_path: Path, frame: Frame, found: Instances, message: str
) -> None:
    writer = EntryWriter(tmp_path / "entry")
    with pytest.raises(UnstorableError, match=message):
        writer.add(frame, found)
    writer.abandon()


KILLED = """
import sys, time
from vtcore.detection_cache.entry_writer import EntryWriter
from vtcore.frames import Frame
from vtcore.instances import Instances
writer = EntryWriter(__import__("pathlib").Path(sys.argv[1]))
for index in range(1000):
    writer.add(Frame(index), Instances([[1, 2, 3, 4]]))
print("written", flush=True)
time.sleep(60)
"""


def test_a_killed_process_leaves_no_entry(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path / "entry"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "entry").exists()
    assert len(list(tmp_path.iterdir())) == 1
    assert write(tmp_path / "entry", [Instances.empty()] * 2).length == 2
