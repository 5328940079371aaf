"""The Python verbs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from pathlib import Path

import cv2
import numpy as np
import pytest

import vtcore
from vtcore.errors import DataError, ExperimentError
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.tables import TrackTable

pytest.importorskip("vtrack_plugin_bytetrack", reason="vtrack-plugin-bytetrack is not installed")

BOX = [10, 10, 30, 50]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "street"
    folder.mkdir()
    for number in range(6):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((64, 64, 3), number, np.uint8))
    return folder


class Constant:
    """A detector that always finds the same box."""

    classes = ("person",)
    batch_size = 1

    def reset(self, sequence: Sequence) -> None:
        pass

    def detect(self, frames: Seq[Frame]) -> list[Instances]:
        assert all(frame.image is not None for frame in frames)
        return [Instances([BOX], [0.9], [0]) for _ in frames]


class Numbering:
    """A tracker that numbers rows."""

    def reset(self, sequence: Sequence | None = None) -> None:
        self.sequence = sequence

    def update(self, frame: Frame, detections: Instances) -> Instances:
        return detections.replace(ids=np.arange(len(detections)) + 100)


class Memory(Sequence):
    """Frames made in memory."""

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(4):
            yield Frame(index, np.zeros((8, 8, 3), np.uint8) if images and self.has_images else None, sequence=self)


def test_public_names_are_what_they_say() -> None:
    for name in vtcore.__all__:
        assert getattr(vtcore, name) is not None
    assert set(vtcore.__all__) <= set(dir(vtcore))
    with pytest.raises(AttributeError, match="no attribute 'trak'"):
        _ = vtcore.trak


def test_objects_track_a_folder(images: Path) -> None:
    tracked = list(vtcore.track(images, detector=Constant(), tracker=Numbering()))
    assert [tracks.frame.index for tracks in tracked if tracks.frame is not None] == list(range(6))
    assert all(tracks.ids is not None and tracks.ids.tolist() == [100] for tracks in tracked)
    assert tracked[3].frame is not None
    assert tracked[3].frame.image is not None
    assert tracked[3].frame.image[0, 0, 0] == 3


def test_named_tracker_with_options(images: Path) -> None:
    tracked = list(vtcore.track(images, detector=Constant(), tracker={"type": "bytetrack", "high_threshold": 0.95}))
    assert sum(map(len, tracked)) == 0, "no detection is sure enough"
    assert sum(map(len, vtcore.track(images, detector=Constant()))) == 6


@pytest.mark.parametrize(
    "detections",
    [
        [Instances([BOX], [0.9])] * 6,
        {index: Instances([BOX], [0.9]) for index in range(6)},
        TrackTable(range(6), [[10, 10, 20, 40]] * 6, scores=[0.9] * 6),
    ],
    ids=["list", "mapping", "table"],
)
def test_given_detections_in_memory(images: Path, detections: object) -> None:
    tracked = list(vtcore.track(images, detections=detections))  # type: ignore[arg-type]
    assert [tracks.ids.tolist() for tracks in tracked if tracks.ids is not None] == [[1]] * 6
    assert tracked[0].boxes.tolist() == [[10, 10, 30, 50]]
    assert sum(map(len, vtcore.track(images, detections=detections, min_score=0.95))) == 0  # type: ignore[arg-type]


def test_given_detections_from_a_file(images: Path, tmp_path: Path) -> None:
    file = tmp_path / "boxes.csv"
    file.write_text("frame,x1,y1,x2,y2,score\n" + "".join(f"{index},10,10,30,50,0.9\n" for index in range(6)))
    assert sum(map(len, vtcore.track(images, detections=file))) == 6


@pytest.mark.parametrize("has_images", [True, False])
def test_a_sequence_of_ones_own(has_images: bool) -> None:
    given = [Instances([BOX], [0.9])] * 4
    tracked = list(vtcore.track(Memory("memory", length=4, has_images=has_images), detections=given))
    assert [len(tracks) for tracks in tracked] == [1] * 4


def test_the_limit_of_frames(images: Path) -> None:
    assert len(list(vtcore.track(images, detector=Constant(), max_frames=2))) == 2


def test_mistakes_are_told_at_once_not_at_the_first_frame(images: Path) -> None:
    with pytest.raises(ExperimentError, match="did you mean 'bytetrack'"):
        vtcore.track(images, detector=Constant(), tracker="bytetrak")
    with pytest.raises(ExperimentError, match="high_treshold"):
        vtcore.track(images, detector=Constant(), tracker={"type": "bytetrack", "high_treshold": 1})
    with pytest.raises(DataError, match="no such file"):
        vtcore.track("nowhere.mp4")
    with pytest.raises(TypeError, match="give them to your own detector"):
        vtcore.track(images, detector=Constant(), min_score=0.5)


def test_run_refuses_overrides_of_a_loaded_experiment() -> None:
    experiment = vtcore.load_experiment({"dataset": {"type": "images", "path": "x"}})
    with pytest.raises(TypeError, match="loaded already"):
        vtcore.run(experiment, overrides=["run.seed=1"])
