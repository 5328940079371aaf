"""From a run to its report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.report import ReportInput, SequenceReport, write_report
from vtcore.results.read import find_results
from vtcore.results.scan import overview_of, scan_results
from vtcore.sources.naming import masked_lines, masked_url

if TYPE_CHECKING:
    from vtcore.evaluation import Evaluation
    from vtcore.frames import Sequence
    from vtcore.runs.run import Run

__all__ = ["report_run"]


def report_run(run: Run, evaluation: Evaluation | None, versions: dict[str, Any]) -> Path | None:
    """Write ``report.html``.

    Results that were not scored are read through, not held: memory is bounded in the length of the video. Passwords
    in addresses are left out, since a report is made to be passed on.

    Args:
        run: A run whose sequences are all done, perhaps some of them before it was resumed.
        evaluation: What was scored, with the compared tables kept; None without metrics.
        versions: As in ``versions.json``.

    Returns:
        The file; None where no writer left results that can be read back.
    """
    names = [sequence.name for sequence in run.sequences]
    files = find_results(run.final_results, names) if run.has_readable_results() else None
    if files is None:
        return None
    finished = {event["sequence"]: event for event in run.folder.log.read() if event["event"] == "sequence_finished"}
    sequences = [
        _sequence_report(run, sequence, files[sequence.name], finished.get(sequence.name, {}), evaluation)
        for sequence in run.sequences
    ]
    content = ReportInput(
        title=_title(run),
        experiment_toml=masked_lines(run.experiment.to_toml()),
        versions=versions,
        scores=run.scores,
        summaries=run.summaries,
        sequences=sequences,
        notes=run.notes,
        command=_command(),
    )
    return write_report(run.folder.path, content)


def _sequence_report(
    run: Run, sequence: Sequence, results: Path, finished: dict[str, Any], evaluation: Evaluation | None
) -> SequenceReport:
    compared = next((each for each in evaluation.sequences if each.name == sequence.name), None) if evaluation else None
    # A run that was killed between a sequence's results and its line in the log leaves only the former.
    frames_done = finished.get("frames", run.frames_expected(sequence))
    overview = scan_results(results, sequence.classes) if compared is None else overview_of(compared.results)
    return SequenceReport(
        name=sequence.name,
        results=overview,
        frames_done=len(overview.tracks_per_frame) if frames_done is None else frames_done,
        length=sequence.length,
        classes=sequence.classes,
        sequence=sequence,
        truth=None if compared is None else compared.truth,
        errors=None if evaluation is None else evaluation.errors.get(sequence.name),
        timings=finished.get("seconds", {}),
        dropped=finished.get("dropped", 0),
        notes=finished.get("damage", []),
    )


def _title(run: Run) -> str:
    """Return the name of the experiment's file; where there is none, of what was tracked."""
    if run.experiment.source != "Python":
        return Path(run.experiment.source).stem
    return run.sequences[0].name if len(run.sequences) == 1 else run.folder.path.resolve().name


def _command() -> str:
    """Return what was typed; empty where another program than ``vtcore`` is running."""
    program = Path(sys.argv[0])
    if program.stem != "vtcore" and program.parts[-2:] != ("vtcore", "__main__.py"):
        return ""
    return shlex.join(["vtcore", *map(masked_url, sys.argv[1:])])
