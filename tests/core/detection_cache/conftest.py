"""A detector of the tests' own that finds boxes, masks and embeddings in pixels, and images to find them in."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vtcore.experiments import Experiment, load_experiment
from vtcore.frames import Sequence
from vtcore.host import PluginHost

CODE = """
@hookimpl
def vtcore_detectors():
    return [Component("detector", "eyes", "fake_eyes.config:EyesConfig", "fake_eyes.detector:Eyes", "Sees.")]


@hookimpl
def vtcore_components():
    return [Component("reid", "face", "fake_eyes.config:FaceConfig", "fake_eyes.detector:Face", "Knows again.")]


@hookimpl
def vtcore_transforms():
    return [Component("transform", "brighter", "fake_eyes.config:BrighterConfig", "fake_eyes.detector:Brighter", "B.")]


@hookimpl
def vtcore_trackers():
    return [Component("tracker", "numbers", "fake_eyes.config:NumbersConfig", "fake_eyes.detector:Numbers", "Counts.")]
"""
CONFIG = """
from pathlib import Path

import attrs
from vtcore.options import option


@attrs.frozen(kw_only=True)
class EyesConfig:
    threshold: float = option(0.5, "Share.")
    weights: str = option("", "File.")
    more: list[str] = option(factory=list, help="Files.")
    given: bool = option(False, "Whether detections of the data count.")
    cacheable: bool = option(True, "Whether it says so.")
    batch: int = option(1, "Frames at once.")

    @property
    def needs(self):
        return frozenset({"image", "given-detections"} if self.given else {"image"})


@attrs.frozen(kw_only=True)
class FaceConfig:
    length: int = option(3, "Of an embedding.")
    weights: str = option("", "File.")
    cacheable: bool = option(True, "Whether it says so.")


@attrs.frozen(kw_only=True)
class BrighterConfig:
    by: int = option(1, "Grey levels.")


@attrs.frozen(kw_only=True)
class NumbersConfig:
    image: bool = option(False, "Whether it looks at pixels.")

    @property
    def needs(self):
        return frozenset({"image", "detections"} if self.image else {"detections"})
"""
DETECTOR = """
import numpy as np
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.masks import Masks

MADE = []
SEEN = []
FACES_MADE = []
DESCRIBED = []


class Eyes:
    classes = ("person", "dog")

    def __init__(self, threshold=0.5, weights="", more=(), given=False, cacheable=True, batch=1):
        self.threshold, self.batch_size = threshold, batch
        MADE.append(self)

    def reset(self, sequence):
        self.seen = 0

    def detect(self, frames):
        SEEN.extend(frame.index for frame in frames)
        return [self.look(frame) for frame in frames]

    def look(self, frame):
        self.seen += 1
        count = frame.index % 4
        value = np.float32(frame.image.mean()) / np.float32(3)
        boxes = np.arange(4 * count, dtype=np.float32).reshape(-1, 4) + value
        pixels = np.zeros((count, *frame.image.shape[:2]), bool)
        pixels[:, : 1 + self.seen % 5, :3] = True
        return Instances(
            boxes,
            np.full(count, self.threshold) / np.float32(self.seen),
            np.arange(count) % 2,
            masks=Masks.encode(pixels),
            embeddings=np.sin(np.arange(5 * count, dtype=np.float32) + value).reshape(count, 5),
        )


class Face:
    def __init__(self, length=3, weights="", cacheable=True):
        self.length = length
        FACES_MADE.append(self)

    def embed(self, frames, boxes):
        DESCRIBED.extend(frame.index for frame in frames)
        return [self.describe(frame, each) for frame, each in zip(frames, boxes)]

    def describe(self, frame, boxes):
        rows = boxes.sum(axis=1, keepdims=True) + np.float32(frame.image.mean())
        return np.cos(rows * np.arange(1, self.length + 1, dtype=np.float32)).astype(np.float32)


class Brighter:
    def __init__(self, by=1):
        self.by = by

    def __call__(self, frame):
        if frame.image is None:
            return frame
        return Frame(frame.index, frame.image + np.uint8(self.by), time=frame.time, sequence=frame.sequence)


class Numbers:
    # Its tracks carry the masks, and scores from the embeddings.
    def __init__(self, image=False):
        self.image = image

    def reset(self, sequence=None):
        pass

    def update(self, frame, detections):
        assert (frame.image is not None) >= self.image
        scores = detections.scores if detections.embeddings is None else detections.embeddings.sum(axis=1)
        return detections.replace(ids=np.arange(len(detections)) + 1, scores=scores)
"""
MODULES = {"config.py": CONFIG, "detector.py": DETECTOR}


class Eyes:
    """What a test knows of the detector."""

    def __init__(self, host: PluginHost) -> None:
        self.host = host

    @property
    def _module(self) -> Any:
        return importlib.import_module("fake_eyes.detector")

    @property
    def seen(self) -> list[int]:
        """Indices of the frames looked at since the last time."""
        seen = list(self._module.SEEN)
        self._module.SEEN.clear()
        return seen

    @property
    def made(self) -> int:
        """How many detectors were made since the last time."""
        made = len(self._module.MADE)
        self._module.MADE.clear()
        return made

    @property
    def described(self) -> list[int]:
        """Indices of the frames whose boxes were described since the last time."""
        described = list(self._module.DESCRIBED)
        self._module.DESCRIBED.clear()
        return described

    @property
    def faces_made(self) -> int:
        """How many re-identifications were made since the last time."""
        made = len(self._module.FACES_MADE)
        self._module.FACES_MADE.clear()
        return made


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def eyes(fake_site: Any, monkeypatch: pytest.MonkeyPatch) -> Eyes:
    fake_site.add("eyes", CODE, files=MODULES)
    host = fake_site.discover()
    monkeypatch.setattr(PluginHost, "discover", classmethod(lambda *_, **__: host))
    for module in ("vtcore.host", "vtcore.runs.run", "vtcore.detection_cache.run_cache"):
        monkeypatch.setattr(f"{module}.plugin_host", lambda: host)
    return Eyes(host)


def write_images(folder: Path, count: int = 9) -> Path:
    """Write pictures, an hour old."""
    folder.mkdir(parents=True)
    for number in range(count):
        path = folder / f"{number:03d}.png"
        cv2.imwrite(str(path), np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8))
        os.utime(path, ns=(path.stat().st_mtime_ns - 3600 * 10**9,) * 2)
    return folder


@pytest.fixture
def street(tmp_path: Path) -> Path:
    return write_images(tmp_path / "street")


@pytest.fixture
def experiment(eyes: Eyes, street: Path) -> Callable[..., Experiment]:
    def load(*overrides: str, **tables: Any) -> Experiment:
        document: dict[str, Any] = {
            "dataset": {"type": "images", "path": str(street)},
            "detector": {"type": "eyes"},
            "tracker": {"type": "numbers"},
            "writers": [{"type": "mot-text"}, {"type": "json-lines"}],
        }
        return load_experiment(document | tables, overrides, host=eyes.host)

    return load


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The image files that are decoded."""
    import vtcore.sources.images as images

    found: list[Path] = []
    read = images.read_image

    def noted(path: Path) -> Any:
        found.append(path)
        return read(path)

    monkeypatch.setattr(images, "read_image", noted)
    return found


def sequences_of(experiment: Experiment) -> list[Sequence]:
    from vtcore.components import build

    assert experiment.dataset is not None
    return list(build(experiment.dataset).sequences())


@pytest.fixture
def sequences() -> Callable[[Experiment], list[Sequence]]:
    return sequences_of
