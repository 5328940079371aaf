"""Scores, and what is done to results before: evaluation settings, interpolation, joining of tracks."""

from __future__ import annotations

from typing import Any

from vtcore.migration.draft import Draft
from vtcore.migration.sections import Section
from vtcore.migration.values import Place

__all__ = ["map_evaluation", "map_evaluators", "map_interpolation", "map_link_model"]

_METRICS = {"HOTA": "hota", "CLEAR": "clear", "Identity": "identity"}
_OF_DATASETS: dict[str, tuple[str, ...]] = {"CocoVideoDataset": ("CLEAR", "Identity"), "TaoDataset": ()}
"""What ``track`` measures there, where it is not all."""


def map_evaluation(config: Section) -> None:
    """Map ``evaluation`` of MMTracking: what is scored, in training and by ``tools/test.py``."""
    evaluation = config.section("evaluation")
    metrics = evaluation.texts("metric", [])
    dataset = config.section("data").section("test").type
    if "track" in metrics:
        threshold = evaluation.number("track_iou_thr", 0.5)
        options = {} if threshold == 0.5 else {"threshold": float(threshold)}
        names = _OF_DATASETS.get(dataset, tuple(_METRICS))
        if names:
            _tracking_scores(config.draft, list(names), evaluation.where("metric"), options)
        else:
            message = f"track: of {dataset} that is an average precision of tracks; no metric here measures that"
            evaluation.cannot("metric", message)
            config.draft.add("writers", {"type": "mot-text"}, evaluation.where("metric"))
    for metric in metrics:
        if metric == "bbox" and "track" in metrics:
            evaluation.remark("metric", "bbox: average precision of detections is not measured here; tracks are scored")
        elif metric != "track":
            evaluation.cannot("metric", f"{metric}: no metric here measures that; vtcore describe metric lists all")
    # When it is done in training, and how detections are scored.
    evaluation.ignore("interval", "start", "rule", "save_best", "by_epoch", "dynamic_intervals", "tmpdir", "priority")
    evaluation.ignore("gpu_collect", "bbox_iou_thr", "bbox_kwargs", "classwise", "resfile_path")
    evaluation.finish("an experiment")


def _tracking_scores(draft: Draft, names: list[str], place: Place, options: dict[str, Any]) -> None:
    for name in names:
        ours = _METRICS[name]
        draft.add("metrics", {"type": ours, **({} if ours == "hota" else options)}, place)
    draft.add("writers", {"type": "mot-text"}, place)


def map_evaluators(config: Section, name: str, *, targets: bool) -> None:
    """Map ``test_evaluator`` of MMDetection 3, one or several; scores of single targets go with their data set."""
    for evaluator in config.sections(name):
        if not (targets and evaluator.type == "SOTMetric"):
            _evaluator(evaluator)


def _evaluator(evaluator: Section) -> None:
    kind = evaluator.type
    # Two published configs say Metrics; MMDetection itself knows Metric alone.
    if kind not in ("MOTChallengeMetric", "MOTChallengeMetrics"):
        evaluator.cannot("type", f"{kind}: no metric here measures that; vtcore describe metric lists all")
        evaluator.forget()
        return
    for step in evaluator.sections("postprocess_tracklet_cfg"):
        _tracklet_step(step)
    names = evaluator.texts("metric", list(_METRICS))
    if evaluator.take("format_only", False):
        evaluator.remark("format_only", "results are written and nothing is scored, as there")
        evaluator.draft.add("writers", {"type": "mot-text"}, evaluator.where("format_only"))
        names = []
    threshold = evaluator.number("track_iou_thr", 0.5)
    for unknown in [name for name in names if name not in _METRICS]:
        evaluator.cannot("metric", f"{unknown}: no metric here measures that; vtcore describe metric lists all")
    known = [name for name in names if name in _METRICS]
    if known:
        options = {} if threshold == 0.5 else {"threshold": float(threshold)}
        _tracking_scores(evaluator.draft, known, evaluator.where("metric"), options)
    # The folder of a run holds its results; what a benchmark counts the data say.
    evaluator.ignore("outfile_prefix", "benchmark", "use_postprocess", "collect_device", "prefix")
    evaluator.finish("an experiment")


def _tracklet_step(step: Section) -> None:
    kind = step.type
    if kind == "InterpolateTracklets":
        smooth = step.take("use_gsi", False)
        _fill(step, "mmdetection" if smooth else "mmtracking", step.number("smooth_tau", 10) if smooth else None)
    elif kind == "AppearanceFreeLink":
        map_link_model(step)
    else:
        step.cannot("type", f"{kind} has no counterpart here; vtcore describe refiner lists all")


def map_interpolation(dataset: Section) -> None:
    """Map ``interpolate_tracks_cfg`` of MMTracking's data set."""
    section = dataset.section("interpolate_tracks_cfg")
    if section.names:
        _fill(section, "mmtracking", None)


def _fill(section: Section, compat: str, tau: float | None) -> None:
    """They count otherwise: a gap is filled up to max_num_frames - 2 missing ones, a track has more than the least."""
    table: dict[str, Any] = {"type": "linear-interpolation" if tau is None else "gaussian-smoothing"}
    table["max_gap"] = max(int(section.number("max_num_frames", 20)) - 2, 0)
    table["min_length"] = int(section.number("min_num_frames", 5)) + 1
    if tau is not None:
        table["tau"] = float(tau)
    table["compat"] = compat
    section.ignore("smooth_tau", "use_gsi")
    section.draft.add("refiners", table, section.place)
    section.finish(f"refiner {table['type']}")


def map_link_model(link: Section) -> None:
    """Map ``postprocess_model`` of StrongSORT: AFLink."""
    if link.type != "AppearanceFreeLink":
        link.cannot("type", f"{link.type} has no counterpart here; vtcore describe refiner lists all")
        return
    table = {
        "type": "aflink",
        "weights": link.text("checkpoint"),
        "temporal_threshold": [int(frames) for frames in link.numbers("temporal_threshold", [0, 30])],
        "spatial_threshold": float(link.number("spatial_threshold", 75)),
        "confidence_threshold": float(link.number("confidence_threshold", 0.95)),
        "per_class": False,
        "compat": "mmdetection",
    }
    link.draft.add("refiners", table, link.place)
    link.finish("refiner aflink")
