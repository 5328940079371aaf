"""A bound on how much work a config may make: small files can stand for values that no memory holds.

``a = [a, a]`` fifty times is a list that is shared, and has 2**50 items to whoever goes through it. So whatever goes
through values counts what it meets, and reading ends where a config has used up what any real one needs many times
over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from vtcore.errors import DataError

__all__ = ["LONGEST", "bounded", "spend"]

LONGEST = 100_000
"""Items of a list, or characters of a text, that an expression may make."""

_ENOUGH = 1_000_000
_FILE = 2_000
"""What a file costs, since bases of bases may be read again and again."""


class _Effort:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.left = _ENOUGH


_CURRENT: ContextVar[_Effort | None] = ContextVar("effort", default=None)


@contextmanager
def bounded(file: Path) -> Iterator[None]:
    """Bound all that is done within; what is bounded already stays so.

    Args:
        file: The config, for the error.
    """
    if _CURRENT.get() is not None:
        yield
        return
    token = _CURRENT.set(_Effort(file))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def spend(count: int = 1, *, files: int = 0) -> None:
    """Count values that were gone through, or files that were read.

    Raises:
        DataError: Those were too many for a config.
    """
    effort = _CURRENT.get()
    if effort is not None:
        effort.left -= count + files * _FILE
        if effort.left < 0:
            raise DataError("stands for more values than any config: it is not read any further", file=effort.file)
