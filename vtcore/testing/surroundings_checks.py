"""What any component must leave alone: the state of the process, and the device that others chose."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from vtcore.testing.comparisons import difference, plain_copy
from vtcore.testing.definitions import EVERY_KIND, define
from vtcore.testing.drivers import DRIVEN, driver_of
from vtcore.testing.failures import NotChecked, expect
from vtcore.testing.subjects import CONTEXT, Subject

__all__ = ["device_kept", "globals_kept"]

_DEEPEST = 6


@define(EVERY_KIND)
def globals_kept(subject: Subject) -> None:
    """Making and using it changes nothing that a whole process shares."""
    subject.make()  # What importing it for the first time brings is not its own doing.
    before = _globals()
    target = subject.make()
    # Making one seeds what is random, as a run does.
    random_before = _random_state()
    if subject.checked_as in DRIVEN:
        driver = driver_of(subject)
        for _ in driver.steps(target, driver.scene(subject)):
            pass
    told = difference(before, _globals())
    expect(
        not told,
        f"it changes what the whole process shares ({told}); restore it where you change it, or do without: "
        "contextlib.contextmanager, np.errstate(...) and torch.inference_mode() as contexts",
    )
    told = difference(random_before, _random_state())
    expect(
        not told,
        f"it draws from, or seeds, the random numbers of the whole process ({told.partition(':')[0]}); use a generator "
        "of its own: np.random.default_rng(context.seed), random.Random(context.seed), torch.Generator()",
    )


def _globals() -> dict[str, Any]:
    state: dict[str, Any] = {
        "working directory": str(Path.cwd()),
        "environment": dict(os.environ),
        "level of the root logger": logging.getLogger().level,
        "handlers of the root logger": len(logging.getLogger().handlers),
        "numpy's error handling": dict(np.geterr()),
        "filters of warnings": [str(each) for each in warnings.filters],
        "recursion limit": sys.getrecursionlimit(),
        "exception hook": repr(sys.excepthook),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        state["torch's default type"] = str(torch.get_default_dtype())
        state["torch's threads"] = torch.get_num_threads()
        state["torch's gradients"] = torch.is_grad_enabled()
        state["torch's determinism"] = torch.are_deterministic_algorithms_enabled()
    cv2 = sys.modules.get("cv2")
    if cv2 is not None:
        state["OpenCV's threads"] = cv2.getNumThreads()
    return plain_copy(state)  # type: ignore[no-any-return]


def _random_state() -> dict[str, Any]:
    state: dict[str, Any] = {"module random": list(random.getstate()[1])}
    state["numpy.random"] = plain_copy(list(np.random.get_state()))
    torch = sys.modules.get("torch")
    if torch is not None:
        state["torch's generator"] = torch.get_rng_state().numpy().copy()
    return state


@define(EVERY_KIND)
def device_kept(subject: Subject) -> None:
    """What it holds in tensors is where the run says, and stays there when it is used."""
    subject.make()
    if "torch" not in sys.modules:
        raise NotChecked("it does not use torch")
    torch: Any = sys.modules["torch"]
    devices = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]
    seen = 0
    for device in devices:
        target = subject.make(attrs.evolve(CONTEXT, device=device))
        seen += _expect_device(target, device, "when it is made")
        # A network by itself is where its owner puts it; what owns one takes the device of its context.
        if subject.checked_as in DRIVEN and subject.checked_as != "backbone":
            driver = driver_of(subject)
            for _ in driver.steps(target, driver.scene(subject)):
                pass
            _expect_device(target, device, "after it was used")
    if not seen:
        raise NotChecked("it holds no tensors")


def _expect_device(target: Any, device: str, when: str) -> int:
    """Return how many tensors it holds; fail if one is elsewhere."""
    count = 0
    for place, tensor in _tensors(target, type(target).__name__, 0, set()):
        count += 1
        kind = str(tensor.device).partition(":")[0]
        expect(
            kind == device.partition(":")[0],
            f"{place} is on {tensor.device} {when}, though it was made with device={device!r}; take an argument "
            "`context` and put networks and constants on context.device",
        )
    return count


def _tensors(value: Any, place: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    torch: Any = sys.modules["torch"]
    if id(value) in seen or depth > _DEEPEST or isinstance(value, str | bytes | int | float | np.ndarray | type):
        return
    seen.add(id(value))
    if isinstance(value, torch.Tensor):
        yield place, value
    elif isinstance(value, torch.nn.Module):
        for name, tensor in [*value.named_parameters(), *value.named_buffers()]:
            yield f"{place}.{name}", tensor
    elif isinstance(value, dict):
        for key, item in list(value.items()):
            yield from _tensors(item, f"{place}[{key!r}]", depth + 1, seen)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _tensors(item, f"{place}[{index}]", depth + 1, seen)
    else:
        slots = [name for base in type(value).__mro__ for name in getattr(base, "__slots__", ())]
        names = {*getattr(value, "__dict__", ()), *slots}
        for name in sorted(names):
            if not name.startswith("__") and hasattr(value, name):
                yield from _tensors(getattr(value, name), f"{place}.{name}", depth + 1, seen)
