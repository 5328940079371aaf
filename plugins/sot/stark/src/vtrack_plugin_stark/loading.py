"""A network from a file of weights, of the size that these have."""

from __future__ import annotations

import logging
from pathlib import Path

from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.sources import local_file
from vtrack_plugin_stark.layout import LightningLayout, StarkLayout
from vtrack_plugin_stark.lightning import StarkLightning
from vtrack_plugin_stark.naming import convert_weights
from vtrack_plugin_stark.network import Stark

__all__ = ["load_network"]

_log = logging.getLogger("vtcore")


def load_network(source: str | Path, *, sha256: str = "", heads: int = 8, fuse: bool = True) -> Stark | StarkLightning:
    """Return a network with weights, of the kind and size that their names and shapes tell.

    Args:
        source: File or address of weights of STARK-S, STARK-ST or STARK-Lightning.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.
        heads: Of each attention; no weight tells how many there are.
        fuse: Make batch norms part of the convolutions, in evaluation mode; without it the network can learn.

    Raises:
        CheckpointError: The weights are missing, damaged, refused, or of another network.
        DownloadError: An address cannot be fetched.
    """
    path = local_file(source, sha256)
    state = converted(load_state(path, sha256=sha256), convert_weights, path)
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    network: Stark | StarkLightning
    try:
        if "pos_emb_x.row_embed.weight" in shapes:
            network = StarkLightning(LightningLayout.of_shapes(shapes, heads=heads))
        else:
            network = Stark(StarkLayout.of_shapes(shapes, heads=heads))
    except ValueError as error:
        raise CheckpointError(f"holds no weights of a STARK: {shown(str(error))}", file=path) from error
    report = fit(network, state, source=path)
    if report.unexpected:
        raise CheckpointError(
            f"does not fit STARK: {len(report.unexpected)} weights are of no use to it "
            f"({shown(report.unexpected[0])}, ...); give the weights of one of its published networks",
            file=path,
        )
    _log.info("%s: weights for %s: %s", path, network.layout, report)
    return network.eval().fuse() if fuse else network
