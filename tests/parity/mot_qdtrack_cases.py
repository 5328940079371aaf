"""QDTrack: association of scripted detections, the head that describes boxes with its losses, the whole on pictures.

Everything is read from the case. Weights go through a file under the reference's names, and through the components as
an experiment makes them.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore import load_experiment
from vtcore.components import BuildContext, Configured, build
from vtcore.errors import ComponentError
from vtcore.host import plugin_host
from vtcore.instances import Instances

Options = dict[str, Any]

_BLOCKS = {(2, False): 18, (6, False): 34, (6, True): 50, (23, True): 101, (36, True): 152}


def associate(case: Any) -> None:
    """Every detection that is no duplicate: an id (ours count from 1), -1 for no track, -2 for one forgotten."""
    stated, stored, check = case.stated, case.stored(), case.checker()
    tracker = _tracker(dict(stated["hyper"]["tracker"]))
    for frame in count():
        if f"given:dets_{frame}" not in stored:
            break
        rows, labels = stored[f"given:dets_{frame}"], stored[f"given:labels_{frame}"]
        embeddings = stored[f"given:embeds_{frame}"]
        tracks = tracker.update(None, Instances(rows[:, :4], rows[:, 4], labels, embeddings=embeddings))
        order = tracker.order
        fates = tracker.fates[order]
        scores = rows[:, 4].copy()
        scores[tracks.detection_index] = tracks.scores
        assert sorted(tracks.detection_index.tolist()) == sorted(order[fates > 0].tolist())
        check.exact(f"ids_{frame}", np.where(fates > 0, fates - 1, fates))
        check.exact(f"labels_{frame}", labels[order])
        check.close(f"bboxes_{frame}", np.column_stack((rows[:, :4], scores))[order])
    check.finish()


def _tracker(stated: Options) -> Any:
    kind = stated.pop("type")
    name, options = TRACKERS[kind]
    chosen = {ours: stated.pop(theirs) for theirs, ours in options.items() if theirs in stated}
    chosen["compat"] = "mmtracking"
    for theirs, ours in MOMENTUMS.items():
        if theirs in stated:
            chosen[ours] = 1 - stated.pop(theirs)
    assert not stated, f"this test does not know the options {sorted(stated)}"
    try:
        component = plugin_host().component("tracker", name)
    except ComponentError as error:
        pytest.skip(f"tracker {name!r} is not built yet: {error}")
    return build(Configured(component, component.load_config()(**chosen)), BuildContext())


def head(case: Any) -> None:
    """Embeddings of boxes in given maps; how alike given embeddings are, targets, losses and their slopes."""
    torch = pytest.importorskip("torch")
    qdtrack = pytest.importorskip("vtrack_plugin_qdtrack", reason="vtrack-plugin-qdtrack is not installed")
    stated, check, given = case.stated, case.checker(), case.given()
    with _weights(case) as path:
        network = qdtrack.load_track_head(path)
    network.eval()
    hyper = stated["hyper"]
    layer = hyper["roi_extractor"]["roi_layer"]
    assert (layer["output_size"], layer["sampling_ratio"]) == (network.embed_head.size, 0)
    assert hyper["roi_extractor"]["featmap_strides"] == list(network.extractor.strides)
    network.embed_head.rules = _rules(hyper["embed_head"])
    maps = [torch.from_numpy(value) for _, value in sorted(case.inputs().items())]
    boxes = [torch.from_numpy(given["boxes"])]
    with torch.inference_mode():
        check.close("roi_feats", network.extractor(maps, boxes))
        check.close("embeds", network(*maps, boxes))
    _learning(check, network.embed_head, {name: torch.from_numpy(value) for name, value in given.items()})
    check.finish()


def _learning(check: Any, network: Any, given: Mapping[str, Any]) -> None:
    import torch

    pictures = range(sum(name.startswith("key_embeds_") for name in given))
    keys = [given[f"key_embeds_{index}"].clone().requires_grad_() for index in pictures]
    references = [given[f"ref_embeds_{index}"].clone().requires_grad_() for index in pictures]
    counts = [len(each) for each in references]
    alike = network.match(torch.cat(keys), torch.cat(references), [len(each) for each in keys], counts)
    named = ("gt_match_indices", "key_pos_assigned", "ref_pos_assigned")
    targets = network.targets(*([given[f"{name}_{index}"] for index in pictures] for name in named), counts)
    losses = network.loss(alike, targets)
    sum(losses.values()).backward()
    for name, value in losses.items():
        check.close(name, value.detach())
    check.close("grad_key", torch.cat([each.grad for each in keys]))
    check.close("grad_ref", torch.cat([each.grad for each in references]))
    for index, ((products, cosines), (same, weights)) in enumerate(zip(alike, targets, strict=True)):
        check.exact(f"targets_{index}", same)
        check.exact(f"weights_{index}", weights)
        check.close(f"dists_{index}", products.detach())
        if f"cos_dists_{index}" in check.wanted:
            check.close(f"cos_dists_{index}", cosines.detach())


def _rules(stated: Mapping[str, Any]) -> Any:
    from vtrack_plugin_qdtrack import EmbedRules

    track, auxiliary = stated["loss_track"], stated.get("loss_track_aux") or {}
    return EmbedRules(
        weight=track["loss_weight"],
        auxiliary_weight=auxiliary.get("loss_weight", 0.0),
        negatives_per_positive=auxiliary.get("neg_pos_ub", -1),
        positive_margin=auxiliary.get("pos_margin", -1),
        negative_margin=auxiliary.get("neg_margin", -1),
        hard=auxiliary.get("hard_mining", False),
        temperature=max(stated.get("softmax_temp", 0), 0),
    )


def sequence(case: Any) -> None:
    """Boxes and tracks on pictures; boxes are told in an original picture larger than that which is given."""
    import attrs

    stated, check, given = case.stated, case.checker(), case.given()
    pytest.importorskip("torch")
    tracker = _tracker(dict(stated["hyper"]["tracker"]))
    with _weights(case) as path:
        detector = _detector(case, path, given["image_0"].shape[:2])
    for frame in count():
        if f"image_{frame}" not in given:
            break
        extracted = detector.extract([np.ascontiguousarray(given[f"image_{frame}"][:, :, ::-1])])
        extracted = attrs.evolve(extracted, factors=extracted.factors * stated["hyper"]["scale_factor"])
        (found,) = detector.detect_in(extracted)
        tracks = tracker.update(None, found)
        # The reference puts classes one after the other.
        by_class = np.argsort(found.labels, kind="stable")
        check.close(f"det_bboxes_{frame}", np.column_stack((found.boxes, found.scores))[by_class])
        wanted = check.wanted[f"track_bboxes_{frame}"]
        check.wanted[f"track_bboxes_{frame}"] = wanted = wanted[wanted[:, 0].argsort()]
        order = tracks.ids.argsort()
        assert (tracks.ids[order] - 1).tolist() == wanted[:, 0].tolist()
        rows = np.column_stack((tracks.ids - 1, tracks.boxes, tracks.scores))
        check.close(f"track_bboxes_{frame}", rows[order])
    check.finish()


def _depth(names: Mapping[str, Any]) -> int:
    """Return the depth of the ResNet that has weights of these names."""
    found = [match for name in names if (match := re.search(r"layer3\.(\d+)\.conv([123])\.weight", name))]
    return _BLOCKS[1 + max(int(match[1]) for match in found), any(match[2] == "3" for match in found)]


def _detector(case: Any, path: Path, size: tuple[int, int]) -> Any:
    hyper = case.stated["hyper"]
    stated = hyper["detector"]
    rpn, rcnn = stated["rpn"], stated["rcnn"]
    options = {
        "type": "qdtrack",
        "weights": str(path),
        "detector.weights": str(path),
        "detector.backbone.style": stated["style"],
        "detector.backbone.depth": _depth(case.state()),
        "detector.clip_border": stated["clip_border"],
        "detector.mean": hyper["image_mean"],
        "detector.std": hyper["image_std"],
        "detector.channel_order": "rgb",
        "detector.scale": [max(size), min(size)],
        "detector.pad_to": 1,
        "detector.min_score": rcnn["score_thr"],
        "detector.nms_threshold": rcnn["nms_iou"],
        "detector.max_detections": rcnn["max_per_img"],
        "detector.rpn.nms_pre": rpn["nms_pre"],
        "detector.rpn.max_proposals": rpn["max_per_img"],
        "detector.rpn.nms_threshold": rpn["nms_iou"],
    }
    experiment = load_experiment({}, {f"detector.{key}": value for key, value in options.items()})
    assert experiment.detector is not None
    detector = build(experiment.detector, BuildContext(device="cpu"))
    assert len(detector.classes) == stated["num_classes"]
    return detector


@contextmanager
def _weights(case: Any) -> Iterator[Path]:
    """Write the weights of a case to a file under the reference's names."""
    import torch

    state = {name: torch.from_numpy(np.array(value)) for name, value in case.state().items()}
    assert all(re.match(r"(detector|track_head)\.", name) for name in state)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "qdtrack.pth"
        torch.save({"state_dict": state, "meta": {}}, path)
        yield path


TRACKERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "QuasiDenseTracker": (
        "qdtrack",
        {
            "init_score_thr": "new_track_threshold",
            "obj_score_thr": "high_threshold",
            "match_score_thr": "match_threshold",
            "memo_tracklet_frames": "max_age",
            "memo_backdrop_frames": "backdrop_frames",
            "nms_conf_thr": "suppress_threshold",
            "nms_backdrop_iou_thr": "backdrop_iou_threshold",
            "nms_class_iou_thr": "duplicate_iou_threshold",
            "with_cats": "per_class",
            "match_metric": "metric",
        },
    ),
    "QuasiDenseTAOTracker": (
        "qdtrack-tao",
        {
            "init_score_thr": "new_track_threshold",
            "obj_score_thr": "min_score",
            "match_score_thr": "match_threshold",
            "memo_frames": "max_age",
            "obj_score_diff_thr": "score_difference",
            "distractor_nms_thr": "distractor_iou_threshold",
            "distractor_score_thr": "distractor_threshold",
            "match_metric": "metric",
            "match_with_cosine": "add_cosine",
        },
    ),
}
"""Our tracker, and what the options of the reference's are called in it."""

MOMENTUMS = {"memo_momentum": "appearance_momentum", "momentum_obj_score": "score_momentum"}
"""Theirs weigh what is new, ours what is old."""

HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("qdtrack", "associate"): associate,
    ("qdtrack-tao", "associate"): associate,
    ("qdtrack-head", "forward"): head,
    ("qdtrack", "sequence"): sequence,
}
"""By model and operation."""
