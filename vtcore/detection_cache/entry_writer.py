"""An entry in the making: written frame by frame, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vtcore.detection_cache.columns import ColumnWriter
from vtcore.detection_cache.entry_format import ABOUT, COLUMNS, EMBEDDINGS, FORMAT, MASKS, self_check
from vtcore.detection_cache.stored import StoredDetections, as_time
from vtcore.files import PARTIAL
from vtcore.frames import Frame
from vtcore.instances import Instances
from vtcore.masks import Masks

__all__ = ["EntryWriter", "UnstorableError", "remove_entry"]


class UnstorableError(Exception):
    """What a detector returned could not be given back exactly as it was."""


class EntryWriter:
    """Writes the detections of one sequence beside their final folder, and moves them there when they are whole.

    Two processes may write the same entry: each writes a folder of its own, and the first to finish wins.

    Attributes:
        frames: Number of frames so far.
    """

    def __init__(self, target: Path, *, replace: bool = False) -> None:
        """Open the files.

        Args:
            target: Final folder of the entry.
            replace: Whether to replace an entry that is there.

        Raises:
            OSError: They cannot be written.
        """
        self.frames = 0
        self._target = target
        self._replace = replace
        self._folder = target.with_name(f"{target.name}{PARTIAL}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
        self._folder.mkdir(parents=True)
        self._rows = self._values = self._masks = self._mask_bytes = 0
        self._columns: dict[str, ColumnWriter] = {}
        try:
            for name, (dtype, width) in COLUMNS.items():
                self._columns[name] = ColumnWriter(self._folder / f"{name}.npy", dtype, width)
        except OSError:
            self.abandon()
            raise

    def add(self, frame: Frame, found: Instances) -> None:
        """Add what was found in the next frame.

        Raises:
            UnstorableError: It is nothing that the entry could give back exactly.
            OSError: It cannot be written.
        """
        if frame.index != self.frames:
            raise UnstorableError(f"frame {frame.index} comes where {self.frames} is expected")
        if (complaint := _complaint(found)) is not None:
            raise UnstorableError(f"frame {frame.index}: {complaint}")
        embeddings, masks = found.embeddings, found.masks
        marks = (EMBEDDINGS if embeddings is not None else 0) | (MASKS if masks is not None else 0)
        self._append_frame(marks, 0 if embeddings is None else embeddings.shape[1])
        self._columns["times"].append(as_time(frame.time))
        self._columns["boxes"].append(found.boxes)
        self._columns["scores"].append(found.scores)
        self._columns["labels"].append(found.labels)
        if embeddings is not None:
            self._columns["embeddings"].append(embeddings)
            self._values += embeddings.size
        if masks is not None:
            self._append_masks(masks)
        self._rows += len(found)
        self.frames += 1

    def retarget(self, target: Path) -> None:
        """Choose another final folder beside the first."""
        self._target = target

    def finish(self, facts: Mapping[str, Any]) -> StoredDetections:
        """Close the files, write ``about.json`` with these facts, and move the entry to its place.

        Args:
            facts: ``classes``, ``complete``, ``batch_size``, ``sequence_classes`` (see `StoredDetections`), and
                whatever else a reader should know; plain data.

        Raises:
            OSError: They cannot be written.
        """
        self._append_frame(0, 0)
        self._columns["masks"].append(np.array([self._mask_bytes, 0, 0]))
        columns = {name: column.close() for name, column in self._columns.items()}
        about = {"format": FORMAT, "frames": self.frames, "detections": self._rows, **facts, "columns": columns}
        # As it will be read: tuples have become lists.
        about = json.loads(json.dumps(about))
        about["self_check"] = self_check(about)
        (self._folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        return self._moved()

    def abandon(self) -> None:
        """Remove what was written."""
        for column in self._columns.values():
            column.abandon()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _moved(self) -> StoredDetections:
        if self._replace:
            remove_entry(self._target)
        for _ in range(3):
            try:
                self._folder.rename(self._target)
                return StoredDetections.open(self._target)
            except OSError:
                if not self._target.is_dir():
                    raise
            try:
                other = StoredDetections.open(self._target, verify=True)
            except (OSError, ValueError):
                remove_entry(self._target)
                continue
            shutil.rmtree(self._folder, ignore_errors=True)
            return other
        raise OSError(f"{self._target}: is in the way")

    def _append_frame(self, marks: int, width: int) -> None:
        row = np.array([self._rows, self._values, self._masks, marks, width], np.int64)
        self._columns["frames"].append(row)

    def _append_masks(self, masks: Masks) -> None:
        for rle in masks.rles:
            counts: bytes = rle["counts"]
            height, width = rle["size"]
            self._columns["masks"].append(np.array([self._mask_bytes, height, width], np.int64))
            self._columns["mask_bytes"].append(np.frombuffer(counts, np.uint8))
            self._mask_bytes += len(counts)
        self._masks += len(masks)


def remove_entry(folder: Path) -> None:
    """Remove an entry so that nobody ever sees half of it."""
    away = folder.with_name(f"{folder.name}{PARTIAL}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    try:
        folder.rename(away)
    except FileNotFoundError:
        return
    shutil.rmtree(away, ignore_errors=True)


def _complaint(found: Instances) -> str | None:
    """Say what keeps detections from being stored exactly, or None if nothing does."""
    if found.ids is not None or found.detection_index is not None:
        return "the detections carry ids"
    count = len(found.boxes)
    fields = [
        ("boxes", found.boxes, np.float32, (count, 4)),
        ("scores", found.scores, np.float32, (count,)),
        ("labels", found.labels, np.int64, (count,)),
    ]
    if found.embeddings is not None:
        fields.append(("embeddings", found.embeddings, np.float32, (count, found.embeddings.shape[-1])))
    for name, array, dtype, shape in fields:
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
            kind = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            return f"{name} are {kind}, not {np.dtype(dtype)} {shape}"
    if found.masks is not None and len(found.masks) != count:
        return f"{len(found.masks)} masks for {count} boxes"
    return None
