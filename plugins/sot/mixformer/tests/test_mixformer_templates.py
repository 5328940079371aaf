from __future__ import annotations

import numpy as np
import pytest

from vtrack_plugin_mixformer.templates import MixFormerTarget, TemplateRule


def _look(value: int):
    return np.full((2, 2, 3), value, np.uint8)


def _values(target):
    return target.templates[:, 0, 0, 0].tolist()


def _run(rule, scores, *, first=100):
    """Return the templates after each frame; the look of frame n is of the value n."""
    target = MixFormerTarget.started(np.array([1.0, 2.0, 3.0, 4.0]), _look(first))
    seen = []
    for number, score in enumerate(scores, 1):
        rule.apply(target, score, lambda number=number: _look(number))
        seen.append(_values(target))
    return seen, target


def test_at_the_end_of_an_interval_the_best_look_is_taken_up():
    seen, target = _run(TemplateRule("score", 3, 1), [0.6, 0.9, 0.8, 0.55, 0.7, 0.6])
    assert seen == [[100, 100], [100, 100], [100, 2], [100, 2], [100, 2], [100, 5]]
    assert target.candidate[0, 0, 0] == 100
    assert target.best_score == -1


def test_without_a_look_that_scores_the_first_one_takes_its_place():
    seen, _ = _run(TemplateRule("score", 2, 1), [0.9, 0.1, 0.5, 0.2])
    assert seen == [[100, 100], [100, 1], [100, 1], [100, 100]]


def test_looks_are_added_until_there_is_no_room_and_then_give_way_in_turn():
    seen, target = _run(TemplateRule("score", 1, 3), [0.9] * 6)
    assert seen == [
        [100, 100, 1],
        [100, 100, 1, 2],
        [100, 3, 1, 2],
        [100, 3, 4, 2],
        [100, 3, 4, 5],
        [100, 6, 4, 5],
    ]
    assert target.oldest == 1


def test_a_best_score_that_decays_gives_way_to_later_ones():
    scores = [0.9, 0.85, 0.84]
    assert _run(TemplateRule("score", 3, 1), scores)[0][-1] == [100, 1]
    assert _run(TemplateRule("score", 3, 1, decay=0.96), scores)[0][-1] == [100, 3]


def test_a_score_must_exceed_the_least_one():
    rule = TemplateRule("score", 1, 1, min_score=0.7)
    assert _run(rule, [0.7, 0.71])[0] == [[100, 100], [100, 2]]


def test_by_interval_the_latest_look_is_taken_up_whatever_it_is():
    assert _run(TemplateRule("interval", 2, 3), [0.0] * 4)[0] == [[100, 100], [100, 2], [100, 2], [100, 4]]


def test_never_is_never():
    assert _run(TemplateRule("never", 1, 3), [0.9] * 3)[0] == [[100, 100]] * 3


@pytest.mark.parametrize(("score", "forgotten"), [(0.9, True), (0.1, False)])
def test_what_is_remembered_is_given_up_only_where_templates_change(score, forgotten):
    target = MixFormerTarget.started(np.ones(4), _look(9))
    target.memory = ("kept",)
    TemplateRule("score", 1, 1).apply(target, score, lambda: _look(1))
    assert (target.memory is None) is forgotten


def test_a_look_is_cut_only_where_it_is_needed():
    target = MixFormerTarget.started(np.ones(4), _look(9))

    def refuse():
        raise AssertionError

    TemplateRule("score", 5, 1).apply(target, 0.4, refuse)
    TemplateRule("never", 1, 1).apply(target, 0.9, refuse)
    TemplateRule("interval", 5, 1).apply(target, 0.9, refuse)
