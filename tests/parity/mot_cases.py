"""Multi-object tracking: filters, motion and scripted sequences."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.errors import ComponentError
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtcore.instances import Instances
from vtcore.tables import TrackTable
from vtrack_common_mot.camera_motion.boxes import warped_boxes
from vtrack_common_mot.camera_motion.ecc import Ecc
from vtrack_common_mot.camera_motion.rescaled import RescaledMotion
from vtrack_common_mot.kalman import XyahFilter
from vtrack_common_mot.linear_motion import LinearMotion

Options = dict[str, Any]


def kalman(case: Any) -> None:
    """One track through the filter: start, predict, gate, project and update, in turn."""
    stated, check = case.stated, case.checker()
    hyper, stored = stated["hyper"], case.stored()
    measured = stored["given:measurements"].T
    scores = stored.get("given:scores")
    assert bool(hyper.get("use_nsa")) == (scores is not None)
    box_filter = XyahFilter(position_weight=hyper["std_weight_position"], velocity_weight=hyper["std_weight_velocity"])
    track = box_filter.start(measured[:, :1])
    _state(check, track, "init")
    for step in range(1, measured.shape[1]):
        track = box_filter.predict(track)
        _state(check, track, f"pred_{step}")
        check.close(f"gating_{step}", box_filter.gate(track, measured)[0])
        check.close(f"gating_xy_{step}", box_filter.gate(track, measured, position_only=True)[0])
        score = None if scores is None else scores[step : step + 1]
        mean, variance = box_filter.project(track, score)
        check.close(f"proj_mean_{step}", mean[:, 0])
        check.close(f"proj_cov_{step}", np.diag(variance[:, 0]))
        if f"mean_upd_{step}" in check.wanted:
            box_filter.update(track, measured[:, step : step + 1], score)
            _state(check, track, f"upd_{step}")
    check.finish()


def _state(check: Any, track: Any, name: str) -> None:
    covariance = np.diag(track[8:16, 0])
    covariance[range(4), range(4, 8)] = covariance[range(4, 8), range(4)] = track[16:20, 0]
    check.close(f"mean_{name}", track[:8, 0])
    check.close(f"cov_{name}", covariance)


def linear_motion(case: Any) -> None:
    """Tracks with gaps, each by its own setting."""
    hyper, stored, check = case.stated["hyper"], case.stored(), case.checker()
    for index, (samples, centre_only) in enumerate(hyper["settings"]):
        motion = LinearMotion(samples, centre_only=centre_only)
        boxes, frames = stored[f"given:boxes_{index}"][None], stored[f"given:frame_ids_{index}"][None]
        moved, velocity, known = motion.predict(boxes.astype(np.float64), frames, hyper["frame_id"])
        check.close(f"pred_{index}", moved[0])
        check.exact(f"has_velocity_{index}", int(known[0]))
        if known[0]:
            check.close(f"velocity_{index}", velocity[0])
    check.finish()


def associate(case: Any) -> None:
    """A tracker on scripted detections; ids of the reference count from 0, ours from 1."""
    stated, stored, check = case.stated, case.stored(), case.checker()
    stated_tracker = dict(stated["hyper"]["tracker"])
    kind = stated_tracker.pop("type")
    if stated_tracker.get("reid") is not None and kind in ("SortTracker", "SORTTracker"):
        kind = "SORTTracker with appearance"
        stated_tracker.setdefault("motion", dict(stated["hyper"]["motion"]))
    if kind not in TRACKERS:
        pytest.skip(f"mot: tracker {kind!r} is not built yet")
    name, translate = TRACKERS[kind]
    options = translate(stated_tracker)
    pictures = _pictures(case) if case.stated.get("images") else None
    if pictures is not None:
        options["camera_motion"] = _camera(stated)
    tracker, floor = _build(name, options)
    assert not stated_tracker, f"this test does not know the options {sorted(stated_tracker)}"
    for frame, (boxes, scores, labels, embeddings) in enumerate(_frames(stored)):
        kept = scores > np.float32(floor)
        looks = None if embeddings is None else embeddings[kept]
        seen = Instances(boxes[kept], scores[kept], labels[kept], embeddings=looks)
        tracks = tracker.update(None if pictures is None else Frame(frame, next(pictures)), seen)
        wanted = check.wanted[f"ids_{frame}"].argsort()
        order = tracks.ids.argsort()
        answers = {
            "ids": tracks.ids - 1,
            "labels": tracks.labels,
            "bboxes": np.column_stack((tracks.boxes, tracks.scores)),
        }
        for field, value in answers.items():
            key = f"{field}_{frame}"
            check.wanted[key] = check.wanted[key][wanted]
            (check.close if field == "bboxes" else check.exact)(key, value[order])
    check.finish()


def _frames(stored: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any, Any]]:
    frame = 0
    while f"given:dets_{frame}" in stored:
        rows = stored[f"given:dets_{frame}"]
        yield rows[:, :4], rows[:, 4], stored[f"given:labels_{frame}"], stored.get(f"given:embeds_{frame}")
        frame += 1


def _pictures(case: Any) -> Iterator[Any]:
    """Cut each frame's picture out of a larger one, at the places that the description tells."""
    ((name, (height, width)),) = case.stated["images"].items()
    where = re.search(r"at row (\d+)\+(\d*)t, column (\d+)\+\(t%(\d+)\)", case.stated["description"])
    assert where is not None, "where the pictures lie is told in words this test does not know"
    top, down, left, turns = (int(number or 1) for number in where.groups())
    # Red, green, blue, and taken for blue, green, red, as by the reference.
    whole = case.fill().fill_image(name, height, width)
    rows, columns = case.stated["hyper"]["image_size"]
    for frame in count():
        first, start = top + down * frame, left + frame % turns
        yield np.ascontiguousarray(whole[first : first + rows, start : start + columns])


