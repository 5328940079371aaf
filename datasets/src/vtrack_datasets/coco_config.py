"""Options of data sets in COCO's and CocoVID's JSON, and of ImageNet VID and DET."""

from __future__ import annotations

import attrs

from vtcore.options import option

__all__ = ["TARGETS", "CocoConfig", "CocoVideoConfig", "ImageNetDetConfig", "ImageNetVidConfig"]

TARGETS = ("all", "each")
"""Whether a sequence has all annotated objects of a video, or one of them."""

_SEQUENCES = "Names of the sequences to take, also as patterns; empty for all."
_TARGETS_HELP = (
    "all makes one sequence of each {0}, with every annotated object; each makes one of each object in it, for "
    "single-object tracking, named after it where there are several."
)


@attrs.frozen(kw_only=True)
class CocoVideoConfig:
    """A CocoVID JSON file, as MMTracking defines it and vtcore convert writes it, and where its images are."""

    annotations: str = option(help="The JSON file.")
    root: str = option("", "Folder that the file names in it are relative to; empty for the file's own folder.")
    targets: str = option("all", _TARGETS_HELP.format("video"), choices=TARGETS)
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    frame_rate: float = option(
        0.0, "Frames a second, where the file does not say; 0 leaves them unknown.", unit="frames/s", ge=0, le=1000
    )
    masks: bool = option(True, "Annotations carry masks where all of a sequence have one.")


@attrs.frozen(kw_only=True)
class CocoConfig:
    """Where COCO lies, and which part of it to take."""

    root: str = option(help="Folder that holds annotations/ and the images' folders.")
    split: str = option("train2017", "Split: instances_<split>.json in annotations/, images in <split>/ or images/.")
    targets: str = option("each", _TARGETS_HELP.format("image"), choices=TARGETS)
    sequences: tuple[str, ...] = option((), _SEQUENCES)
    masks: bool = option(False, "Annotations carry masks, made of their outlines.")


@attrs.frozen(kw_only=True)
class ImageNetVidConfig:
    """Where ImageNet VID lies, and which part of it to take."""

    root: str = option(help="Folder that holds Annotations/VID and Data/VID (ILSVRC2015).")
    split: str = option("train", "Official split: train or val.", choices=("train", "val"))
    targets: str = option(
        "each", _TARGETS_HELP.format("video") + " Finding the objects reads every annotation.", choices=TARGETS
    )
    sequences: tuple[str, ...] = option((), "Names of the videos to take, also as patterns; empty for all.")


@attrs.frozen(kw_only=True)
class ImageNetDetConfig:
    """Where ImageNet DET lies, and which part of it to take."""

    root: str = option(help="Folder that holds Annotations/DET and Data/DET (ILSVRC).")
    split: str = option("train", "Official split: train or val.", choices=("train", "val"))
    targets: str = option(
        "each", _TARGETS_HELP.format("image") + " Finding the objects reads every annotation.", choices=TARGETS
    )
    sequences: tuple[str, ...] = option((), "Names of the images to take, also as patterns; empty for all.")
