"""Trials in this process, or in worker processes that each have read the data once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from vtcore.errors import VtcoreError
from vtcore.sweeps.runner import Outcome, TrialRunner
from vtcore.sweeps.space import Space

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

__all__ = ["InProcess", "Workers", "WorkersLike"]

_ATTEMPTS = 2
"""How often a trial is given to a worker before it is blamed for the worker's death."""
_PATIENCE = 5.0
"""Seconds that a worker has to end by itself."""


class WorkersLike(Protocol):
    """Who runs trials."""

    def submit(self, number: int, values: Mapping[str, Any]) -> None:
        """Begin a trial; no more at a time than there are jobs."""

    def result(self) -> tuple[int, Outcome]:
        """Wait for a trial to end, and return its number and what came of it."""

    def close(self) -> None:
        """End at once, whatever is under way."""


class InProcess:
    """Runs one trial at a time, here."""

    def __init__(self, runner: TrialRunner) -> None:
        self._runner = runner
        self._waiting: list[tuple[int, Mapping[str, Any]]] = []

    def submit(self, number: int, values: Mapping[str, Any]) -> None:
        """Note a trial; `result` runs it."""
        self._waiting.append((number, values))

    def result(self) -> tuple[int, Outcome]:
        """Run the trial."""
        number, values = self._waiting.pop(0)
        return number, self._runner.run(values)

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


@attrs.define(eq=False)
class _Worker:
    """A process, the pipe to it, and the trial that it is at."""

    process: SpawnProcess
    pipe: Connection
    number: int | None = None


class Workers:
    """Runs trials in processes of their own; one that dies is replaced, and its trial begun again once."""

    def __init__(
        self,
        tables: Mapping[str, Any],
        space: Space,
        jobs: int,
        stored: Mapping[str, Seq[Path]] | None = None,
        *,
        picture_bytes: int = 0,
    ) -> None:
        """Start the processes.

        Args:
            tables: The experiment, resolved, without its sweep.
            space: The parameters.
            jobs: How many processes.
            stored: Folders of detections that are there already, as `vtcore.sweeps.replay.Replay` takes them.
            picture_bytes: Memory of each process for pictures that stay between trials.
        """
        self._material = dict(tables), space, dict(stored or {}), picture_bytes
        self._context = multiprocessing.get_context("spawn")
        self._trials: dict[int, Mapping[str, Any]] = {}
        self._attempts: dict[int, int] = {}
        self._workers: list[_Worker] = []
        try:
            self._workers += [self._started() for _ in range(jobs)]
        except BaseException:
            self.close()
            raise

    def submit(self, number: int, values: Mapping[str, Any]) -> None:
        """Give a trial to a worker that has none."""
        self._trials[number] = values
        idle = next(worker for worker in self._workers if worker.number is None)
        self._give(idle, number)

    def result(self) -> tuple[int, Outcome]:
        """Wait for any worker to be done with its trial.

        Raises:
            VtcoreError: A worker cannot read the data.
        """
        while True:
            busy = {worker.pipe: worker for worker in self._workers if worker.number is not None}
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                number = worker.number
                if number is None:
                    continue
                try:
                    answer = worker.pipe.recv()
                except (EOFError, OSError):
                    outcome = self._replace(worker)
                    if outcome is None:
                        continue
                    return self._done(number, outcome)
                worker.number = None
                if isinstance(answer, VtcoreError):
                    raise answer
                return self._done(number, answer)

    def close(self) -> None:
        """End every worker; a trial under way is lost."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers = []

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, *self._material), daemon=True)
        process.start()
        # Only the worker holds its end now: when it dies, reading from ours tells.
        theirs.close()
        return _Worker(process, ours)

    def _give(self, worker: _Worker, number: int) -> None:
        worker.number = number
        self._attempts[number] = self._attempts.get(number, 0) + 1
        try:
            worker.pipe.send((number, dict(self._trials[number])))
        except OSError:
            return  # it is dead, and `result` will see

    def _replace(self, worker: _Worker) -> Outcome | None:
        """Put a new worker in the place of a dead one; return what to say of its trial, None where it begins again."""
        worker.process.join(_PATIENCE)
        code, number = worker.process.exitcode, worker.number
        worker.pipe.close()
        self._workers[self._workers.index(worker)] = replacement = self._started()
        if number is None:
            return None
        if self._attempts[number] < _ATTEMPTS:
            self._give(replacement, number)
            return None
        how = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
        return Outcome(error=f"the process of this trial ended {how}, {_ATTEMPTS} times")

    def _done(self, number: int, outcome: Outcome) -> tuple[int, Outcome]:
        del self._trials[number]
        del self._attempts[number]
        return number, outcome


def _work(
    pipe: Connection, tables: Mapping[str, Any], space: Space, stored: Mapping[str, Seq[Path]], picture_bytes: int
) -> None:
    """Run trials for as long as there are some; the whole life of a worker process."""
    # Ctrl-C goes to all processes of a terminal; the first decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        runner = _made(tables, space, stored, picture_bytes)
        while True:
            _, values = pipe.recv()
            pipe.send(runner.run(values))
    except VtcoreError as error:
        _tell(pipe, error)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # Nobody asks any more.
        os._exit(0)


def _tell(pipe: Connection, error: VtcoreError) -> None:
    """Answer the first trial with what keeps every trial from running."""
    pipe.recv()
    # The words are enough: errors of plugins may not be found by the other process.
    pipe.send(VtcoreError(str(error)))


def _made(tables: Mapping[str, Any], space: Space, stored: Mapping[str, Seq[Path]], picture_bytes: int) -> TrialRunner:
    from vtcore.experiments import load_experiment
    from vtcore.host import plugin_host
    from vtcore.preflight import preflight, require

    experiment = load_experiment(tables)
    host = plugin_host()
    if experiment.plugins.disable:
        host = host.without(experiment.plugins.disable)
    checked = preflight(experiment, host=host, output_must_be_writable=False)
    require(checked.findings)
    return TrialRunner(experiment, space, checked.sequences, host, stored, picture_bytes=picture_bytes)
