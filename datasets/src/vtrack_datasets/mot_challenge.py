"""Folders as MOT Challenge lays them out.

``<root>/<split>/<sequence>/`` with ``seqinfo.ini`` and, each where it is needed, ``img1/``, ``det/det.txt`` and
``gt/gt.txt`` (Milan et al., MOT16: A Benchmark for Multi-Object Tracking, 2016, https://arxiv.org/abs/1603.00831).
DanceTrack (Sun et al., CVPR 2022, https://arxiv.org/abs/2111.14690) is laid out the same way.

Halves are cut as ByteTrack's training data is (Zhang et al., ECCV 2022, https://github.com/ifzhang/ByteTrack, MIT):
of N frames the first half is 0 to ``N // 2`` inclusive, the second the rest; frames then count from 0 again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import ClassVar

from vtcore.errors import DamagedSourceError, DataError, Problem
from vtcore.frames import Frame, Sequence
from vtcore.mot_text import MotRows, read_mot_text
from vtcore.tables import TrackTable
from vtrack_datasets.benchmarks import (
    PEDESTRIAN,
    benchmark_by_columns,
    benchmark_by_name,
    labels_and_roles,
    labels_of_classes,
)
from vtrack_datasets.config import MotChallengeConfig
from vtrack_datasets.mot_images import has_images, image_paths, image_problems
from vtrack_datasets.mot_layout import find_sequences
from vtrack_datasets.mot_lines import refuse_frames_beyond, refuse_twin_ids
from vtrack_datasets.seqinfo import read_seqinfo

__all__ = ["MotChallengeDataset", "MotChallengeSequence"]

_UNNAMED_CLASS = ("object",)


class MotChallengeDataset:
    """A data set in MOT Challenge layout; see `MotChallengeConfig` for the arguments."""

    def __init__(
        self,
        root: str,
        split: str = "",
        half: str = "",
        sequences: Seq[str] = (),
        detector: str = "",
        benchmark: str = "auto",
        classes: Seq[str] = (),
    ) -> None:
        """Check the options; nothing is read yet.

        Raises:
            ValueError: An option is none of its choices, or they contradict each other.
        """
        self.config = MotChallengeConfig(
            root=str(root),
            split=split,
            half=half,
            sequences=tuple(sequences),
            detector=detector,
            benchmark=benchmark,
            classes=tuple(classes),
        )

    def sequences(self) -> list[MotChallengeSequence]:
        """Return the sequences by name; their ``seqinfo.ini`` are read, nothing else.

        Raises:
            DataError: A folder, split or sequence does not exist, or a ``seqinfo.ini`` is not as it must be.
        """
        return [MotChallengeSequence(folder, self.config) for folder in find_sequences(self.config)]


class MotChallengeSequence(Sequence):
    """One sequence's folder. Tables are read when first asked for, and kept."""

    random_access: ClassVar[bool] = True

    def __init__(self, folder: Path, config: MotChallengeConfig) -> None:
        """Read ``seqinfo.ini``.

        Args:
            folder: Of the sequence; the sequence takes its name, as in the official evaluator.
            config: The data set's options.

        Raises:
            DataError: ``seqinfo.ini`` is missing or wrong, or the half that is asked for has no frames.
        """
        self._info = read_seqinfo(folder)
        self._folder = folder
        self._config = config
        self._benchmark = _benchmark_told(config) or benchmark_by_name(_telling_names(folder, self._info.name, config))
        self._taken = _half(self._info.length, config.half)
        if self._taken.start >= self._taken.stop:
            raise DataError(
                f"one frame (seqLength) has no second half; leave dataset.half out, or {folder.name!r}",
                file=folder / "seqinfo.ini",
            )
        super().__init__(
            folder.name,
            length=self._taken.stop - self._taken.start,
            width=self._info.width,
            height=self._info.height,
            frame_rate=self._info.frame_rate,
            classes=(config.classes or _UNNAMED_CLASS) if self._benchmark == "custom" else PEDESTRIAN,
            has_images=has_images(folder, self._info),
        )
        self._annotations: TrackTable | None = None
        self._detections: TrackTable | None = None

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame; without images exactly as many as ``seqinfo.ini`` says.

        Raises:
            DamagedSourceError: The images ended before the sequence, or one of them cannot be decoded; those before
                were yielded.
            DataError: There are no images at all, or the first cannot be decoded.
        """
        rate = self._info.frame_rate
        if not images:
            for index in range(self._taken.stop - self._taken.start):
                yield Frame(index, time=index / rate, sequence=self)
            return
        from vtcore.sources.images import read_frame_image

        paths = self._image_paths()
        for index, path in enumerate(paths):
            yield Frame(index, read_frame_image(path, index), time=index / rate, sequence=self)
        if len(paths) < self._taken.stop - self._taken.start:
            problem = next(image_problems(self._folder, self._info, self._taken))
            raise DamagedSourceError(problem, frames_read=len(paths))

    def frame(self, index: int) -> Frame:
        """Return one frame, decoding its image alone.

        Raises:
            IndexError: There is no such frame, or the images end before it.
            DataError: There are no images at all, or this one is missing or cannot be decoded.
        """
        from vtcore.sources.images import read_image

        paths = self._image_paths()
        if not 0 <= index < len(paths):
            raise self._no_frame(index)
        return Frame(index, read_image(paths[index]), time=index / self._info.frame_rate, sequence=self)

    def annotations(self) -> TrackTable | None:
        """Return ``gt/gt.txt`` with its roles; None where there is no such file, as in test splits.

        Raises:
            DataError: A row is wrong; the message names file and line.
        """
        path = self._folder / "gt" / "gt.txt"
        if self._annotations is None and path.is_file():
            rows = self._read(path)
            if len(rows) == 0:
                # A detector may find nothing; annotations of nothing are most likely a file cut short.
                raise DataError("holds no rows; remove the file if there is nothing to put in", file=path)
            refuse_twin_ids(rows, path)
            benchmark = self._benchmark or benchmark_by_columns(rows, path)
            told = bool(_benchmark_told(self._config))
            labels, roles = labels_and_roles(rows, benchmark, self._config.classes, path, told=told)
            seen = rows.extra[:, 1] if benchmark != "MOT15" and rows.extra.shape[1] >= 2 else None
            self._annotations = self._cut(
                TrackTable(rows.frames, rows.ltwh, ids=rows.ids, labels=labels, roles=roles, visibility=seen)
            )
        return self._annotations

    def detections(self) -> TrackTable | None:
        """Return ``det/det.txt``, which may hold no rows; None where there is no such file.

        Raises:
            DataError: A row is wrong; the message names file and line.
        """
        path = self._folder / "det" / "det.txt"
        if self._detections is None and path.is_file():
            rows = self._read(path)
            labels = (
                labels_of_classes(rows, self._config.classes, path)
                if len(rows) and self._benchmark == "custom"
                else None
            )
            self._detections = self._cut(TrackTable(rows.frames, rows.ltwh, scores=rows.scores, labels=labels))
        return self._detections

    def content(self) -> Iterator[Path | str]:
        """Yield the image files, and what ``seqinfo.ini`` says of them."""
        info = self._info
        yield f"frame rate {info.frame_rate}, size {(info.width, info.height)}, frames {self._taken}"
        yield from self._image_paths()

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield what is wrong with those of ``det.txt``, ``gt.txt`` and the images that are needed."""
        if "given-detections" in needs:
            yield from self._problems(self.detections)
        if "annotations" in needs:
            yield from self._problems(self.annotations)
        if "image" in needs:
            yield from image_problems(self._folder, self._info, self._taken)

    def _image_paths(self) -> list[Path]:
        if not self.has_images:
            raise DataError(next(image_problems(self._folder, self._info, self._taken)))
        return image_paths(self._folder, self._info)[self._taken]

    def _problems(self, read: Callable[[], TrackTable | None]) -> Iterator[str]:
        """Yield every problem of a file's rows; what only whole tables show comes when the rows are right."""
        name = "det" if read == self.detections else "gt"
        path = self._folder / name / f"{name}.txt"
        if not path.is_file():
            return
        try:
            read()
        except DataError as error:
            found: list[Problem] = []
            read_mot_text(path, problems=found)
            yield from map(str, found) if found else (str(error),)

    def _read(self, path: Path) -> MotRows:
        rows = read_mot_text(path)
        refuse_frames_beyond(rows, self._info.length, path)
        return rows

    def _cut(self, table: TrackTable) -> TrackTable:
        """Return the rows of the half that is asked for, frames counted from its start."""
        if not self._config.half:
            return table
        cut = table.select((table.frames >= self._taken.start) & (table.frames < self._taken.stop))
        cut.frames -= self._taken.start
        return cut


def _benchmark_told(config: MotChallengeConfig) -> str:
    """Return the benchmark that the options say, empty where it is to be found out."""
    if config.classes:
        return "custom"
    return "" if config.benchmark == "auto" else config.benchmark


def _telling_names(folder: Path, own_name: str, config: MotChallengeConfig) -> Iterator[str]:
    """Yield the names that may tell the benchmark: the sequence's, then of the folders up to the root."""
    yield own_name
    yield folder.name
    root = Path(config.root).expanduser().resolve()
    for parent in folder.resolve().parents:
        if not parent.is_relative_to(root):
            return
        yield parent.name


def _half(length: int, half: str) -> slice:
    middle = length // 2 + 1
    return {"": slice(0, length), "first": slice(0, min(middle, length)), "second": slice(middle, length)}[half]
