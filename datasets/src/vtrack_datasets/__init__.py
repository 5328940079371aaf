"""Readers of public data sets, and a synthetic one that needs no download.

``from vtrack_datasets import MotChallengeDataset, SyntheticDataset``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_datasets.mot_challenge import MotChallengeDataset as MotChallengeDataset
    from vtrack_datasets.synthetic import SyntheticDataset as SyntheticDataset

__version__ = "0.1.0"

_HOMES = {"MotChallengeDataset": "mot_challenge", "SyntheticDataset": "synthetic"}

__all__ = ["MotChallengeDataset", "SyntheticDataset"]


def __getattr__(name: str) -> Any:
    """Import a data set, and numpy with it, on first use: the plugin and config modules of this package stay light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
