"""Work in a process of its own that has imported nothing yet: ``python -m vtcore.testing.processes``.

A module of its own instead of multiprocessing's spawn, so that a check works from any script, guarded or not.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.testing.failures import CheckFailure

if TYPE_CHECKING:
    from vtcore.components import Configured

__all__ = ["answers_elsewhere", "run_python"]

_LONGEST = 300.0
"""Seconds."""


def run_python(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter with the path of this one, and return what came of it.

    Raises:
        CheckFailure: It does not end.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each or str(Path.cwd()) for each in sys.path)}
    try:
        return subprocess.run(
            [sys.executable, *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise CheckFailure(f"in a process of its own it does not end within {_LONGEST:.0f} s") from error


def answers_elsewhere(configured: Configured, checked_as: str, options: Any) -> list[Any]:
    """Return what a component answers that is built and put to work in another process.

    Raises:
        CheckFailure: It fails there, or its config cannot get there.
    """
    try:
        packed = pickle.dumps((configured, checked_as, options))
    except Exception as error:
        raise CheckFailure(
            f"its config cannot be sent to a worker process ({type(error).__name__}: {error}); let the config "
            "be a class of "
            "a module, and its fields plain values"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        task, answer = Path(folder) / "task", Path(folder) / "answer"
        task.write_bytes(packed)
        done = run_python("-m", "vtcore.testing.processes", str(task), str(answer))
        if done.returncode or not answer.is_file():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CheckFailure(
                f"in a worker process it fails: {last}; everything that it needs must follow from its config: no state "
                "of the process that read the experiment, nothing that only __main__ defines"
            )
        answered: list[Any] = pickle.loads(answer.read_bytes())
        return answered


def _work(task: Path, answer: Path) -> None:
    from vtcore.testing.drivers import DRIVEN, answers
    from vtcore.testing.subjects import Subject, seed_everything

    configured, checked_as, options = pickle.loads(task.read_bytes())
    component = configured.component
    subject = Subject(f"{component.kind}:{component.name}", component.kind, component, options=options)
    target, answered = subject.make(), []
    driver = DRIVEN.get(checked_as)
    if driver is not None:
        # Another scene comes first, so that what a module keeps of it shows.
        for _ in driver.steps(target, driver.scene(subject, 2)):
            pass
        target = subject.make()
        seed_everything(1)
        answered = answers(driver, target, driver.scene(subject))
    answer.write_bytes(pickle.dumps(answered))


if __name__ == "__main__":
    _work(Path(sys.argv[1]), Path(sys.argv[2]))
