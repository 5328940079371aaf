"""Asking a component about one thing after the other, and about several at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import pytest

from vtcore.errors import PluginError
from vtcore.runs.asking import asked


def doubled(items: Iterable[int]) -> Iterator[int]:
    """Answer after two further items were taken."""
    taken: list[int] = []
    for item in items:
        taken.append(2 * item)
        if len(taken) > 2:
            yield taken.pop(0)
    yield from taken


def ask(each, items=range(5), spent=lambda seconds: None):  # type: ignore[no-untyped-def]
    return asked(lambda item: 2 * item, each, iter(items), spent, name="Doubler.double_each")


@pytest.mark.parametrize("each", [None, doubled])
def test_items_come_with_their_answers(each) -> None:  # type: ignore[no-untyped-def]
    assert list(ask(each)) == [(item, 2 * item) for item in range(5)]
    assert list(ask(each, [])) == []


@pytest.mark.parametrize("each", [None, doubled])
def test_waiting_for_items_is_nobodys_time(each) -> None:  # type: ignore[no-untyped-def]
    def slow() -> Iterator[int]:
        for item in range(4):
            time.sleep(0.02)
            yield item

    spent: list[float] = []
    assert len(list(ask(each, slow(), spent.append))) == 4
    assert 0 <= sum(spent) < 0.04


def test_too_few_and_too_many_answers_are_told() -> None:
    with pytest.raises(
        PluginError, match=r"Doubler.double_each ended early, batches without an answer: 1; yield one for each"
    ):
        list(ask(lambda items: iter([*items][:4])))
    with pytest.raises(PluginError, match=r"Doubler.double_each answers what it was not asked; yield one answer"):
        list(ask(lambda items: iter([*items, 7])))


def test_closing_closes_the_answers() -> None:
    closed = []

    def each(items: Iterable[int]) -> Iterator[int]:
        try:
            yield from items
        finally:
            closed.append(True)

    answers = ask(each)
    next(answers)
    answers.close()
    assert closed == [True]
