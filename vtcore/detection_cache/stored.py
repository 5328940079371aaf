"""Detections of one sequence as they lie in the cache, mapped into memory."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vtcore.detection_cache.class_names import name_classes
from vtcore.detection_cache.columns import checksum, open_column
from vtcore.detection_cache.entry_format import ABOUT, COLUMNS, EMBEDDINGS, FORMAT, MASKS, self_check
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.masks import Masks

__all__ = ["StoredDetections", "as_time"]


class StoredDetections:
    """What a detector returned for the frames of one sequence.

    Opening reads no rows; they are read as they are asked for, and memory stays bounded.

    Attributes:
        folder: Of the entry; `open` opens it in another process, without a look at detector or data.
        about: Content of its ``about.json``.
        classes: Names that the labels index; empty when they index the sequence's own classes.
        length: Number of frames.
        complete: Whether they are all of the sequence; else its first `length`, cut by ``run.max_frames``.
        batch_size: How many frames the detector took at once.
        sequence_classes: The class names that the sequence has in a run with this detector.
        temporary: Whether it lies in no cache; its folder is removed with the object that made it.
    """

    temporary = False

    def __init__(self, folder: Path, about: dict[str, Any], columns: dict[str, npt.NDArray[Any]]) -> None:
        """Keep an entry's parts; `open` reads them."""
        self.folder = folder
        self.about = about
        self.classes: tuple[str, ...] = tuple(about["classes"])
        self.length: int = about["frames"]
        self.complete: bool = about["complete"]
        self.batch_size: int = about["batch_size"]
        self.sequence_classes: tuple[str, ...] = tuple(about["sequence_classes"])
        self._columns = columns

    @classmethod
    def open(cls, folder: str | Path, *, verify: bool = False) -> StoredDetections:
        """Open an entry.

        Args:
            folder: Of the entry.
            verify: Whether to compare all content with its checksums, which reads it once.

        Raises:
            ValueError: It is damaged; the message says what is.
            OSError: It cannot be read.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            if about["format"] != FORMAT or about["self_check"] != self_check(about):
                raise ValueError(f"{ABOUT} is damaged")
            columns = {name: open_column(folder / f"{name}.npy", about["columns"][name]) for name in COLUMNS}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(str(error) if type(error) is ValueError else f"{ABOUT} is damaged") from error
        if verify:
            for name in COLUMNS:
                if checksum(folder / f"{name}.npy") != about["columns"][name]["crc32"]:
                    raise ValueError(f"the content of {name}.npy is damaged")
        return cls(folder, about, columns)

    def detections(self, index: int) -> Instances:
        """Return the detections of one frame, bit by bit as the detector returned them; nobody else holds the arrays.

        Args:
            index: 0-based.

        Raises:
            IndexError: The entry does not reach that far.
        """
        if not 0 <= index < self.length:
            raise IndexError(f"frame {index} is not among the {self.length} stored ones")
        columns = self._columns
        (start, values, masks, marks, width), (stop, end_of_values, end_of_masks, _, _) = columns["frames"][
            index : index + 2
        ].tolist()
        embeddings = None
        if marks & EMBEDDINGS:
            embeddings = columns["embeddings"][values:end_of_values].reshape(stop - start, width).copy()
        return Instances.trusted(
            columns["boxes"][start:stop].copy(),
            columns["scores"][start:stop].copy(),
            columns["labels"][start:stop].copy(),
            masks=self._masks(masks, end_of_masks) if marks & MASKS else None,
            embeddings=embeddings,
        )

    def time(self, index: int) -> float | None:
        """Return the time of a frame in seconds since the first, None where it has none."""
        time = float(self._columns["times"][index])
        return None if math.isnan(time) else time

    def replay(self, sequence: Sequence, max_frames: int = 0) -> Iterator[tuple[Frame, Instances]]:
        """Yield the frames as the detector saw them, without images, and their detections.

        Nothing of the sequence is read.

        Args:
            sequence: The frames' sequence.
            max_frames: Stop after so many frames; 0 for never.
        """
        for index in range(min(self.length, max_frames or self.length)):
            yield Frame(index, time=self.time(index), sequence=sequence), self.detections(index)
        if self.complete and not max_frames and sequence.length != self.about["sequence_length"]:
            # A video may tell its length only at its end.
            sequence.length = self.about["sequence_length"]

    def prepare(self, sequence: Sequence) -> None:
        """Give a sequence the class names that it has in a run with this detector."""
        name_classes(sequence, self.sequence_classes)

    def serves(self, max_frames: int) -> bool:
        """Whether a run that stops after so many frames (0: never) would find exactly what is stored here.

        All frames serve a run over all of them. The first frames of an entry serve a shorter run where the detector
        would have been handed the same batches: what it finds may depend on the frames that it sees together.
        """
        if not max_frames:
            return self.complete
        if max_frames > self.length:
            return self.complete
        return max_frames == self.length or max_frames % self.batch_size == 0

    def touch(self) -> None:
        """Note that the entry was used, for those who remove old ones; where nothing may be written, nothing is."""
        try:
            os.utime(self.folder / ABOUT)
        except OSError:
            return

    def _masks(self, start: int, stop: int) -> Masks:
        rows = self._columns["masks"][start : stop + 1].tolist()
        content = self._columns["mask_bytes"]
        return Masks(
            {"size": [height, width], "counts": content[begin : rows[place + 1][0]].tobytes()}
            for place, (begin, height, width) in enumerate(rows[:-1])
        )


def as_time(time: float | None) -> npt.NDArray[np.float64]:
    """Return a frame's time as it is stored."""
    return np.array([math.nan if time is None else time], np.float64)
