"""Checks as tests of pytest."""

from __future__ import annotations

import pytest

from vtcore.errors import PluginError, VtcoreError
from vtcore.testing import CheckFailure, plugin_checks


def values(**arguments: object) -> dict[str, object]:
    return {str(each.values[0]): each.values[0] for each in plugin_checks("vtcore", **arguments)}  # type: ignore[arg-type]


def test_every_component_has_checks_with_names() -> None:
    found = plugin_checks("vtcore", slow=pytest.mark.slow)
    names = [str(each.values[0]) for each in found]
    assert len(set(names)) == len(names)
    assert "writer:mot-text:file-where-it-belongs" in names
    assert "plugin:is-registered" in names
    slow = {str(each.values[0]).rpartition(":")[2] for each in found if each.marks}
    assert slow == {"works-in-a-worker", "bounded-memory"}
    assert not slow & {name.rpartition(":")[2] for name in values(quick=True)}


def test_what_does_not_apply_skips() -> None:
    with pytest.raises(pytest.skip.Exception, match="needs options: url"):
        values()["dataset:stream:constructs"]()  # type: ignore[operator]


def test_what_fails_says_why() -> None:
    options = {"dataset:images": {"path": "no/such/folder", "framerate": 3}}
    with pytest.raises(CheckFailure, match=r"the options that are given for it, path, framerate, are refused"):
        values(options=options)["dataset:images:constructs"]()  # type: ignore[operator]


def test_what_is_expected_to_fail() -> None:
    options = {"dataset:images": {"framerate": 3, "path": "x"}}
    checks = values(options=options, expected_failures={"dataset:images:constructs": "It is a joke."})
    with pytest.raises(pytest.xfail.Exception, match="It is a joke"):
        checks["dataset:images:constructs"]()  # type: ignore[operator]
    checks = values(expected_failures={"writer:mot-text:constructs": "It is a joke."})
    with pytest.raises(CheckFailure, match="passes, though it is expected to fail"):
        checks["writer:mot-text:constructs"]()  # type: ignore[operator]


def test_what_makes_no_sense() -> None:
    with pytest.raises(PluginError, match="unknown plugin 'vtkore'"):
        plugin_checks("vtkore")
    with pytest.raises(VtcoreError, match="options for 'writer:mottext': did you mean 'writer:mot-text'"):
        plugin_checks("vtcore", options={"writer:mottext": {}})
    with pytest.raises(VtcoreError, match="expected failure 'deterministik': did you mean 'deterministic'"):
        plugin_checks("vtcore", expected_failures={"deterministik": "so"})
