"""From a run to its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.report import ReportInput, SequenceReport, write_report
from vtcore.results.read import find_results, read_results

if TYPE_CHECKING:
    from vtcore.evaluation import Evaluation
    from vtcore.frames import Sequence
    from vtcore.runs.run import Run

__all__ = ["report_run"]


def report_run(run: Run, evaluation: Evaluation | None, versions: dict[str, Any]) -> Path | None:
    """Write ``report.html``.

    Args:
        run: A run whose sequences are all done.
        evaluation: What was scored, with the compared tables kept; None without metrics.
        versions: As in ``versions.json``.

    Returns:
        The file; None where no writer left results that can be read back.
    """
    names = [sequence.name for sequence in run.sequences]
    files = find_results(run.folder.results, names) if run.has_readable_results() else None
    if files is None:
        return None
    finished = {event["sequence"]: event for event in run.folder.log.read() if event["event"] == "sequence_finished"}
    content = ReportInput(
        title=Path(run.experiment.source).stem,
        experiment_toml=run.experiment.to_toml(),
        versions=versions,
        scores=run.scores,
        summaries=run.summaries,
        sequences=[
            _sequence_report(sequence, files[sequence.name], finished.get(sequence.name, {}), evaluation)
            for sequence in run.sequences
        ],
        notes=[*run.notes, *map(str, run.damage)],
    )
    return write_report(run.folder.path, content)


def _sequence_report(
    sequence: Sequence, results: Path, finished: dict[str, Any], evaluation: Evaluation | None
) -> SequenceReport:
    compared = next((each for each in evaluation.sequences if each.name == sequence.name), None) if evaluation else None
    table = compared.results if compared is not None else read_results(results, sequence.classes)
    return SequenceReport(
        name=sequence.name,
        results=table,
        frames_done=int(finished.get("frames", sequence.length or 0)),
        length=sequence.length,
        classes=sequence.classes,
        # A camera cannot be read again; nor is there anything to see where there are no images.
        sequence=sequence if sequence.has_images and not sequence.live else None,
        truth=None if compared is None else compared.truth,
        errors=None if evaluation is None else evaluation.errors.get(sequence.name),
        timings=finished.get("seconds", {}),
        dropped=int(finished.get("dropped", 0)),
    )
