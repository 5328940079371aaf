"""``report.html``: what a run found, where it went wrong and how long it took, in one file that needs no network."""

from vtcore.report.contents import ReportInput, SequenceReport
from vtcore.report.page import write_report

__all__ = ["ReportInput", "SequenceReport", "write_report"]
