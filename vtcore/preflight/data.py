"""What the data tells: its sequences, their files, and whether it has what the components need."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.components import build
from vtcore.errors import Problem
from vtcore.experiments.experiment import Experiment
from vtcore.experiments.positions import KeyPath
from vtcore.preflight.findings import (
    EXPECTED_ERRORS,
    Finding,
    answers,
    blamed,
    fault,
    told,
    who_needs,
    without_embeddings,
)
from vtcore.protocols.config import HOW_TO_TELL
from vtcore.suggestions import did_you_mean_or_list, listing

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["ROW_LIMIT", "chosen_sequences", "fitting_data", "listed_sequences"]

ROW_LIMIT = 50
"""How many problems of the data's files are told one by one."""

REMARK_LIMIT = 5
"""How many remarks on the data's files."""

_DATA_NEEDS = {
    "image": ("images", "put them in place, or use components that do without, such as the detector 'given'"),
    "given-detections": ("detections that come with the data", "use another detector, or choose with run.sequences"),
    "annotations": ("annotations", "leave the metrics out, or choose with run.sequences"),
    "targets": ("annotations to tell the targets", HOW_TO_TELL),
}
"""What components may need of a sequence, in words, and what to do about it."""


def listed_sequences(experiment: Experiment) -> tuple[Any, list[Sequence], list[Finding]]:
    """Make the data set and list its sequences; the data set is None where it cannot be made."""
    if experiment.dataset is None:
        return None, [], []
    dataset = None
    try:
        dataset = build(experiment.dataset, experiment.run.context())
        sequences = list(dataset.sequences())
    except EXPECTED_ERRORS as error:
        lines = told(error).splitlines()
        return dataset, [], [fault(blamed(experiment, ("dataset",), experiment.dataset, line)) for line in lines]
    if not sequences:
        return dataset, [], [fault(experiment.problem("the data set is empty: it has no sequences", "dataset"))]
    return dataset, sequences, list(_wrong_names(experiment, sequences))


