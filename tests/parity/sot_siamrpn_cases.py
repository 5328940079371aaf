"""SiamRPN++ against pysot's."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.frames import Frame
from vtcore.host import plugin_host
from vtcore.instances import Instances

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_plugin_siamrpn", reason="vtrack-plugin-siamrpn is not installed")

from vtrack_common_sot.subwindow import mean_colour, subwindow  # noqa: E402
from vtrack_plugin_siamrpn.anchors import base_anchors  # noqa: E402
from vtrack_plugin_siamrpn.config import SiamRpnConfig  # noqa: E402
from vtrack_plugin_siamrpn.layout import SiamRpnLayout  # noqa: E402
from vtrack_plugin_siamrpn.losses import SiamRpnLoss  # noqa: E402
from vtrack_plugin_siamrpn.network import SiamRpn  # noqa: E402
from vtrack_plugin_siamrpn.targets import AnchorTargets  # noqa: E402
from vtrack_plugin_siamrpn.tracker import SiamRpnTracker  # noqa: E402

TRACK = {
    "PENALTY_K": "penalty_k",
    "WINDOW_INFLUENCE": "window_influence",
    "LR": "lr",
    "EXEMPLAR_SIZE": "template_size",
    "INSTANCE_SIZE": "search_size",
    "CONTEXT_AMOUNT": "context_amount",
    "LOST_INSTANCE_SIZE": "lost_search_size",
    "CONFIDENCE_LOW": "confidence_low",
    "CONFIDENCE_HIGH": "confidence_high",
}
"""pysot's names of options, and ours."""


def forward(case: Any) -> None:
    """Features of both pictures, and both maps, with batch norms and without."""
    for fuse in (False, True):
        network, check = _tracker(case, fuse=fuse).network, case.checker()
        network.to(memory_format=torch.contiguous_format)
        for name, value in _answers(network, *_pictures(case)).items():
            if name in check.wanted:
                check.close(name, value, rtol=0, atol=_absolute(case, name))
        check.finish()


def _answers(network: Any, template: Any, search: Any) -> dict[str, Any]:
    """Return all that a case may store of a forward pass, by its name."""
    with torch.inference_mode():
        answers: dict[str, Any] = {}
        for name, image in (("template", template), ("search", search)):
            for part, maps in (("feat", network.features(image)), ("backbone", network.backbone(image))):
                # What has one level is counted, or it is not.
                answers[f"{name}_{part}"] = maps[-1]
                answers.update((f"{name}_{part}_{level}", values) for level, values in enumerate(maps))
        scores, boxes = network(search, *network.template(template))
        count, _, height, width = scores.shape
        chances = scores.view(count, 2, -1, height, width).softmax(dim=1)
        return answers | {"cls": scores, "loc": boxes, "score": chances[:, 1]}


def _pictures(case: Any) -> tuple[Any, Any]:
    roles = case.stated.get("input_roles", {})
    scale = case.stated.get("input_scale", {})
    found = {
        roles.get(name, name): torch.from_numpy(value * np.float32(scale.get(name, 1)))
        for name, value in case.inputs().items()
    }
    return found["template"], found["search"]


def _absolute(case: Any, name: str) -> float:
    tolerance = case.stated.get("tolerance", {})
    found = tolerance.get("absolute", tolerance)
    return float(found.get(name, tolerance.get("atol", 1e-4)))


def loss(case: Any) -> None:
    """Targets of anchors, losses and gradients, in evaluation mode."""
    stated, check = case.stated, case.checker()
    values, tolerance = stated["values"], stated["tolerance"]
    network = _tracker(case, fuse=False).network.requires_grad_(requires_grad=True)
    network.to(memory_format=torch.contiguous_format)
    targets = [_anchor_targets(stated)(box) for box in values["gt_xyxy_in_search"]]
    for place, found in enumerate(targets):
        check.close(f"delta_{place}", found.deltas, rtol=0, atol=tolerance["delta"])
        check.close(f"overlap_{place}", found.overlaps, rtol=0, atol=tolerance["overlap"])
        assert (found.labels == 1).sum() == values["num_pos"][place]
        assert (found.labels == 0).sum() == values["num_neg"][place]
    labels, deltas, weights, _ = (torch.from_numpy(np.stack(parts)) for parts in zip(*targets, strict=True))
    template, search = _pictures(case)
    hyper = stated["hyper"]
    criterion = SiamRpnLoss(hyper.get("cls_weight", 1.0), hyper.get("loc_weight", 1.2))
    with _plain_arithmetic():
        found = criterion(*network(search, *network.template(template)), labels, deltas, weights)
        found.total.backward()
    for name, value in zip(("total_loss", "cls_loss", "loc_loss"), found, strict=True):
        np.testing.assert_allclose(value.item(), values[name], rtol=tolerance["losses_relative"], err_msg=name)
    gradients = dict(network.named_parameters())
    for name, expected in values["grad_norm"].items():
        norm = gradients[name].grad.norm().item()
        np.testing.assert_allclose(norm, expected, rtol=tolerance["grad_norm_relative"], err_msg=name)
    check.finish()


