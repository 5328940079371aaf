"""ImageNet VID and DET, and COCO, as CocoVID JSON, with the fields of MMTracking's converters.

MMTracking (https://github.com/open-mmlab/mmtracking, Apache-2.0) trains VID detectors on the frames that
``Lists/VID_train_15frames.txt`` names and the images of ``Lists/DET_train_30classes.txt``; where these lists lie in the
data set's folder, the frames and images are marked. Identities of VID are unique over the file, ``official_id`` keeps
those of the annotation.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from vtrack_datasets.coco_video_file import CocoVideoFile
from vtrack_datasets.coco_video_index import CocoVideoIndex, ImageGroup
from vtrack_datasets.conversion import ConversionOptions, plain_number, refuse_incomplete
from vtrack_datasets.imagenet_det import DetImageSequence, det_label
from vtrack_datasets.imagenet_vid import VidVideoSequence
from vtrack_datasets.number_text import read_lines

__all__ = ["det_training_images", "vid_training_frames", "write_coco_image", "write_det_image", "write_vid_video"]


def vid_training_frames(root: Path) -> dict[str, list[int]]:
    """Return the frames of each video that detectors are trained on; none where the list is not there."""
    path = root / "Lists" / "VID_train_15frames.txt"
    found: dict[str, list[int]] = {}
    for line in read_lines(path) if path.is_file() else ():
        video, _, frame, *_ = line.split()
        found.setdefault(video, []).append(int(frame) - 1)
    return found


def det_training_images(root: Path) -> set[str]:
    """Return the images of DET that detectors are trained on, without suffix; none where the list is not there."""
    path = root / "Lists" / "DET_train_30classes.txt"
    return {line.split()[0] for line in read_lines(path) if line.strip()} if path.is_file() else set()


def write_vid_video(
    file: CocoVideoFile,
    video: VidVideoSequence,
    options: ConversionOptions,
    training: Mapping[str, list[int]],
    first_instance: int,
) -> int:
    """Write a video with all its objects.

    Args:
        file: Where to.
        video: The video.
        options: How.
        training: Frames to mark by video.
        first_instance: The next identity that is free.

    Returns:
        The next identity that is free then.

    Raises:
        DataError: An annotation is not as it must be, or images are missing.
    """
    refuse_incomplete(video, options)
    name = PurePosixPath(os.path.relpath(video.images.place, video.image_root)).as_posix()
    marked = training.get(name, [])
    number = file.add("videos", name=name, vid_train_frames=marked, frame_rate=video.frame_rate)
    objects = video.objects
    instances: dict[int, int] = {}
    row = 0
    for frame, (width, height) in enumerate(objects.sizes.tolist()):
        image = file.add(
            "images",
            file_name=f"{name}/{video.images.path(frame).name}",
            height=height,
            width=width,
            frame_id=frame,
            video_id=number,
            is_vid_train_frame=frame in marked,
        )
        while row < len(objects.frames) and objects.frames[row] == frame:
            if objects.labels[row] >= 0:
                track = int(objects.tracks[row])
                instance = instances.setdefault(track, first_instance + len(instances))
                file.add(
                    "annotations",
                    video_id=number,
                    image_id=image,
                    category_id=int(objects.labels[row]) + 1,
                    instance_id=instance,
                    official_id=track,
                    **_box(objects.ltwh[row].tolist()),
                    iscrowd=False,
                    occluded=bool(objects.occluded[row]),
                    generated=bool(objects.generated[row]),
                )
            row += 1
    return first_instance + len(instances)


def write_det_image(file: CocoVideoFile, image: DetImageSequence, training: set[str]) -> None:
    """Write an image with all its objects; it belongs to no video.

    Raises:
        DataError: The annotation is not as it must be.
    """
    truth = image.truth
    name = Path(os.path.relpath(image.images.path(0), image.image_root)).as_posix()
    marked = PurePosixPath(name).with_suffix("").as_posix() in training
    number = file.add("images", file_name=name, height=truth.height, width=truth.width, is_vid_train_frame=marked)
    for item in truth.objects:
        label = det_label(item.wordnet_id)
        file.add("annotations", image_id=number, category_id=label + 1, **_box(list(item.ltwh)), iscrowd=False)


def write_coco_image(file: CocoVideoFile, index: CocoVideoIndex, group: ImageGroup) -> None:
    """Write an image of COCO as a video of one frame, each object an identity of its own, its annotation's id.

    Raises:
        DataError: The file has changed since it was listed.
    """
    record = index.read_images(group.images)[0]
    number = file.add("videos", name=group.name)
    kept = {key: value for key, value in record.items() if key in ("file_name", "height", "width", "license")}
    image = file.add("images", **kept, frame_id=0, video_id=number)
    annotations = index.read_annotations(group.annotations)
    instances = index.instances[group.annotations]
    for place, (annotation, instance) in enumerate(zip(annotations, instances.tolist(), strict=True)):
        rest = {key: value for key, value in annotation.items() if key not in ("id", "image_id")}
        file.add("annotations", image_id=image, video_id=number, instance_id=instance, official_id=place, **rest)


def _box(ltwh: list[float]) -> dict[str, Any]:
    box = [plain_number(number) for number in ltwh]
    return {"bbox": box, "area": plain_number(box[2] * box[3])}