def _wrong_names(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    for name, count in Counter(sequence.name for sequence in sequences).items():
        if count > 1:
            message = f"{count} sequences are named {name!r}; their results would go to one file"
            yield fault(experiment.problem(message, "dataset"))
        if name in ("", ".", "..") or "/" in name or "\\" in name:
            message = f"the sequence name {name!r} is no file name; results are named after it"
            yield fault(experiment.problem(message, "dataset"))


def chosen_sequences(experiment: Experiment, sequences: list[Sequence]) -> tuple[list[Sequence], list[Finding]]:
    """Keep the sequences that ``run.sequences`` names, all when it names none."""
    wanted = experiment.run.sequences
    names = [sequence.name for sequence in sequences]
    findings = []
    for index, name in enumerate(wanted if sequences else ()):
        if name not in names:
            message = f"the data set has no sequence {name!r}; {did_you_mean_or_list(name, names)}"
            problem = experiment.problem(message, ("run", "sequences", index))
            findings.append(fault(attrs.evolve(problem, key="run.sequences")))
    return [sequence for sequence in sequences if not wanted or sequence.name in wanted], findings


def fitting_data(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
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
        rows |= dict.fromkeys(answers(functools.partial(sequence.check, looked_at)))
    live = [sequence for sequence in sequences if sequence.live] if experiment.metrics else []
    if live:
        message = f"a live source ({_names(live)}) has no annotations to score against; leave [[metrics]] out"
        yield fault(experiment.problem(message, "metrics"))
    lasting = [sequence for sequence in sequences if sequence not in live]
    if "given-detections" in needs:
        described: list[Sequence] = []

        def detections(sequence: Sequence) -> object | None:
            table = sequence.detections()
            if table is not None and table.embeddings is not None:
                described.append(sequence)
            return table

        lacking = list(_without(lasting, detections, rows))
        yield from _lacking(experiment, lacking, "given-detections")
        if experiment.reid is None and lasting and not lacking and not described:
            yield from without_embeddings(experiment)
    if "annotations" in needs:
        lacking = list(_without(sequences, lambda sequence: sequence.annotations(), rows))
        yield from _without_annotations(experiment, lacking, lasting)
    yield from _remarks(sequences)
    yield from _not_for(experiment, sequences)
    yield from _beyond_limit(experiment, sequences)
    for row in list(rows)[:ROW_LIMIT]:
        yield fault(Problem(row))
    if len(rows) > ROW_LIMIT:
        yield fault(Problem(f"and {len(rows) - ROW_LIMIT} more problems in the files of the data set"))


def _without(
    sequences: list[Sequence], read: Callable[[Sequence], object | None], rows: dict[str, None]
) -> Iterator[Sequence]:
    """Read a table of every sequence, yielding those that have none; what is wrong with one goes to `rows`."""
    for sequence in sequences:
        try:
            if read(sequence) is None:
                yield sequence
        except EXPECTED_ERRORS as error:
            rows |= dict.fromkeys(told(error).splitlines())


def _not_for(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    """Ask every config that has a ``check_data``."""
    for path, configured in experiment.placed_components():
        check: Callable[[list[Sequence]], Iterable[str]] | None = getattr(configured.config, "check_data", None)
        if check is not None:
            for complaint in answers(functools.partial(check, sequences)):
                yield fault(blamed(experiment, path, configured, complaint))


def _remarks(sequences: list[Sequence]) -> Iterator[Finding]:
    """Warn of what the files of sequences say of themselves, if they can be read at all."""
    found: list[str] = []
    for sequence in sequences:
        # A sequence of somebody's own need not know of it.
        remarks: Callable[[], Iterable[str]] | None = getattr(sequence, "remarks", None)
        try:
            found += [] if remarks is None else list(remarks())
        except EXPECTED_ERRORS:
            continue
    for remark in found[:REMARK_LIMIT]:
        yield Finding("warning", Problem(remark))
    if len(found) > REMARK_LIMIT:
        yield Finding("warning", Problem(f"and {len(found) - REMARK_LIMIT} more sequences of which this is said"))


def _beyond_limit(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    """Warn of what the protocol has to show after the last frame that is tracked."""
    protocol, frames = experiment.protocol, experiment.run.max_frames
    check: Callable[[Sequence, int], Iterable[str]] | None = getattr(
        None if protocol is None else protocol.config, "check_limit", None
    )
    if check is not None and frames:
        for sequence in sequences:
            for warning in answers(functools.partial(check, sequence, frames)):
                yield Finding("warning", experiment.problem(warning, "run.max_frames"))


def _without_annotations(experiment: Experiment, lacking: list[Sequence], lasting: list[Sequence]) -> Iterator[Finding]:
    """Tell who needs annotations that are not there: to know its targets, or to score."""
    users = who_needs(experiment, "annotations")
    told = [(path, name) for path, name in users if path[0] == "protocol"]
    scoring = [each for each in users if each not in told]
    if told:
        yield from _lacking(experiment, lacking, "targets", told)
    if scoring:
        yield from _lacking(experiment, [each for each in lacking if each in lasting], "annotations", scoring)


def _lacking(
    experiment: Experiment, sequences: list[Sequence], need: str, users: list[tuple[KeyPath, str]] | None = None
) -> Iterator[Finding]:
    if not sequences:
        return
    words, remedy = _DATA_NEEDS[need]
    users = users or who_needs(experiment, need) or [(("run", "show"), "show")]
    needers = list(dict.fromkeys(name for _, name in users))
    verb = "needs" if len(needers) == 1 else "need"
    place = "sequence" if len(sequences) == 1 else f"{len(sequences)} sequences"
    message = f"{listing(needers)} {verb} {words}; {place} without: {_names(sequences)}; {remedy}"
    yield fault(experiment.problem(message, users[0][0]))


def _names(sequences: list[Sequence]) -> str:
    return listing(sequence.name for sequence in sequences)