def _anchor_targets(stated: Mapping[str, Any]) -> AnchorTargets:
    hyper = stated["hyper"]
    anchor, track = hyper["anchor"], hyper.get("track", {})
    return AnchorTargets(
        stride=anchor["STRIDE"],
        ratios=anchor["RATIOS"],
        scales=anchor["SCALES"],
        search_size=hyper.get("search_size", _search_size(stated, track)),
        output_size=hyper["output_size"],
        high_overlap=hyper["thr_high"],
        low_overlap=hyper["thr_low"],
    )


def _search_size(stated: Mapping[str, Any], track: Mapping[str, Any]) -> int:
    roles = stated.get("input_roles", {})
    sizes = [shape[-1] for name, shape in stated["inputs"].items() if roles.get(name, name) == "search"]
    return int(sizes[0] if sizes else track["INSTANCE_SIZE"])


@contextmanager
def _plain_arithmetic() -> Iterator[None]:
    """Compute by torch's own kernels: what is stored of gradients has room for the rounding of these."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


def crop(case: Any) -> None:
    """Pieces around boxes, at the border and beyond."""
    check, images = case.checker(), case.images()
    for each in case.stated["values"]["cases"]:
        image, place = images[each["image"]], each["key"]
        colour, centre = mean_colour(image), np.array(each["center"])
        np.testing.assert_allclose(colour, each["channel_average"], rtol=0, atol=1e-9, err_msg=place)
        found = subwindow(image, centre, each["model_sz"], each["original_sz"], colour)
        assert list(found.shape) == each["crop_shape"], place
        stride = each.get("spatial_stride", 1)
        difference = np.abs(found[::stride, ::stride].astype(int) - check.compared(f"{place}.crop").astype(int))
        # Grey levels at a few places: OpenCV's own rounding differs between its versions.
        assert difference.max() <= 1, place
        assert (difference > 0).mean() <= 0.001, place
        assert abs(int(found.sum()) - each["crop_sum"]) <= 0.001 * found.size, place
    check.finish()


def postprocess(case: Any) -> None:
    """Anchors, windows, scores and boxes of given maps, and what a target becomes over several steps of them."""
    stated, check = case.stated, case.checker()
    inputs = {name: value * np.float32(stated["input_scale"][name]) for name, value in case.inputs().items()}
    ((height, width),) = stated["images"].values()
    groups = {name: value for name, value in stated["values"].items() if isinstance(value, dict) and "cases" in value}
    for name, group in groups.items():
        maps = [torch.from_numpy(inputs[group[part]]) for part in ("cls", "loc")]
        tracker = _given_maps(group, maps)
        grid = tracker.decoder.grid(group["score_size"], torch.device("cpu"))
        check.close(f"{name}.anchors_cxcywh", grid[0].T, rtol=0, atol=_absolute(case, "anchors"))
        check.close(f"{name}.window", grid[1], rtol=0, atol=_absolute(case, "window"))
        for each in group["cases"]:
            _first_step(case, check, name, tracker, maps, each)
            _steps(case, tracker, each, (height, width))
    if any(name.startswith(("train_", "base_")) for name in check.wanted):
        _training_anchors(check, next(iter(groups.values()))["anchor"], stated)
    check.finish()


def _first_step(case: Any, check: Any, name: str, tracker: Any, maps: Any, each: Mapping[str, Any]) -> None:
    extent = np.float64(each["s_z"])
    scale = each["scale_z"]
    np.testing.assert_allclose(tracker.config.template_size / extent, scale, rtol=1e-12)
    sizes = torch.tensor([each["size"]], dtype=torch.float64) * scale
    judged = tracker.decoder.judge(*maps, sizes, torch.tensor([tracker.config.window_influence], dtype=torch.float64))
    check.close(f"{name}.score", judged.scores[0], rtol=0, atol=_absolute(case, "score"))
    check.close(f"{name}.pred_bbox", judged.boxes[0], rtol=0, atol=_absolute(case, "pred_bbox"))
    best = int(judged.ranks[0].argmax())
    assert best == each["best_idx_first_step"], name
    np.testing.assert_allclose(judged.penalties[0, best], each["penalty_at_best"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(judged.ranks[0, best], each["pscore_at_best"], rtol=0, atol=1e-6)


def _steps(case: Any, tracker: Any, each: Mapping[str, Any], size: tuple[int, int]) -> None:
    frame = Frame(0, np.zeros((*size, 3), np.uint8))
    tracker.reset()
    tracker.start(frame, _targets(each["init_bbox_xywh"]))
    (target,) = tracker._targets.values()
    np.testing.assert_allclose(target.centre, each["center"], rtol=0, atol=1e-9)
    bound = _absolute(case, "boxes")
    for step in each["steps"]:
        found = tracker.update(frame)
        left, top, right, bottom = found.boxes[0].astype(float)
        np.testing.assert_allclose([left, top, right - left, bottom - top], step["bbox_xywh"], rtol=0, atol=bound)
        np.testing.assert_allclose(found.scores[0], step["best_score"], rtol=0, atol=_absolute(case, "score"))
        if "center" in step:
            np.testing.assert_allclose(target.centre, step["center"], rtol=0, atol=bound)
            np.testing.assert_allclose(target.size, step["size"], rtol=0, atol=bound)


def _training_anchors(check: Any, anchor: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    options = {"stride": anchor["STRIDE"], "ratios": anchor["RATIOS"], "scales": anchor["SCALES"]}
    size = stated["outputs"]["train_anchors_xyxy"][-1]
    told = re.search(r"im_c=(\d+)", " ".join(stated.get("notes", ())))
    targets = AnchorTargets(**options, output_size=size, search_size=2 * int(told[1]) + 1 if told else 255)
    check.close("train_anchors_xyxy", targets.corners, rtol=0, atol=1e-6)
    check.close("train_anchors_cxcywh", targets.centres, rtol=0, atol=1e-6)
    check.close("base_anchors_xyxy", base_anchors(*options.values()), rtol=0, atol=1e-6)


def _given_maps(group: Mapping[str, Any], maps: Any) -> Any:
    """Return a tracker whose network answers the same maps to every picture."""
    anchor = group["anchor"]
    layout = SiamRpnLayout(
        "alexnet", (), (), (4, 4, 4, 4, 4), (), "depthwise", (4,), 3, len(anchor["RATIOS"]) * len(anchor["SCALES"])
    )
    network = _Answering(layout, maps)
    options = _options({"anchor": anchor, "track": group["track"]})
    return SiamRpnTracker(network=network, context=BuildContext(device="cpu"), **options)


class _Answering(SiamRpn):
    def __init__(self, layout: Any, maps: Any) -> None:
        super().__init__(layout)
        self._maps = tuple(maps)

    def forward(self, images: Any, *kernels: Any) -> Any:
        assert kernels
        return self._maps


def sequence(case: Any) -> None:
    """A target over frames, with batch norms and without."""
    stated, runs = case.stated, case.runs()
    boxes_bound = float(str(stated["tolerance"]["boxes"]).split()[0])
    for fuse in (False, True):
        tracker, check = _tracker(case, fuse=fuse), case.checker()
        for run in stated["values"]["runs"]:
            base = case.fill().fill_image(run["base_image"], *run["base_size"])
            states: list[Mapping[str, Any]] = []
            frames, start = runs.pieces(base, run), run["init_box_xywh"]
            boxes, scores = runs.followed(tracker, frames, start, lambda it: states.append(it.state_dict()))  # noqa: B023
            np.testing.assert_allclose(boxes, run["boxes_xywh"], rtol=0, atol=boxes_bound, err_msg=run["run"])
            check.close(f"{run['run']}.boxes_xywh", boxes, rtol=0, atol=boxes_bound)
            bound = _absolute(case, "best_score")
            np.testing.assert_allclose(scores, run["best_score"], rtol=0, atol=bound, err_msg=run["run"])
            if "center_and_size" in run:
                places = [np.concatenate((each["target.0.centre"], each["target.0.size"])) for each in states]
                np.testing.assert_allclose(places, run["center_and_size"], rtol=0, atol=boxes_bound, err_msg=run["run"])
        check.finish()


def _targets(ltwh: Any) -> Instances:
    x, y, width, height = ltwh
    boxes = np.array([[x, y, x + width, y + height]], np.float32)
    one = np.zeros(1, np.int64)
    return Instances(boxes, np.ones(1, np.float32), one, ids=one, ltwh=np.array([ltwh], np.float64))


def _tracker(case: Any, *, fuse: bool) -> Any:
    """Return the tracker, its weights from a file as the reference writes it."""
    state = {name: torch.from_numpy(np.asarray(value)) for name, value in case.state().items()}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "model.pth"
        torch.save(state, weights)
        component = plugin_host().component("tracker", "siamrpn")
        convention = "mmtracking" if "mmtrack" in case.stated["reference"]["repository"] else "pysot"
        options = _options(case.stated["hyper"])
        config = component.load_config()(weights=str(weights), fuse=fuse, convention=convention, **options)
        return build(Configured(component, config), BuildContext(device="cpu"))


def _options(hyper: Mapping[str, Any]) -> dict[str, Any]:
    """Return our options of pysot's."""
    track, anchor = hyper.get("track", {}), hyper.get("anchor", {})
    options = {ours: track[theirs] for theirs, ours in TRACK.items() if theirs in track}
    options["long_term"] = track.get("TYPE") == "SiamRPNLTTracker"
    if anchor:
        options["stride"] = anchor["STRIDE"]
        options["ratios"] = tuple(map(float, anchor["RATIOS"]))
        options["scales"] = tuple(map(float, anchor["SCALES"]))
    center = hyper.get("neck_center_size", hyper.get("adjust", {}).get("KWARGS", {}).get("center_size"))
    if center:
        options["center_size"] = center
    known = {field.name for field in attrs.fields(SiamRpnConfig)}
    assert options.keys() <= known
    return options


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("siamrpn", "forward"): forward,
    ("siamrpn", "loss"): loss,
    ("siamrpn", "crop"): crop,
    ("siamrpn", "postprocess"): postprocess,
    ("siamrpn", "sequence"): sequence,
}
"""By model and operation."""
