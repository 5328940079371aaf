"""Options of single-object trackers with weights of their own; needs vtrack-nets, which the extra ``networks`` brings.

Light: nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from vtrack_common_sot.config import TargetTrackerConfig
from vtrack_nets.weights_option import sha256_option, weight_files, weights_option, weights_problems

__all__ = ["NetworkTrackerConfig", "check_source"]


@attrs.frozen(kw_only=True)
class NetworkTrackerConfig(TargetTrackerConfig):
    """A single-object tracker with weights of its own."""

    weights: str = weights_option()
    weights_sha256: str = sha256_option()

    def files(self) -> Iterator[str]:
        """Yield the file of weights."""
        yield from weight_files(self)

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the weights, without reading them."""
        yield from weights_problems(self)


def check_source(weights: str, network: object | None = None) -> None:
    """Refuse a tracker that has no network, or two.

    Args:
        weights: File or address of weights; empty for none.
        network: A network that was handed over.

    Raises:
        ValueError: There are neither weights nor a network, or both.
    """
    if (network is None) is not bool(weights):
        raise ValueError("weights: give a file or address of weights" if network is None else "network: not both")
