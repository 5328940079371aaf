"""Small batches joined to larger ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vtcore.grouping import grouped


def groups(sizes: list[tuple[int, int]], most: tuple[int, int]) -> list[list[tuple[int, int]]]:
    return list(grouped(sizes, most, lambda item: item))


def test_neighbours_go_together_until_a_limit_is_reached() -> None:
    assert groups([(1, 2), (1, 2), (1, 2), (1, 2)], (3, 100)) == [[(1, 2)] * 3, [(1, 2)]]
    assert groups([(1, 2), (1, 3), (1, 0), (1, 1)], (9, 5)) == [[(1, 2), (1, 3)], [(1, 0), (1, 1)]]
    assert groups([(1, 4), (1, 2), (1, 2)], (9, 5)) == [[(1, 4)], [(1, 2), (1, 2)]]
    assert groups([], (1, 1)) == []


def test_what_is_beyond_a_limit_comes_alone() -> None:
    assert groups([(1, 1), (1, 9), (1, 1)], (4, 5)) == [[(1, 1)], [(1, 9)], [(1, 1)]]


def test_a_full_group_does_not_wait_for_the_next_item() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(4):
            taken.append(item)
            yield item

    first = next(grouped(items(), (2,), lambda _: (1,)))
    assert (first, taken) == ([0, 1], [0, 1])


def test_what_was_taken_before_an_error_comes_first() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    each = grouped(items(), (5,), lambda _: (1,))
    assert next(each) == [1]
    with pytest.raises(OSError, match="gone"):
        next(each)
