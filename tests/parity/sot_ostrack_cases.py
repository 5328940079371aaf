"""OSTrack against botaoye/OSTrack's."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_plugin_ostrack", reason="vtrack-plugin-ostrack is not installed")

from vtrack_common_sot.crops import box_in_crop, clip_box, padding_mask, square_crop  # noqa: E402
from vtrack_common_sot.normalisation import CropNormaliser, crop_batch  # noqa: E402
from vtrack_common_sot.packed_linear import pack_linears  # noqa: E402
from vtrack_common_sot.windows import outer_window  # noqa: E402
from vtrack_plugin_ostrack.elimination import fixed_range, focus_of, keep_rate  # noqa: E402
from vtrack_plugin_ostrack.head import boxes_at_best  # noqa: E402
from vtrack_plugin_ostrack.loading import pretrained_state  # noqa: E402
from vtrack_plugin_ostrack.losses import OstrackLoss, gaussian_maps  # noqa: E402

MAPS = {"score_map": "score", "size_map": "size", "offset_map": "offset"}


def forward(case: Any) -> None:
    """Maps, boxes, features, attention and what was eliminated, as learnt from and as it runs."""
    stated, check = case.stated, case.checker()
    inputs = {stated["input_roles"][name]: torch.from_numpy(value) for name, value in case.inputs().items()}
    template, search = inputs["template"], inputs["search"]
    bounds = stated["tolerance"]["absolute"]
    network = _tracker(case.state(), stated["hyper"], fuse=False).network
    focus, keep = _focus(stated, template), stated["values"].get("ce_keep_rate")
    with torch.inference_mode():
        found = network.describe(template, search, focus, keep)
    answers = _maps(found.maps, found.boxes) | {"backbone_feat": found.features, "last_attn": found.attention}
    # Blocks that drop nothing have no places, whether the case names them or not.
    dropping = [
        name for name in sorted(check.wanted) if name.startswith("removed_index_") and check.compared(name).size
    ]
    for name, removed in zip(dropping, found.removed, strict=bool(dropping)):
        assert np.sort(removed).tolist() == np.sort(check.compared(name)).tolist(), name
    # As a tracker has it that does not learn; `sequence` builds one.
    network.box_head.fuse()
    pack_linears(network, BuildContext(device="cpu"))
    with torch.inference_mode():
        maps = network(network.backbone.template_tokens(template), search, focus, keep)
    for name, value in _maps(maps, boxes_at_best(maps)[0]).items():
        if name in check.wanted:
            check.close(name, value, rtol=0, atol=bounds[name])
    if "last_attn" in check.wanted:
        _same_attention(case, answers["last_attn"], check.compared("last_attn"), bounds["last_attn"])
    for name in sorted(check.wanted.keys() & answers.keys() - {"last_attn"}):
        check.close(name, answers[name], rtol=0, atol=bounds[name])
    check.finish()


def _same_attention(case: Any, found: Any, wanted: Any, bound: float) -> None:
    """Compare attention, in which candidates that were found all but equally likely may have changed places."""
    places = case.stored().get("last_attn@flat_index")
    assert list(found.shape) == case.stated["outputs"]["last_attn"]
    rows = np.unravel_index(np.arange(found.numel()) if places is None else places, found.shape)
    found, wanted = found.numpy(), wanted.ravel()
    changed = np.flatnonzero(np.abs(found[rows] - wanted) > bound)
    assert len(changed) <= 0.03 * len(wanted), f"{len(changed)} of {len(wanted)} differ"
    last = found.shape[-1] - 1
    for each in changed:
        number, head, row, column = (int(place[each]) for place in rows)
        near = [np.clip((place - 1, place, place + 1), 0, last) for place in (row, column)]
        around = found[number, head][np.ix_(*near)]
        assert np.abs(around - wanted[each]).min() <= bound, (number, head, row, column)


def _maps(maps: Any, boxes: Any) -> dict[str, Any]:
    return {name: getattr(maps, field) for name, field in MAPS.items()} | {"pred_boxes": boxes.unsqueeze(1)}


def _focus(stated: Mapping[str, Any], template: Any) -> Any:
    """Return who decides: the places that the case lists, which for fixed ranges are those of the range."""
    places, backbone = stated["values"].get("ce_template_mask_true_flat_positions"), stated["hyper"]["backbone"]
    if places is None:
        assert not backbone["ce_loc"] or backbone["ce_template_range"] == "ALL"
        return None
    count, grid = len(template), template.shape[-1] // backbone["stride"]
    chosen = np.zeros(count * grid * grid, bool)
    chosen[places] = True
    chosen = chosen.reshape(count, -1)
    if count > 1 and max(places) < grid * grid:
        chosen[:] = chosen[0]
    if backbone["ce_template_range"] != "GT_BOX":
        fixed = fixed_range(backbone["ce_template_range"], grid)
        assert (chosen == (True if fixed is None else fixed)).all()
    return focus_of(list(chosen))


def loss(case: Any) -> None:
    """Losses of a batch and norms of their gradients, early, while the share of candidates falls, and late."""
    stated, check = case.stated, case.checker()
    values, tolerance, hyper = stated["values"], stated["tolerance"], stated["hyper"]
    inputs = {stated["input_roles"][name]: torch.from_numpy(value) for name, value in case.inputs().items()}
    targets = torch.tensor(values["gt_boxes_xywh_normalised"])
    train = hyper["train"]
    schedule = {"start": train["ce_start_epoch"], "warm": train["ce_warm_epoch"]}
    schedule["keep"] = (hyper["backbone"]["ce_keep_ratio"] or (1.0,))[0]
    for epoch, wanted in values["keep_rate_schedule"].items():
        assert abs(keep_rate(int(epoch), **schedule) - wanted) <= tolerance["keep_rate_schedule"], epoch
    check.close(
        "gt_heatmap", _shaped(gaussian_maps(targets, hyper["head"]["feat_size"]), check), atol=tolerance["gt_heatmap"]
    )
    network = _tracker(case.state(), hyper, fuse=False).network.requires_grad_(requires_grad=True)
    weights = values["loss_weights"]
    criterion = OstrackLoss(place=weights["focal"], giou=weights["giou"], l1=weights["l1"])
    focus = _training_focus(stated, inputs["template"])
    for epoch, wanted in values["per_epoch"].items():
        network.zero_grad()
        keep = keep_rate(int(epoch), **schedule)
        assert abs(keep - wanted["ce_keep_rate"]) <= tolerance["keep_rate_schedule"]
        with _plain_arithmetic():
            maps = network(inputs["template"], inputs["search"], focus, keep)
            found = criterion(maps, targets)
            found.total.backward()
        for name, value in _maps(maps, boxes_at_best(maps)[0]).items():
            check.close(f"epoch{epoch}.{name}", value.detach(), rtol=0, atol=tolerance[f"epoch*.{name}"])
        _compare_losses(found, wanted, tolerance)
        with torch.inference_mode():
            removed = network.describe(inputs["template"], inputs["search"], focus, keep).removed
        assert [each.shape[1] for each in removed] == [count for count in wanted["removed_counts"] if count]
        gradients = dict(network.named_parameters())
        for name, norm in wanted["grad_norm"].items():
            assert gradients[name].grad is not None
            ours = float(gradients[name].grad.norm())
            np.testing.assert_allclose(ours, norm, rtol=tolerance["grad_norm_relative"], err_msg=f"{epoch} {name}")
    check.finish()


def _compare_losses(found: Any, wanted: Mapping[str, Any], tolerance: Mapping[str, Any]) -> None:
    names = {"loss_total": "total", "loss_giou": "giou", "loss_l1": "l1", "loss_focal_location": "place"}
    for name, field in names.items():
        ours = float(getattr(found, field).detach())
        np.testing.assert_allclose(ours, wanted[name], rtol=tolerance["losses_relative"], err_msg=name)
    np.testing.assert_allclose(float(found.overlap), wanted["mean_iou"], rtol=0, atol=tolerance["mean_iou"])


def _shaped(maps: Any, check: Any) -> Any:
    return maps.reshape(check.wanted["gt_heatmap"].shape)


def _training_focus(stated: Mapping[str, Any], template: Any) -> Any:
    backbone = stated["hyper"]["backbone"]
    if "ce_template_mask_true_flat_positions" in stated["values"]:
        return _focus(stated, template)
    if not backbone["ce_loc"]:
        return None
    chosen = fixed_range(backbone["ce_template_range"], template.shape[-1] // backbone["stride"])
    return focus_of([chosen] * len(template))


@contextmanager
def _plain_arithmetic() -> Iterator[None]:
    """Compute by torch's own kernels; see the losses of YOLOX."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


