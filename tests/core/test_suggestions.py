"""Near misses."""

from __future__ import annotations

from vtcore.suggestions import did_you_mean, near_miss


def test_near_and_far() -> None:
    known = ["bytetrack", "sort", "oc-sort"]
    assert near_miss("bytetrak", known) == "bytetrack"
    assert near_miss("zzz", known) is None
    assert near_miss("zzz", []) is None
    assert did_you_mean("srot", known) == "; did you mean 'sort'?"
    assert did_you_mean("zzz", known) == ""
