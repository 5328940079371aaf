"""One split written to one file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vtrack_datasets.coco_video import CocoVideoSequences
from vtrack_datasets.coco_video_file import CocoVideoFile
from vtrack_datasets.conversion import ConversionOptions, write_target
from vtrack_datasets.conversion_imagenet import (
    det_training_images,
    vid_training_frames,
    write_coco_image,
    write_det_image,
    write_vid_video,
)
from vtrack_datasets.conversion_splits import Split
from vtrack_datasets.imagenet_classes import DET_CLASSES, VID_CLASSES, WORDNET_IDS
from vtrack_datasets.target_sequence import ONE_CLASS

__all__ = ["convert_split"]


def convert_split(
    dataset: str, split: Split, root: Path, path: Path, patterns: Iterable[str], options: ConversionOptions
) -> dict[str, int]:
    """Write a split as CocoVID JSON, whole or not at all.

    Args:
        dataset: Its data set's name.
        split: The split.
        root: Folder of the data set.
        path: The file to write.
        patterns: Only the sequences that fit one of these; all without.
        options: How.

    Returns:
        How many videos, images and annotations were written.

    Raises:
        DataError: The data set is not as it must be.
        OutputError: The file cannot be written.
    """
    sequences = split.make(tuple(patterns), options.partial).sequences()
    with CocoVideoFile(path, _categories(dataset, sequences)) as file:
        match dataset:
            case "coco":
                for group in _shown(sequences.groups(), path, len(sequences)):
                    write_coco_image(file, sequences.file_index, group)
            case "imagenet-det":
                training = det_training_images(root)
                for image in _shown(sequences, path):
                    write_det_image(file, image, training)
            case "imagenet-vid":
                frames, instance = vid_training_frames(root), 1
                for video in _shown(sequences, path):
                    instance = write_vid_video(file, video, options, frames, instance)
            case _:
                for sequence in _shown(sequences, path):
                    write_target(file, sequence, options)
    return file.counts


def _shown(items: Iterable[Any], path: Path, total: int | None = None) -> Iterable[Any]:
    """Show how far it is, where somebody looks at the terminal."""
    from rich.progress import track

    from vtcore.cli.console import error_console

    console = error_console()
    return track(items, path.name, total=total, console=console, transient=True, disable=not console.is_terminal)


def _categories(dataset: str, sequences: Any) -> list[dict[str, Any]]:
    """Return the categories, numbered as MMTracking does: targets without a class from 0, others from 1."""
    if isinstance(sequences, CocoVideoSequences):
        return list(sequences.file_index.categories)
    if dataset not in ("imagenet-vid", "imagenet-det"):
        return [{"id": number, "name": name} for number, name in enumerate(ONE_CLASS)]
    names = VID_CLASSES if dataset == "imagenet-vid" else DET_CLASSES
    return [
        {"id": number, "name": name, "encode_name": WORDNET_IDS[number - 1] if number <= len(WORDNET_IDS) else None}
        for number, name in enumerate(names, start=1)
    ]
