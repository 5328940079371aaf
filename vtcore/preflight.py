"""What ``vtcore check`` and the start of every run find out before anything heavy starts.

Components are asked through their configs alone; only the data set itself is made, which decodes nothing. Detections
and annotations that the run needs are read here, once: the run goes on with the same sequences, which keep them.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

import attrs

from vtcore.components import BuildContext, Configured, build
from vtcore.drawing.display import display_available
from vtcore.errors import PreflightError, Problem, VtcoreError
from vtcore.experiments.experiment import Experiment, needs_of
from vtcore.experiments.positions import KeyPath
from vtcore.suggestions import did_you_mean_or_list, listing

if TYPE_CHECKING:
    from vtcore.frames import Sequence
    from vtcore.host import PluginHost

__all__ = ["Finding", "Preflight", "preflight", "require"]

ROW_LIMIT = 50
"""How many problems of the data's files are told one by one."""
ERROR_FREE_BYTES = 10_000_000
WARNING_FREE_BYTES = 500_000_000
BYTES_A_FRAME = 2_000
"""What one frame takes in a result file: some twenty rows of a hundred characters."""

_EXPECTED_ERRORS = (VtcoreError, ValueError, OSError)
"""What a data set or config may answer with when something is wrong; anything else is a bug and shows itself."""

_DATA_NEEDS = {
    "image": ("images", "put them in place, or use components that do without, such as the detector 'given'"),
    "given-detections": ("detections that come with the data", "use another detector, or choose with run.sequences"),
    "annotations": ("annotations", "leave the metrics out, or choose with run.sequences"),
}
"""What components may need of a sequence, in words, and what to do about it."""


@attrs.frozen
class Finding:
    """One thing that the preflight found.

    Attributes:
        severity: ``error`` keeps the run from starting, ``warning`` does not.
        problem: What, and where.
    """

    severity: Literal["error", "warning"]
    problem: Problem


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
) -> Preflight:
    """Find out whether an experiment can run here.

    Args:
        experiment: What to run.
        host: The plugins; the installed ones by default.
        output_must_be_writable: False for a run that writes nothing.
        provided: Parts that the caller brings as objects, so that the experiment need not: ``detector``, ``tracker``.
    """
    if host is None:
        from vtcore.host import plugin_host

        host = plugin_host()
    notes = host.without(experiment.plugins.disable).notes
    findings = [Finding("warning", experiment.problem(note, "plugins.disable")) for note in notes]
    findings += _composition(experiment, provided)
    findings += _component_checks(experiment)
    dataset, listed, data_findings = _listed_sequences(experiment)
    sequences, choice_findings = _chosen(experiment, listed)
    findings += data_findings + choice_findings
    findings += _fitting_data(experiment, sequences)
    if output_must_be_writable:
        findings += _output(experiment, sequences)
    return Preflight(tuple(findings), dataset, tuple(sequences))


def require(findings: Iterable[Finding]) -> None:
    """Do nothing when no finding is an error.

    Raises:
        PreflightError: With the problem of every finding that is one.
    """
    problems = [finding.problem for finding in findings if finding.severity == "error"]
    if problems:
        raise PreflightError(problems)


def _error(problem: Problem) -> Finding:
    return Finding("error", problem)


# --- What the experiment itself tells ---------------------------------------------------------------------------


def _composition(experiment: Experiment, provided: Collection[str]) -> Iterator[Finding]:
    if experiment.dataset is None:
        yield _error(experiment.problem("is missing: there is nothing to run on", "dataset"))
    if experiment.detector is None and experiment.tracker is None and not provided:
        message = "there is nothing to do: the experiment has neither [detector] nor [tracker]"
        yield _error(experiment.problem(message, ()))
    if experiment.detector is None and "detector" not in provided:
        for path, name in _who_needs(experiment, "detections", below="tracker"):
            message = f'{name!r} needs detections; add a [detector], such as type = "given" for those of the data'
            yield _error(experiment.problem(message, path))
    yield from _twice(experiment, "metrics", "metrics.json has one place for each metric")
    yield from _twice(experiment, "writers", "both would write the same files")
    if experiment.run.show and (reason := display_available()) is not None:
        yield _error(experiment.problem(reason, "run.show"))


