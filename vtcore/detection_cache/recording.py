"""Storing what a detector returns while a run goes on with it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from vtcore.detection_cache.entry_writer import EntryWriter, UnstorableError
from vtcore.detection_cache.refusal import Refusal
from vtcore.detection_cache.stored import StoredDetections
from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances

__all__ = ["Recording"]


class Recording:
    """Stores the detections of one sequence. What goes wrong with it never stops the run.

    Attributes:
        stored: The entry, once `finish` has put it in its place.
        failure: Why there is none; empty as long as nothing is wrong.
    """

    def __init__(
        self,
        target: Callable[[int], Path],
        facts: Mapping[str, Any],
        unchanged: Callable[[], bool],
        limit: int,
        *,
        replace: bool = False,
    ) -> None:
        """Open the entry's files.

        Args:
            target: Returns the folder of the entry; of its first so many frames, or 0 for all.
            facts: For ``about.json``.
            unchanged: Whether configs, code and data are still those of the key.
            limit: Frames after which the run stops; 0 for never.
            replace: Whether to replace an entry that is there.
        """
        self.stored: StoredDetections | None = None
        self.failure = ""
        self._facts = dict(facts)
        self._target = target
        self._unchanged = unchanged
        self._limit = limit
        self._began = time.perf_counter()
        self._writer: EntryWriter | None = None
        try:
            self._writer = EntryWriter(target(limit), replace=replace)
        except OSError as error:
            self._fail(error)

    def add(self, frames: Seq[Frame], found: Seq[Instances]) -> None:
        """Store what was found in the next frames."""
        if self._writer is None:
            return
        try:
            for frame, instances in zip(frames, found, strict=True):
                self._writer.add(frame, instances)
        except (OSError, UnstorableError) as error:
            self._fail(error)

    def finish(self, sequence: Sequence, *, classes: tuple[str, ...], batch_size: int) -> None:
        """Put the entry in its place: the source has come to its end, or to the frame where the run stops.

        Args:
            sequence: As it is after the last frame.
            classes: Of the detector.
            batch_size: Of the detector.
        """
        if self._writer is None:
            return
        complete = not self._limit or self._writer.frames < self._limit
        facts = {
            "complete": complete,
            "classes": classes,
            "batch_size": max(1, batch_size),
            "sequence_classes": sequence.classes,
            "sequence_length": sequence.length,
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self._began, 3),
            "python": platform.python_version(),
            **self._facts,
        }
        try:
            if not self._unchanged():
                raise UnstorableError("options, code or data have changed meanwhile")
            self._writer.retarget(self._target(0 if complete else self._limit))
            self.stored = self._writer.finish(facts)
            self._writer = None
        except (OSError, UnstorableError, Refusal) as error:
            self._fail(error)

    def close(self) -> None:
        """Remove what was written, unless it is finished."""
        if self._writer is not None:
            self._writer.abandon()
            self._writer = None

    def _fail(self, error: Exception) -> None:
        self.close()
        self.failure = (error.strerror if isinstance(error, OSError) else None) or str(error)
