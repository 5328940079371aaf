from pathlib import Path

import numpy as np
import PACKAGE.config as configs

from vtcore import Frame, Instances, Sequence, TrackTable
from vtcore.errors import DataError
from vtcore.state import Stateful


class Nearest(Stateful):
    _STATE = ("centres", "ids", "next_id")

    def __init__(self, distance=50.0):
        self.config = configs.NearestConfig(distance=distance)
        self.reset()

    def reset(self, sequence=None):
        self.centres, self.ids, self.next_id = np.zeros((0, 2)), np.zeros(0, np.int64), 1

    def wants_embeddings(self, detections):
        return np.zeros(len(detections), bool)

    def update(self, frame, detections):
        centres = (detections.boxes[:, :2].astype(float) + detections.boxes[:, 2:]) / 2
        ids = np.zeros(len(centres), np.int64)
        free = np.ones(len(self.ids), bool)
        for row, centre in enumerate(centres):
            far = np.where(free, np.linalg.norm(self.centres - centre, axis=1), np.inf)
            if free.any() and far.min() <= self.config.distance:
                free[far.argmin()], ids[row] = False, self.ids[far.argmin()]
            else:
                ids[row], self.next_id = self.next_id, self.next_id + 1
        self.centres, self.ids = centres, ids
        return Instances(
            detections.boxes,
            detections.scores,
            detections.labels,
            ids=ids.copy(),
            detection_index=np.arange(len(ids)),
        )


class Staying(Stateful):
    _STATE = ("boxes", "labels", "ids")

    def __init__(self):
        self.reset()

    def reset(self, sequence=None):
        self.boxes, self.labels, self.ids = np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64)

    def start(self, frame, targets):
        size = targets.boxes[:, 2:] - targets.boxes[:, :2]
        if (size <= 0).any():
            raise DataError(f"a target has no area: {targets.boxes.tolist()}")
        for row, name in enumerate(targets.ids):
            known = np.flatnonzero(self.ids == name)
            if not len(known):
                self.boxes = np.vstack([self.boxes, targets.boxes[[row]]])
                self.labels = np.append(self.labels, targets.labels[row])
                self.ids = np.append(self.ids, name)
            else:
                self.boxes[known[0]] = targets.boxes[row]

    def update(self, frame, detections):
        count = len(self.ids)
        return Instances(
            self.boxes.copy(),
            np.ones(count),
            self.labels.copy(),
            ids=self.ids.copy(),
            detection_index=np.full(count, -1),
        )


class Bright:
    classes = ("bright",)
    batch_size = 3

    def __init__(self, level=60):
        self.config = configs.BrightConfig(level=level)

    def reset(self, sequence):
        pass

    def detect(self, frames):
        return [self._found(frame.image) for frame in frames]

    def detect_each(self, batches):
        for batch in batches:
            yield self.detect(batch)

    def _found(self, image):
        rows, columns = np.nonzero(image.mean(axis=2) > self.config.level)
        if not len(rows):
            return Instances.empty()
        return Instances([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], [0.5])


