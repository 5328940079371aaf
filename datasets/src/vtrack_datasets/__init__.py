"""Readers of public data sets, and a synthetic one that needs no download.

``from vtrack_datasets import LasotDataset, MotChallengeDataset, SyntheticDataset``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_datasets.coco import CocoDataset as CocoDataset
    from vtrack_datasets.coco_video import CocoVideoDataset as CocoVideoDataset
    from vtrack_datasets.got10k import Got10kDataset as Got10kDataset
    from vtrack_datasets.imagenet_det import ImageNetDetDataset as ImageNetDetDataset
    from vtrack_datasets.imagenet_vid import ImageNetVidDataset as ImageNetVidDataset
    from vtrack_datasets.lasot import LasotDataset as LasotDataset
    from vtrack_datasets.mot_challenge import MotChallengeDataset as MotChallengeDataset
    from vtrack_datasets.otb import OtbDataset as OtbDataset
    from vtrack_datasets.synthetic import SyntheticDataset as SyntheticDataset
    from vtrack_datasets.target_index import TargetIndex as TargetIndex
    from vtrack_datasets.target_index import TargetTrack as TargetTrack
    from vtrack_datasets.target_index import TargetView as TargetView
    from vtrack_datasets.target_sequence import TargetSequence as TargetSequence
    from vtrack_datasets.trackingnet import TrackingNetDataset as TrackingNetDataset
    from vtrack_datasets.uav123 import Uav123Dataset as Uav123Dataset
    from vtrack_datasets.vot import VotDataset as VotDataset

__version__ = "0.1.0"

_HOMES = {
    "CocoDataset": "coco",
    "CocoVideoDataset": "coco_video",
    "Got10kDataset": "got10k",
    "ImageNetDetDataset": "imagenet_det",
    "ImageNetVidDataset": "imagenet_vid",
    "LasotDataset": "lasot",
    "MotChallengeDataset": "mot_challenge",
    "OtbDataset": "otb",
    "SyntheticDataset": "synthetic",
    "TargetIndex": "target_index",
    "TargetSequence": "target_sequence",
    "TargetTrack": "target_index",
    "TargetView": "target_index",
    "TrackingNetDataset": "trackingnet",
    "Uav123Dataset": "uav123",
    "VotDataset": "vot",
}

__all__ = [
    "CocoDataset",
    "CocoVideoDataset",
    "Got10kDataset",
    "ImageNetDetDataset",
    "ImageNetVidDataset",
    "LasotDataset",
    "MotChallengeDataset",
    "OtbDataset",
    "SyntheticDataset",
    "TargetIndex",
    "TargetSequence",
    "TargetTrack",
    "TargetView",
    "TrackingNetDataset",
    "Uav123Dataset",
    "VotDataset",
]


def __getattr__(name: str) -> Any:
    """Import a data set, and numpy with it, on first use: the plugin and config modules of this package stay light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
