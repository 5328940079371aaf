"""``vtcore weights publish``: weights alone, in a file that is named by its content."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

import vtcore
from vtcore.errors import OutputError
from vtcore.files import PARTIAL
from vtrack_nets.checkpoints import read_checkpoint
from vtrack_nets.file_hash import file_hash
from vtrack_nets.sources import hash_in_name, local_file
from vtrack_nets.weights_writing import write_weights

__all__ = ["execute_publish", "publish", "without_average"]

_DIGITS = 8


def execute_publish(arguments: argparse.Namespace) -> int:
    """Publish a file, and tell its name and hash."""
    path, digest = publish(
        local_file(arguments.source),
        arguments.folder,
        name=arguments.name,
        suffix=f".{arguments.format}",
        average=arguments.ema,
        metadata=dict(arguments.meta),
    )
    print(path)
    print(f"sha256 {digest}")
    return 0


def publish(
    source: Path,
    folder: Path,
    *,
    name: str = "",
    suffix: str = ".safetensors",
    average: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> tuple[Path, str]:
    """Write the weights of a checkpoint alone: no optimizer, no wrapper, no object of the training.

    Args:
        source: The checkpoint.
        folder: Where to write; it is made.
        name: Of the new file, without hash and ending; empty for the source's.
        suffix: ``".safetensors"`` or ``".pth"``.
        average: Take the moving average of the weights.
        metadata: Notes for the file, beside the name and hash of the source and the version of vtcore.

    Returns:
        The new file, ``<name>-<first 8 digits of its SHA-256>.<suffix>``, and the whole hash.

    Raises:
        CheckpointError: The source cannot be read, or has no moving average.
        OutputError: The file cannot be written.
    """
    checkpoint = read_checkpoint(source, average=average)
    notes = {"source": source.name, "source_sha256": file_hash(source), "vtcore": vtcore.__version__}
    stem = name or _stem(source.name)
    if re.fullmatch(r"[^/\\]+", stem) is None or not stem.isprintable() or stem in (".", ".."):
        raise OutputError(f"{stem!r} is no name of a file")
    unnamed = folder / f"{stem}{PARTIAL}{suffix}"
    write_weights(unnamed, without_average(checkpoint.state), {**(metadata or {}), **notes})
    try:
        digest = file_hash(unnamed)
        path = folder / f"{stem}-{digest[:_DIGITS]}{suffix}"
        unnamed.replace(path)
    except OSError as error:
        raise OutputError(f"{unnamed}: cannot be given its name: {error.strerror or error}") from error
    return path, digest


def without_average(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Leave out the second set that averaging in mmcv keeps among the weights, as ``ema_backbone_conv1_weight``.

    When it saves, these are the ones without averaging: what lies under the usual names is the average.
    """
    copies = {f"ema_{name.replace('.', '_')}" for name in state}
    return {name: value for name, value in state.items() if name not in copies}


def _stem(name: str) -> str:
    digits = hash_in_name(name)
    stem = Path(name).stem if Path(name).suffix else name
    return stem.removesuffix(f"-{digits}") if digits else stem
