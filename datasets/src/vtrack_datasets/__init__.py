"""Readers of public data sets, and a synthetic one that needs no download.

``from vtrack_datasets import LasotDataset, MotChallengeDataset, SyntheticDataset``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_datasets.got10k import Got10kDataset as Got10kDataset
    from vtrack_datasets.lasot import LasotDataset as LasotDataset
    from vtrack_datasets.mot_challenge import MotChallengeDataset as MotChallengeDataset
    from vtrack_datasets.otb import OtbDataset as OtbDataset
    from vtrack_datasets.synthetic import SyntheticDataset as SyntheticDataset
    from vtrack_datasets.trackingnet import TrackingNetDataset as TrackingNetDataset
    from vtrack_datasets.uav123 import Uav123Dataset as Uav123Dataset
    from vtrack_datasets.vot import VotDataset as VotDataset

__version__ = "0.1.0"

_HOMES = {
    "Got10kDataset": "got10k",
    "LasotDataset": "lasot",
    "MotChallengeDataset": "mot_challenge",
    "OtbDataset": "otb",
    "SyntheticDataset": "synthetic",
    "TrackingNetDataset": "trackingnet",
    "Uav123Dataset": "uav123",
    "VotDataset": "vot",
}

__all__ = [
    "Got10kDataset",
    "LasotDataset",
    "MotChallengeDataset",
    "OtbDataset",
    "SyntheticDataset",
    "TrackingNetDataset",
    "Uav123Dataset",
    "VotDataset",
]


def __getattr__(name: str) -> Any:
    """Import a data set, and numpy with it, on first use: the plugin and config modules of this package stay light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
