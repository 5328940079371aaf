"""MixFormer, MixViT and MixFormerV2 against the published ones: networks, templates, trackers over frames."""

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
pytest.importorskip("vtrack_plugin_mixformer", reason="vtrack-plugin-mixformer is not installed")

from vtrack_plugin_mixformer.layout import layout_of  # noqa: E402
from vtrack_plugin_mixformer.loading import COMPONENTS, load_network  # noqa: E402
from vtrack_plugin_mixformer.vit import sine_cosine_table  # noqa: E402

TABLES = {"init_pos_embed_s": 0, "init_pos_embed_t": 1}
"""Tables of places, by which of the layout's sizes they have."""


def forward(case: Any) -> None:
    """Boxes, scores, maps and tokens, with norms as they are and as a run has them."""
    check, state = case.checker(), case.runs().weights(case)
    bounds = case.stated["tolerance"]["absolute"]
    for fuse in (False, True):
        answers = _answers(case, _network(case, state, fuse=fuse))
        for name in sorted(check.wanted):
            if name in answers:
                check.close(name, answers[name], rtol=0, atol=bounds[name])
    check.finish()


def _answers(case: Any, network: Any) -> dict[str, Any]:
    """Return all that a case may store, by its name."""
    images = {name: torch.from_numpy(value) for name, value in case.inputs().items()}
    first, search = images["template"], images["search"]
    later = [images[name] for name in sorted(images) if name.startswith("online_template")]
    answers = _given(case, network, [first, later[0]], search)
    if any(name.startswith("online2.") for name in case.stated["outputs"]):
        # Where there is no second later look, the originals took the first template turned over.
        several = [first, *later] if len(later) > 1 else [first, later[0], first.flip(3)]
        answers |= {f"online2.{name}": value for name, value in _given(case, network, several, search).items()}
    for name, which in TABLES.items():
        if name in case.stated["outputs"]:
            layout = network.layout
            cells = [layout.search_cells, layout.template_cells][which]
            answers[name] = sine_cosine_table(layout.widths[0], cells)
    return answers


def _given(case: Any, network: Any, templates: Sequence[Any], search: Any) -> dict[str, Any]:
    with torch.inference_mode(), _Tokens(network) as tokens:
        memory = network.remember(torch.stack(list(templates), dim=1))
        found = network(search, memory)
        answers = {"pred_boxes": found.boxes[:, None], "search_feat": found.features, **tokens.seen()}
        if found.scores is not None:
            name = "pred_scores_own_box" if found.tokens is None else "pred_scores"
            answers[name] = found.scores
        if found.tokens is not None:
            answers["reg_tokens"] = found.tokens
            answers |= {f"prob_{side[0]}": getattr(found.head, side) for side in ("left", "top", "right", "bottom")}
        else:
            answers["prob_tl"], answers["prob_br"] = found.head.top_left, found.head.bottom_right
        for place, box in enumerate(case.stated["values"].get("score_boxes_xyxy_normalised", ())):
            boxes = torch.tensor([box], dtype=torch.float32).expand(len(search), -1)
            answers[f"pred_scores_box{place}"] = network.score_branch(found.features, boxes, memory[-2:])
        if "pred_scores_box0" in answers:
            # In one go, as in training.
            again = network(search, memory, score_boxes=boxes).scores
            torch.testing.assert_close(again, answers[f"pred_scores_box{place}"], rtol=0, atol=1e-6)
    return answers


class _Tokens:
    """Listens to what the first and the last block of a plain transformer answer."""

    def __init__(self, network: Any) -> None:
        blocks: Any = getattr(network.backbone, "blocks", [])
        self._blocks = {"first_block_tokens": blocks[0], "last_block_tokens": blocks[-1]} if len(blocks) else {}
        self._found: dict[str, list[Any]] = {name: [] for name in self._blocks}

    def __enter__(self) -> _Tokens:
        for name, block in self._blocks.items():
            block.mixed = self._listening(name, block)
        return self

    def __exit__(self, *_: object) -> None:
        for block in self._blocks.values():
            del block.mixed

    def _listening(self, name: str, block: Any) -> Callable[..., Any]:
        mixed = block.mixed

        def answer(*given: Any) -> Any:
            tokens, own = mixed(*given)
            self._found[name].append(tokens)
            return tokens, own

        return answer

    def seen(self) -> dict[str, Any]:
        """Return the tokens of templates and of the search region after each other."""
        return {name: torch.cat(parts[:2], dim=1) for name, parts in self._found.items()}


