"""STARK against the published one: networks with and without padding, and trackers over frames."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_plugin_stark", reason="vtrack-plugin-stark is not installed")

from vtrack_plugin_stark.loading import load_network  # noqa: E402
from vtrack_plugin_stark.network import cells_of  # noqa: E402


def forward(case: Any) -> None:
    """Tokens, boxes, scores and probabilities, with norms as they are and folded, in each variant of padding."""
    check, state = case.checker(), case.runs().weights(case)
    for fuse in (False, True):
        network = _network(case, state, fuse=fuse)
        for variant, rectangles in case.stated["values"]["variants"].items():
            for name, value in _answers(case, network, rectangles).items():
                key = f"{variant}.{name}"
                if key in check.wanted:
                    check.close(key, value, rtol=0, atol=case.stated["tolerance"]["absolute"][key])
    check.finish()


def _answers(case: Any, network: Any, rectangles: Mapping[str, Sequence[Sequence[int]]]) -> dict[str, Any]:
    """Return all that a case may store of one variant, in the original's order of axes, by its name."""
    roles = case.stated.get("input_roles", {})
    images = {roles.get(name, name): torch.from_numpy(value) for name, value in case.inputs().items()}
    # The published names of a single template are "template" and, of its mask, "template0".
    templates = {
        role if role[-1].isdigit() else f"{role}0": image for role, image in images.items() if role != "search"
    }
    pictures = {**{name: templates[name] for name in sorted(templates)}, "search": images["search"]}
    paddings = {
        name: _padding(image, rectangles.get(f"{name}_mask_true_rects_xyxy", ())) for name, image in pictures.items()
    }
    *shown, search = pictures.values()
    with torch.inference_mode():
        found = network(tuple(shown), search, tuple(paddings.values()))
        answers = {
            "pred_boxes": found.boxes if found.embedding is not None else found.boxes[:, 0],
            "encoder_memory": found.memory.transpose(0, 1),
            "search_feat": network.encode(search).transpose(0, 1),
            "template_feat": network.encode(shown[0]).transpose(0, 1),
        }
        stride = network.layout.stride
        for name, place, picture in zip(
            ("template", "search"), network.positions, ("template0", "search"), strict=True
        ):
            answers[f"{name}_pos"] = place(cells_of(paddings[picture], stride)).transpose(0, 1)
        if found.embedding is not None:
            answers["output_embed"] = found.embedding[None]
        if found.corners is not None:
            answers["prob_tl"], answers["prob_br"] = found.corners
        if found.logits is not None:
            answers["pred_logits"] = found.logits
    return answers


def _padding(image: Any, rectangles: Sequence[Sequence[int]]) -> Any:
    padding = torch.zeros_like(image[:, 0], dtype=torch.bool)
    for left, top, right, bottom in rectangles:
        padding[:, top:bottom, left:right] = True
    return padding


def sequence(case: Any) -> None:
    """The tracker over frames: boxes, and scores where there are any."""
    stated, check = case.stated, case.checker()
    runs, images = case.runs(), case.images()
    hyper, tolerance = stated["hyper"], stated["tolerance"]
    pixels, share = float(str(tolerance["boxes"]).split()[0]), tolerance["conf_score"]
    for run in stated["values"]["runs"]:
        tracker = _tracker(case, runs.weights(case, run), {**hyper, **run.get("hyper", {})})
        frames = [piece[..., ::-1] for piece in runs.pieces(images[run["base_image"]], run)]
        boxes, scores = runs.followed(tracker, frames, run["init_box_xywh"])
        check.close(f"{run['run']}.boxes_xywh", boxes, rtol=0, atol=pixels)
        np.testing.assert_allclose(boxes, run["boxes_xywh"], rtol=0, atol=pixels, err_msg=run["run"])
        for found, wanted in zip(scores, run["conf_score"], strict=True):
            # The original answers no score without a score head.
            assert abs(found - (1.0 if wanted is None else wanted)) <= share, run["run"]
    check.finish()


def _network(case: Any, state: Mapping[str, Any], *, fuse: bool) -> Any:
    """Return the network: of the tracker that is built from a file as the original writes it, or with its norms."""
    heads = case.stated["hyper"]["model"]["TRANSFORMER"]["NHEADS"]
    if fuse:
        return _tracker(case, state, case.stated["hyper"]).network
    with tempfile.TemporaryDirectory() as folder:
        return load_network(_written(state, folder), heads=heads, fuse=False).eval()


def _written(state: Mapping[str, Any], folder: str) -> Path:
    path = Path(folder) / "STARK_ep0050.pth.tar"
    tensors = {name: torch.from_numpy(value) for name, value in state.items()}
    torch.save({"epoch": 50, "net_type": "STARKST", "net": tensors, "stats": {}}, path)
    return path


def _tracker(case: Any, state: Mapping[str, Any], hyper: Mapping[str, Any]) -> Any:
    """Return the tracker, its weights from a file as the reference writes it."""
    options: dict[str, Any] = {}
    for source in (hyper.get("data") or {}, hyper.get("test") or {}):
        for name in ("template_factor", "template_size", "search_factor", "search_size"):
            given = source.get(name, source.get(name.upper()))
            if given is not None:
                options[name] = given
    if "model" in hyper:
        options["heads"] = hyper["model"]["TRANSFORMER"]["NHEADS"]
    if hyper.get("update_intervals"):
        options["update_intervals"] = tuple(hyper["update_intervals"])
    with tempfile.TemporaryDirectory() as folder:
        component = plugin_host().component("tracker", "stark")
        config = component.load_config()(weights=str(_written(state, folder)), **options)
        return build(Configured(component, config), BuildContext(device="cpu"))


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("stark", "forward"): forward,
    ("stark", "sequence"): sequence,
}
"""By model and operation."""