def sequence(case: Any) -> None:
    """Boxes over frames, where the network saw the target, and the window."""
    stated, check, images, runs = case.stated, case.checker(), case.images(), case.runs()
    tolerance = stated["tolerance"]
    pixels, share = float(str(tolerance["boxes"]).split()[0]), tolerance.get("best_response", 1e-4)
    for run in stated["values"]["runs"]:
        shapes = dict(stated["state_dict"]) | stated.get("state_dicts", {}).get(run.get("state_dict_of"), {})
        tracker = _tracker(runs.weights(case, run, shapes), _hyper_of(stated, run), fuse=True)
        cells, responses = _looked_at(tracker)
        frames = [piece[..., ::-1] for piece in runs.pieces(images[run["base_image"]], run)]
        boxes, _ = runs.followed(tracker, frames, run["init_box_xywh"])
        name = f"{run['run']}.hann_window"
        side = tracker.network.layout.search_grid
        window = outer_window(side, side).reshape(1, 1, side, side)
        check.close(name, window, rtol=0, atol=tolerance["hann_window"])
        assert cells == run["best_flat_index"], run["run"]
        np.testing.assert_allclose(responses, run["best_response"], rtol=0, atol=share, err_msg=run["run"])
        check.close(f"{run['run']}.boxes_xywh", boxes, rtol=0, atol=pixels)
        np.testing.assert_allclose(boxes, run["boxes_xywh"], rtol=0, atol=pixels, err_msg=run["run"])
    check.finish()


