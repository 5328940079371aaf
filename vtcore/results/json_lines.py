"""JSON lines: one object a frame, with every field that tracks have.

Keys: ``frame`` (0-based), ``time`` (seconds or null), ``ids``, ``boxes_ltwh`` (left, top, width, height in pixels of
the original frame), ``scores``, ``labels`` (index), ``classes`` (names, where the sequence has them),
``detection_index``, ``masks`` (COCO run-length encodings) and ``embeddings`` where there are any. Numbers are rounded
as in every result file. Every frame has a line, also one without tracks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.results.rounding import written_boxes, written_scores

__all__ = ["JsonLinesWriter"]


class JsonLinesWriter:
    """Writes tracks as JSON lines."""

    folder = "results"
    suffix = ".jsonl"

    def __init__(self, *, masks: bool = True, embeddings: bool = False, detections: bool = False) -> None:
        """Choose the large fields.

        Args:
            masks: Write masks.
            embeddings: Write embeddings.
            detections: Write each frame's detections under ``"detections"``.
        """
        self._masks = masks
        self._embeddings = embeddings
        self._detections = detections
        self._file: TextIO | None = None
        self._classes: tuple[str, ...] = ()
        self._live = False

    def open(self, sequence: Sequence, path: Path) -> None:
        """Start the file of a sequence."""
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._classes = sequence.classes
        self._live = sequence.live

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Append the line of one frame."""
        if self._file is None:
            return
        line: dict[str, Any] = {"frame": frame.index, "time": frame.time, **self._fields(tracks)}
        if self._detections:
            line["detections"] = self._fields(detections)
        self._file.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")
        if self._live:
            self._file.flush()

    def close(self, *, complete: bool) -> None:
        """Close the file, which is valid after every frame."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _fields(self, instances: Instances) -> dict[str, Any]:
        labels = instances.labels.tolist()
        fields: dict[str, Any] = {
            "boxes_ltwh": written_boxes(instances.boxes),
            "scores": written_scores(instances.scores),
            "labels": labels,
        }
        if instances.ids is not None:
            fields["ids"] = instances.ids.tolist()
        if self._classes:
            fields["classes"] = [self._classes[label] for label in labels]
        if instances.detection_index is not None:
            fields["detection_index"] = instances.detection_index.tolist()
        if self._masks and instances.masks is not None:
            fields["masks"] = [
                {"size": rle["size"], "counts": rle["counts"].decode("ascii")} for rle in instances.masks.rles
            ]
        if self._embeddings and instances.embeddings is not None:
            fields["embeddings"] = instances.embeddings.tolist()
        return fields
