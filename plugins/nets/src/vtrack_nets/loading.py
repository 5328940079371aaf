"""Weights from a file or address into a network, in one step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from vtcore.errors import VtcoreError
from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.fitting import FitReport, fit
from vtrack_nets.sources import local_file

__all__ = ["Convert", "converted", "load_weights"]

_log = logging.getLogger("vtcore")

Convert = Callable[[dict[str, Tensor]], Mapping[str, Tensor]]
"""From a checkpoint's tensors, under any published naming, to those of our network; its own pass unchanged."""


def load_weights(
    network: nn.Module,
    source: str | Path,
    *,
    sha256: str = "",
    convert: Convert | None = None,
    strict: bool = True,
) -> FitReport:
    """Read weights and copy them into a network; its types and device stay.

    Args:
        network: Left as it was when an error is raised.
        source: A file, or an address as `local_file` takes it, fetched once.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing, but for what
            the name of a fetched file says.
        convert: The architecture's way from published names to its own.
        strict: As for `fit`.

    Returns:
        What matched, is missing, is unexpected and has another shape; it is logged too.

    Raises:
        CheckpointError: As `load_state` and `fit` raise it.
        DownloadError: An address cannot be fetched.
    """
    path = local_file(source, sha256)
    state = load_state(path, sha256=sha256)
    if convert is not None:
        state = converted(state, convert, path)
    report = fit(network, state, strict=strict, source=path)
    told = _log.info if report.complete and not report.unexpected else _log.warning
    told("%s: weights for %s: %s", path, type(network).__name__, report)
    return report


def converted(state: dict[str, Tensor], convert: Convert, source: str | Path) -> dict[str, Tensor]:
    """Pass a checkpoint's tensors through an architecture's own conversion.

    Args:
        state: Tensors by name, as `load_state` gives them.
        convert: The conversion.
        source: Where they come from, for messages.

    Raises:
        CheckpointError: The conversion fails, as it may on another network's weights.
    """
    try:
        return dict(convert(dict(state)))
    except VtcoreError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"holds another network's weights: they cannot be converted ({type(error).__name__}: {shown(str(error))})",
            file=source,
        ) from error
