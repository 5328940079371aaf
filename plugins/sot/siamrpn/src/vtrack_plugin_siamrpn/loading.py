"""A network from a file of weights, the one of the family that these are of."""

from __future__ import annotations

import logging
from pathlib import Path

from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.sources import local_file
from vtrack_plugin_siamrpn.naming import convert_weights, layout_of
from vtrack_plugin_siamrpn.network import SiamRpn

__all__ = ["load_network"]

_log = logging.getLogger("vtcore")


def load_network(source: str | Path, *, sha256: str = "", center_size: int = 7, fuse: bool = True) -> SiamRpn:
    """Return a network with weights, in evaluation mode.

    Args:
        source: File or address of the weights: of pysot or MMTracking.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.
        center_size: Edge of what the neck leaves of a template, in cells.
        fuse: Make batch norms part of the convolutions.

    Raises:
        CheckpointError: The weights are missing, damaged, refused, or of another network.
        DownloadError: An address cannot be fetched.
    """
    path = local_file(source, sha256)
    state = converted(load_state(path, sha256=sha256), convert_weights, path)
    layout = layout_of(state, path)
    network = SiamRpn(layout, center_size=center_size).eval()
    report = fit(network, state, source=path)
    surplus = [name for name in report.unexpected if name.startswith(("backbone.", "neck.", "rpn_head.", "mask_head."))]
    if surplus:
        raise CheckpointError(
            f"does not fit SiamRPN ({layout}): {len(surplus)} weights are of no use to it ({shown(surplus[0])}, ...)",
            file=path,
        )
    told = _log.info if not report.unexpected else _log.warning
    told("%s: weights for SiamRPN (%s): %s", path, layout, report)
    return network.fold() if fuse else network