def _hyper_of(stated: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the case says of a run, and for the rest what the published experiment of that name does."""
    backbone: dict[str, Any] = {"ce_loc": [3, 6, 9], "ce_keep_ratio": [0.7] * 3, "ce_template_range": "CTR_POINT"}
    if "_ce_" not in Path(run.get("config", "")).stem:
        backbone["ce_loc"] = []
    # Sizes, and how much is looked at, follow from the weights where the case says nothing of them.
    data: dict[str, Any] = {}
    for hyper in (stated["hyper"], run.get("hyper", {})):
        backbone |= hyper.get("backbone", {})
        data |= hyper.get("data", {})
    backbone |= {key: run[key] for key in ("ce_loc", "ce_keep_ratio", "ce_template_range") if key in run}
    return {"backbone": backbone, "data": data}


def _looked_at(tracker: Any) -> tuple[list[int], list[float]]:
    """Return lists that fill up with the cells of the search region that boxes come from, and how the cells did."""
    cells: list[int] = []
    responses: list[float] = []

    def look(module: Any, given: Any, maps: Any) -> None:
        side = maps.score.shape[-1]
        response = maps.score.flatten() * torch.from_numpy(outer_window(side, side)).flatten()
        cells.append(int(response.argmax()))
        responses.append(float(response.max()))

    tracker.network.register_forward_hook(look)
    return cells, responses


def crop(case: Any) -> None:
    """Crops around boxes, what of them is padding, and boxes that are moved and clipped."""
    stated, check, images = case.stated, case.checker(), case.images()
    hyper, tolerance = stated["hyper"], stated["tolerance"]
    normalise, stored = CropNormaliser(hyper["mean"], hyper["std"]), case.stored()
    for each in stated["values"]["cases"]:
        image = np.ascontiguousarray(images[each["image"]][..., ::-1])
        given = (each["box_xywh"], each["factor"], each["output_size"])
        blue_first, scale = square_crop(image, *given)
        found, mask = np.ascontiguousarray(blue_first[..., ::-1]), padding_mask(image.shape, *given)
        if "error" in each:
            assert not found.any()
            assert mask.all()
            continue
        key = each["key"]
        np.testing.assert_allclose(scale, each["resize_factor"], rtol=tolerance["resize_factor"])
        assert [list(found.shape), list(mask.shape)] == [each["crop_shape"], each["mask_shape"]]
        _same_pixels(key, found, each, check.compared(f"{key}.crop"))
        assert int(mask.sum()) == each["mask_true"], key
        check.exact(f"{key}.mask_packed", np.packbits(mask.ravel()))
        if f"{key}.tensor" in check.wanted:
            # The samples' full shape stands under no name of theirs.
            samples = normalise(crop_batch([blue_first])).flatten()[stored[f"{key}.tensor@flat_index"]]
            np.testing.assert_allclose(samples, check.compared(f"{key}.tensor"), rtol=0, atol=tolerance["tensor"])
        moved = each["transform_image_to_crop"]
        box = box_in_crop(moved["box_in_xywh"], each["box_xywh"], scale, each["output_size"])
        wanted = moved["normalised_out_xywh"]
        np.testing.assert_allclose(box, wanted, rtol=0, atol=tolerance["transform_image_to_crop"])
    clips = stated["values"].get("clip_box_cases", {"rows": []})
    for box, height, width, margin, wanted in clips["rows"]:
        np.testing.assert_allclose(clip_box(box, height, width, margin), wanted, rtol=0, atol=tolerance["clip_box"])
    check.finish()


def _same_pixels(key: str, found: Any, each: Mapping[str, Any], wanted: Any) -> None:
    """Compare as the case allows: a grey level in a thousandth of the pixels."""
    stride = each["spatial_stride"]
    differences = np.abs(found[::stride, ::stride].astype(int) - wanted)
    assert differences.max() <= 1, key
    assert (differences > 0).mean() <= 1e-3, key
    if hashlib.sha1(found.tobytes()).hexdigest() != each["crop_sha1"]:
        assert abs(int(found.sum()) - each["crop_sum"]) <= 1e-3 * found.size, key


def positions(case: Any) -> None:
    """The position embedding of MAE's weights, scaled to both grids."""
    stated, check = case.stated, case.checker()
    state = {"pos_embed": torch.from_numpy(case.inputs()["mae_pos_embed"])}
    patch = 16
    state["patch_embed.proj.weight"] = torch.zeros(state["pos_embed"].shape[-1], 3, patch, patch)
    for name, shape in stated["outputs"].items():
        size = patch * isqrt(shape[1])
        found = pretrained_state(state, template_size=size, search_size=size)
        key = f"backbone.{name.rpartition('.')[2]}"
        check.close(name, found[key], rtol=0, atol=stated["tolerance"]["*"])
    check.finish()


def _tracker(state: Mapping[str, Any], hyper: Mapping[str, Any], *, fuse: bool) -> Any:
    """Return the tracker, its weights from a file as the reference writes it."""
    backbone, data = hyper["backbone"], hyper.get("data", {})
    held = {"epoch": 300, "net": {name: torch.from_numpy(np.asarray(value)) for name, value in state.items()}}
    options: dict[str, Any] = {"fuse": fuse, "elimination_blocks": tuple(backbone["ce_loc"] or ())}
    if backbone["ce_loc"]:
        options["elimination_keep"] = tuple(backbone["ce_keep_ratio"])
        options["elimination_range"] = backbone["ce_template_range"]
    options |= {name: data[name] for name in ("template_factor", "search_factor") if name in data}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "OSTrack_ep0300.pth.tar"
        torch.save(held, weights)
        component = plugin_host().component("tracker", "ostrack")
        config = component.load_config()(weights=str(weights), **options)
        tracker = build(Configured(component, config), BuildContext(device="cpu"))
    layout = tracker.network.layout
    for name in ("template_size", "search_size"):
        assert data.get(name, getattr(layout, name)) == getattr(layout, name)
    return tracker


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("ostrack", "forward"): forward,
    ("ostrack", "loss"): loss,
    ("ostrack", "sequence"): sequence,
    ("ostrack", "crop"): crop,
    ("ostrack", "position-embedding"): positions,
}
"""By model and operation."""
