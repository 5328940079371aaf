"""Data sets: what is tested on, as files lie after the originals' converters."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

import attrs

from vtcore.migration.sections import Section

__all__ = ["DATASETS", "TestData", "map_dataset"]

DATASET = ("dataset",)
_MOT_FILE = re.compile(r"(?P<half>half-)?(?P<split>train|val|test)_cocoformat\.json")


@attrs.frozen
class TestData:
    """The data set that is tested on.

    Attributes:
        section: ``data.test``, or ``test_dataloader.dataset``.
        annotations: The annotation file as it is found from the working directory; empty where none is named.
        pictures: Folder of the pictures, in the same way.
        classes: Names of its classes, where the config says them, or the original knows them.
        name: Of ours; empty where it has no counterpart.
    """

    __test__ = False

    section: Section
    annotations: str
    pictures: str
    classes: tuple[str, ...] = ()
    name: str = ""


def map_dataset(section: Section) -> TestData:
    """Map the data set that is tested on; what has no counterpart is told."""
    kind = section.type
    data = TestData(section, *_paths(section), classes=_classes(section, kind))
    mapping = DATASETS.get(kind)
    if mapping is None:
        what = f"data set {kind or 'without a type'}"
        section.cannot("type", f"{what} has no counterpart here; vtcore describe dataset lists those there are")
        section.forget()
        return data
    name = mapping(data)
    if name:
        section.draft.put((*DATASET, "type"), name, section.where("type"))
    section.ignore("test_mode", "pipeline", "ann_file", "img_prefix", "data_prefix", "data_root", "dataset_version")
    section.ignore("visibility_thr", "backend_args", "indices", "load_as_video", "key_img_sampler")
    sampler = section.section("ref_img_sampler")
    if sampler.names:
        section.cannot("ref_img_sampler", "pictures are tested one by one here, without others beside them")
    section.finish(f"dataset {name}" if name else "an experiment")
    return attrs.evolve(data, name=name)


def _paths(section: Section) -> tuple[str, str]:
    """Return annotation file and folder of pictures; MMDetection 3 has both below ``data_root``."""
    root = section.text("data_root")
    prefix = section.take("img_prefix", "") or ""
    parts = section.section("data_prefix")
    for name in ("img_path", "img"):
        prefix = prefix or parts.take(name, "") or ""
    file = section.take("ann_file", "") or ""
    if not isinstance(file, str) or not isinstance(prefix, str):
        section.cannot("ann_file", "several files at once have no counterpart here: make an experiment of each")
        file, prefix = (value if isinstance(value, str) else "" for value in (file, prefix))
    return _below(root, file), _below(root, prefix)


def _below(root: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(root, path)) if path else ""


def _classes(section: Section, kind: str) -> tuple[str, ...]:
    named = section.take("classes") or section.section("metainfo").take("classes")
    if isinstance(named, list):
        return tuple(map(str, named))
    if isinstance(named, str):
        section.cannot("classes", f"{named}: names in a file have no counterpart here; write them as class_names")
    return ("pedestrian",) if kind in ("MOTChallengeDataset", "DanceTrackDataset") else ()


def _mot(data: TestData) -> str:
    """MOT Challenge's own folders, which the JSON files were made of; another file is read as it is."""
    section, draft = data.section, data.section.draft
    found = _MOT_FILE.fullmatch(posixpath.basename(data.annotations))
    if found is None:
        return _coco_video(data)
    root, split = posixpath.split(data.pictures or f"{posixpath.dirname(posixpath.dirname(data.annotations))}/train")
    file = section.where("ann_file")
    draft.put((*DATASET, "root"), root, section.where("img_prefix" if "img_prefix" in section else "data_root"))
    draft.put((*DATASET, "split"), split, file)
    if found["half"]:
        draft.put((*DATASET, "half"), "first" if found["split"] == "train" else "second", file)
    if "MOT17" in root:
        message = (
            'all of its sequences, as there; it has each once per public detector: detector = "FRCNN" takes each once'
        )
        section.remark("ann_file", message)
    return "mot-challenge"


def _coco_video(data: TestData) -> str:
    section, draft = data.section, data.section.draft
    if not data.annotations:
        section.cannot("ann_file", "no annotation file is named: dataset coco-video reads one")
        return ""
    draft.put((*DATASET, "annotations"), data.annotations, section.where("ann_file"))
    place = section.where("img_prefix" if "img_prefix" in section else "data_prefix")
    draft.put((*DATASET, "root"), data.pictures or None, place)
    return "coco-video"


def _coco(data: TestData) -> str:
    """Pictures one by one: COCO's own folders, or those of MOT Challenge."""
    file = posixpath.basename(data.annotations)
    data.section.ignore("filter_cfg", "filter_empty_gt")
    if _MOT_FILE.fullmatch(file):
        return _mot(data)
    found = re.fullmatch(r"instances_(\w+)\.json", file)
    if found is None or posixpath.basename(posixpath.dirname(data.annotations)) != "annotations":
        data.section.cannot("ann_file", f"{file or 'no file'}: dataset coco reads annotations/instances_<split>.json")
        return ""
    draft, place = data.section.draft, data.section.where("ann_file")
    draft.put((*DATASET, "root"), posixpath.dirname(posixpath.dirname(data.annotations)), place)
    draft.put((*DATASET, "split"), found[1], place)
    draft.put((*DATASET, "targets"), "all")
    return "coco"


def _imagenet_vid(data: TestData) -> str:
    draft, section = data.section.draft, data.section
    split = "train" if "train" in posixpath.basename(data.annotations) else "val"
    draft.put((*DATASET, "root"), re.sub(r"/Data/VID/?$", "", data.pictures), section.where("img_prefix"))
    draft.put((*DATASET, "split"), split, section.where("ann_file"))
    draft.put((*DATASET, "targets"), "all")
    return "imagenet-vid"


def _target_data(name: str, split: str = "split") -> Callable[[TestData], str]:
    """Map a data set of single targets, whose folders are read as they are published."""

    def mapping(data: TestData) -> str:
        section, draft = data.section, data.section.draft
        draft.put((*DATASET, "root"), data.pictures or None, section.where("img_prefix"))
        part = section.take("split")
        if split and part is not None:
            draft.put((*DATASET, split), part, section.where("split"))
        section.ignore("only_eval_visible", "dataset_type", "test_load_ann")
        return name

    return mapping


def _otb(data: TestData) -> str:
    data.section.draft.put((*DATASET, "subset"), "tb100")
    return _target_data("otb100", "")(data)


DATASETS: dict[str, Callable[[TestData], str]] = {
    "MOTChallengeDataset": _mot,
    "DanceTrackDataset": _mot,
    "TaoDataset": _coco_video,
    "CocoVideoDataset": _coco_video,
    "YouTubeVISDataset": _coco_video,
    "CocoDataset": _coco,
    "ImagenetVIDDataset": _imagenet_vid,
    "LaSOTDataset": _target_data("lasot"),
    "GOT10kDataset": _target_data("got10k"),
    "TrackingNetDataset": _target_data("trackingnet"),
    "TrackingNetTestDataset": _target_data("trackingnet"),
    "OTB100Dataset": _otb,
    "UAV123Dataset": _target_data("uav123", ""),
    "VOTDataset": _target_data("vot", ""),
}
"""What maps each of their data sets; it returns the name of ours."""
