"""What the parts of networks can do that have kinds of their own; light, as the core's own interfaces."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any, Protocol, runtime_checkable

__all__ = ["Neck"]


@runtime_checkable
class Neck(Protocol):
    """A network from a backbone's feature maps to others, as heads want them.

    Attributes:
        channels: Of each map that goes out.
    """

    @property
    def channels(self) -> Seq[int]: ...  # noqa: D102

    def connect(self, channels: Seq[int]) -> None:
        """Prepare for maps with these channels, finest first. Called once, before weights are loaded."""

    def __call__(self, maps: Seq[Any]) -> Seq[Any]:
        """Return feature maps ``(N, C, h, w)``, finest first, of those of a backbone."""
