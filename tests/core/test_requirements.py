"""What plugins require of the core and of each other: met, or told with the way out."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from vtcore.discovery import PluginInfo
from vtcore.requirements import range_text, unreadable_requirement


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<1,>=0.1", ">=0.1,<1"),
        ("!=0.3,<1,>=0.1", ">=0.1,<1,!=0.3"),
        ("~=0.1", "~=0.1"),
        ("==0.1.*", "==0.1.*"),
        ("===0.1.0+cu12", "===0.1.0+cu12"),
        ("", ""),
    ],
)
def test_ranges_are_shown_as_they_are_written(written: str, shown: str) -> None:
    assert range_text(SpecifierSet(written)) == shown


def state(fake_site: Any, *requires: str) -> tuple[str, str]:
    """The state of a plugin that asks for more than the core, beside ``fake-other`` 1.0."""
    fake_site.add_tracker("other")
    fake_site.add("asking", requires=["vtcore>=0.1", *requires])
    found: list[PluginInfo] = [plugin for plugin in fake_site.discover().plugins if plugin.name == "asking"]
    return found[0].status, found[0].reason


@pytest.mark.parametrize(
    "requirement",
    [
        "fake-other>=0.5",
        "Fake_Other (>=1.0)",
        "fake-other[more]~=1.0",
        "fake-other>=7; extra == 'later'",
        "fake-other>=7; python_version < '3'",
        "nobody-has-this>=1",  # no affair of ours: its import tells
        "numpy<0.1",
    ],
)
def test_plugins_that_are_met_or_not_our_affair(fake_site: Any, requirement: str) -> None:
    assert state(fake_site, requirement) == ("ok", "")


def test_plugin_too_old(fake_site: Any) -> None:
    told = (
        "needs fake-other>=1.5,<2, but there is fake-other 1.0; "
        'pip install "fake-other>=1.5,<2", or another release of fake-asking'
    )
    assert state(fake_site, "fake-other>=1.5,<2") == ("incompatible", told)


def test_published_package_missing(fake_site: Any) -> None:
    told = 'needs vtrack-common-nowhere>=0.1, which is not installed; pip install "vtrack-common-nowhere>=0.1"'
    assert state(fake_site, "vtrack-common-nowhere>=0.1") == ("incompatible", told)


def test_plugins_that_ask_for_each_other(fake_site: Any) -> None:
    fake_site.add("hen", requires=["vtcore>=0.1", "fake-egg>=0.5"])
    fake_site.add("egg", requires=["vtcore>=0.1", "fake-hen>=2"])
    states = {plugin.name: plugin.status for plugin in fake_site.discover().plugins}
    assert (states["hen"], states["egg"]) == ("ok", "incompatible")


def test_requirement_that_nobody_can_read(fake_site: Any) -> None:
    fake_site.add("unreadable", requires=["vtcore>=abc"])
    (plugin,) = [plugin for plugin in fake_site.discover().plugins if plugin.name == "unreadable"]
    assert plugin.status == "broken"
    assert plugin.reason.startswith("its requirement 'vtcore>=abc' cannot be read: ")
    assert "\n" not in plugin.reason
    assert unreadable_requirement(["vtcore-of-mine>=abc", "numpy>=abc"]) == ""
