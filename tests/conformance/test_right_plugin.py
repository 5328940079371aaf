"""A plugin that is right passes every check that can be made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vtcore.testing import checks_of


@pytest.mark.slow
def test_a_right_plugin_passes_all(install: Callable[..., Any]) -> None:
    outcomes = install().outcomes()
    assert [(each.component, each.check, each.message) for each in outcomes if each.status == "failed"] == []
    unmade = {(each.component, each.check): each.message for each in outcomes if each.status == "not checked"}
    reasons = {"it does not use torch", "it holds no tensors", "it ships no experiments"}
    reasons |= {"its config has no key root, path, folder or annotations"}
    assert {key for key, message in unmade.items() if message not in reasons} == set()


def test_every_kind_has_checks_of_its_own() -> None:
    of_any = {each.name for each in checks_of("a-kind-that-a-plugin-brings")}
    for kind in ("tracker", "detector", "dataset", "metric", "transform", "reid", "refiner", "writer", "protocol"):
        assert len({each.name for each in checks_of(kind)} - of_any) >= 5, kind
    assert {each.name for each in checks_of("plugin")} & of_any == set()


def test_every_check_says_what_must_hold() -> None:
    for kind in ("plugin", "tracker", "target-tracker", "detector", "dataset", "metric", "backbone", "head"):
        for each in checks_of(kind):
            assert each.summary.endswith("."), each.name
