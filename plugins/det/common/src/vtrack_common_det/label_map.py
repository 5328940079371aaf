"""Numbers of classes that have gaps, such as COCO's category ids, as places in a list of names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vtcore.instances import BoolArray, Int64Array

__all__ = ["LabelMap"]


class LabelMap:
    """Knows which numbers of a network stand for a class.

    Attributes:
        names: The classes, in the order of their numbers; each once.
        last: The greatest number that stands for one.
    """

    names: tuple[str, ...]
    last: int

    def __init__(self, names: Mapping[int, str]) -> None:
        """Look at the numbers.

        Args:
            names: The class of each number; numbers that stand for none (the background, gaps) are left out.

        Raises:
            ValueError: A number is negative, two numbers have one name, or there is none at all.
        """
        if not names or min(names) < 0:
            raise ValueError("a network's classes need numbers from 0 on, and at least one")
        numbers = sorted(names)
        self.names = tuple(names[number] for number in numbers)
        twice = next((name for index, name in enumerate(self.names) if name in self.names[:index]), None)
        if twice is not None:
            raise ValueError(f"{twice!r} is the name of two classes; every class needs one of its own")
        self.last = numbers[-1]
        self._places: Int64Array = np.full(self.last + 1, -1, np.int64)
        self._places[numbers] = np.arange(len(numbers))

    def __call__(self, numbers: Int64Array) -> tuple[BoolArray, Int64Array]:
        """Return, for the network's numbers ``(N,)``, which stand for a class, and the places in `names` of those."""
        inside = (numbers >= 0) & (numbers < len(self._places))
        places: Int64Array = np.where(inside, self._places[np.where(inside, numbers, 0)], -1)
        known: BoolArray = places >= 0
        return known, places[known]
