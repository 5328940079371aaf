"""All components of every plugin of this repository do what their kinds promise."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
from packaging.utils import canonicalize_name

from vtcore.host import plugin_host
from vtcore.testing import plugin_checks

ROOT = Path(__file__).parents[2]


def _small_files() -> Any:
    spec = importlib.util.spec_from_file_location("conformance_small_files", Path(__file__).with_name("small_files.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SMALL = _small_files()
OWN = {
    canonicalize_name(tomli.loads(path.read_text(encoding="utf-8"))["project"]["name"])
    for path in (
        *ROOT.glob("pyproject.toml"),
        *ROOT.glob("plugins/**/pyproject.toml"),
        *ROOT.glob("datasets/pyproject.toml"),
    )
}
PLUGINS = [plugin for plugin in plugin_host().plugins if canonicalize_name(plugin.distribution) in OWN]

EXPECTED = {
    "tracker:tracktor:class-kept": "its second stage judges given boxes anew, the class too; untrained, it says any",
    "tracker:tracktor:detection-index-right": "of one given box its second stage makes one of each class that "
    "it may be; "
    "trained, it is sure of one",
}
"""Checks that a component of ours fails, by ``"kind:name:check"``, and why it must."""

NOT_HERE = {
    "backbone:timm": "timm is no dependency of the tests",
    "dataset:stream": "a stream needs a server; its own tests have one",
}
"""Components that cannot be made here, and why."""


def _checks() -> list[Any]:
    found = []
    for plugin in PLUGINS:
        labels = {f"{each.kind}:{each.name}" for each in plugin.components}
        options = {label: keys for label, keys in SMALL.OPTIONS.items() if label in labels}
        expected = {key: reason for key, reason in EXPECTED.items() if key.rpartition(":")[0] in labels}
        checks = plugin_checks(plugin.name, options=options, expected_failures=expected, slow=pytest.mark.slow)
        found += [pytest.param(*each.values, marks=each.marks, id=f"{plugin.name}-{each.values[0]}") for each in checks]
    return found


CHECKS = _checks()


@pytest.fixture(scope="session", autouse=True)
def small_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Small weights and data, and one thread for networks, which only wait for others."""
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("conformance")
    SMALL.write_all(folder)
    (folder / "vtcore_conformance_finder.py").write_text(
        "import numpy as np\n\n\ndef find(image):\n    return np.array([[10, 10, 50, 90, 0.8, 0]])\n"
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VTCORE_CONFORMANCE", str(folder))
        patch.setenv("VTCORE_DATA", str(folder))
        patch.syspath_prepend(folder)
        yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("check", CHECKS)
def test_it_conforms(check: Any) -> None:
    check()


def test_every_component_is_made_here() -> None:
    """None is left out silently: a component that cannot be made is one of those that are written down."""
    assert os.environ["VTCORE_CONFORMANCE"]
    missing = {}
    for check in (each.values[0] for each in CHECKS):
        label, _, name = str(check).rpartition(":")
        if name != "constructs":
            continue
        try:
            check()
        except pytest.skip.Exception as reason:
            missing[label] = str(reason)
    assert missing.keys() == NOT_HERE.keys(), missing
