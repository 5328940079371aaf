from __future__ import annotations

import inspect
import subprocess
import sys

import attrs
import pytest

from vtcore.components import Component
from vtcore.interfaces import Detector, Transform
from vtrack_plugin_classic.plugin import vtcore_detectors, vtcore_transforms

COMPONENTS = [*vtcore_detectors(), *vtcore_transforms()]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_target_takes_the_fields_of_its_config_with_the_same_defaults(component: Component) -> None:
    fields = attrs.fields(component.load_config())
    arguments = inspect.signature(component.load_target()).parameters
    assert {name: argument.default for name, argument in arguments.items()} == {
        field.name: field.default for field in fields
    }
    assert list(arguments) == [field.name for field in fields]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_targets_are_what_their_kind_says(component: Component) -> None:
    made = component.load_target()()
    assert isinstance(made, Detector if component.kind == "detector" else Transform)
    assert component.load_config().needs == {"image"}


def test_describing_imports_nothing_heavy() -> None:
    code = (
        "import sys, vtrack_plugin_classic.plugin, vtrack_plugin_classic.config; "
        "print([name for name in ('numpy', 'cv2', 'torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_public_names_load_on_first_use() -> None:
    import vtrack_plugin_classic

    for component in COMPONENTS:
        name = component.target.partition(":")[2]
        assert getattr(vtrack_plugin_classic, name) is component.load_target()
    with pytest.raises(AttributeError, match="has no attribute 'Hog'"):
        _ = vtrack_plugin_classic.Hog
