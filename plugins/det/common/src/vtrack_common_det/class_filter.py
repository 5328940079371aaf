"""Only the classes that somebody asked for, by name."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np

from vtcore.errors import OptionError
from vtcore.instances import BoolArray, Int64Array
from vtcore.suggestions import did_you_mean_or_list
from vtrack_common_det.class_names import default_class_names

__all__ = ["ClassFilter", "network_class_names"]


def network_class_names(names: Seq[str], count: int) -> tuple[str, ...]:
    """Return what the classes of a network are called.

    Args:
        names: As the option ``class_names`` has them; empty for the usual ones (`default_class_names`).
        count: Classes of the network.

    Raises:
        OptionError: There are more or fewer names than classes, or a name stands twice or is empty.
    """
    if not names:
        return default_class_names(count)
    if len(names) != count:
        raise OptionError(
            f"class_names: the network has {count} class{'' if count == 1 else 'es'}, got {len(names)} "
            f"name{'' if len(names) == 1 else 's'}; give one for each, or leave class_names out"
        )
    if "" in names:
        raise OptionError(f"class_names: name {names.index('') + 1} of {count} is empty; every class needs a name")
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise OptionError(f"class_names: {twice!r} stands twice; every class needs a name of its own")
    return tuple(names)


class ClassFilter:
    """Knows which classes of a network are kept, and numbers them anew.

    Attributes:
        names: The names that are kept, in the network's order; labels of detections index them.
        wanted: bool ``(C,)``, which of the network's C classes are kept.
    """

    names: tuple[str, ...]
    wanted: BoolArray

    def __init__(self, known: Seq[str], classes: Seq[str] = ()) -> None:
        """Look the names up.

        Args:
            known: Names of all classes of the network, in its order.
            classes: Those to keep; empty for all.

        Raises:
            OptionError: The network has no class of a name.
        """
        for name in classes:
            if name not in known:
                raise OptionError(f"classes: the detector finds no {name!r}; {did_you_mean_or_list(name, known)}")
        self.wanted = np.array([not classes or name in classes for name in known], np.bool_)
        self.names = tuple(name for name in known if not classes or name in classes)
        self.everything = bool(self.wanted.all())
        self._numbers: Int64Array = np.cumsum(self.wanted, dtype=np.int64) - 1

    def kept(self, labels: Int64Array) -> BoolArray:
        """Return which of the network's labels ``(N,)`` belong to a class that is kept."""
        return self.wanted[labels]

    def numbered(self, labels: Int64Array) -> Int64Array:
        """Return the places in `names` of the network's labels ``(N,)``, all of them of classes that are kept."""
        return self._numbers[labels]
