"""Options of AFLink."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from vtcore.options import option
from vtrack_nets.weights_option import sha256_option, weight_files, weights_problems

__all__ = ["AFLinkConfig"]


@attrs.frozen(kw_only=True)
class AFLinkConfig:
    """Options of AFLink; the defaults are the published ones."""

    weights: str = option(
        help="File or address (https://...) of the network's weights: the published AFLink_epoch20.pth, or safetensors."
    )
    weights_sha256: str = sha256_option()
    temporal_threshold: tuple[int, int] = option(
        (0, 30),
        "Least and most frames from a track's last row to the first of the one that may go on from it; at 0 they share "
        "that frame, and the earlier one's row stays.",
        unit="frames",
    )
    spatial_threshold: float = option(
        75.0,
        "Farthest that the left upper corners of these two boxes may lie apart; raising it joins more, and is slower.",
        unit="px",
        ge=0,
    )
    confidence_threshold: float = option(
        0.95, "Least confidence of the network in two tracks that are joined; raising it joins fewer.", ge=0, le=1
    )
    per_class: bool = option(True, "Join tracks of the same class only.")
    length: int = option(
        30,
        "Rows of either track that the network looks at: the last of the earlier, the first of the later. The "
        "published weights were trained with 30.",
        unit="rows",
        ge=25,
    )
    batch_size: int = option(256, "Pairs that the network judges at once; raising it takes more memory.", ge=1)
    device: str = option(
        "", "Where the network computes: auto, cpu, cuda, cuda:N or mps; empty takes the device of the run."
    )
    compat: str = option(
        "",
        "Repeat MMDetection's AppearanceFreeLink, which takes a track's place in order of appearance for its id.",
        choices=("", "mmdetection"),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse bounds that nothing lies between."""
        if len(self.temporal_threshold) != 2:
            raise ValueError(f"temporal_threshold: must be two numbers, least and most, got {self.temporal_threshold}")
        least, most = self.temporal_threshold
        if least > most:
            raise ValueError(f"temporal_threshold: must not fall, got {least} and {most}")

    def check(self) -> Iterator[str]:
        """Yield that the weights are missing."""
        yield from weights_problems(self)

    def files(self) -> Iterator[str]:
        """Yield the file of the weights."""
        yield from weight_files(self)
