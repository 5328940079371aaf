"""What ``vtcore check`` and the start of every run find out before anything heavy starts.

Components are asked through their configs alone; only the data set itself is made, which decodes nothing. Detections
and annotations that the run needs are read here, once: the run goes on with the same sequences, which keep them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.errors import PreflightError
from vtcore.experiments.experiment import Experiment
from vtcore.preflight.composition import component_checks, composition
from vtcore.preflight.data import chosen_sequences, fitting_data, listed_sequences
from vtcore.preflight.findings import Finding
from vtcore.preflight.output import output_findings

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.host import PluginHost

__all__ = ["Finding", "Preflight", "preflight", "require"]


@attrs.frozen(eq=False)
class Preflight:
    """What the preflight found, and the data that it has read on the way.

    Attributes:
        findings: Everything worth telling, in the order of the experiment.
        dataset: The data set; None where it cannot be made.
        sequences: Those that the experiment chooses, in order, with the detections and annotations that the run
            needs already read.
    """

    findings: tuple[Finding, ...]
    dataset: Any = None
    sequences: tuple[Sequence, ...] = ()


def preflight(
    experiment: Experiment,
    *,
    host: PluginHost | None = None,
    output_must_be_writable: bool = True,
    provided: Collection[str] = (),
    sequences: Iterable[Sequence] | None = None,
) -> Preflight:
    """Find out whether an experiment can run here.

    Args:
        experiment: What to run.
        host: The plugins; the installed ones by default.
        output_must_be_writable: False for a run that writes nothing.
        provided: Parts that the caller brings as objects, so that the experiment need not: ``detector``, ``tracker``.
        sequences: Sequences that the caller brings, in place of those of the experiment's data set.
    """
    if host is None:
        from vtcore.host import plugin_host

        host = plugin_host()
    notes = host.without(experiment.plugins.disable).notes
    findings = [Finding("warning", experiment.problem(note, "plugins.disable")) for note in notes]
    findings += composition(experiment, provided if sequences is None else {*provided, "dataset"})
    findings += component_checks(experiment)
    if sequences is None:
        dataset, listed, data_findings = listed_sequences(experiment)
        chosen, choice_findings = chosen_sequences(experiment, listed)
        findings += data_findings + choice_findings
    else:
        dataset, chosen = None, list(sequences)
    findings += fitting_data(experiment, chosen)
    if output_must_be_writable:
        findings += output_findings(experiment, chosen)
    return Preflight(tuple(findings), dataset, tuple(chosen))


def require(findings: Iterable[Finding]) -> None:
    """Do nothing when no finding is an error.

    Raises:
        PreflightError: With the problem of every finding that is one.
    """
    problems = [finding.problem for finding in findings if finding.severity == "error"]
    if problems:
        raise PreflightError(problems)