def _camera(stated: Options) -> RescaledMotion:
    """Return the motion as the reference finds it, whose factors may be one for both sides."""
    told = re.search(r"\(Euclidean, (\d+) iterations, ([\d.e-]+)\)", stated["description"])
    assert told is not None, "what ECC is told is told in words this test does not know"
    camera = Ecc(motion="euclidean", iterations=int(told[1]), epsilon=float(told[2]), downscale=1)
    width, height = np.broadcast_to(stated["hyper"]["scale_factor"], 2).tolist()
    return RescaledMotion(camera, scale=(width, height), compat="mmdetection")


def _build(name: str, options: Options) -> tuple[Any, float]:
    """Return a tracker, and the score that a detection must exceed before it gets there."""
    try:
        component = plugin_host().component("tracker", name)
    except ComponentError as error:
        pytest.skip(f"tracker {name!r} is not built yet: {error}")
    config = component.load_config()
    floor = -1.0 if hasattr(attrs.fields(config), "min_score") else options.pop("min_score", -1.0)
    if not hasattr(attrs.fields(config), "convention"):
        pytest.skip(f"tracker {name!r} does not know mmtracking's convention yet")
    return build(Configured(component, config(**options, convention="mmtracking")), BuildContext()), floor


def _sort(stated: Options) -> Options:
    assert stated.pop("reid") is None
    assert stated.pop("momentums", None) is None
    # Both decide only about tracks that are matched by appearance.
    stated.pop("num_tentatives")
    stated.pop("num_frames_retain")
    return {
        "min_score": stated.pop("obj_score_thr"),
        "iou_threshold": stated.pop("match_iou_thr"),
        "per_class": False,
    }


def _appearance(stated: Options) -> Options:
    """Translate what DeepSORT and StrongSORT share."""
    reid, motion, momentums = stated.pop("reid"), stated.pop("motion"), stated.pop("momentums", None)
    samples = reid.pop("num_samples", None)
    # Both are about crops; embeddings are given.
    reid.pop("img_scale", None)
    reid.pop("img_norm_cfg", None)
    assert motion.pop("type") == "KalmanFilter"
    options = {
        "min_score": stated.pop("obj_score_thr"),
        "min_hits": stated.pop("num_tentatives"),
        "max_age": stated.pop("num_frames_retain"),
        "iou_threshold": stated.pop("match_iou_thr"),
        "appearance_threshold": reid.pop("match_score_thr"),
        "gate": "position" if motion.pop("center_only", False) else "box",
        "nsa": motion.pop("use_nsa", False),
        "gallery": "mean" if momentums is None else "running-mean",
        "gallery_size": 1 if samples is None else samples,
        "appearance_momentum": 0.0 if momentums is None else 1 - momentums.pop("embeds"),
        "motion_weight": reid.pop("motion_weight", 0.0),
    }
    left = {*reid, *motion, *(momentums or {})}
    assert not left, f"this test does not know the options {sorted(left)}"
    return options


def _deepsort(stated: Options) -> Options:
    return {**_appearance(stated), "metric": "euclidean", "per_class": False}


def _strongsort(stated: Options) -> Options:
    return {**_appearance(stated), "metric": "cosine", "camera_motion": None}


