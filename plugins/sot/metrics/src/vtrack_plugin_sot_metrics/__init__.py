"""Scores of single-object tracking: OPE, GOT-10k, VOT and VOT-LT, with the protocol that starts a tracker again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrack_plugin_sot_metrics.got10k import Got10k
    from vtrack_plugin_sot_metrics.ope import Ope
    from vtrack_plugin_sot_metrics.vot import Vot
    from vtrack_plugin_sot_metrics.vot_lt import VotLt
    from vtrack_plugin_sot_metrics.vot_reset import VotReset

__all__ = ["Got10k", "Ope", "Vot", "VotLt", "VotReset"]

_HOMES = {"Got10k": "got10k", "Ope": "ope", "Vot": "vot", "VotLt": "vot_lt", "VotReset": "vot_reset"}


def __getattr__(name: str) -> Any:
    # The plugin and config modules live in this package and must stay light: the metrics load on first use.
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
