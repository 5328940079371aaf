"""What a tracker that can save its state must restore."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np

from vtcore.errors import StateError
from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import TARGET_TRACKER, define
from vtcore.testing.drivers import TrackerDriver, driver_of
from vtcore.testing.failures import CheckFailure, NotChecked, expect
from vtcore.testing.references import reference
from vtcore.testing.subjects import Subject

__all__ = ["foreign_state_refused", "state_restored"]

_WAY = "derive the class from vtcore.state.Stateful and list in _STATE every attribute that decides a later answer"


def _with_state(subject: Subject) -> Any:
    tracker = subject.make()
    if hasattr(tracker, "state_dict") and hasattr(tracker, "load_state_dict"):
        return tracker
    persists = subject.component is not None and hasattr(subject.configured().config, "persist")
    expect(not persists, f"its config has `persist`, but it has no state_dict to resume a run from; {_WAY}")
    raise NotChecked("it saves no state, which is optional: streams cannot be continued; " + _WAY)


@define("tracker", TARGET_TRACKER)
def state_restored(subject: Subject) -> None:
    """Its state, saved in the middle and loaded into a new one, goes on as if nothing had happened."""
    way = _way(_with_state(subject))
    driver = driver_of(subject)
    assert isinstance(driver, TrackerDriver)  # the check is about trackers only
    expected = reference(subject).copies
    for stop in (0, 3, 6, 9):
        tracker, scene = subject.make(), driver.scene(subject)
        walk = driver.steps(tracker, scene)
        for _ in range(stop):
            next(walk)
        if stop:
            # What comes behind the last answer: a start of targets.
            targets = scene.targets.get(stop - 1)
            if targets is not None and subject.checked_as == TARGET_TRACKER:
                tracker.start(scene.frames[stop - 1], targets)
        else:
            tracker.reset(scene.sequence)
        other = subject.make()
        other.reset(scene.sequence)
        other.load_state_dict(_through_a_file(tracker.state_dict()))
        try:
            rest = [plain_copy(answer) for answer in driver.rest(other, driver.scene(subject), stop)]
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise CheckFailure(f"one that goes on from a saved state fails ({told}); {way}") from error
        told = difference(expected[stop:], rest, tolerance=driver.tolerance, place=f"answer after frame {stop}")
        expect(
            not told,
            f"one that goes on from a saved state answers otherwise than one that never stopped ({told}); {way}",
        )


def _way(tracker: Any) -> str:
    """Return what to do about a state that is not enough."""
    attributes = getattr(tracker, "__dict__", {})
    held = [name for name, value in attributes.items() if isinstance(value, np.random.Generator | random.Random)]
    if not held:
        return _WAY
    return (
        f"its {held[0]!r} draws random numbers, and can be no part of a state: make it anew in each update, from the "
        f"seed and a counter in _STATE, np.random.default_rng((seed, self._frame)). Else, {_WAY}"
    )


@define("tracker", TARGET_TRACKER)
def foreign_state_refused(subject: Subject) -> None:
    """A state of something else is refused with a StateError."""
    tracker = _with_state(subject)
    tracker.reset(None)
    try:
        tracker.load_state_dict({"nonsense": np.zeros(3)})
    except StateError:
        return
    except Exception as error:
        raise CheckFailure(
            f"a state of something else fails with {type(error).__name__}: {error}; raise vtcore.errors.StateError"
        ) from error
    raise CheckFailure("a state of something else is taken without a word; raise vtcore.errors.StateError")


def _through_a_file(state: Any) -> dict[str, Any]:
    expect(
        isinstance(state, dict) and all(isinstance(key, str) for key in state),
        f"state_dict answers {type(state).__name__}; answer a dict of dotted names to arrays",
    )
    odd = [key for key, value in state.items() if not isinstance(value, np.ndarray) or value.dtype.hasobject]
    expect(not odd, f"state_dict has {odd[0] if odd else ''!r}, which is no array of plain numbers or texts; {_WAY}")
    buffer = io.BytesIO()
    np.savez(buffer, **state)
    buffer.seek(0)
    with np.load(buffer, allow_pickle=False) as loaded:
        return {key: loaded[key] for key in loaded.files}
