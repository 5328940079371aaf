"""Tracktor with its networks: public boxes judged by the second stage, tracks carried by it, looks, camera motion.

Everything is read from the case. Weights go through one file under the reference's names, and through the components as
an experiment makes them.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore import load_experiment
from vtcore.components import BuildContext, build
from vtcore.errors import ComponentError
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtcore.instances import Instances

Options = dict[str, Any]

_REGRESSION: Options = {
    "obj_score_thr": 0.5,
    "nms": {"type": "nms", "iou_threshold": 0.6},
    "match_iou_thr": 0.3,
}
_REID: Options = {"num_samples": 10, "img_scale": [256, 128], "match_score_thr": 2.0, "match_iou_thr": 0.2}
"""What the reference takes where a case says nothing."""

_BLOCKS = {(2, False): 18, (6, False): 34, (6, True): 50, (23, True): 101, (36, True): 152}


def sequence(case: Any) -> None:
    """Tracks (ids of the reference count from 0, ours from 1), and what the second stage says of given boxes."""
    torch = pytest.importorskip("torch")
    check, given = case.checker(), case.given()
    pictures = []
    for frame in count():
        if f"image_{frame}" not in given:
            break
        pictures.append(np.ascontiguousarray(given[f"image_{frame}"][:, :, ::-1]))
    public = "public_0" in given
    tracker, detector = _tracker(case, pictures[0].shape[:2], public=public)
    for frame, picture in enumerate(pictures):
        boxes = Instances(given[f"public_{frame}"]) if public else Instances.empty()
        tracks = tracker.update(Frame(frame, picture), boxes)
        seen = tracker.seen
        check.close(f"det_bboxes_{frame}", np.column_stack((seen.boxes, seen.scores)))
        wanted = check.wanted[f"track_bboxes_{frame}"]
        check.wanted[f"track_bboxes_{frame}"] = wanted = wanted[wanted[:, 0].argsort()]
        order = tracks.ids.argsort()
        assert (tracks.ids[order] - 1).tolist() == wanted[:, 0].tolist()
        check.close(f"track_bboxes_{frame}", np.column_stack((tracks.ids - 1, tracks.boxes, tracks.scores))[order])
    if "regressed_boxes" in check.wanted:
        with torch.inference_mode():
            extracted = detector.extract([pictures[1]])
            found = detector.network.regress(extracted.features, [torch.from_numpy(given["public_0"])])[0]
        check.close("regressed_boxes", found.boxes.reshape(len(found.boxes), -1))
        check.close("regressed_scores", found.scores)
    check.finish()


def _tracker(case: Any, size: tuple[int, int], *, public: bool) -> tuple[Any, Any]:
    """Return the tracker that an experiment with the case's weights has, and its detector."""
    import torch

    hyper = case.stated["hyper"]
    motion = hyper.get("motion") or ()
    stated = dict(hyper["tracker"])
    motions = [dict(each) for each in ([motion] if isinstance(motion, dict) else motion)]
    state = {name: torch.from_numpy(np.array(value)) for name, value in case.state().items()}
    wanted = hyper["tracker"].get("reid", _REID) and any(name.startswith("reid.") for name in state)
    describes = _reid(hyper, size) if wanted else {}
    options = {"detections": "given" if public else "own", **_options(stated), **_motion(motions, hyper)}
    assert not stated, f"this test does not know the options {sorted(stated)}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tracktor.pth"
        torch.save({"state_dict": state, "meta": {}}, path)
        options |= {f"detector.{key}": value for key, value in _detector(hyper, state, path, size).items()}
        if describes:
            options |= {**describes, "reid.weights": str(path)}
        for kind, name in (("tracker", "tracktor"), ("detector", "faster-rcnn"), ("reid", "resnet50-reid")):
            try:
                plugin_host().component(kind, name)
            except ComponentError as error:
                pytest.skip(f"{kind} {name!r} is not built yet: {error}")
        experiment = load_experiment({}, {f"tracker.{key}": value for key, value in options.items()})
        assert experiment.tracker is not None
        tracker = build(experiment.tracker, BuildContext(device="cpu"))
    return tracker, tracker.config.detector