def sequence(case: Any) -> None:
    """The tracker over frames: boxes, scores, and how many templates there are."""
    stated, check = case.stated, case.checker()
    runs, images, tolerance = case.runs(), case.images(), stated["tolerance"]
    pixels = float(str(tolerance["boxes"]).split()[0])
    for run in stated["values"]["runs"]:
        tracker = _tracker(case, runs.weights(case, run), {**stated["hyper"], **run.get("hyper", {})})
        frames = [piece[..., ::-1] for piece in runs.pieces(images[run["base_image"]], run)]
        counts: list[int] = []
        boxes, scores = runs.followed(tracker, frames, run["init_box_xywh"], lambda it: counts.append(_looks(it)))  # noqa: B023
        check.close(f"{run['run']}.boxes_xywh", boxes, rtol=0, atol=pixels)
        np.testing.assert_allclose(boxes, run["boxes_xywh"], rtol=0, atol=pixels, err_msg=run["run"])
        if "pred_score_after_sigmoid" in run:
            wanted = run["pred_score_after_sigmoid"]
            np.testing.assert_allclose(scores, wanted, rtol=0, atol=tolerance["pred_score"], err_msg=run["run"])
        if "online_templates_after_frame" in run:
            assert counts == run["online_templates_after_frame"], run["run"]
    check.finish()


def _looks(tracker: Any) -> int:
    """Return how many later looks of the target there are."""
    return len(tracker.state_dict()["target.0.templates"]) - 1


def _network(case: Any, state: Mapping[str, Any], *, fuse: bool) -> Any:
    """Return the network: of the tracker that is built from a file as the original writes it, or with its norms."""
    if fuse:
        return _tracker(case, state, case.stated["hyper"]).network
    with tempfile.TemporaryDirectory() as folder:
        return load_network(_written(state, folder), family=_family(state), fuse=False).eval()


def _written(state: Mapping[str, Any], folder: str) -> Path:
    path = Path(folder) / "mixformer_online.pth.tar"
    tensors = {name: torch.from_numpy(value) for name, value in state.items()}
    torch.save({"epoch": 40, "net_type": "MixFormerOnlineScore", "net": tensors, "stats": {}}, path)
    return path


def _family(state: Mapping[str, Any]) -> str:
    layout = layout_of(state)
    assert layout is not None
    return layout.family


def _tracker(case: Any, state: Mapping[str, Any], hyper: Mapping[str, Any]) -> Any:
    """Return the tracker, its weights from a file as the reference writes it."""
    sources = (
        hyper.get("data") or {},
        {name.lower(): value for name, value in (hyper.get("test") or {}).items()},
        hyper,
    )
    known = ("template_factor", "search_factor", "template_size", "search_size", "online_size", "max_score_decay")
    given: dict[str, Any] = {}
    for source in sources:
        given |= {name: source[name] for name in known if name in source}
        # Without a score the originals take a list, with it a number; their settings by data set are a table.
        for name in ("update_interval", "update_intervals"):
            interval = source.get(name)
            if isinstance(interval, int | list):
                given["update_interval"] = interval[0] if isinstance(interval, list) else interval
    family = _family(state)
    # The plain transformers' weights tell their sizes.
    edges = ("search_size", "template_size")
    sizes = {} if family == "cvt" else {name: given.pop(name) for name in edges if name in given}
    with tempfile.TemporaryDirectory() as folder:
        component = plugin_host().component("tracker", COMPONENTS[family])
        config = component.load_config()(weights=str(_written(state, folder)), **given)
        tracker = build(Configured(component, config), BuildContext(device="cpu"))
    layout = tracker.network.layout
    for name, wanted in zip(edges, layout.sizes, strict=True):
        assert sizes.get(name, wanted) == wanted, name
    return tracker


MODELS = ("mixformer", "mixformer-cvt", "mixformer-vit", "mixformer-v2", "mixformerv2")

HANDLERS: Mapping[tuple[str, str], Callable[[Any], None]] = {
    (model, operation): handler
    for model in MODELS
    for operation, handler in (("forward", forward), ("sequence", sequence))
}
"""By model and operation."""
