"""Components that are made when they are needed: where all detections are replayed, never."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vtcore.interfaces import Detector, ReId

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["LateDetector", "LateReId"]


class LateReId:
    """A re-identification that is made when its first boxes come, if they ever do."""

    def __init__(self, make: Callable[[], ReId]) -> None:
        self._make = make
        self._made: ReId | None = None

    def embed(self, frames: Any, boxes: Any) -> Any:
        """Return the embeddings of the boxes."""
        if self._made is None:
            self._made = self._make()
        return self._made.embed(frames, boxes)


class LateDetector:
    """A detector that is made when its first frame comes, if one ever does.

    Attributes:
        classes: Of the detector, known from what it found earlier.
    """

    def __init__(self, make: Callable[[], Detector], classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._make = make
        self._made: Detector | None = None

    @property
    def batch_size(self) -> int:
        """How many frames the detector wants at once."""
        return self._detector.batch_size

    def reset(self, sequence: Sequence) -> None:
        """Make the detector and prepare it."""
        self._detector.reset(sequence)

    def detect(self, frames: Any) -> Any:
        """Return what the detector finds."""
        return self._detector.detect(frames)

    @property
    def _detector(self) -> Detector:
        if self._made is None:
            self._made = self._make()
        return self._made
