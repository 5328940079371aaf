"""What a new component answers to a scene: found once, and looked at by many checks."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import attrs

from vtcore.testing.comparisons import plain_copy
from vtcore.testing.drivers import driver_of
from vtcore.testing.scenes import Scene
from vtcore.testing.subjects import Subject, seed_everything

__all__ = ["Reference", "reference"]


@attrs.frozen(eq=False)
class Reference:
    """What a new component answered.

    Attributes:
        scene: What it was shown.
        answers: What it answered, itself.
        copies: Plain copies, taken as each answer came.
    """

    scene: Scene
    answers: list[Any]
    copies: list[Any]


_known: WeakKeyDictionary[Subject, dict[int, Reference | Exception]] = WeakKeyDictionary()


def reference(subject: Subject, variant: int = 0) -> Reference:
    """Return what a new component answers to a scene; it is put to work the first time only.

    Args:
        subject: The component.
        variant: Which scene.

    Raises:
        NotChecked: It cannot be made here, or the kit does not know components of that kind.
        CheckFailure: It cannot be made at all, or its answers are of no use.
        Exception: Whatever it raises itself, each time it is asked for.
    """
    known = _known.setdefault(subject, {})
    if variant not in known:
        driver, target = driver_of(subject), subject.make()
        seed_everything(1)
        scene = driver.scene(subject, variant)
        made = Reference(scene, [], [])
        try:
            for answer in driver.steps(target, scene):
                made.answers.append(answer)
                made.copies.append(plain_copy(answer))
            known[variant] = made
        except Exception as error:  # noqa: BLE001 - raised below, now and whenever it is asked for
            known[variant] = error
    found = known[variant]
    if isinstance(found, Exception):
        raise found
    return found
