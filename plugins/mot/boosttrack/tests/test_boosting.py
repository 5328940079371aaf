"""Boosted scores and the matching, against whole matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from vtrack_common_mot.embedding import AppearanceBank
from vtrack_plugin_boosttrack.boosting import ScoreBooster
from vtrack_plugin_boosttrack.config import BoostTrackConfig
from vtrack_plugin_boosttrack.matching import Matcher

some_scenes = pytest.mark.parametrize(
    "scene", [(3, 4), (8, 8), (25, 30), (40, 60, 900.0), (60, 40, 2500.0)], indirect=True, ids=str
)
LEAST = np.float32(0.6)


def likely(scene: Any, options: Any) -> Any:
    """Scores raised by likeness with the tracks."""
    scores = scene.scores.astype(np.float64)
    if options["rich_similarity"]:
        alike = (scene.buffered() + scene.closeness() + scene.shape(options["shape_by_width"])) / 3
    else:
        alike = scene.overlap()
    best = alike.max(0)
    if options["soft_boost"]:
        scores = np.maximum(scores, 0.65 * scores + 0.35 * best**1.5)
    elif not options["varying_threshold"]:
        scores = np.maximum(scores, 0.65 * best)
    if options["varying_threshold"]:
        asked = np.maximum(0.95 - scene.misses * 0.0075, 0.8)
        scores = np.where((alike > asked[:, None]).any(0), np.maximum(scores, 0.6 + 1e-5), scores)
    return scores


def unlikely(scene: Any, scores: Any) -> Any:
    """Scores of what no track explains: the best of each heap is accepted."""
    free = (scene.distance() > 13.2767).all(0) & (scores < LEAST)
    raised = scores.copy()
    for box in free.nonzero()[0].tolist():
        rivals = [other for other in free.nonzero()[0].tolist() if scene.overlap_of(box, other) > 0.3]
        if scores[box] == max(scores[rivals]):
            raised[box] = 0.6 + 1e-4
    return raised


@some_scenes
@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("varying", [False, True])
@pytest.mark.parametrize("by_width", [False, True])
def test_scores_are_those_of_whole_matrices(scene: Any, rich: bool, soft: bool, varying: bool, by_width: bool) -> None:
    options = {
        "rich_similarity": rich,
        "soft_boost": soft,
        "varying_threshold": varying,
        "shape_by_width": by_width,
    }
    pairs = scene.compare(by_width=by_width)
    for parts in ((True, False), (False, True), (True, True)):
        config = BoostTrackConfig(boost_likely=parts[0], boost_unlikely=parts[1], **options)
        wanted = likely(scene, options) if parts[0] else scene.scores.astype(np.float64)
        wanted = unlikely(scene, wanted) if parts[1] else wanted
        before = scene.scores.copy()
        assert ScoreBooster(config).boosted(pairs) == pytest.approx(wanted, abs=1e-6)
        assert (scene.scores == before).all()


def matched(scene: Any, scores: Any, alike: Any = None) -> set[tuple[int, int]]:
    """Pairs by the published weights."""
    kept = (scores >= LEAST).nonzero()[0]
    overlap = scene.overlap()[:, kept]
    confidence = scene.confidence[:, None] * scores[kept] * (overlap >= 0.3)
    gain = overlap + 0.5 * confidence * overlap + 0.25 * scene.closeness(kept)[:, kept]
    gain += 0.25 * confidence * scene.shape()[:, kept]
    enough = overlap >= 0.3
    if alike is not None:
        gain += 1.5 * 2 * alike[:, kept]
        enough |= (overlap >= 0.15) & (alike[:, kept] >= 0.75)
    above = gain > 0.3
    if above.any() and above.sum(0).max() == above.sum(1).max() == 1:
        tracks, found = above.nonzero()
    else:
        tracks, found = linear_sum_assignment(-gain)
    good = enough[tracks, found]
    return set(zip(tracks[good].tolist(), kept[found[good]].tolist(), strict=True))


@some_scenes
@pytest.mark.parametrize("looking", [False, True])
def test_pairs_are_those_of_whole_matrices(scene: Any, looking: bool) -> None:
    bank, random = AppearanceBank(), np.random.default_rng(7)
    looks = random.normal(size=(len(scene.mine), 3)).astype(np.float32)
    offered, known, alike = scene.offered, scene.known, None
    if looking:
        looks = bank.read(looks, len(looks))
        theirs = bank.read(random.normal(size=(len(scene.theirs), 3)).astype(np.float32), len(scene.theirs))
        assert looks is not None
        assert theirs is not None
        known = known._replace(slots=bank.add(len(theirs), theirs))
        offered, alike = offered._replace(embeddings=looks), theirs @ looks.T
    matcher = Matcher(BoostTrackConfig(), bank)
    tracks, found, scores = matcher.match(known, offered)
    assert set(zip(tracks.tolist(), found.tolist(), strict=True)) == matched(scene, scores, alike)


@some_scenes
def test_classes_are_matched_as_if_alone(scene: Any) -> None:
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, len(scene.theirs)), random.integers(0, 3, len(scene.mine))
    known, offered = scene.known._replace(labels=labels[0]), scene.offered._replace(labels=labels[1])
    matcher, wanted = Matcher(BoostTrackConfig(), AppearanceBank()), set()
    raised = scene.scores.copy()
    for label in (0, 1):
        mine, theirs = (labels[0] == label).nonzero()[0], (labels[1] == label).nonzero()[0]
        if len(mine) and len(theirs):
            part = type(known)(*(field.take(mine, -1) for field in known))
            some, which, raised[theirs] = matcher.match(part, offered.some(theirs))
            wanted |= set(zip(mine[some].tolist(), theirs[which].tolist(), strict=True))
    tracks, found, scores = matcher.match_by_class(known, offered)
    assert set(zip(tracks.tolist(), found.tolist(), strict=True)) == wanted
    assert scores.tolist() == raised.tolist()
