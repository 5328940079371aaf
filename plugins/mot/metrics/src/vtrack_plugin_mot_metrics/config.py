"""Configs of the metrics."""

from __future__ import annotations

import attrs

from vtcore.options import option

__all__ = ["ClearConfig", "CountConfig", "HotaConfig", "IdentityConfig"]


@attrs.frozen(kw_only=True)
class HotaConfig:
    """HOTA has no options: it averages over the 19 localisation thresholds 0.05, 0.10, ... 0.95."""


@attrs.frozen(kw_only=True)
class ClearConfig:
    """Options of the CLEAR metrics."""

    threshold: float = option(
        0.5, "Intersection over union from which a result may match an annotation; raising it is stricter.", gt=0, le=1
    )


@attrs.frozen(kw_only=True)
class IdentityConfig:
    """Options of the identity metrics."""

    threshold: float = option(
        0.5, "Intersection over union from which a result may match an annotation; raising it is stricter.", gt=0, le=1
    )


@attrs.frozen(kw_only=True)
class CountConfig:
    """Counting has no options."""
