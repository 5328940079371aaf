"""The plugin as the core sees it."""

from __future__ import annotations

import inspect
import subprocess
import sys

import attrs
import pytest

from vtcore.components import Configured, build
from vtcore.interfaces import Metric
from vtrack_plugin_sot_metrics.plugin import vtcore_commands, vtcore_components, vtcore_metrics

COMPONENTS = [*vtcore_metrics(), *vtcore_components()]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_config_and_target_agree(component):
    config = component.load_config()
    fields = {field.name: field.default for field in attrs.fields(config)}
    parameters = inspect.signature(component.load_target()).parameters
    assert {key: parameter.default for key, parameter in parameters.items()} == fields
    target = build(Configured(component, config()))
    if component.kind == "metric":
        assert isinstance(target, Metric)
        assert target.config == config()


def test_commands_can_be_loaded():
    for command in vtcore_commands():
        assert callable(command.load_run())
        assert callable(command.load_arguments())


def test_hooks_configs_and_command_lines_import_nothing_heavy():
    modules = ("plugin", "config", "submission_command", "plots_command")
    code = (
        f"import sys, {', '.join(f'vtrack_plugin_sot_metrics.{module}' for module in modules)}\n"
        "print(sorted({'numpy', 'cv2', 'torch', 'matplotlib'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_there_is_no_other_name():
    import vtrack_plugin_sot_metrics

    with pytest.raises(AttributeError, match="has no attribute 'Eao'"):
        vtrack_plugin_sot_metrics.Eao  # noqa: B018
