"""Experiments inside plugins, found without importing them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from vtcore.errors import PluginError


def test_found_by_name_without_import(fake_site: Any) -> None:
    package = fake_site.add(
        "one", files={"experiments/half.toml": "", "experiments/full.toml": "", "experiments/notes.txt": ""}
    )
    host = fake_site.discover(disabled=["one"])
    files = host.experiments("one")
    assert list(files) == ["full", "half"]
    assert files["half"] == fake_site.folder / package / "experiments" / "half.toml"
    assert package not in sys.modules
    assert host.experiments(host.plugin("one")) == files


def test_by_reference(fake_site: Any) -> None:
    package = fake_site.add("one", files={"experiments/mot17-half.toml": ""})
    host = fake_site.discover()
    file = fake_site.folder / package / "experiments" / "mot17-half.toml"
    for reference in ("one:mot17-half", "fake-one:mot17-half", "one:mot17-half.toml"):
        assert host.experiment(reference) == file


def test_package_within_a_package(fake_site: Any) -> None:
    fake_site.add(
        "nested",
        entry_points="[vtcore]\nnested = fake_nested.inner.plugin\n",
        files={"inner/__init__.py": "raise RuntimeError", "inner/experiments/deep.toml": "", "inner/plugin.py": ""},
    )
    host = fake_site.discover()
    assert host.plugin("nested").status == "broken"
    assert list(host.experiments("nested")) == ["deep"]


def test_entry_point_that_is_the_package(fake_site: Any) -> None:
    fake_site.add(
        "whole", entry_points="[vtcore]\nwhole = fake_whole\n", files={"experiments/a.toml": "", "__init__.py": ""}
    )
    assert list(fake_site.discover().experiments("whole")) == ["a"]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("one:mot17-hafl", "plugin 'one' (fake-one 1.0) ships no experiment 'mot17-hafl'; did you mean 'mot17-half'?"),
        ("one:zzz", "plugin 'one' (fake-one 1.0) ships no experiment 'zzz'; there are 'mot17-half', 'mot20'"),
        ("two:any", "plugin 'two' (fake-two 1.0) ships no experiments"),
        ("off:any", "plugin 'off' (fake-off 1.0) is disabled by the caller"),
        ("gone:any", "plugin 'gone' (fake-gone 1.0) ships no experiments"),
        ("onne:mot20", "unknown plugin 'onne'; did you mean 'one'?"),
        ("bytetrack:mot17", "plugin 'bytetrack' is not installed: pip install vtrack-plugin-bytetrack"),
    ],
)
def test_errors(fake_site: Any, reference: str, expected: str) -> None:
    fake_site.add("one", files={"experiments/mot17-half.toml": "", "experiments/mot20.toml": ""})
    fake_site.add("two")
    fake_site.add("off")
    fake_site.add("gone", entry_points="[vtcore]\ngone = no_such_package.plugin\n")
    with pytest.raises(PluginError) as caught:
        fake_site.discover(disabled=["off"]).experiment(reference)
    assert str(caught.value) == expected


def test_registered_in_this_process_ships_none(fake_site: Any) -> None:
    host = fake_site.discover()
    with host.register(object(), "thing"):
        assert host.experiments("thing") == {}