def _bytetrack(stated: Options) -> Options:
    scores, overlaps = stated.pop("obj_score_thrs"), stated.pop("match_iou_thrs")
    return {
        "high_threshold": scores["high"],
        "low_threshold": scores["low"],
        "new_track_threshold": stated.pop("init_track_thr"),
        "fuse_score": stated.pop("weight_iou_with_det_scores"),
        "match_threshold": 1 - overlaps["high"],
        "second_match_threshold": 1 - overlaps["low"],
        "unconfirmed_match_threshold": 1 - overlaps["tentative"],
        "min_hits": stated.pop("num_tentatives"),
        "track_buffer": stated.pop("num_frames_retain"),
    }


def _ocsort(stated: Options) -> Options:
    return {
        "high_threshold": stated.pop("obj_score_thr"),
        "new_track_threshold": stated.pop("init_track_thr"),
        "fuse_score": stated.pop("weight_iou_with_det_scores"),
        "iou_threshold": stated.pop("match_iou_thr"),
        "min_hits": stated.pop("num_tentatives"),
        "inertia": stated.pop("vel_consist_weight"),
        "delta_t": stated.pop("vel_delta_t"),
        "max_age": stated.pop("num_frames_retain"),
        "per_class": False,
    }


TRACKERS: Mapping[str, tuple[str, Callable[[Options], Options]]] = {
    "SortTracker": ("sort", _sort),
    "SORTTracker": ("sort", _sort),
    "SORTTracker with appearance": ("deepsort", _deepsort),
    "StrongSORTTracker": ("strongsort", _strongsort),
    "ByteTracker": ("bytetrack", _bytetrack),
    "BYTETracker": ("bytetrack", _bytetrack),
    "OCSORTTracker": ("ocsort", _ocsort),
}
"""Our tracker, and what the options of the reference's are called in it. A function takes out what it translates."""


def linear_interpolation(case: Any) -> None:
    """Tracks with gaps, filled along lines; rows come in any order."""
    check, stored = case.checker(), case.stored()
    refiner = _refiner("linear-interpolation", compat="mmtracking", **_gaps(case.stated["hyper"]))
    _rows(check, "tracks", refiner.refine(_table(stored["given:tracks"])))
    check.finish()


def gaussian_smoothing(case: Any) -> None:
    """Tracks filled, then smoothed with several taus; and one track smoothed without filling, with the first tau."""
    hyper, check, stored = case.stated["hyper"], case.checker(), case.stored()
    rows, taus = stored["given:tracks"], hyper["smooth_taus"]
    for tau in taus:
        refiner = _refiner("gaussian-smoothing", tau=tau, compat="mmdetection", **_gaps(hyper))
        _rows(check, f"gsi_tau{tau}", refiner.refine(_table(rows)))
    if "gsi_one" in check.wanted:
        alone = rows[rows[:, 1] == check.wanted["gsi_one"][0, 1]]
        _rows(check, "gsi_one", _refiner("gaussian-smoothing", tau=taus[0], max_gap=0).refine(_table(alone)))
    check.finish()


def _refiner(name: str, **options: Any) -> Any:
    try:
        component = plugin_host().component("refiner", name)
    except ComponentError as error:
        pytest.skip(f"refiner {name!r} is not built yet: {error}")
    return build(Configured(component, component.load_config()(**options)))


def _gaps(hyper: Options) -> Options:
    """Translate bounds that the reference leaves out, and that are part of the allowed range here."""
    return {"max_gap": max(hyper["max_num_frames"] - 2, 0), "min_length": hyper["min_num_frames"] + 1}


def _table(rows: Any) -> TrackTable:
    """Make a table of rows (frame, id, x1, y1, x2, y2, score)."""
    ltwh = rows[:, 2:6].copy()
    ltwh[:, 2:] -= ltwh[:, :2]
    return TrackTable(rows[:, 0], ltwh, ids=rows[:, 1], scores=rows[:, 6])


def _rows(check: Any, name: str, table: TrackTable) -> None:
    """Compare a table with such rows, both sorted by frame and id."""
    corners = table.ltwh.copy()
    corners[:, 2:] += corners[:, :2]
    found = np.column_stack((table.frames, table.ids, corners, table.scores))
    wanted = check.wanted[name].copy()
    # Tables hold scores in float32.
    wanted[:, 6] = wanted[:, 6].astype(np.float32)
    check.wanted[name] = wanted[np.lexsort((wanted[:, 1], wanted[:, 0]))]
    check.close(name, found[np.lexsort((found[:, 1], found[:, 0]))])