class Colour:
    def __init__(self, bins=8):
        self.config = configs.ColourConfig(bins=bins)

    def embed(self, frames, boxes):
        return [
            np.stack([self._look(frame.image, box) for box in rows]) if len(rows) else self._none()
            for frame, rows in zip(frames, boxes, strict=True)
        ]

    def embed_each(self, batches):
        for batch in batches:
            yield self.embed(*batch)

    def _none(self):
        return np.zeros((0, 3 * self.config.bins), np.float32)

    def _look(self, image, box):
        height, width = image.shape[:2]
        x1, y1, x2, y2 = np.round(box).astype(int)
        x1, y1 = min(max(x1, 0), width - 1), min(max(y1, 0), height - 1)
        crop = image[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
        bins = [np.histogram(crop[..., channel], self.config.bins, (0, 256))[0] for channel in range(3)]
        look = np.concatenate(bins).astype(np.float32)
        with np.errstate(invalid="ignore"):
            return look / np.linalg.norm(look)


class NoiseSequence(Sequence):
    def __init__(self, path):
        super().__init__(path.stem, length=6, width=20, height=10, frame_rate=5.0, classes=("noise",))
        self.path = path

    def frames(self, *, images=True):
        draw = np.random.default_rng(int(self.path.read_text()))
        for index in range(self.length):
            image = draw.integers(0, 256, (self.height, self.width, 3), dtype=np.uint8)
            yield Frame(index, image if images else None, time=index / 5, sequence=self)

    def annotations(self):
        return TrackTable([0, 0, 1], [[1, 1, 4, 4], [8, 2, 4, 4], [2, 1, 4, 4]], ids=[1, 2, 1])

    def content(self):
        return [self.path]


class Noise:
    def __init__(self, root="ROOT"):
        self.root = root

    def sequences(self):
        files = sorted(Path(self.root).glob("*.txt"))
        if not files:
            raise DataError("there are no text files", file=self.root)
        return [NoiseSequence(file) for file in files]


class Darker:
    def __init__(self, factor=0.5):
        self.config = configs.DarkerConfig(factor=factor)

    def __call__(self, frame):
        image = (frame.image * self.config.factor).astype(np.uint8)
        return Frame(frame.index, image, time=frame.time, sequence=frame.sequence)


class Recall:
    summary = ("recall",)

    def __init__(self, distance=20.0):
        self.config = configs.RecallConfig(distance=distance)

    def evaluate(self, sequence):
        found = 0
        results = sequence.results
        for row, frame in enumerate(sequence.truth.frames.tolist()):
            rows = results.rows(frame)
            aim = sequence.truth.ltwh[row, :2] + sequence.truth.ltwh[row, 2:] / 2
            centres = results.ltwh[rows, :2] + results.ltwh[rows, 2:] / 2
            found += bool((np.linalg.norm(centres - aim, axis=1) <= self.config.distance).any())
        return {"found": found, "all": len(sequence.truth)}

    def report(self, evaluated, classes):
        total = {key: sum(counts[key] for counts in evaluated.values()) for key in ("found", "all")}
        tables = {"COMBINED": total, **evaluated}
        return {
            name: {"recall": counts["found"] / counts["all"] if counts["all"] else None}
            for name, counts in tables.items()
        }

    def diagnose(self, sequence):
        return [] if len(sequence.results) else [f"{sequence.name}: no results"]


class Dropping:
    def __init__(self, rows=2):
        self.config = configs.DroppingConfig(rows=rows)

    def refine(self, table, *, sequence="", length=None):
        ids, counts = np.unique(table.ids, return_counts=True)
        long = ids[counts >= self.config.rows]
        return table.select(np.isin(table.ids, long) | (table.ids < 0))


class Counts:
    folder = "results"
    suffix = ".counts"

    def open(self, sequence, path):
        self.path, self.lines = path, []

    def write(self, frame, detections, tracks):
        self.lines.append(f"{frame.index} {len(tracks)}\n")

    def close(self, *, complete):
        self.path.write_text("".join(self.lines))


class First:
    def reset(self, sequence):
        table = sequence.annotations()
        if table is None:
            raise DataError(f"sequence {sequence.name!r} has no annotations")
        self.targets = Instances.from_ltwh(table.ltwh[:1], ids=table.ids[:1], labels=table.labels[:1])

    def step(self, tracker, frame):
        tracks = tracker.update(frame, Instances.empty())
        if frame.index:
            return tracks
        tracker.start(frame, self.targets)
        return self.targets


def backbone(levels=2):
    import torch

    configs.PlainConfig(levels=levels)

    class Halving(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))
            self.norm = torch.nn.BatchNorm2d(3)

        def forward(self, images):
            maps = [self.norm(images) * self.weight]
            for _ in range(levels):
                maps.append(torch.nn.functional.avg_pool2d(maps[-1], 2))
            return maps[1:]

    return Halving()


def head(in_channels=3):
    import torch

    configs.HeadConfig(in_channels=in_channels)

    class Scores(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(in_channels, 1, 1)

        def forward(self, features):
            return [self.conv(each) for each in features]

    return Scores()
