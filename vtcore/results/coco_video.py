"""CocoVID JSON, the format of MMTracking and TAO: one file a sequence.

``videos``, ``images`` (``frame_id`` from 0), ``categories`` (ids from 1) and ``annotations`` with ``bbox`` (left, top,
width, height), ``score``, ``instance_id``, ``area``, and ``segmentation`` where there are masks. Written piece by
piece, so that memory does not grow with the video.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import IO, Any

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.results.rounding import written_boxes, written_scores

__all__ = ["CocoVideoWriter"]


class CocoVideoWriter:
    """Writes tracks as CocoVID JSON."""

    folder = "results"
    suffix = ".coco.json"

    def __init__(self) -> None:
        self._path = Path()
        self._annotations: IO[str] | None = None
        self._images: IO[str] | None = None
        self._sequence: Sequence | None = None
        self._count = 0
        self._labels = 0

    def open(self, sequence: Sequence, path: Path) -> None:
        """Start the file of a sequence."""
        self._sequence = sequence
        self._path = path
        self._count = 0
        self._labels = 0
        # Images and annotations come interleaved but stand in two lists: one waits in an unnamed file beside it.
        self._annotations = path.open("w", encoding="utf-8", newline="\n")
        self._annotations.write('{"annotations": [')
        self._images = tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent)  # noqa: SIM115 - kept open

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Append one frame's image entry and annotations."""
        if self._annotations is None or self._images is None or self._sequence is None:
            return
        self._images.write(("" if frame.index == 0 else ",") + "\n" + json.dumps(self._image_entry(frame)))
        boxes, scores = written_boxes(tracks.boxes), written_scores(tracks.scores)
        for row, box in enumerate(boxes):
            label = int(tracks.labels[row])
            self._labels = max(self._labels, label + 1)
            self._count += 1
            entry: dict[str, Any] = {
                "id": self._count,
                "image_id": frame.index + 1,
                "video_id": 1,
                "category_id": label + 1,
                "bbox": box,
                "area": round(box[2] * box[3], 4),
                "score": scores[row],
                "iscrowd": 0,
            }
            if tracks.ids is not None:
                entry["instance_id"] = int(tracks.ids[row])
            if tracks.masks is not None:
                rle = tracks.masks.rles[row]
                entry["segmentation"] = {"size": rle["size"], "counts": rle["counts"].decode("ascii")}
            self._annotations.write(("" if self._count == 1 else ",") + "\n" + json.dumps(entry))

    def close(self, *, complete: bool) -> None:
        """Join the lists; a file that is not complete is valid JSON too."""
        if self._annotations is None or self._images is None or self._sequence is None:
            return
        sequence = self._sequence
        video = {"id": 1, "name": sequence.name, "width": sequence.width, "height": sequence.height}
        names = sequence.classes or tuple(f"class {number}" for number in range(1, self._labels + 1))
        categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
        self._annotations.write('\n],\n"images": [')
        self._images.seek(0)
        for chunk in iter(lambda: self._images.read(1 << 20), ""):  # type: ignore[union-attr]
            self._annotations.write(chunk)
        self._annotations.write(f'\n],\n"videos": {json.dumps([video])},\n"categories": {json.dumps(categories)}}}\n')
        self._images.close()
        self._annotations.close()
        self._annotations = self._images = None

    def _image_entry(self, frame: Frame) -> dict[str, Any]:
        sequence = self._sequence
        width = None if sequence is None else sequence.width
        height = None if sequence is None else sequence.height
        if frame.image is not None:
            height, width = frame.image.shape[:2]
        return {
            "id": frame.index + 1,
            "video_id": 1,
            "frame_id": frame.index,
            "file_name": f"{'' if sequence is None else sequence.name}/{frame.index + 1:06d}.jpg",
            "width": width,
            "height": height,
        }
