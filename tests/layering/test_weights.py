"""Components with weights take them alike: the same options, checked alike, converted by the same command."""

from __future__ import annotations

import typing

import attrs
import pytest

from vtcore.components import Component
from vtcore.host import PluginHost
from vtcore.options import option_info

UNCONVERTED = {
    ("detector", "onnx"): "its file holds a network, not weights by name",
    ("reid", "onnx-reid"): "its file holds a network, not weights by name",
    ("detector", "transformers"): "its weights are a folder in the format of that library, which reads it",
}
"""Components without a conversion, and why."""

UNHASHED = {
    ("detector", "transformers"): "its weights are a folder, which has no SHA-256",
}
"""Components without a hash of the file, and why."""


def components() -> list[Component]:
    """All installed components that have the option ``weights``."""
    offered = [each for plugin in PluginHost.discover().plugins if plugin.status == "ok" for each in plugin.components]
    return [each for each in offered if "weights" in {field.name for field in attrs.fields(each.load_config())}]


def key(component: Component) -> tuple[str, str]:
    return component.kind, component.name


COMPONENTS = components()
ALL = pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: f"{component.kind} {component.name}")


@ALL
def test_options(component: Component) -> None:
    config = component.load_config()
    fields = {field.name: field for field in attrs.fields(config)}
    types = typing.get_type_hints(config)
    assert types["weights"] is str
    assert option_info(fields["weights"]).help
    assert ("weights_sha256" in fields) == (key(component) not in UNHASHED)
    if "weights_sha256" in fields:
        assert types["weights_sha256"] is str
        assert fields["weights_sha256"].default == ""
        with pytest.raises(ValueError, match="weights_sha256: must be 8 to 64 hexadecimal digits, got 'zz'"):
            config(weights="x.pth", weights_sha256="zz")


@ALL
def test_missing_files_are_told_before_the_run(component: Component) -> None:
    problems = list(component.load_config()(weights="nowhere-at-all.pth").check())
    assert len([each for each in problems if each.startswith("weights: ") and "nowhere-at-all.pth" in each]) == 1


@ALL
def test_conversion(component: Component) -> None:
    convert = getattr(component.load_target(), "convert_weights", None)
    if key(component) in UNCONVERTED:
        assert convert is None
    else:
        assert callable(convert), "vtcore weights convert needs convert_weights(state)"
        assert isinstance(vars(component.load_target())["convert_weights"], staticmethod)


def test_exceptions_are_needed() -> None:
    """A component that is installed and has learnt it stands in no table."""
    installed = {key(component) for component in COMPONENTS}
    config = {key(component): component.load_config() for component in COMPONENTS}
    for each in installed & UNHASHED.keys():
        assert "weights_sha256" not in {field.name for field in attrs.fields(config[each])}
