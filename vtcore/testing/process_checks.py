"""What any component must do in another process: the same."""

from __future__ import annotations

from vtcore.testing.comparisons import difference
from vtcore.testing.definitions import EVERY_KIND, define
from vtcore.testing.drivers import DRIVEN
from vtcore.testing.failures import expect
from vtcore.testing.processes import answers_elsewhere
from vtcore.testing.references import reference
from vtcore.testing.subjects import Subject

__all__ = ["works_in_a_worker"]

_TOLERANCE = 1e-4


@define(EVERY_KIND, slow=True)
def works_in_a_worker(subject: Subject) -> None:
    """Its config is sent to a new process, and what is built from it there answers as it does here."""
    driven = subject.checked_as in DRIVEN
    here = reference(subject).copies if driven else subject.make()
    elsewhere = answers_elsewhere(subject.configured(), subject.checked_as, subject.expanded())
    told = difference(here, elsewhere, tolerance=_TOLERANCE, place="answer") if driven else ""
    expect(
        not told,
        f"in a worker process it answers otherwise ({told}); let everything follow from config and context: not "
        "from the order of a set of texts or hash(text), which change from process to process, nor from what a module "
        "keeps of what was imported or tracked before",
    )
