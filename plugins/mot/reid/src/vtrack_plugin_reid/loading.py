"""Networks made as large as their weights say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from torch import Tensor, nn

from vtrack_nets.checkpoints import load_state
from vtrack_nets.errors import CheckpointError
from vtrack_nets.fitting import fit
from vtrack_nets.loading import Convert, converted
from vtrack_nets.sources import local_file

__all__ = ["NO_WEIGHTS", "loaded", "size_of"]

NO_WEIGHTS = 'no weights are given; write weights = "file or address"'

_log = logging.getLogger("vtcore")

Network = TypeVar("Network", bound=nn.Module)


def loaded(source: str, sha256: str, convert: Convert, make: Callable[[Mapping[str, Tensor]], Network]) -> Network:
    """Read weights, make the network that they are of, and copy them into it.

    Args:
        source: A file or address.
        sha256: What the file must hash to; empty checks nothing.
        convert: From published names to the network's.
        make: From converted weights to the network; it may raise `CheckpointError` without naming the file.

    Raises:
        CheckpointError: The file is missing, damaged, or of another network.
        DownloadError: An address cannot be fetched.
    """
    if not source:
        raise CheckpointError(NO_WEIGHTS)
    path = local_file(source, sha256)
    state = converted(load_state(path, sha256=sha256), convert, path)
    try:
        network = make(state)
    except CheckpointError as error:
        raise CheckpointError(str(error), file=path) from error
    report = fit(network, state, source=path)
    if report.unexpected:
        raise CheckpointError(f"holds another network than {type(network).__name__}: {report}", file=path)
    _log.info("%s: weights for %s: %s", path, type(network).__name__, report)
    return network


def size_of(state: Mapping[str, Tensor], name: str, network: str, dimension: int = 0) -> int:
    """Return one dimension of a weight.

    Args:
        state: Weights by name.
        name: Of the weight.
        network: Whose weights these should be, for messages.
        dimension: Which.

    Raises:
        CheckpointError: There is no such weight, or it has fewer dimensions.
    """
    if name not in state or state[name].ndim <= dimension:
        there = ", ".join(list(state)[:3]) or "none"
        raise CheckpointError(f"holds no weights of {network}: there is no {name} (there: {there})")
    return state[name].shape[dimension]
