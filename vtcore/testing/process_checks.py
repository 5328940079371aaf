"""What any component must do in another process: the same."""

from __future__ import annotations

from vtcore.testing.comparisons import difference
from vtcore.testing.definitions import EVERY_KIND, define
from vtcore.testing.drivers import DRIVEN, answers, driver_of
from vtcore.testing.failures import expect
from vtcore.testing.processes import answers_elsewhere
from vtcore.testing.subjects import Subject

__all__ = ["works_in_a_worker"]

_TOLERANCE = 1e-4


@define(EVERY_KIND, slow=True)
def works_in_a_worker(subject: Subject) -> None:
    """Its config is sent to a new process, and what is built from it there answers as it does here."""
    target = subject.make()
    elsewhere = answers_elsewhere(subject.configured(), subject.checked_as, subject.expanded())
    if subject.checked_as not in DRIVEN:
        return
    driver = driver_of(subject)
    here = answers(driver, target, driver.scene(subject))
    told = difference(here, elsewhere, tolerance=_TOLERANCE, place="answer")
    expect(
        not told,
        f"in a worker process it answers otherwise ({told}); let everything follow from config and context: not "
        "from the "
        "order of a set of texts or hash(text), which change from process to process, nor from what was "
        "imported before",
    )
