"""What any component that is put to work must do: the same each time, by itself, leaving what it was given."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import TARGET_TRACKER, define
from vtcore.testing.drivers import answers, driver_of
from vtcore.testing.failures import expect
from vtcore.testing.references import reference
from vtcore.testing.subjects import Subject, seed_everything

__all__ = ["answers_stay", "deterministic", "independent_instances", "inputs_unmodified", "reset_equals_fresh"]

_WORKED = (
    "tracker",
    TARGET_TRACKER,
    "detector",
    "reid",
    "dataset",
    "transform",
    "refiner",
    "metric",
    "writer",
    "protocol",
    "backbone",
)


@define(*_WORKED)
def deterministic(subject: Subject) -> None:
    """Two of them that are shown the same answer the same, whatever was drawn at random before, and at any time."""
    driver = driver_of(subject)
    first = reference(subject).copies
    target, scene = subject.make(), driver.scene(subject)
    seed_everything(2)
    with _other_clock():
        second = answers(driver, target, scene)
    told = difference(_renumbered(first), _renumbered(second), tolerance=driver.tolerance, place="answer")
    expect(
        not told,
        f"two new ones answer the same scene differently ({told}); draw random numbers from a generator that is made "
        "in reset, np.random.default_rng(context.seed), go through sets and dicts of objects in an order of your own, "
        "and take the time from frame.time or frame.index, not from a clock",
    )


@contextmanager
def _other_clock() -> Iterator[None]:
    """Let an hour pass between any two looks at a clock."""
    hours = iter(range(0, 10**12, 3600))
    began = time.time()
    with mock.patch.multiple(
        time,
        time=lambda: began + next(hours),
        monotonic=lambda: float(next(hours)),
        perf_counter=lambda: float(next(hours)),
    ):
        yield


@define(*_WORKED)
def reset_equals_fresh(subject: Subject) -> None:
    """One that was used before answers as a new one does."""
    driver = driver_of(subject)
    expected = reference(subject).copies
    used = subject.make()
    for _ in driver.steps(used, driver.scene(subject, 1)):
        pass
    for before in ("another sequence", "the same sequence"):
        again = answers(driver, used, driver.scene(subject))
        told = difference(expected, again, tolerance=driver.tolerance, place="answer")
        expect(
            not told,
            f"after {before} it answers otherwise than a new one ({told}); {_forgetting(subject, expected, again)}",
        )


def _forgetting(subject: Subject, expected: list[Any], again: list[Any]) -> str:
    """Return what to do about answers that were different the second time."""
    driver = driver_of(subject)
    if not driver.resets:
        return f"a {subject.kind} has no reset, so it may remember nothing from one call to the next"
    if not difference(_renumbered(expected), _renumbered(again), tolerance=driver.tolerance):
        return "start the counter of ids anew in reset, and keep it in the instance, not in the class or module"
    return "put everything that it learns from frames back in reset"


@define(*_WORKED)
def independent_instances(subject: Subject) -> None:
    """Two of them, used in turns, do not notice each other."""
    driver = driver_of(subject)
    alone = [reference(subject, variant).copies for variant in (0, 1)]
    both = [subject.make(), subject.make()]
    walks = [driver.steps(target, driver.scene(subject, variant)) for variant, target in enumerate(both)]
    together: list[list[Any]] = [[], []]
    going = [True, True]
    while any(going):
        for index, walk in enumerate(walks):
            answer = next(walk, _END) if going[index] else _END
            going[index] = answer is not _END
            if going[index]:
                together[index].append(plain_copy(answer))
    told = difference(alone, together, tolerance=driver.tolerance, place="answer")
    expect(
        not told,
        f"two used in turns answer otherwise than each alone ({told}); keep what changes, the counter of ids too, in "
        "attributes that __init__ or reset makes: none in the class, in the module, or in a mutable default argument",
    )


@define(*_WORKED)
def inputs_unmodified(subject: Subject) -> None:
    """What it is given stays as it was: others look at the same arrays."""
    driver = driver_of(subject)
    scene = driver.scene(subject)
    before = _inputs(scene)
    target = subject.make()
    for number, _ in enumerate(driver.steps(target, scene)):
        told = difference(before, _inputs(scene))
        expect(
            not told,
            f"in step {number} it changed what it was given ({told}); work on a copy: boxes = detections.boxes.copy(), "
            "image = frame.image.copy()",
        )


@define(*_WORKED)
def answers_stay(subject: Subject) -> None:
    """What it has answered does not change later: writers and hooks look at it in threads of their own."""
    driver = driver_of(subject)
    kept, copies = [], []
    for answer in driver.steps(subject.make(), driver.scene(subject)):
        kept.append(answer)
        copies.append(plain_copy(answer))
    told = difference(copies, [plain_copy(answer) for answer in kept], place="answer")
    expect(not told, f"an answer changed after it was given ({told}); answer copies of the arrays that you go on with")


_END = object()


def _inputs(scene: Any) -> Any:
    return plain_copy([scene.frames, scene.detections, scene.targets])


def _renumbered(run: list[Any]) -> list[Any]:
    """Give ids their numbers in the order in which they come up, from one answer to the next."""
    known: dict[int, int] = {}

    def numbered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: _numbers(item, known) if key == "ids" else numbered(item) for key, item in value.items()}
        return [numbered(item) for item in value] if isinstance(value, list) else value

    return [numbered(answer) for answer in run]


def _numbers(ids: Any, known: dict[int, int]) -> Any:
    return None if ids is None else [known.setdefault(int(name), len(known)) for name in ids]