def _who_needs(experiment: Experiment, need: str, below: str = "") -> list[tuple[KeyPath, str]]:
    """Return path and name of the components that need something."""
    return [
        (path, configured.component.name)
        for path, configured in experiment.placed_components()
        if need in needs_of(configured) and below in ("", path[0])
    ]


def _twice(experiment: Experiment, key: str, reason: str) -> Iterator[Finding]:
    seen: set[tuple[str, object]] = set()
    for index, configured in enumerate(getattr(experiment, key)):
        name = configured.component.name
        # A writer whose options choose the kind of file may tell so by a suffix.
        mark = (name, getattr(configured.config, "suffix", None))
        if mark in seen:
            yield _error(experiment.problem(f"{name!r} is there twice, and {reason}", (key, index, "type")))
        seen.add(mark)


def _component_checks(experiment: Experiment) -> Iterator[Finding]:
    """Ask every config that has a ``check``."""
    for path, configured in experiment.placed_components():
        check: Callable[[], Iterable[str]] | None = getattr(configured.config, "check", None)
        if check is not None:
            for complaint in _answers(check):
                yield _error(_blamed(experiment, path, configured, complaint))


def _blamed(experiment: Experiment, path: KeyPath, configured: Configured, complaint: str) -> Problem:
    """Place a complaint at the key whose value it quotes or begins with, or else at the component's table."""
    texts = [
        (field.name, str(value))
        for field in attrs.fields(type(configured.config))
        if isinstance(value := getattr(configured.config, field.name), str | PurePath) and str(value)
    ]
    quoted = [name for name, text in texts if repr(text) in complaint]
    named = [name for name, text in texts if complaint.startswith((f"{text}:", f"{text}{os.sep}"))]
    return experiment.problem(complaint, (*path, *(quoted or named)[:1]))


def _answers(check: Callable[[], Iterable[str]]) -> Iterator[str]:
    try:
        yield from check()
    except _EXPECTED_ERRORS as error:
        yield _told(error)


