"""What this plugin offers: a refiner of tracks."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_components"]


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the refiner."""
    return (
        Component(
            "refiner",
            "aflink",
            "vtrack_plugin_aflink.config:AFLinkConfig",
            "vtrack_plugin_aflink.refiner:AFLink",
            "Joins tracks that a network takes for one, by their places and times alone.",
            "Du et al., StrongSORT: Make DeepSORT Great Again, IEEE TMM 2023, https://arxiv.org/abs/2202.13514",
        ),
    )
