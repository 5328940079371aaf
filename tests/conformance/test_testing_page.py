"""The page of the kit names every check, and says of each what the check itself says."""

from __future__ import annotations

from pathlib import Path

from vtcore.testing import checks_of

PAGE = Path(__file__).parents[2] / "docs" / "testing-plugins.md"
KINDS = ("plugin", "tracker", "target-tracker", "detector", "reid", "dataset", "transform", "refiner", "metric")
MORE_KINDS = ("writer", "protocol", "backbone", "head")


def test_every_check_is_explained() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {line for line in lines if line.startswith("| `")}
    wanted = {
        f"| `{each.name}` | {each.summary}{' *Slow.*' if each.slow else ''} |"
        for kind in (*KINDS, *MORE_KINDS)
        for each in checks_of(kind)
    }
    assert rows == wanted
