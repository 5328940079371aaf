"""Near misses."""

from __future__ import annotations

from vtcore.suggestions import did_you_mean, did_you_mean_or_list, listing, near_miss, there_are


def test_near_and_far() -> None:
    known = ["bytetrack", "sort", "oc-sort"]
    assert near_miss("bytetrak", known) == "bytetrack"
    assert near_miss("zzz", known) is None
    assert near_miss("zzz", []) is None
    assert did_you_mean("srot", known) == "; did you mean 'sort'?"
    assert did_you_mean("zzz", known) == ""


def test_what_there_is() -> None:
    assert did_you_mean_or_list("srot", ["sort", "bytetrack"]) == "did you mean 'sort'?"
    assert did_you_mean_or_list("zzz", ["sort", "bytetrack"]) == "there are 'sort', 'bytetrack'"
    assert there_are(["sort"]) == "there is 'sort'"
    assert there_are([]) == "there are none"
    assert listing(range(17)).endswith("14, and 2 more")
