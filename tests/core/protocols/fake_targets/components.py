"""A tracker that matches templates, films of moving patches, and the mean overlap."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from vtcore.errors import DamagedSourceError, DataError, StateError
from vtcore.evaluation import EvaluatedSequence
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.tables import TrackTable

SIDE = 16


class Template:
    """Looks for a target's first patch around its last place."""

    def __init__(self, *, search: int = 12, persist: bool = False) -> None:
        self.search = search
        self.persist = persist
        self.seconds = {"match": 0.0}
        self.targets: dict[int, tuple[np.ndarray, list[int], int]] = {}

    def reset(self, sequence: Sequence | None = None) -> None:
        if sequence is None or not self.persist:
            self.targets = {}

    def start(self, frame: Frame, targets: Instances) -> None:
        assert targets.ids is not None
        assert targets.ltwh is not None
        for number, label, (left, top, width, height) in zip(
            targets.ids.tolist(), targets.labels.tolist(), np.rint(targets.ltwh).astype(int).tolist(), strict=True
        ):
            patch = frame.image[max(top, 0) : top + height, max(left, 0) : left + width]
            if not patch.size:
                raise DataError(f"target {number} has no area in the picture")
            self.targets[number] = (patch.copy(), [max(left, 0), max(top, 0)], label)

    def update(self, frame: Frame, detections: Instances) -> Instances:
        assert len(detections) == 0
        began = time.perf_counter()
        boxes, scores, labels = [], [], []
        for number, (patch, (left, top), label) in self.targets.items():
            height, width = patch.shape[:2]
            x, y = max(0, left - self.search), max(0, top - self.search)
            area = frame.image[y : top + height + self.search, x : left + width + self.search]
            found = cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED)
            _, score, _, place = cv2.minMaxLoc(found)
            corner = [x + place[0], y + place[1]]
            self.targets[number] = (patch, corner, label)
            boxes.append([*corner, corner[0] + width, corner[1] + height])
            scores.append(score)
            labels.append(label)
        self.seconds["match"] += time.perf_counter() - began
        if not boxes:
            return Instances(ids=[])
        lost = np.full(len(boxes), -1)
        return Instances(boxes, scores, labels, ids=list(self.targets), detection_index=lost)

    def state_dict(self) -> dict[str, Any]:
        return {
            "ids": np.array(list(self.targets), np.int64),
            "places": np.array([[*corner, label] for _, corner, label in self.targets.values()]).reshape(-1, 3),
            **{f"patch{number}": patch for number, (patch, _, _) in self.targets.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if "ids" not in state:
            raise StateError("is of no Template")
        places = state["places"].tolist()
        self.targets = {
            number: (state[f"patch{number}"], place[:2], place[2])
            for number, place in zip(state["ids"].tolist(), places, strict=True)
        }


class Film(Sequence):
    """Noisy patches that wander over a grey ground."""

    read = 0

    def __init__(self, name: str, seed: int, options: Any) -> None:
        super().__init__(name, length=options.frames, width=160, height=120, frame_rate=10)
        self.options = options
        random = np.random.default_rng(seed)
        self.patches = random.integers(0, 256, (options.targets, SIDE, SIDE, 3), np.uint8)
        steps = random.integers(-4, 5, (options.frames + options.surplus, options.targets, 2))
        self.places = np.clip(np.cumsum(steps, axis=0) + [40, 30] + 30 * np.arange(options.targets)[:, None], 2, 100)

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        for index in range(self.options.frames):
            if self.options.fragile and index == self.options.frames - 2:
                raise DamagedSourceError("is damaged", file=self.name, frames_read=index)
            Film.read += 1
            yield Frame(index, self.picture(index) if images else None, time=index / 10, sequence=self)

    def picture(self, index: int) -> np.ndarray:
        image = np.full((120, 160, 3), 128, np.uint8)
        for patch, (left, top) in zip(self.patches, self.places[index], strict=True):
            image[top : top + SIDE, left : left + SIDE] = patch
        return image

    def annotations(self) -> TrackTable | None:
        if not self.options.annotated:
            return None
        count, targets = self.places.shape[:2]
        frames = np.repeat(np.arange(count), targets)
        ids = np.tile(np.arange(targets), count)
        ltwh = np.concatenate([self.places.reshape(-1, 2), np.full((count * targets, 2), SIDE)], axis=1)
        table = TrackTable(frames, ltwh, ids=ids, visibility=(frames >= self.options.hidden).astype(np.float32))
        return table.select((ids != targets - 1) | (frames >= self.options.late))


class FilmDataset:
    def __init__(self, **options: Any) -> None:
        from fake_targets.config import FilmConfig

        self.config = FilmConfig(**options)

    def sequences(self) -> list[Film]:
        return [Film(f"film{number}", number, self.config) for number in range(self.config.sequences)]


class SelfMade:
    """A tracker that takes neither detections nor targets."""

    def reset(self, sequence: Sequence | None = None) -> None:
        pass

    def update(self, frame: Frame, detections: Instances) -> Instances:
        return Instances(ids=[])


class Overlap:
    """Mean overlap of results with the annotations of their id, from the second frame of each id on."""

    summary = ("IoU",)

    def evaluate(self, sequence: EvaluatedSequence) -> dict[str, float]:
        results = {
            (frame, number): box
            for frame, number, box in zip(
                sequence.results.frames.tolist(),
                sequence.results.ids.tolist(),
                sequence.results.ltwh.tolist(),
                strict=True,
            )
        }
        overlaps = [
            _overlap(box, results.get((frame, number)))
            for frame, number, box in zip(
                sequence.truth.frames.tolist(), sequence.truth.ids.tolist(), sequence.truth.ltwh.tolist(), strict=True
            )
        ]
        return {"sum": float(np.sum(overlaps)), "count": len(overlaps)}

    def report(self, evaluated: Mapping[str, Any], classes: tuple[str, ...]) -> dict[str, Any]:
        report = {name: {"IoU": each["sum"] / each["count"]} for name, each in evaluated.items()}
        total = sum(each["sum"] for each in evaluated.values())
        return {"COMBINED": {"IoU": total / sum(each["count"] for each in evaluated.values())}, **report}


def _overlap(a: list[float], b: list[float] | None) -> float:
    if b is None:
        return 0.0
    sides = [min(a[axis] + a[axis + 2], b[axis] + b[axis + 2]) - max(a[axis], b[axis]) for axis in (0, 1)]
    shared = max(0.0, sides[0]) * max(0.0, sides[1])
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)
