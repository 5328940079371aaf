"""The conformance kit: whether plugins and components do what their kinds promise.

In a plugin's tests::

    import pytest
    from vtcore.testing import plugin_checks

    @pytest.mark.parametrize("check", plugin_checks("my-tracker"), ids=str)
    def test_plugin(check):
        check()

in the shell ``vtcore check-plugin my-tracker``, and while writing one ``check_tracker(MyTracker)``. All data is made in
memory. Names load on first use; pytest is imported only by `plugin_checks`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vtcore.errors import MissingPackageError

if TYPE_CHECKING:
    from vtcore.testing.definitions import CheckDefinition as CheckDefinition
    from vtcore.testing.definitions import checks_of as checks_of
    from vtcore.testing.failures import CheckFailure as CheckFailure
    from vtcore.testing.failures import NotChecked as NotChecked
    from vtcore.testing.one_component import check_backbone as check_backbone
    from vtcore.testing.one_component import check_component as check_component
    from vtcore.testing.one_component import check_dataset as check_dataset
    from vtcore.testing.one_component import check_detector as check_detector
    from vtcore.testing.one_component import check_head as check_head
    from vtcore.testing.one_component import check_metric as check_metric
    from vtcore.testing.one_component import check_protocol as check_protocol
    from vtcore.testing.one_component import check_refiner as check_refiner
    from vtcore.testing.one_component import check_reid as check_reid
    from vtcore.testing.one_component import check_target_tracker as check_target_tracker
    from vtcore.testing.one_component import check_tracker as check_tracker
    from vtcore.testing.one_component import check_transform as check_transform
    from vtcore.testing.one_component import check_writer as check_writer
    from vtcore.testing.parametrisation import plugin_checks as plugin_checks
    from vtcore.testing.running import Outcome as Outcome
    from vtcore.testing.running import PluginCheck as PluginCheck
    from vtcore.testing.running import checks_of_plugin as checks_of_plugin
    from vtcore.testing.scenes import Scene as Scene
    from vtcore.testing.scenes import SceneSequence as SceneSequence

_HOMES = {
    "CheckDefinition": "definitions",
    "CheckFailure": "failures",
    "NotChecked": "failures",
    "Outcome": "running",
    "PluginCheck": "running",
    "Scene": "scenes",
    "SceneSequence": "scenes",
    "check_backbone": "one_component",
    "check_component": "one_component",
    "check_dataset": "one_component",
    "check_detector": "one_component",
    "check_head": "one_component",
    "check_metric": "one_component",
    "check_protocol": "one_component",
    "check_refiner": "one_component",
    "check_reid": "one_component",
    "check_target_tracker": "one_component",
    "check_tracker": "one_component",
    "check_transform": "one_component",
    "check_writer": "one_component",
    "checks_of": "definitions",
    "checks_of_plugin": "running",
    "plugin_checks": "parametrisation",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vtcore.testing' has no attribute {name!r}")
    try:
        value = getattr(import_module(f"vtcore.testing.{home}"), name)
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        raise MissingPackageError(
            f"{name} needs pytest: pip install 'vtcore[testing]'; vtcore check-plugin makes the same checks without it"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what can be imported from here."""
    return list(__all__)
