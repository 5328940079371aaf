"""What this plugin offers: metrics, a protocol, writers and commands of single-object tracking."""

from __future__ import annotations

from collections.abc import Iterable

from vtcore.components import Command, Component
from vtcore.hookspecs import hookimpl

__all__ = ["vtcore_commands", "vtcore_components", "vtcore_metrics"]

_PACKAGE = "vtrack_plugin_sot_metrics"
_CONFIG = f"{_PACKAGE}.config"


@hookimpl
def vtcore_metrics() -> Iterable[Component]:
    """Return the metrics."""
    return (
        Component(
            "metric",
            "ope",
            f"{_CONFIG}:OpeConfig",
            f"{_PACKAGE}.ope:Ope",
            "One-pass evaluation: success AUC, precision and normalised precision, also by attribute.",
            "Wu, Lim and Yang, Object Tracking Benchmark, TPAMI 2015, https://doi.org/10.1109/TPAMI.2014.2388226",
        ),
        Component(
            "metric",
            "got10k",
            f"{_CONFIG}:Got10kConfig",
            f"{_PACKAGE}.got10k:Got10k",
            "GOT-10k: average overlap and success rates over visible frames.",
            "Huang, Zhao and Huang, GOT-10k: A Large High-Diversity Benchmark for Generic Object Tracking in the "
            "Wild, TPAMI 2021, https://arxiv.org/abs/1810.11981",
        ),
        Component(
            "metric",
            "vot",
            f"{_CONFIG}:VotConfig",
            f"{_PACKAGE}.vot:Vot",
            "VOT challenge: expected average overlap, accuracy and robustness of runs with starts after failures.",
            "Kristan et al., A Novel Performance Evaluation Methodology for Single-Target Trackers, TPAMI 2016, "
            "https://arxiv.org/abs/1503.01313",
        ),
        Component(
            "metric",
            "vot-lt",
            f"{_CONFIG}:VotLtConfig",
            f"{_PACKAGE}.vot_lt:VotLt",
            "Long-term tracking: F-score, precision and recall at the tracker's best threshold of its score.",
            "Lukezic et al., Now You See Me: Evaluating Performance in Long-Term Visual Tracking, 2018, "
            "https://arxiv.org/abs/1804.07056",
        ),
    )


@hookimpl
def vtcore_components() -> Iterable[Component]:
    """Return the protocol and the writers."""
    return (
        Component(
            "protocol",
            "vot-reset",
            f"{_CONFIG}:VotResetConfig",
            f"{_PACKAGE}.vot_reset:VotReset",
            "VOT's supervised protocol: a target that is lost is shown again a few frames later.",
            "Kristan et al., The Visual Object Tracking VOT2013 challenge results, ICCV Workshops 2013, "
            "https://doi.org/10.1109/ICCVW.2013.20",
        ),
        Component(
            "writer",
            "track-times",
            f"{_CONFIG}:TrackTimesConfig",
            f"{_PACKAGE}.writers:TrackTimesWriter",
            "Seconds that each frame took to track, for the GOT-10k server.",
        ),
        Component(
            "writer",
            "box-text",
            f"{_CONFIG}:BoxTextConfig",
            f"{_PACKAGE}.writers:BoxTextWriter",
            "One box a line, as most toolkits of single-object tracking read it.",
        ),
        Component(
            "writer",
            "vot-text",
            f"{_CONFIG}:VotTextConfig",
            f"{_PACKAGE}.writers:VotTextWriter",
            "Text of the VOT toolkit, with frames of start, failure and pause.",
        ),
    )


@hookimpl
def vtcore_commands() -> Iterable[Command]:
    """Return the commands."""
    return (
        Command(
            "submission",
            "Pack a run's results as the servers of GOT-10k and TrackingNet take them, once they are complete.",
            f"{_PACKAGE}.submission_command:execute",
            f"{_PACKAGE}.submission_command:add_arguments",
        ),
        Command(
            "plots",
            "Draw the curves of several runs into one picture each, as papers show them: success, precision, "
            "normalised precision, expected overlap, also by attribute.",
            f"{_PACKAGE}.plots_command:execute",
            f"{_PACKAGE}.plots_command:add_arguments",
        ),
    )
