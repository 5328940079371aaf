"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from vtcore.instances import Int64Array
from vtcore.results.scan import ResultsOverview, overview_of
from vtcore.tables import TrackTable

if TYPE_CHECKING:
    from vtcore.evaluation import FrameErrors
    from vtcore.frames import Sequence

__all__ = ["ReportInput", "SequenceReport"]


def _overview(results: TrackTable | ResultsOverview) -> ResultsOverview:
    return overview_of(results) if isinstance(results, TrackTable) else results


@attrs.frozen(kw_only=True, eq=False)
class SequenceReport:
    """What a report tells of one sequence.

    Attributes:
        name: Of the sequence.
        length: Number of frames of the sequence, None where unknown.
        classes: Names that labels index.
        sequence: Where pictures come from; None leaves them out.
        results: The tracks: a table, or `vtcore.results.scan.scan_results` of a file too long to hold. Kept as the
            overview of either.
        truth: Annotations that `errors` counts rows of; None where there are none.
        errors: Errors frame by frame, which count rows of the table given as `results`; None where nothing was
            scored.
        timings: Seconds spent in each stage; stages overlap, so they may add up to more than the time that passed.
        frames_done: Frames that were tracked.
        dropped: Frames that a camera or stream lost.
        notes: Damage and warnings, one line each.
    """

    name: str
    results: ResultsOverview = attrs.field(converter=_overview)
    frames_done: int
    length: int | None = None
    classes: tuple[str, ...] = ()
    sequence: Sequence | None = None
    truth: TrackTable | None = None
    errors: FrameErrors | None = None
    timings: Mapping[str, float] = attrs.field(factory=dict)
    dropped: int = 0
    notes: Seq[str] = ()

    @property
    def span(self) -> int:
        """Number of frames that plots show: every frame that was tracked, scored or promised to hold a track."""
        scored = 0 if self.errors is None else len(self.errors.fp)
        return max(len(self.results.tracks_per_frame), scored, self.frames_done)

    @property
    def tracks_per_frame(self) -> Int64Array:
        """Number of tracks in each frame of the span, int64 ``(span,)``."""
        counts = self.results.tracks_per_frame
        return np.pad(counts, (0, self.span - len(counts)))


@attrs.frozen(kw_only=True, eq=False)
class ReportInput:
    """What a report tells.

    Attributes:
        title: Name of the experiment.
        experiment_toml: The resolved experiment.
        versions: As in ``versions.json``; may be nested.
        scores: As in ``metrics.json``; None where nothing was scored.
        summaries: Fields of each metric that the short table shows, by the metric's name in `scores`.
        sequences: In order.
        notes: Warnings about the whole run, one line each.
        command: What was typed; empty where there was no command.
        made: When.
    """

    title: str
    experiment_toml: str = ""
    versions: Mapping[str, Any] = attrs.field(factory=dict)
    scores: Mapping[str, Any] | None = None
    summaries: Mapping[str, Seq[str]] = attrs.field(factory=dict)
    sequences: Seq[SequenceReport] = ()
    notes: Seq[str] = ()
    command: str = ""
    made: datetime = attrs.field(factory=lambda: datetime.now().astimezone())