def _options(stated: Options) -> Options:
    """Translate the tracker's options, taking them out; what is left out is as in the reference."""
    assert stated.pop("type") == "TracktorTracker"
    assert stated.pop("momentums", None) is None
    assert stated.pop("init_cfg", None) is None
    regression, reid = dict(stated.pop("regression", _REGRESSION)), dict(stated.pop("reid", _REID) or {})
    nms = dict(regression.pop("nms"))
    assert nms.pop("type") == "nms"
    for told_elsewhere in ("img_norm_cfg", "img_scale"):
        reid.pop(told_elsewhere, None)
    options = {
        "type": "tracktor",
        "new_track_threshold": stated.pop("obj_score_thr", 0.5),
        "keep_threshold": regression.pop("obj_score_thr"),
        "nms_threshold": nms.pop("iou_threshold"),
        "duplicate_iou_threshold": regression.pop("match_iou_thr"),
        "max_age": stated.pop("num_frames_retain", 10),
        "per_class": False,
    }
    for theirs, ours in (("match_score_thr", "appearance_threshold"), ("match_iou_thr", "iou_threshold")):
        if theirs in reid:
            options[ours] = reid.pop(theirs)
    # Without a number, the reference compares with the latest embedding.
    options["gallery_size"] = reid.pop("num_samples", None) or 1
    left = {*regression, *reid, *nms}
    assert not left, f"this test does not know the options {sorted(left)}"
    return options


def _reid(hyper: Options, size: tuple[int, int]) -> Options:
    """Return the options of what describes boxes, cut out of the picture as the detector sees it."""
    stated = hyper["tracker"].get("reid", _REID)
    options: Options = {
        "reid.type": "resnet50-reid",
        "reid.size": list(stated["img_scale"]),
        "reid.compat": "mmtracking",
        "reid.detector_scale": [max(size), min(size)],
    }
    own = stated.get("img_norm_cfg") or {}
    if "image_mean" in hyper:
        options |= {"reid.detector_mean": hyper["image_mean"], "reid.detector_std": hyper["image_std"]}
        options |= {"reid.mean": hyper["image_mean"], "reid.std": hyper["image_std"]}
    if own:
        options |= {"reid.mean": list(own["mean"]), "reid.std": list(own["std"])}
        options["reid.colours"] = "rgb" if own.get("to_rgb", True) else "bgr"
    return options


def _motion(motions: list[Options], hyper: Options) -> Options:
    options: Options = {"camera_motion.type": "none"}
    for each in motions:
        kind = each.pop("type")
        if kind == "CameraMotionCompensation":
            options["camera_motion.type"] = "ecc-normalised"
            mode = each.pop("warp_mode", "cv2.MOTION_EUCLIDEAN")
            options["camera_motion.motion"] = mode.removeprefix("cv2.MOTION_").lower()
            options["camera_motion.iterations"] = each.pop("num_iters", 50)
            options["camera_motion.epsilon"] = each.pop("stop_eps", 0.001)
            if "image_mean" in hyper:
                # The reference aligns what the network sees.
                options |= {"camera_motion.mean": hyper["image_mean"], "camera_motion.std": hyper["image_std"]}
        else:
            assert kind == "LinearMotion", f"this test does not know the motion {kind}"
            options["motion_samples"] = each.pop("num_samples", 2)
            options["motion_centre_only"] = each.pop("center_motion", False)
            options["compat"] = "mmtracking"
        assert not each, f"this test does not know the options {sorted(each)} of {kind}"
    return options


def _detector(hyper: Options, names: Mapping[str, Any], path: Path, size: tuple[int, int]) -> Options:
    stated = hyper["detector"]
    found = [match for name in names if (match := re.search(r"detector.*layer3\.(\d+)\.conv([123])\.weight", name))]
    depth = _BLOCKS[1 + max(int(match[1]) for match in found), any(match[2] == "3" for match in found)]
    options = {
        "type": "faster-rcnn",
        "weights": str(path),
        "backbone.depth": depth,
        "backbone.style": stated.get("style", "pytorch"),
        "clip_border": stated["clip_border"],
        "scale": [max(size), min(size)],
        "pad_to": 1,
        "min_score": stated["score_thr"],
        "nms_threshold": stated["nms_iou"],
        "max_detections": stated["max_per_img"],
    }
    if "image_mean" in hyper:
        options |= {"mean": hyper["image_mean"], "std": hyper["image_std"]}
    rpn = stated.get("rpn", {})
    named = {"nms_pre": "nms_pre", "max_per_img": "max_proposals", "nms_iou": "nms_threshold"}
    return options | {f"rpn.{ours}": rpn[theirs] for theirs, ours in named.items() if theirs in rpn}


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {("tracktor", "sequence"): sequence}
"""By model and operation."""
