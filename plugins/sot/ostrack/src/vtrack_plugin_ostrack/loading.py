"""A network from a file of weights, of the size that these have."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vtcore.errors import OptionError
from vtrack_common_sot.vit import resized_positions
from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.sources import local_file
from vtrack_plugin_ostrack.layout import OstrackLayout, layout_of
from vtrack_plugin_ostrack.network import Ostrack

__all__ = ["convert_weights", "load_network", "load_pretrained", "pretrained_state", "shares"]

_log = logging.getLogger("vtcore")

_UNUSED = ("backbone.cls_token", "backbone.pos_embed")
_SEGMENTS = {
    "backbone.template_segment_pos_embed": "backbone.pos_embed_z",
    "backbone.search_segment_pos_embed": "backbone.pos_embed_x",
}


def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under our network's names, which are the original's.

    The class token and its position, which nothing uses, are left out; what distinguishes template and search region
    (``SEP_SEG``) becomes part of the positions.
    """
    found = {name: value for name, value in state.items() if name not in _UNUSED}
    for segment, positions in _SEGMENTS.items():
        if segment in found:
            found[positions] = found[positions] + found.pop(segment)
    return found


def pretrained_state(
    state: Mapping[str, Tensor], *, template_size: int = 128, search_size: int = 256
) -> dict[str, Tensor]:
    """Return the weights of a vision transformer, of MAE or ImageNet, as a backbone to begin training with.

    Args:
        state: By timm's names: ``patch_embed.proj.weight``, ``pos_embed``, ...; those of classifiers are left out.
        template_size: Side of the template, pixels.
        search_size: Side of the search region, pixels.

    Returns:
        By our names, with positions scaled to both grids.
    """
    patch = state["patch_embed.proj.weight"].shape[-1]
    kept = ("patch_embed.", "blocks.", "norm.")
    found = {f"backbone.{name}": value for name, value in state.items() if name.startswith(kept)}
    for name, size in (("z", template_size), ("x", search_size)):
        found[f"backbone.pos_embed_{name}"] = resized_positions(state["pos_embed"], size // patch)
    return found


def load_network(source: str | Path, *, sha256: str = "", keep: Mapping[int, float] | None = None) -> Ostrack:
    """Return a network with weights, of the size that their shapes tell.

    Args:
        source: File or address, as published (``OSTrack_ep0300.pth.tar``).
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.
        keep: Share of the candidates that stays, by the number of the block that drops the others.

    Raises:
        CheckpointError: The weights are missing, damaged, refused, or of another network.
        DownloadError: An address cannot be fetched.
        OptionError: The network has no block of that number.
    """
    path = local_file(source, sha256)
    state = converted(load_state(path, sha256=sha256), convert_weights, path)
    layout = layout_of(state, path)
    beyond = [number for number in keep or {} if number >= layout.depth]
    if beyond:
        raise OptionError(f"elimination_blocks: the network has blocks 0 to {layout.depth - 1}, and no {beyond[0]}")
    network = Ostrack(layout, keep)
    report = fit(network, state, source=path)
    told = _log.info if not report.unexpected else _log.warning
    told("%s: weights for OSTrack of %d pixels: %s", path, layout.search_size, report)
    return network


def load_pretrained(
    source: str | Path,
    *,
    sha256: str = "",
    template_size: int = 128,
    search_size: int = 256,
    keep: Mapping[int, float] | None = None,
) -> Ostrack:
    """Return a network to begin training with: a backbone of MAE or ImageNet, and a head that knows nothing.

    Args:
        source: File or address (``mae_pretrain_vit_base.pth``).
        sha256: As `load_network` takes it.
        template_size: Side of the template, pixels.
        search_size: Side of the search region, pixels.
        keep: As `load_network` takes it.

    Raises:
        CheckpointError: The weights are missing, damaged, refused, or of no vision transformer.
        DownloadError: An address cannot be fetched.
    """
    path = local_file(source, sha256)
    state = load_state(path, sha256=sha256)
    missing = [
        name for name in ("pos_embed", "patch_embed.proj.weight", "blocks.0.mlp.fc1.weight") if name not in state
    ]
    if missing:
        raise CheckpointError(f"is no vision transformer: it lacks {shown(missing[0])!r}", file=path)
    patches = state["patch_embed.proj.weight"]
    width, patch = patches.shape[0], patches.shape[-1]
    depth = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
    layout = OstrackLayout(
        template_size=template_size,
        search_size=search_size,
        patch=patch,
        width=width,
        depth=depth,
        heads=width // 64,
        hidden=state["blocks.0.mlp.fc1.weight"].shape[0],
    )
    network = Ostrack(layout, keep)
    backbone = pretrained_state(state, template_size=template_size, search_size=search_size)
    head = {f"box_head.{name}": value for name, value in network.box_head.state_dict().items()}
    fit(network, backbone | head, source=path)
    return network


def shares(blocks: Sequence[int], keep: Sequence[float]) -> dict[int, float]:
    """Return the share of candidates that stays by the block that drops the others; one share may stand for all."""
    keep = tuple(keep) * len(blocks) if len(keep) == 1 else tuple(keep)
    return dict(zip(blocks, keep, strict=True))
