"""Scores of rankings against rankings made one by one."""

from __future__ import annotations

import numpy as np
import pytest

from vtrack_plugin_reid import evaluate_reid


def one_by_one(embeddings, identities, cameras, queries):
    precisions, ranks = [], []
    for query in range(len(identities)) if queries is None else np.flatnonzero(queries):
        ranked = []
        for other in range(len(identities)):
            if other == query or (queries is not None and queries[other]):
                continue
            same = identities[other] == identities[query]
            if cameras is None or not same or cameras[other] != cameras[query]:
                ranked.append((np.linalg.norm(embeddings[other] - embeddings[query]), same))
        hits = [same for _, same in sorted(ranked, key=lambda each: each[0])]
        if any(hits):
            found = np.cumsum(hits)
            precisions.append(np.mean([found[place] / (place + 1) for place, hit in enumerate(hits) if hit]))
            ranks.append(hits.index(True) + 1)
    return np.mean(precisions), np.array(ranks)


@pytest.mark.parametrize("with_cameras", [False, True])
@pytest.mark.parametrize("with_queries", [False, True])
def test_as_ranked_one_by_one(with_cameras, with_queries):
    draw = np.random.default_rng(4)
    identities = draw.integers(0, 9, 50)
    embeddings = draw.normal(size=(9, 5))[identities] + draw.normal(size=(50, 5))
    cameras = draw.integers(0, 3, 50) if with_cameras else None
    queries = draw.random(50) < 0.3 if with_queries else None
    scores = evaluate_reid(embeddings, identities, cameras=cameras, queries=queries)
    precision, ranks = one_by_one(embeddings, identities, cameras, queries)
    assert scores.mean_average_precision == pytest.approx(precision)
    assert scores.queries == len(ranks)
    assert np.allclose(scores.cmc, [(ranks <= place).mean() for place in range(1, 21)])
    assert scores.as_dict((1, 3)) == {
        "mAP": scores.mean_average_precision,
        "R1": scores.rank(1),
        "R3": pytest.approx((ranks <= 3).mean()),
    }


def test_a_curve_longer_than_the_ranking_ends_where_everything_is_found():
    scores = evaluate_reid([[0.0], [1.0], [1.5], [9.0]], [0, 0, 1, 2], max_rank=9)
    assert scores.queries == 2
    assert scores.cmc.tolist() == [0.5] + [1.0] * 8


def test_of_equal_embeddings_the_query_is_left_out():
    """Each has its like at place 2 or 3 of a ranking of three, whatever lies on the same spot."""
    scores = evaluate_reid([[0.0, 0], [0, 0], [5, 5], [5, 5]], [1, 2, 1, 2])
    assert scores.queries == 4
    assert scores.cmc[:3].tolist() == [0, 0.5, 1]
    assert scores.mean_average_precision == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_alone_identities_do_not_count():
    scores = evaluate_reid([[0.0], [0.1], [5.0]], [1, 1, 2])
    assert (scores.queries, scores.rank(1), scores.mean_average_precision) == (2, 1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0.0]], [1, 2]), r"embeddings must be \(N, D\) and identities \(N,\), got \(1, 1\) and \(2,\)"),
        (([[float("nan")], [0.0]], [1, 1]), "embeddings must be finite"),
        (([[0.0], [1.0]], [1, 2]), "identities: none is there twice, so there is nothing to find"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate_reid(*arguments)


def test_refusals_of_options():
    with pytest.raises(ValueError, match=r"cameras must have shape \(2,\), got \(1,\)"):
        evaluate_reid([[0.0], [1.0]], [1, 1], cameras=[0])
    with pytest.raises(ValueError, match="rank must be 1 to 20, got 21; raise max_rank"):
        evaluate_reid([[0.0], [1.0]], [1, 1]).rank(21)
