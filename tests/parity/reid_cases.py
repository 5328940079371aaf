"""Re-identification: networks and losses, crops, scores."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vtcore.components import BuildContext, Configured, build
from vtcore.host import plugin_host

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("vtrack_plugin_reid", reason="vtrack-plugin-reid is not installed")

import torch

from vtrack_plugin_reid import (
    batch_hard_triplet_loss,
    evaluate_reid,
    network_image_crops,
    renormalized,
)
from vtrack_plugin_reid.evaluation import squared_distances
from vtrack_plugin_reid.network_image import Normalisation


def _network(case: Any, component: str, prefix: str = "", **options: Any) -> Any:
    """Build a component with weights from a file under the reference's names, and return its network."""
    found = plugin_host().component("reid", component)
    state = {prefix + name: torch.from_numpy(np.asarray(value)) for name, value in case.state().items()}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        torch.save({"state_dict": state}, weights)
        config = found.load_config()(weights=str(weights), **options)
        return build(Configured(found, config), BuildContext(device="cpu")).network


def _crops(case: Any) -> Any:
    (crops,) = case.inputs().values()
    return torch.from_numpy(crops)


def osnet(case: Any) -> None:
    """Embeddings and the last maps; variant and width as the weights say."""
    network, crops, check = _network(case, "osnet", "module."), _crops(case), case.checker()
    with torch.inference_mode():
        check.close("featuremaps", network.featuremaps(crops))
        check.close("features", network(crops))
    check.finish()


def resnet50(case: Any) -> None:
    """Embeddings and what they follow from, and the head's losses in evaluation and in training."""
    network, crops, check = _network(case, "resnet50-reid", "reid."), _crops(case), case.checker()
    hyper = case.stated["hyper"]
    losses = hyper["head"].get("loss_pairwise") or {}, hyper["head"].get("loss") or {}
    network.head.margin = losses[0].get("margin", network.head.margin)
    network.head.triplet_weight, network.head.class_weight = (each.get("loss_weight", 1.0) for each in losses)
    with torch.inference_mode():
        found = {"layer4": network.featuremaps(crops), "embeddings": network(crops)}
        if network.head.classifier is not None:
            found["cls_score"] = network.head.classify(found["embeddings"])
        if "labels" in hyper:
            labels = torch.tensor(hyper["labels"])
            found |= network.loss(crops, labels)
            network.train()
            found |= {f"train_{name}": value for name, value in network.loss(crops, labels).items()}
    for name in sorted(check.left):
        check.close(name, found[name])
    check.finish()


def triplet(case: Any) -> None:
    """The loss with several margins and weights, and its slope."""
    given, check, hyper = case.given(), case.checker(), case.stated["hyper"]
    features, labels = torch.from_numpy(given["features"]).requires_grad_(), torch.from_numpy(given["labels"])
    loss = batch_hard_triplet_loss(features, labels, margin=hyper["margin"])
    loss.backward()
    check.close("loss", loss.detach())
    check.close("grad", features.grad)
    for name in sorted(check.left):
        margin, weight = name.removeprefix("loss_m").split("_w")
        other = batch_hard_triplet_loss(features, labels, margin=float(margin), weight=float(weight))
        check.close(name, other.detach())
    check.finish()


def evaluation(case: Any) -> None:
    """Scores, as they are and rounded as the reference returns them."""
    given, check, stated = case.given(), case.checker(), case.stated
    hyper = stated["hyper"]
    features = given["features"]
    check.close("distmat", squared_distances(features, features))
    scores = evaluate_reid(features, given["labels"], max_rank=hyper["max_rank"])
    for name in sorted(check.left):
        value = scores.mean_average_precision if name == "mAP" else scores.rank(int(name[1:]))
        check.close(name, value)
    rounded = scores.as_dict(hyper["rank_list"])
    for name, value in stated["rounded"].items():
        assert round(rounded[name], 3) == pytest.approx(value, abs=1e-6), name
    check.finish()


def crops(case: Any) -> None:
    """Crops out of the detector's image, and another normalisation of it."""
    check, hyper = case.checker(), case.stated["hyper"]
    (image,) = (torch.from_numpy(each) for each in case.inputs().values())
    boxes, size, shape = case.given()["boxes"], tuple(hyper["img_scale"]), tuple(hyper["img_shape"])
    check.close("crops", network_image_crops(image, boxes, size, shape=shape))
    check.close("crops_half", network_image_crops(image, boxes, size, shape=shape, scale=0.5))
    before, after = (
        Normalisation(tuple(each["mean"]), tuple(each["std"]), each["to_rgb"])
        for each in (hyper["norm_from"], hyper["norm_to"])
    )
    check.close("renormalized", renormalized(image, before, after))
    check.finish()


HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    ("osnet", "forward"): osnet,
    ("reid-r50", "forward"): resnet50,
    ("triplet", "loss"): triplet,
    ("reid-metric", "evaluate"): evaluation,
    ("crop", "preprocess"): crops,
}
"""By model and operation."""
