"""A network from a file of weights, of the family and size that these have."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from vtcore.suggestions import listing
from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.sources import local_file
from vtrack_plugin_mixformer.layout import Layout, layout_of
from vtrack_plugin_mixformer.network import MixFormer

__all__ = ["COMPONENTS", "convert_weights", "load_network"]

_log = logging.getLogger("vtcore")

COMPONENTS = {"cvt": "mixformer", "vit": "mixformer-vit", "v2": "mixformerv2"}
"""The tracker of each family."""

_UNUSED = re.compile(r"backbone\.(?:cls_token|pos_embed|(?:fc_)?norm\.\w+|head\.\w+|mask_token)$")
"""What the transformers have for the classification of pictures, which no tracker uses."""


def convert_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights of MixFormer or MixFormerV2 without those that no tracker uses; the names stay.

    Args:
        state: Weights by the published names.
    """
    return {name: value for name, value in state.items() if not _UNUSED.match(name)}


def load_network(source: str | Path, *, family: str, sha256: str = "", fuse: bool = True) -> MixFormer:
    """Return a network with weights, of the size that their shapes tell.

    Args:
        source: File or address of weights of MixFormer or MixFormerV2.
        family: Which it must be: ``"cvt"``, ``"vit"`` or ``"v2"``.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.
        fuse: Make norms part of convolutions: faster, the same but for rounding.

    Raises:
        CheckpointError: The weights are missing, damaged, refused, or of another network or family.
        DownloadError: An address cannot be fetched.
    """
    path = local_file(source, sha256)
    state = converted(load_state(path, sha256=sha256), convert_weights, path)
    layout = _checked(layout_of(state), state, family, path)
    network = MixFormer(layout)
    report = fit(network, state, source=path)
    surplus = [name for name in report.unexpected if not name.endswith("num_batches_tracked")]
    if surplus:
        raise CheckpointError(
            f"does not fit MixFormer ({layout}): {len(surplus)} weights are of no use to it ({shown(surplus[0])}, ...)",
            file=path,
        )
    _log.info("%s: weights for MixFormer (%s): %s", path, layout, report)
    return network.fuse() if fuse else network


def _checked(layout: Layout | None, state: Mapping[str, Tensor], family: str, path: Path) -> Layout:
    if layout is None:
        raise CheckpointError(
            f"holds another network than MixFormer, with weights such as {listing(map(shown, list(state)[:3]))}; give "
            "those of a MixFormer or MixFormerV2",
            file=path,
        )
    if layout.family != family:
        raise CheckpointError(
            f'holds the weights of the tracker "{COMPONENTS[layout.family]}", not of "{COMPONENTS[family]}"; write '
            f'type = "{COMPONENTS[layout.family]}"',
            file=path,
        )
    return layout
