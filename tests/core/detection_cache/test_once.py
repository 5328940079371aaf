"""`detect_once`: computed or found, the answer is the same."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from vtcore.components import build
from vtcore.detection_cache import DetectionCache, DetectOnce, StoredDetections, detect_once
from vtcore.detection_cache.entry_writer import EntryWriter
from vtcore.errors import DamagedSourceError, DataError, ExperimentError, OutputError
from vtcore.experiments import Experiment, load_experiment
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.tables import TrackTable

Load = Callable[..., Experiment]


def content(stored: StoredDetections) -> list[Any]:
    found = [stored.detections(index) for index in range(stored.length)]
    return [
        [
            *(None if array is None else (array.shape, array.tobytes()) for array in arrays),
            None if masks is None else masks.rles,
        ]
        for *arrays, masks in ((each.boxes, each.scores, each.labels, each.embeddings, each.masks) for each in found)
    ]


def test_computed_once_and_found_ever_after(experiment: Load, eyes: Any, sequences: Any, decoded: list[Path]) -> None:
    loaded = experiment("transforms=[{type='brighter'}]")
    (sequence,) = sequences(loaded)
    first = detect_once(loaded, sequence)
    assert (first.classes, first.length, first.complete) == (("person", "dog"), 9, True)
    assert sequence.classes == ()
    assert eyes.seen == [*range(9)]
    decoded.clear()
    for again in (sequence, sequences(loaded)[0]):
        assert content(detect_once(loaded, again)) == content(first)
    assert (eyes.seen, decoded) == ([], [])


def test_what_comes_back_is_what_the_detector_returned(experiment: Load, sequences: Any) -> None:
    loaded = experiment()
    assert loaded.detector is not None
    (sequence,) = sequences(loaded)
    stored = detect_once(loaded, sequence)
    detector = build(loaded.detector)
    detector.reset(sequence)
    for frame in sequence.frames():
        (expected,), found = detector.detect([frame]), stored.detections(frame.index)
        for name in ("boxes", "scores", "labels", "embeddings"):
            assert getattr(found, name).tobytes() == getattr(expected, name).tobytes()
            assert getattr(found, name).shape == getattr(expected, name).shape
        assert found.masks is not None
        assert found.masks.rles == expected.masks.rles


def test_the_classes_that_a_sequence_has_in_a_run(experiment: Load, sequences: Any) -> None:
    (sequence,) = sequences(experiment())
    stored = detect_once(experiment(), sequence)
    stored.prepare(sequence)
    assert sequence.classes == ("person", "dog")
    # The key holds the names that the data set gave.
    assert detect_once(experiment(), sequence).folder == stored.folder
    sequence.classes = ("dog",)
    assert detect_once(experiment(), sequence).folder != stored.folder


def test_another_process_opens_the_entry_by_its_folder(experiment: Load, sequences: Any) -> None:
    stored = detect_once(experiment(), sequences(experiment())[0])
    code = (
        "import sys\nfrom vtcore.detection_cache import StoredDetections\n"
        "print(StoredDetections.open(sys.argv[1]).detections(3).boxes.tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", code, stored.folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == stored.detections(3).boxes.tobytes().hex()


PROCESS = """
import sys
from pathlib import Path
from vtcore.detection_cache import detect_once
from vtcore.experiments import load_experiment
from vtcore.preflight import preflight
experiment = load_experiment({"dataset": {"type": "images", "path": sys.argv[1]}, "detector": {"type": "eyes"}})
(sequence,) = preflight(experiment, output_must_be_writable=False).sequences
print("ready", flush=True)
sys.stdin.readline()
stored = detect_once(experiment, sequence)
print(stored.folder, stored.detections(7).boxes.tobytes().hex())
"""


def test_two_processes_at_once(street: Path, fake_site: Any, eyes: Any, cache_folder: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(fake_site.folder)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, street],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0]
    assert len(answers) == 1
    assert [entry.state for entry in DetectionCache().entries()] == ["whole"]


def test_force_computes_anew(experiment: Load, eyes: Any, sequences: Any) -> None:
    (sequence,) = sequences(experiment())
    first = detect_once(experiment(), sequence).about["created"]
    assert detect_once(experiment(), sequence, force=True).about["created"] >= first
    assert eyes.seen == [*range(9)] * 2
    assert len(DetectionCache().entries()) == 1


def test_the_detector_is_made_once_and_only_when_needed(experiment: Load, eyes: Any, sequences: Any) -> None:
    loaded = experiment()
    (sequence,) = sequences(loaded)
    shown: list[int] = []
    once = DetectOnce(loaded, frame_done=lambda frame: shown.append(frame.index))
    assert once.refusal(sequence) == ""
    assert once(sequence).length == 9
    assert (once.computed, eyes.made, shown) == (True, 1, [*range(9)])
    sequence.name = "another"
    once(sequence)
    assert (once.computed, eyes.made, len(shown)) == (True, 0, 18)
    once(sequence)
    assert (once.computed, once.notes) == (False, [])


class Unknown(Sequence):
    """It does not say what its pictures follow from."""

    def frames(self, *, images: bool = True) -> Any:
        for index in range(4):
            yield Frame(index, np.full((8, 8, 3), index, np.uint8) if images else None, sequence=self)

    def detections(self) -> TrackTable | None:
        return TrackTable([2], [[1, 2, 3, 4]])


def test_what_cannot_be_cached_lies_in_a_temporary_folder(experiment: Load, eyes: Any, cache_folder: Path) -> None:
    for loaded in (experiment(), load_experiment({"detector": {"type": "given"}}, host=eyes.host)):
        once = DetectOnce(loaded)
        assert once.refusal(Unknown("street")) != ""
        stored = once(Unknown("street"))
        folder = stored.folder
        assert (stored.length, len(stored.detections(2))) == (4, 2 if "eyes" in str(loaded) else 1)
        assert folder.is_dir()
        assert not cache_folder.exists() or DetectionCache().entries() == []
        assert "detections are not cached" in once.notes[0]
        del stored
        assert not folder.exists()


def test_only_the_first_frames(experiment: Load, eyes: Any, sequences: Any) -> None:
    (sequence,) = sequences(experiment())
    stored = detect_once(experiment("run.max_frames=4"), sequence)
    assert (stored.length, stored.complete) == (4, False)
    assert detect_once(experiment("run.max_frames=3"), sequence).folder == stored.folder
    assert eyes.seen == [0, 1, 2, 3]


def test_what_is_refused(experiment: Load, street: Path, sequences: Any) -> None:
    (sequence,) = sequences(experiment())
    with pytest.raises(ExperimentError, match="detector: is missing: there is nothing to detect with"):
        detect_once(attrs.evolve(experiment(), detector=None), sequence)
    with pytest.raises(DataError, match="'street' is a live source: it has no end"):
        detect_once(experiment(), _live(sequence))
    (street / "005.png").write_bytes(b"")
    with pytest.raises(DamagedSourceError, match="5 frames before it are kept"):
        detect_once(experiment(), sequences(experiment())[0])
    assert DetectionCache().entries() == []
    (street / "005.png").write_bytes((street / "004.png").read_bytes())
    once = DetectOnce(experiment(), cache=DetectionCache(street / "004.png"), temporary=False)
    with pytest.raises(OutputError, match=r"004\.png: detections cannot be stored: Not a directory"):
        once(sequences(experiment())[0])


def test_where_the_cache_cannot_be_written_a_temporary_folder_will_do(
    experiment: Load, sequences: Any, street: Path
) -> None:
    once = DetectOnce(experiment(), cache=DetectionCache(street / "004.png"))
    stored = once(sequences(experiment())[0])
    assert (stored.length, stored.temporary) == (9, True)
    assert once.notes == ["street: detections are not cached: Not a directory"]
    folder = stored.folder
    del stored
    assert not folder.exists()


def test_a_full_disk_ends_the_work_at_once(
    experiment: Load, sequences: Any, eyes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = EntryWriter.add

    def full(self: EntryWriter, frame: Frame, found: Instances) -> None:
        if frame.index == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        add(self, frame, found)

    monkeypatch.setattr(EntryWriter, "add", full)
    with pytest.raises(OutputError, match=r"cache: detections cannot be stored: No space left on device"):
        detect_once(experiment(), sequences(experiment())[0])
    assert eyes.seen == [0, 1, 2]
    assert DetectionCache().entries() == []


def test_passwords_stay_out_of_what_is_stored(experiment: Load, sequences: Any, eyes: Any, cache_folder: Path) -> None:
    texts = [
        f"detector={{type='eyes', weights='https://me:{word}@host/a.pt', more=['rtsp://u:{word}@cam/1']}}"
        for word in ("secret", "other")
    ]
    stored = [detect_once(experiment(text), sequences(experiment())[0]) for text in texts]
    assert stored[0].folder != stored[1].folder
    config = stored[0].about["setup"]["detector"]["config"]
    assert (config["weights"], config["more"]) == ("https://me:***@host/a.pt", ["rtsp://u:***@cam/1"])
    files = [path for path in cache_folder.rglob("*") if path.is_file()]
    assert not [path for path in files if b"secret" in path.read_bytes() or b"other" in path.read_bytes()]
    assert detect_once(experiment(texts[0]), sequences(experiment())[0]).folder == stored[0].folder
    assert eyes.seen == [*range(9)] * 2


def test_a_sequence_may_have_a_long_name(experiment: Load, sequences: Any, eyes: Any) -> None:
    for letter in "ab":
        (sequence,) = sequences(experiment())
        sequence.name = "x" * 240 + letter
        assert not detect_once(experiment(), sequence).temporary
        assert not detect_once(experiment(), sequence).temporary
    assert eyes.seen == [*range(9)] * 2


def _live(sequence: Sequence) -> Sequence:
    live = Unknown(sequence.name)
    live.live = True
    return live


def test_what_could_not_come_back_exactly_is_told(
    experiment: Load, sequences: Any, monkeypatch: pytest.MonkeyPatch, eyes: Any
) -> None:
    eyes.made  # noqa: B018 - imports the module
    wrong = Instances.trusted(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros(0, np.int64))  # type: ignore[arg-type]
    monkeypatch.setattr("fake_eyes.detector.Eyes.look", lambda self, frame: wrong)
    with pytest.raises(OutputError, match="detections cannot be stored: frame 0: boxes are float64"):
        detect_once(experiment(), sequences(experiment())[0])
