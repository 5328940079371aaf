"""The core is upgraded and downgraded around what a plugin asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest

INSIDE = ["0.1.0", "0.1.0+cu12", "0.1.7", "0.2.0rc1", "0.2.0.dev1", "0.99"]
OUTSIDE = ["0.0.9", "0.1.0.dev1", "1.0.0rc1", "1.0", "2.3.4"]


def row(core: Any) -> dict[str, Any]:
    listed = json.loads(core("list-plugins", "--json").stdout)
    (found,) = [plugin for plugin in listed["plugins"] if plugin["name"] == "steadfast"]
    return {"core": listed["vtcore"], **found}


@pytest.mark.parametrize("version", INSIDE)
def test_within_the_range_it_works(other_core: Any, version: str) -> None:
    other_core.becomes(version)
    found = row(other_core)
    assert (found["core"], found["status"], found["reason"]) == (version, "ok", "")
    assert found["components"]


@pytest.mark.parametrize("version", OUTSIDE)
def test_outside_it_is_incompatible_and_not_imported(other_core: Any, version: str) -> None:
    other_core.becomes(version)
    found = row(other_core)
    assert (found["core"], found["status"]) == (version, "incompatible")
    assert found["reason"] == (
        f"needs vtcore>=0.1,<1, but this is vtcore {version}; "
        'pip install "vtcore>=0.1,<1", or another release of steadfast'
    )
    assert found["components"] == found["kinds"] == found["commands"] == []


def test_using_it_then_names_the_reason(other_core: Any) -> None:
    other_core.becomes("1.0")
    state = "plugin 'steadfast' (steadfast 1.0), which may bring it, is incompatible: needs vtcore>=0.1,<1, but this is"
    for words in (["describe", "tracker", "steadfast-nearest"], ["steadfast", "hello"], ["check", "steadfast:all"]):
        done = other_core(*words)
        assert done.returncode == 2
        assert all(line.startswith("vtcore: error: ") for line in done.stderr.splitlines())
        assert f"{state} vtcore 1.0; pip install" in done.stderr


def test_back_within_the_range_it_works_again(other_core: Any) -> None:
    for version, status in (("1.0", "incompatible"), ("0.1.0", "ok"), ("0.0.9", "incompatible"), ("0.1.0", "ok")):
        other_core.becomes(version)
        assert row(other_core)["status"] == status
