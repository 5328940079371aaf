"""What is imported to list, describe and check components is light, with all that it imports in turn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from vtcore.host import PluginHost

HEAVY = ("numpy", "scipy", "cv2", "torch", "torchvision", "trackeval", "av", "pycocotools", "matplotlib")

PROBE = """\
import importlib, json, sys
modules, heavy = json.load(sys.stdin)
found = {}
for module in modules:
    importlib.import_module(module)
    came = [name for name in heavy if name in sys.modules]
    if came:
        # Only the first is told truly; the rest would inherit what it brought.
        found[module] = came
        break
print(json.dumps(found))
"""


def heavy_imports(modules: list[str]) -> Any:
    """Import modules one after the other in a fresh process; return the first that brings something heavy."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE],
        input=json.dumps([modules, HEAVY]),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def core_modules(root: Path) -> list[str]:
    files = [*sorted((root / "vtcore" / "experiments").rglob("*.py")), *sorted((root / "vtcore" / "cli").rglob("*.py"))]
    dotted = [".".join(file.relative_to(root).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in dotted] + [
        "vtcore",
        "vtcore.builtin",
        "vtcore.components",
        "vtcore.errors",
        "vtcore.hookspecs",
        "vtcore.host",
        "vtcore.interfaces",
        "vtcore.options",
    ]


def test_core_modules_that_check_are_light(root: Path) -> None:
    assert heavy_imports(core_modules(root)) == {}


def test_plugin_and_config_modules_are_light() -> None:
    plugins = [plugin for plugin in PluginHost.discover().plugins if plugin.status == "ok"]
    modules = {plugin.module for plugin in plugins}
    modules |= {component.config.partition(":")[0] for plugin in plugins for component in plugin.components}
    modules |= {kind.interface.partition(":")[0] for plugin in plugins for kind in plugin.kinds}
    assert heavy_imports(sorted(modules)) == {}


def test_probe_notices_a_heavy_module() -> None:
    assert heavy_imports(["json", "vtcore.instances"]) == {"vtcore.instances": ["numpy"]}
