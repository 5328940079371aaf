"""A network from a file of weights, of the size that these have."""

from __future__ import annotations

import logging
from pathlib import Path

from torch import Tensor

from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.file_hash import check_hash
from vtrack_nets.fitting import fit
from vtrack_nets.loading import converted
from vtrack_nets.sources import local_file
from vtrack_plugin_yolox.fusing import fused_state
from vtrack_plugin_yolox.naming import convert_weights, layout_of
from vtrack_plugin_yolox.network import Yolox

__all__ = ["load_network"]

_log = logging.getLogger("vtcore")


def load_network(source: str | Path, *, sha256: str = "", size: str = "", fuse: bool = True) -> Yolox:
    """Return a network with weights, of the size and number of classes that their shapes tell.

    Args:
        source: File or address: of Megvii's YOLOX, ByteTrack, MMDetection or MMTracking, or an ONNX file (``.onnx``).
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.
        size: Size that it must have; empty for any.
        fuse: Make batch norms part of the convolutions. Weights that are fused already stay so.

    Raises:
        CheckpointError: The weights are missing, damaged, refused, or of another network or size.
        DownloadError: An address cannot be fetched.
        MissingPackageError: onnx is needed and not installed.
    """
    path = local_file(source, sha256)
    state = _read(path, sha256)
    layout = layout_of(state, path)
    if size and layout.size != size:
        raise CheckpointError(
            f'is a YOLOX of size {layout.size}, not {size}; write size = "{layout.size}", or leave it out', file=path
        )
    norms = any(".bn." in name for name in state)
    network = Yolox(layout, fused=fuse or not norms)
    report = fit(network, fused_state(state, path) if fuse else state, source=path)
    surplus = [name for name in report.unexpected if name.startswith(("backbone.", "head."))]
    if surplus:
        raise CheckpointError(
            f"does not fit YOLOX {layout.size}: {len(surplus)} weights are of no use to it ({shown(surplus[0])}, ...)",
            file=path,
        )
    told = _log.info if not report.unexpected else _log.warning
    told("%s: weights for YOLOX %s with %d classes: %s", path, layout.size, layout.classes, report)
    return network


def _read(path: Path, sha256: str) -> dict[str, Tensor]:
    if path.suffix.lower() != ".onnx" or not path.is_file():
        return converted(load_state(path, sha256=sha256), convert_weights, path)
    from vtrack_plugin_yolox.onnx_weights import read_onnx_weights

    if sha256:
        check_hash(path, sha256)
    return read_onnx_weights(path)