def camera_motion(case: Any) -> None:
    """The warp from one picture, made from its name, to the next, which is given; both red-green-blue."""
    stated, stored, check = case.stated, case.stored(), case.checker()
    ((name, (height, width)),) = stated["images"].items()
    pictures = case.fill().fill_image(name, height, width), stored["given:img"]
    warps = {}
    for output, motion in (("warp", "euclidean"), ("warp_translation", "translation")):
        options = {"iterations": stated["hyper"]["num_iters"], "epsilon": stated["hyper"]["stop_eps"]}
        camera = Ecc(motion=motion, downscale=1, **options)
        for index, picture in enumerate(pictures):
            warps[output] = camera.estimate(Frame(index, np.ascontiguousarray(picture[:, :, ::-1])))
        if output in check.wanted:
            check.close(output, warps[output])
    if "warped_boxes" in check.wanted:
        check.close("warped_boxes", warped_boxes(stored["given:boxes"], warps["warp"]))
    check.finish()


def aflink(case: Any) -> None:
    """The network on pairs made from names, on each pair of scripted tracks, and the tracks linked."""
    refiners = _aflink_refiners(case)
    import torch

    from vtrack_common_mot.table_tracks import Tracks
    from vtrack_plugin_aflink.features import beginnings, endings, standardised

    stated, check, rows = case.stated, case.checker(), case.stored()["given:tracks"]
    network, size = refiners[""].network, stated["hyper"]["length"]
    # The reference looks at the first three columns only.
    inputs = [case.fill().fill_input(name, shape)[..., :3] for name, shape in stated["inputs"].items()]
    with torch.inference_mode():
        pairs = [torch.from_numpy(np.ascontiguousarray(each)) for each in inputs]
        check.close("confidence", network(*pairs))
        check.close("temporal", network.TemporalModule_1(pairs[0][:1]))
    # Frames count from 1 there, from 0 in tables.
    table = _table(rows - np.eye(rows.shape[1])[0])
    tracks = Tracks.of(table, by_appearance=True)
    by_id = table.ids[tracks.firsts].argsort()
    judged = np.full((len(tracks), len(tracks)), -1.0)
    before, after = (1 - np.eye(len(tracks))).nonzero()
    judged[before, after] = refiners[""].confidence(table, tracks, by_id[before], by_id[after])
    check.close("pair_confidence", judged)
    values = np.column_stack((table.frames + 1.0, table.ltwh))[tracks.rows]
    starts, lengths = tracks.starts[by_id], tracks.lengths[by_id]
    pair = endings(values, starts[:1], lengths[:1], size), beginnings(values, starts[1:2], lengths[1:2], size)
    for name, value in zip(("transform_1", "transform_2"), standardised(*pair), strict=True):
        check.close(name, value[0])
    # The reference takes the place of a track in order of appearance for its id: ours does, where these are the same.
    in_order = table.ids[tracks.firsts].tolist() == list(range(len(tracks)))
    for refiner in [refiners["mmdetection"], refiners[""]][: 1 + in_order]:
        linked = refiner.refine(table)
        _rows(check, "linked", TrackTable(linked.frames + 1, linked.ltwh, ids=linked.ids, scores=linked.scores))
    check.finish()


def _aflink_refiners(case: Any) -> dict[str, Any]:
    """Return ours, and the one that repeats the reference, with weights that come from a file under its names."""
    torch = pytest.importorskip("torch")
    stated = case.stated
    hyper, scale = stated["hyper"], stated.get("scale", {})
    state = case.fill().fill_state_dict(stated["state_dict"])
    scaled = {name: torch.from_numpy(np.asarray(value * scale.get(name, 1))) for name, value in state.items()}
    options = {name: hyper[name] for name in ("spatial_threshold", "confidence_threshold", "length")}
    options["temporal_threshold"] = tuple(hyper["temporal_threshold"])
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        torch.save({"state_dict": scaled}, weights)
        return {
            compat: _refiner("aflink", **options, weights=str(weights), device="cpu", compat=compat)
            for compat in ("", "mmdetection")
        }


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("kalman-xyah", "filter"): kalman,
    ("kalman-nsa", "filter"): kalman,
    ("linear-motion", "predict"): linear_motion,
    ("camera-motion-ecc", "estimate"): camera_motion,
    ("sort", "associate"): associate,
    ("deepsort", "associate"): associate,
    ("strongsort", "associate"): associate,
    ("bytetrack", "associate"): associate,
    ("ocsort", "associate"): associate,
    ("linear", "interpolate"): linear_interpolation,
    ("gsi", "interpolate"): gaussian_smoothing,
    ("aflink", "forward"): aflink,
}
"""By model and operation."""
