"""Where the time of one of our trackers goes."""

from __future__ import annotations

import inspect
import sys
import time
from typing import Any

__all__ = ["StageClock", "watch_stages"]


class StageClock:
    """Adds up the time spent in functions, each without the watched ones it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Time a function or method under the name of a stage."""
        function = getattr(owner, name)
        clock = time.perf_counter

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            started = clock()
            result = function(*args, **kwargs)
            taken = clock() - started
            self.seconds[stage] = self.seconds.get(stage, 0.0) + taken - self._inner.pop()
            self._inner[-1] += taken
            return result

        setattr(owner, name, timed)


def watch_stages(clock: StageClock, target: type[Any]) -> None:
    """Time what a tracker consists of: its own methods, and what it has in common with others."""
    from vtrack_common_mot import assignment, kalman, overlap
    from vtrack_common_mot.tracker import BoxTracker

    package = target.__module__.partition(".")[0]
    owners = [owner for owner in target.__mro__ if issubclass(owner, BoxTracker) and owner is not BoxTracker]
    for owner in owners:
        for name, member in list(vars(owner).items()):
            if inspect.isfunction(member) and not name.startswith("__"):
                clock.watch(owner, name, name.strip("_"))
    clock.watch(assignment, "linear_sum_assignment", "solver")
    for filter_class in (kalman.BoxFilter, kalman.XyahFilter, kalman.XywhFilter, kalman.XysrFilter):
        for name in ("measure", "predict", "update", "edges", "shapes", "start"):
            if name in vars(filter_class):
                clock.watch(filter_class, name, name)
    clock.watch(overlap.BoxReader, "read", "read")
    # What a module imported by name is replaced there.
    for name, module in list(sys.modules.items()):
        if name.startswith((package, "vtrack_common_mot")) and name != overlap.__name__ and hasattr(module, "overlaps"):
            clock.watch(module, "overlaps", "overlap")
