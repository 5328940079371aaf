"""Models as wholes: which of their parts become detector, re-identification and tracker of an experiment."""

from __future__ import annotations

from vtcore.migration.datasets import TestData
from vtcore.migration.detector import Detector
from vtcore.migration.detectors import DETECTORS, map_detector
from vtcore.migration.draft import Draft
from vtcore.migration.pipelines import Pictures
from vtcore.migration.reid import map_reid
from vtcore.migration.scores import map_link_model
from vtcore.migration.sections import Section
from vtcore.migration.targets import TARGET_TRACKERS, map_target_scores, map_target_tracker
from vtcore.migration.trackers import TrackerParts, map_tracker

__all__ = ["map_model", "unknown_model"]

# Networks that were trained apart and are tested with the weights that the config names.
_OF_PARTS = ("DeepSORT", "SORT", "Tracktor")
# Networks that are tested with a checkpoint; what the config names is where training begins.
_OF_ONE = ("ByteTrack", "OCSORT", "QDTrack", "StrongSORT")
_NOT_HERE = {
    "DFF": "video object detection: features are carried on from key frames by optical flow",
    "FGFA": "video object detection: features of frames around are warped by optical flow and added up",
    "SELSA": "video object detection: features of regions are aggregated over the whole sequence",
    "MaskTrackRCNN": "video instance segmentation: Mask R-CNN with a head that follows instances",
    "MaskTrackRCNNTracker": "video instance segmentation",
    "Mask2FormerVideo": "video instance segmentation: Mask2Former over several frames",
    "Mask2Former": "video instance segmentation: Mask2Former over several frames",
}


def unknown_model(model: Section) -> bool:
    """Tell of a model as a whole that has no counterpart; whatever else the config says is about it."""
    kind = model.type
    if kind in (*_OF_PARTS, *_OF_ONE, *TARGET_TRACKERS, *DETECTORS, "BaseReID"):
        return False
    if kind in _NOT_HERE:
        model.cannot("type", f"{kind} ({_NOT_HERE[kind]}) has no counterpart here yet")
    elif kind:
        model.cannot(
            "type", f"{kind} has no counterpart here; vtcore describe tracker and detector list those there are"
        )
    elif "reid" in model or "detector" in model:
        return False
    else:
        model.cannot("", "the config has no model; is it meant to be a base of others?")
    return True


def map_model(model: Section, data: TestData, pictures: Pictures) -> None:
    """Map a model that `unknown_model` knows.

    Args:
        model: The config's ``model``.
        data: The data set that is tested on, already mapped.
        pictures: What is done to its pictures.
    """
    kind = model.type
    if kind in _OF_PARTS or kind in _OF_ONE:
        _many_objects(model, kind, data, pictures)
    elif kind in TARGET_TRACKERS:
        map_target_tracker(model, _named(model, "tracker", model.draft.weights.checkpoint))
        map_target_scores(model, data)
    elif kind == "BaseReID" or (not kind and "reid" in model):
        _reid_alone(model if kind else model.child("reid"))
    else:
        _detector_alone(model if kind else model.child("detector"), data, pictures)


def _many_objects(model: Section, kind: str, data: TestData, pictures: Pictures) -> None:
    draft, tracker = model.draft, model.child("tracker")
    where = ("tracker",) if kind == "Tracktor" else ()
    # MMTracking 1.x has "kalman", and MMDetection after it the tracker's own "motion".
    names = ("motion", "kalman", "cmc")
    motion = [*(part for name in names for part in model.sections(name)), *tracker.sections("motion")]
    mapped = map_tracker(TrackerParts(tracker, motion, "reid" in model))
    found = _detector(model, kind, data, pictures, where)
    # Its own threshold is the detector's here.
    if mapped == "sort" and found:
        _sort_threshold(tracker, draft)
    if kind == "QDTrack":
        _describing_detector(model, draft)
    elif "reid" in model and mapped in ("deepsort", "strongsort", "tracktor"):
        weights = _part_weights(model, kind, draft.weights.reid, "reid")
        map_reid(model.child("reid"), tracker.child("reid"), pictures, (*where, "reid"), weights)
    else:
        model.child("reid").forget()
    if mapped == "tracktor" and draft.tables["tracker"]["camera_motion"]["type"] == "ecc-normalised":
        _normalised_motion(draft, pictures, tracker)
    if data.section.names and "detection_file" in data.section:
        _public(data, mapped, draft)
    if "postprocess_model" in model:
        map_link_model(model.section("postprocess_model"))
    model.ignore("data_preprocessor", "init_cfg", "pretrains", "freeze_detector")
    model.finish("an experiment")


