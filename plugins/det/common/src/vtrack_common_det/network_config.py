"""Options of detectors with weights of their own; needs vtrack-nets, which the extra ``networks`` brings."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from vtrack_common_det.config import DetectorConfig
from vtrack_nets.weights_option import sha256_option, weight_files, weights_option, weights_problems

__all__ = ["NetworkDetectorConfig"]


@attrs.frozen(kw_only=True)
class NetworkDetectorConfig(DetectorConfig):
    """A detector with weights of its own."""

    weights: str = weights_option()
    weights_sha256: str = sha256_option()

    def files(self) -> Iterator[str]:
        """Yield the file of weights."""
        yield from weight_files(self)

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the weights, without reading them."""
        yield from weights_problems(self)
