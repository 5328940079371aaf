"""Every hook that a plugin can implement.

A plugin is a module named by an entry point in the group ``vtcore``::

    [project.entry-points.vtcore]
    bytetrack = "vtrack_plugin_bytetrack.plugin"

The module marks functions with `hookimpl`, named as below; each may leave out arguments it does not use. It
imports neither numpy, OpenCV nor torch: components name their classes as strings, imported on use.

Hooks may gain arguments, but lose or rename none within a major version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from vtcore.components import Command, Component, Kind
    from vtcore.frames import Frame, Sequence
    from vtcore.instances import Instances
    from vtcore.runs import Run

__all__ = ["ADDED", "REGISTERING_HOOKS", "hookimpl", "hookspec"]

hookspec = pluggy.HookspecMarker("vtcore")
hookimpl = pluggy.HookimplMarker("vtcore")

REGISTERING_HOOKS = (
    "vtcore_kinds",
    "vtcore_datasets",
    "vtcore_transforms",
    "vtcore_backbones",
    "vtcore_heads",
    "vtcore_detectors",
    "vtcore_trackers",
    "vtcore_metrics",
    "vtcore_components",
    "vtcore_commands",
)
"""The hooks that register; each is called once, when plugins are discovered."""

ADDED: Mapping[str, str] = {}
"""Version in which a hook came (``"vtcore_hook"``) or gained an argument (``"vtcore_hook.argument"``), after 0.1."""


# --- Registering: called once, on discovery -------------------------------------------------------------------


@hookspec
def vtcore_kinds() -> Iterable[Kind]:  # type: ignore[empty-body]
    """Return further kinds of components that the plugin's family brings (``motion``)."""


@hookspec
def vtcore_datasets() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``dataset``."""


@hookspec
def vtcore_transforms() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``transform``."""


@hookspec
def vtcore_backbones() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``backbone``."""


@hookspec
def vtcore_heads() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``head``."""


@hookspec
def vtcore_detectors() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``detector``."""


@hookspec
def vtcore_trackers() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``tracker``."""


@hookspec
def vtcore_metrics() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of the kind ``metric``."""


@hookspec
def vtcore_components() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return components of any other kind: ``reid``, ``refiner``, ``writer``, or a kind that some plugin brings."""


@hookspec
def vtcore_commands() -> Iterable[Command]:  # type: ignore[empty-body]
    """Return further subcommands of ``vtcore``. One named like a command of the core is never reached."""


# --- The life of a run: called in the process of the run, in this order ---------------------------------------


@hookspec
def vtcore_run_started(run: Run) -> None:
    """Called when everything is built and the preflight has passed, before the first sequence.

    Args:
        run: The run: its experiment, folder and sequences.
    """


@hookspec
def vtcore_sequence_started(run: Run, sequence: Sequence) -> None:
    """Called before a sequence's first frame; not for one that a resumed run already has.

    Args:
        run: The run.
        sequence: The sequence about to be read.
    """


@hookspec
def vtcore_frame_done(run: Run, frame: Frame, detections: Instances, tracks: Instances) -> None:
    """Called after each frame, in order, before the writers see it. Keep it short: the run waits.

    Args:
        run: The run.
        frame: The frame; its image is None where nothing needs pixels.
        detections: What the detector found; no instances without a detector.
        tracks: What the tracker answered; the detections without a tracker. Not to be changed.
    """


@hookspec
def vtcore_sequence_finished(run: Run, sequence: Sequence) -> None:
    """Called when a sequence's files are in place.

    Args:
        run: The run.
        sequence: The finished sequence.
    """


@hookspec
def vtcore_run_finished(run: Run, error: BaseException | None) -> None:
    """Called last, also when the run failed or was stopped.

    Args:
        run: The run; ``run.scores`` holds the metrics when there are any.
        error: What ended the run early, None when it is complete.
    """
