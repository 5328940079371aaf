"""What cameras and streams have in common."""

from __future__ import annotations

from vtcore.frames import Sequence

__all__ = ["LiveSequence"]


class LiveSequence(Sequence):
    """Frames that come when they come.

    Attributes:
        real_time: Whether frames that come while the run is busy are lost, rather than kept waiting.
        dropped: Frames that came but were not handed on: too late, or damaged on the way.
        reconnects: How often the source was lost and found again.
    """

    def __init__(
        self,
        name: str,
        *,
        width: int | None = None,
        height: int | None = None,
        frame_rate: float | None = None,
        classes: tuple[str, ...] = (),
        real_time: bool = True,
    ) -> None:
        """Keep what is known beforehand."""
        super().__init__(name, width=width, height=height, frame_rate=frame_rate, classes=classes, live=True)
        self.real_time = real_time
        self.dropped = 0
        self.reconnects = 0
