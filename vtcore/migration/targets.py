"""Trackers of single objects: SiamRPN++, STARK and MixFormer, with their protocols and scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vtcore.migration.datasets import TestData
from vtcore.migration.options import Move, move_all
from vtcore.migration.sections import Section

__all__ = ["TARGET_TRACKERS", "map_target_scores", "map_target_tracker"]

TRACKER = ("tracker",)


def map_target_tracker(model: Section, weights: str) -> str:
    """Map a tracker of single objects.

    Args:
        model: The config's model.
        weights: File or address of its weights.

    Returns:
        Its name here.
    """
    name = TARGET_TRACKERS[model.type](model)
    model.draft.put((*TRACKER, "type"), name, model.where("type"))
    model.draft.put((*TRACKER, "weights"), weights)
    model.ignore("init_cfg", "pretrains", "neck", "backbone", "head")
    model.finish(f"tracker {name}")
    return name


def _siamrpn(model: Section) -> str:
    model.draft.put((*TRACKER, "convention"), "mmtracking")
    tests = model.child("test_cfg")
    moves = [
        Move("rpn.penalty_k", "penalty_k", 0.05, float),
        Move("rpn.window_influence", "window_influence", 0.42, float),
        Move("rpn.lr", "lr", 0.38, float),
        Move("exemplar_size", "template_size", 127),
        Move("search_size", "search_size", 255),
        Move("context_amount", "context_amount", 0.5, float),
        Move("center_size", "center_size", 7),
    ]
    move_all(tests, TRACKER, moves)
    tests.ignore("test_mode")
    _siamese_network(model)
    return "siamrpn"


def _siamese_network(model: Section) -> None:
    """Sizes follow from the weights, as long as the parts are the usual ones."""
    backbone, neck, head = (model.child(name) for name in ("backbone", "neck", "head"))
    backbone.expect("type", "SOTResNet")
    backbone.expect("strides", [1, 2, 1, 1])
    backbone.expect("dilations", [1, 1, 2, 4])
    backbone.expect("out_indices", [1, 2, 3])
    backbone.ignore("depth", "init_cfg")
    neck.expect("type", "ChannelMapper")
    neck.expect("kernel_size", 1)
    neck.expect("act_cfg", None)
    neck.ignore("in_channels", "out_channels", "norm_cfg")
    head.expect("type", "SiameseRPNHead")
    anchors = head.child("anchor_generator")
    anchors.expect("type", "SiameseRPNAnchorGenerator")
    moves = [
        Move("strides", "stride", [8], lambda value: value[0]),
        Move("ratios", "ratios", [0.33, 0.5, 1.0, 2.0, 3.0], _floats),
        Move("scales", "scales", [8.0], _floats),
    ]
    move_all(anchors, TRACKER, moves)
    coder = head.child("bbox_coder")
    coder.expect("type", "DeltaXYWHBBoxCoder")
    coder.expect("target_means", [0.0] * 4)
    coder.expect("target_stds", [1.0] * 4)
    head.ignore("in_channels", "weighted_sum", "kernel_size", "norm_cfg", "init_cfg")


def _stark(model: Section) -> str:
    head = model.child("head")
    scored = "cls_head" in head
    model.draft.put((*TRACKER, "variant"), "st2" if scored else "st1", head.where("cls_head"))
    moves = [*_CROPS, Move("update_intervals", "update_intervals", [200])]
    move_all(model.child("test_cfg"), TRACKER, moves)
    head.expect("type", "StarkHead")
    head.expect("num_querys", 1)
    model.child("backbone").expect("type", "ResNet")
    head.child("bbox_head").expect("type", "CornerPredictorHead")
    _network_of_weights(model)
    _foreign_weights(model, "STARK", "stark")
    return "stark"


_CROPS = [
    Move("search_factor", "search_factor", 5.0, float),
    Move("search_size", "search_size", 320),
    Move("template_factor", "template_factor", 2.0, float),
    Move("template_size", "template_size", 128),
]


def _mixformer(model: Section) -> str:
    moves = [
        *_CROPS,
        Move("update_interval", "update_interval", [200], _first),
        Move("online_size", "online_size", [1], _first),
        Move("max_score_decay", "max_score_decay", [1.0], _first),
    ]
    move_all(model.child("test_cfg"), TRACKER, moves)
    model.child("head").expect("type", "MixFormerHead")
    model.child("backbone").expect("type", "ConvVisionTransformer")
    _network_of_weights(model)
    _foreign_weights(model, "MixFormer", "mixformer")
    return "mixformer"


def _network_of_weights(model: Section) -> None:
    """Count the parts of a network as dealt with: all their sizes are those of the weights."""
    for name in ("backbone", "neck", "head"):
        model.child(name).forget()


def _foreign_weights(model: Section, what: str, name: str) -> None:
    message = (
        f"MMTracking's own weights of {what} are not read here, those of its authors are: "
        f'name them as weights in [tracker] ("vtcore describe tracker {name}")'
    )
    model.draft.cannot(message, model.path("type"), model.where("type"))


def _first(value: Any) -> Any:
    """Return the first of a list, which is all that the original looks at."""
    return value[0] if isinstance(value, list) else value


def _floats(values: Any) -> list[float]:
    return [float(value) for value in values]


TARGET_TRACKERS: dict[str, Callable[[Section], str]] = {"SiamRPN": _siamrpn, "Stark": _stark, "MixFormer": _mixformer}
"""What maps each of their trackers of single objects; it returns the name of ours."""


def map_target_scores(model: Section, data: TestData) -> None:
    """Add the protocol, scores and result files that go with a data set of single targets."""
    draft, section = model.draft, data.section
    place = section.where("type")
    mode = model.child("test_cfg").take("test_mode", "OPE")
    hidden = section.take("only_eval_visible", False)
    if data.name == "vot" and mode == "VOT":
        draft.put(("protocol", "type"), "vot-reset", model.child("test_cfg").where("test_mode"))
        draft.put(("protocol", "polygon_box"), "equal-area")
        _vot_year(section)
    elif data.name == "got10k":
        draft.add("metrics", {"type": "got10k"}, place)
        draft.add("writers", {"type": "mot-text"}, place)
        draft.add("writers", {"type": "track-times"}, place)
    elif data.name == "trackingnet":
        draft.add("writers", {"type": "mot-text"}, place)
    elif data.name:
        table: dict[str, Any] = {"type": "ope", "convention": "mmtracking"}
        if hidden:
            table["exclude_invisible"] = True
        draft.add("metrics", table, section.where("only_eval_visible"))
    if data.name in ("got10k", "trackingnet") and section.take("split") in (None, "test"):
        message = f"annotations of the test split are not public: vtcore submission {data.name} makes the server's file"
        section.remark("split", message)


def _vot_year(section: Section) -> None:
    challenge = str(section.take("dataset_type", "vot2018"))
    year = challenge.removeprefix("vot")
    if year in ("2015", "2016", "2017", "2018", "2019"):
        section.draft.add("metrics", {"type": "vot", "year": int(year)}, section.where("dataset_type"))
    else:
        section.cannot("dataset_type", f"{challenge}: metric vot knows the challenges of 2015 to 2019")
