"""How well embeddings tell who is who: CMC and mean average precision of rankings.

Followed: ``ReIDDataset.evaluate`` of https://github.com/open-mmlab/mmtracking (Apache-2.0). That takes what is first in
a ranking for the query itself, which among equal embeddings may be another's; here the query is left out. With cameras
the rule is that of Zheng et al., "Scalable Person Re-Identification: A Benchmark" (Market1501), ICCV 2015.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np
import numpy.typing as npt
import torch

from vtcore.instances import BoolArray, Float32Array, Float64Array, Int64Array

__all__ = ["ReIdScores", "evaluate_reid", "squared_distances"]


@attrs.frozen(eq=False)
class ReIdScores:
    """How well embeddings tell who is who, as fractions of 1.

    Attributes:
        mean_average_precision: Over queries.
        cmc: float64 ``(max_rank,)``; at ``k - 1`` the share of queries that have their identity among the nearest k.
        queries: How many counted: those whose identity was there to be found.
    """

    mean_average_precision: float
    cmc: Float64Array
    queries: int

    def rank(self, place: int) -> float:
        """Return the share of queries that have their identity among the nearest `place`.

        Raises:
            ValueError: The curve does not go so far.
        """
        if not 1 <= place <= len(self.cmc):
            raise ValueError(f"rank must be 1 to {len(self.cmc)}, got {place}; raise max_rank")
        return float(self.cmc[place - 1])

    def as_dict(self, ranks: Iterable[int] = (1, 5, 10, 20)) -> dict[str, float]:
        """Return ``{"mAP": ..., "R1": ..., "R5": ...}``."""
        return {"mAP": self.mean_average_precision} | {f"R{place}": self.rank(place) for place in ranks}


def evaluate_reid(
    embeddings: npt.ArrayLike,
    identities: npt.ArrayLike,
    *,
    cameras: npt.ArrayLike | None = None,
    queries: npt.ArrayLike | None = None,
    max_rank: int = 20,
) -> ReIdScores:
    """Rank embeddings by their Euclidean distance from each query, and score the rankings.

    Args:
        embeddings: float ``(N, D)``. For cosine distances bring them to length 1: the rankings are the same then.
        identities: int ``(N,)``.
        cameras: int ``(N,)``; those of the query's identity *and* camera are then left out of its ranking. Without
            them nothing is but the query.
        queries: bool ``(N,)``, who is a query; all others are the gallery that is ranked. None: each is a query, ranked
            with all but itself.
        max_rank: Length of the curve.

    Returns:
        The scores; queries whose identity is nowhere in their ranking do not count.

    Raises:
        ValueError: Shapes do not go together, or no identity is there twice.
    """
    numbers: Float32Array = np.asarray(embeddings, np.float32)
    names: Int64Array = np.asarray(identities, np.int64)
    if numbers.ndim != 2 or names.shape != numbers.shape[:1]:
        raise ValueError(f"embeddings must be (N, D) and identities (N,), got {numbers.shape} and {names.shape}")
    if not np.isfinite(numbers).all():
        raise ValueError("embeddings must be finite")
    places = None if cameras is None else _same_length("cameras", cameras, names).astype(np.int64)
    asked = None if queries is None else _same_length("queries", queries, names).astype(bool)
    precisions, curves = [], []
    for hits in _rankings(numbers, names, places, asked):
        if not hits.any():
            continue
        found = hits.cumsum()
        precisions.append((found[hits] / (hits.nonzero()[0] + 1)).mean())
        curve = np.ones(max_rank)
        curve[: min(max_rank, len(found))] = found[:max_rank] > 0
        curves.append(curve)
    if not precisions:
        raise ValueError("identities: none is there twice, so there is nothing to find")
    return ReIdScores(float(np.mean(precisions)), np.mean(curves, 0), len(precisions))


def squared_distances(one: Float32Array, other: Float32Array) -> Float32Array:
    """Return the squared Euclidean distance of every embedding to every other, float32 ``(n, m)``.

    In single precision, as the source has it: what is equal may be some millionths of its square apart, or less than
    nothing.

    Args:
        one: float32 ``(n, D)``.
        other: float32 ``(m, D)``.
    """
    left, right = torch.from_numpy(one), torch.from_numpy(other)
    squares = left.square().sum(1)[:, None] + right.square().sum(1)[None, :]
    distances: Float32Array = squares.addmm(left, right.t(), alpha=-2).numpy()
    return distances


def _rankings(
    embeddings: Float32Array, names: Int64Array, cameras: Int64Array | None, queries: BoolArray | None
) -> Iterable[BoolArray]:
    """Yield, for each query, whether each of its ranking is of its identity, the nearest first."""
    rows = np.arange(len(names)) if queries is None else queries.nonzero()[0]
    gallery = np.arange(len(names)) if queries is None else np.logical_not(queries).nonzero()[0]
    order = np.argsort(squared_distances(embeddings[rows], embeddings[gallery]), axis=1, kind="stable")
    for row, places in zip(rows, order, strict=True):
        ranked = gallery[places]
        if queries is None:
            ranked = ranked[ranked != row]
        hits = names[ranked] == names[row]
        if cameras is not None:
            hits = hits[np.logical_not(hits & (cameras[ranked] == cameras[row]))]
        yield hits


def _same_length(name: str, values: npt.ArrayLike, names: Int64Array) -> npt.NDArray[np.generic]:
    array = np.asarray(values)
    if array.shape != names.shape:
        raise ValueError(f"{name} must have shape ({len(names)},), got {array.shape}")
    return array