def _detector(model: Section, kind: str, data: TestData, pictures: Pictures, where: tuple[str, ...]) -> str:
    section = model.child("detector")
    weights = _part_weights(model, kind, model.draft.weights.detector, "detector")
    path = ("detector", "detector") if kind == "QDTrack" else (*where, "detector")
    return map_detector(Detector(section, pictures, path, weights, data.classes))


def _part_weights(model: Section, kind: str, given: str, what: str) -> str:
    """Return the weights of one network: as given, of the checkpoint, or those that the config names."""
    part, draft = model.child(what), model.draft
    # MMTracking named them so until 0.6.
    old = (model.section("pretrains").take(what, "") or "") if kind in _OF_PARTS else ""
    weights = given or draft.weights.checkpoint or old
    if not weights and kind in _OF_PARTS:
        weights = part.section("init_cfg").take("checkpoint", "") or ""
    return _named(part, what, weights)


def _named(section: Section, what: str, weights: str) -> str:
    if not weights:
        option = f" or --{what}" if what in ("detector", "reid") else ""
        message = (
            f"weights of the {what} are not in the config: name them with --checkpoint{option}, or in the experiment"
        )
        section.remark("", message)
    return weights


def _sort_threshold(tracker: Section, draft: Draft) -> None:
    threshold = tracker.take("obj_score_thr", 0.3)
    if isinstance(threshold, int | float):
        least = max(float(threshold), float(draft.tables["detector"].get("min_score", 0.0)))
        draft.put(("detector", "min_score"), least, tracker.where("obj_score_thr"))
    else:
        tracker.cannot("obj_score_thr", f"{threshold!r}: one number is wanted for the detector's min_score")


def _describing_detector(model: Section, draft: Draft) -> None:
    """QDTrack's head describes what its detector finds; its sizes follow from the weights."""
    head = model.child("track_head")
    embed = head.child("embed_head")
    if (head.type, embed.type) != ("QuasiDenseTrackHead", "QuasiDenseEmbedHead"):
        head.cannot("type", f"{head.type} with {embed.type} has no counterpart in detector qdtrack")
    head.forget()
    inner = draft.tables.pop("detector", {}).get("detector", {})
    weights = draft.weights.checkpoint
    draft.put(("detector", "type"), "qdtrack", model.where("track_head"))
    draft.put(("detector", "weights"), weights, model.where("track_head"))
    if inner:
        draft.put(("detector", "detector"), inner)


def _normalised_motion(draft: Draft, pictures: Pictures, section: Section) -> None:
    """The colours of its pictures are given as red, green, blue."""
    turned = slice(None) if pictures.rgb else slice(None, None, -1)
    for name, values in (("mean", pictures.mean), ("std", pictures.std)):
        draft.put(("tracker", "camera_motion", name), values[turned], pictures.place(name, section))


def _public(data: TestData, mapped: str, draft: Draft) -> None:
    """Detections that come with the data, in place of the detector's own."""
    section = data.section
    place = section.where("detection_file")
    if mapped == "tracktor":
        draft.put(("tracker", "detections"), "given", place)
    else:
        message = "the detector judges and corrects the data's own detections there; here they are taken as they are"
        section.cannot("detection_file", message)
        draft.tables.pop("detector", None)
    draft.put(("detector", "type"), "given", place)


def _reid_alone(reid: Section) -> None:
    weights = reid.draft.weights
    if map_reid(reid, None, None, ("reid",), _named(reid, "reid", weights.reid or weights.checkpoint)):
        reid.remark("", "a network for looks is part of an experiment with a detector and a tracker: extend this one")


def _detector_alone(section: Section, data: TestData, pictures: Pictures) -> None:
    weights = section.draft.weights
    named = _named(section, "detector", weights.detector or weights.checkpoint)
    classes = data.classes or (("pedestrian",) if data.name == "mot-challenge" else ())
    map_detector(Detector(section, pictures, ("detector",), named, classes))
