"""What a protocol must do with a tracker of targets."""

from __future__ import annotations

import numpy as np

from vtcore.errors import DataError
from vtcore.testing.answers import expect_instances
from vtcore.testing.definitions import define
from vtcore.testing.drivers import StubTargetTracker, driver_of
from vtcore.testing.failures import CheckFailure, expect
from vtcore.testing.scenes import SceneSequence
from vtcore.testing.subjects import Subject

__all__ = ["missing_targets_told", "starts_and_answers"]


class _Bare(SceneSequence):
    def annotations(self) -> None:  # type: ignore[override]
        """Return None: nobody knows."""


@define("protocol")
def starts_and_answers(subject: Subject) -> None:
    """The tracker is started; a frame gives rows of what was started, the given boxes where that was just now."""
    driver = driver_of(subject)
    protocol, scene = subject.make(), driver.scene(subject)
    tracker = StubTargetTracker()
    tracker.reset(scene.sequence)
    protocol.reset(scene.sequence)
    for frame in scene.frames:
        written = protocol.step(tracker, frame)
        expect_instances(written, f"what is written of frame {frame.index}", ids=True)
        known = {name for _, ids in tracker.started for name in ids}
        odd = set(np.asarray(written.ids).tolist()) - known
        expect(not odd, f"in frame {frame.index} targets {sorted(odd)} are written that were never started")
        begun = {name for index, ids in tracker.started for name in ids if index == frame.index}
        sure = set(np.asarray(written.ids)[written.scores == 1].tolist())
        expect(
            begun <= sure,
            f"of targets {sorted(begun - sure)}, started in frame {frame.index}, the box that they were given is not "
            "written there with a score of 1; return vtcore.protocols.starting.with_started(tracked, targets)",
        )
    expect(
        tracker.started, "a sequence with an annotated target never started the tracker: call tracker.start(frame, ...)"
    )


@define("protocol")
def missing_targets_told(subject: Subject) -> None:
    """A sequence that does not tell its targets is refused with a DataError that names it."""
    protocol, sequence = subject.make(), _Bare(0, 3)
    try:
        protocol.reset(sequence)
    except DataError as error:
        expect(sequence.name in str(error), f"the error does not name the sequence {sequence.name!r}: {error}")
        return
    except Exception as error:
        raise CheckFailure(
            f"without annotations reset fails with {type(error).__name__}: {error}; raise vtcore.errors.DataError"
        ) from error
    raise CheckFailure("a sequence without annotations is taken by reset; raise vtcore.errors.DataError, naming it")