def _told(error: Exception) -> str:
    if isinstance(error, VtcoreError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


# --- The data ---------------------------------------------------------------------------------------------------


def _listed_sequences(experiment: Experiment) -> tuple[Any, list[Sequence], list[Finding]]:
    if experiment.dataset is None:
        return None, [], []
    options = experiment.run
    context = BuildContext(device=options.device, dtype=options.dtype, seed=options.seed)
    dataset = None
    try:
        dataset = build(experiment.dataset, context)
        sequences = list(dataset.sequences())
    except _EXPECTED_ERRORS as error:
        lines = _told(error).splitlines()
        return dataset, [], [_error(_blamed(experiment, ("dataset",), experiment.dataset, line)) for line in lines]
    if not sequences:
        return dataset, [], [_error(experiment.problem("the data set is empty: it has no sequences", "dataset"))]
    return dataset, sequences, list(_wrong_names(experiment, sequences))


def _wrong_names(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    for name, count in Counter(sequence.name for sequence in sequences).items():
        if count > 1:
            message = f"{count} sequences are named {name!r}; their results would go to one file"
            yield _error(experiment.problem(message, "dataset"))
        if name in ("", ".", "..") or "/" in name or "\\" in name:
            message = f"the sequence name {name!r} is no file name; results are named after it"
            yield _error(experiment.problem(message, "dataset"))


def _chosen(experiment: Experiment, sequences: list[Sequence]) -> tuple[list[Sequence], list[Finding]]:
    """Keep the sequences that ``run.sequences`` names, all when it names none."""
    wanted = experiment.run.sequences
    names = [sequence.name for sequence in sequences]
    findings = []
    for index, name in enumerate(wanted if sequences else ()):
        if name not in names:
            message = f"the data set has no sequence {name!r}; {did_you_mean_or_list(name, names)}"
            problem = experiment.problem(message, ("run", "sequences", index))
            findings.append(_error(attrs.evolve(problem, key="run.sequences")))
    return [sequence for sequence in sequences if not wanted or sequence.name in wanted], findings


def _fitting_data(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    """Compare what the components need with what the sequences have."""
    if not sequences:
        return
    needs = experiment.needs()
    if "image" in needs:
        yield from _lacking(experiment, [sequence for sequence in sequences if not sequence.has_images], "image")
    rows: dict[str, None] = {}
    for sequence in sequences:
        # That images are not there at all is told above, once for all sequences.
        looked_at = needs if sequence.has_images else needs - {"image"}
        rows |= dict.fromkeys(_answers(functools.partial(sequence.check, looked_at)))
    live = [sequence for sequence in sequences if sequence.live] if experiment.metrics else []
    if live:
        message = f"a live source ({_names(live)}) has no annotations to score against; leave [[metrics]] out"
        yield _error(experiment.problem(message, "metrics"))
    lasting = [sequence for sequence in sequences if sequence not in live]
    if "given-detections" in needs:
        lacking = list(_without(lasting, lambda sequence: sequence.detections(), rows))
        yield from _lacking(experiment, lacking, "given-detections")
    if "annotations" in needs:
        lacking = list(_without(lasting, lambda sequence: sequence.annotations(), rows))
        yield from _lacking(experiment, lacking, "annotations")
    for row in list(rows)[:ROW_LIMIT]:
        yield _error(Problem(row))
    if len(rows) > ROW_LIMIT:
        yield _error(Problem(f"and {len(rows) - ROW_LIMIT} more problems in the files of the data set"))


def _without(
    sequences: list[Sequence], read: Callable[[Sequence], object | None], rows: dict[str, None]
) -> Iterator[Sequence]:
    """Read a table of every sequence, yielding those that have none; what is wrong with one goes to `rows`."""
    for sequence in sequences:
        try:
            if read(sequence) is None:
                yield sequence
        except _EXPECTED_ERRORS as error:
            rows |= dict.fromkeys(_told(error).splitlines())


def _lacking(experiment: Experiment, sequences: list[Sequence], need: str) -> Iterator[Finding]:
    if not sequences:
        return
    words, remedy = _DATA_NEEDS[need]
    users = _who_needs(experiment, need) or [(("run", "show"), "show")]
    needers = list(dict.fromkeys(name for _, name in users))
    verb = "needs" if len(needers) == 1 else "need"
    place = "sequence" if len(sequences) == 1 else f"{len(sequences)} sequences"
    message = f"{listing(needers)} {verb} {words}; {place} without: {_names(sequences)}; {remedy}"
    yield _error(experiment.problem(message, users[0][0]))


def _names(sequences: list[Sequence]) -> str:
    return listing(sequence.name for sequence in sequences)


# --- The output -------------------------------------------------------------------------------------------------


def _output(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    output = Path(experiment.run.output)
    existing = next(parent for parent in (output, *output.absolute().parents) if parent.exists())
    try:
        if not existing.is_dir():
            raise NotADirectoryError(f"{existing} is a file, not a folder")
        with tempfile.NamedTemporaryFile(dir=existing, prefix=".vtcore-probe-") as probe:
            probe.write(b"probe")
        free = shutil.disk_usage(existing).free
    except OSError as error:
        reason = f"{existing}: {error.strerror}" if error.strerror else str(error)
        yield _error(experiment.problem(f"results cannot be written to {str(output)!r}: {reason}", "run.output"))
        return
    yield from _disk_space(experiment, free, _estimated_bytes(experiment, sequences))


def _estimated_bytes(experiment: Experiment, sequences: list[Sequence]) -> int:
    limit = experiment.run.max_frames
    lengths = [sequence.length or limit for sequence in sequences]
    frames = sum(min(length, limit) if limit else length for length in lengths)
    return frames * BYTES_A_FRAME * len(experiment.writers)


def _disk_space(experiment: Experiment, free: int, estimated: int) -> Iterator[Finding]:
    message = f"the disk of {experiment.run.output!r} has {free / 1e6:,.0f} MB left"
    remedy = "free some, or put run.output elsewhere"
    if free < ERROR_FREE_BYTES:
        yield _error(experiment.problem(f"{message}; {remedy}", "run.output"))
    elif free < max(WARNING_FREE_BYTES, estimated):
        expected = f", and results may take some {estimated / 1e6:,.0f} MB" if estimated > free else ""
        yield Finding("warning", experiment.problem(f"{message}{expected}; {remedy}", "run.output"))
