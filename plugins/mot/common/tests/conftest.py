"""Every installed tracker of boxes, for the tests that hold for all."""

from __future__ import annotations

import pytest

from vtcore.components import Component
from vtcore.host import plugin_host
from vtrack_common_mot.tracker import BoxTracker


def _is_ours(component: Component) -> bool:
    target = component.load_target()
    needs = getattr(component.load_config()(), "needs", {"image"})
    return isinstance(target, type) and issubclass(target, BoxTracker) and "image" not in needs


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tracker_class" in metafunc.fixturenames:
        found = [component for component in plugin_host().components("tracker") if _is_ours(component)]
        metafunc.parametrize(
            "tracker_class", [pytest.param(component.load_target(), id=component.name) for component in found]
        )
