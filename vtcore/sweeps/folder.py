"""The folder of a sweep: what it holds, and going on with what is there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli

from vtcore.errors import DataError, OutputError, ResumeError
from vtcore.experiments import differences
from vtcore.files import PARTIAL, write_whole
from vtcore.sources.naming import masked_lines
from vtcore.sweeps.trials import Trial

__all__ = ["SweepFolder"]

_CONTENTS = ("experiment.toml", "trials.jsonl", "best.toml", "report.html")
_PARETO = "pareto"
# What may differ between a sweep and its continuation: nothing that changes a score, or what scores judge.
_FREE_KEYS = (
    *("run.output", "run.show", "run.prefetch", "run.report", "requires", "plugins"),
    *("sweep.sampler", "sweep.trials", "sweep.seed", "sweep.picture_memory"),
)


class SweepFolder:
    """The folder of one sweep.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def _trials(self) -> Path:
        return self.path / "trials.jsonl"

    def earlier(self, resolved: Mapping[str, Any], *, resume: bool, overwrite: bool) -> list[Trial]:
        """Return the trials that are here already; none where they are to be replaced.

        Args:
            resolved: The experiment as tables.
            resume: Go on with the sweep that is here, if there is one.
            overwrite: Remove the sweep that is here first.

        Raises:
            ResumeError: A sweep is here and neither was asked for, or it is of another experiment; or the folder
                holds something else.
            DataError: A trial that is here is damaged.
        """
        if self._trials.is_file():
            if resume:
                self._same_experiment(resolved)
                return self.read()
            if not overwrite:
                raise ResumeError(
                    f"{self.path}: holds a sweep already; add --resume to go on with it, --overwrite to replace it, or "
                    "choose another folder with --output"
                )
        elif (self.path / "results").is_dir() or (
            self.path.is_dir() and any(item.name.removesuffix(PARTIAL) not in _CONTENTS for item in self.path.iterdir())
        ):
            raise ResumeError(f"{self.path}: not empty, and holds no sweep; choose another folder with --output")
        return []

    def claim(self, experiment: str, resolved: Mapping[str, Any], *, resume: bool, overwrite: bool) -> list[Trial]:
        """Make the folder ready for a sweep.

        Args:
            experiment: The resolved experiment as TOML.
            resolved: The same as tables.
            resume: As `earlier` takes it.
            overwrite: As `earlier` takes it.

        Returns:
            The trials that are here already.

        Raises:
            ResumeError: As `earlier` raises it.
            DataError: As `earlier` raises it.
            OutputError: The folder cannot be written.
        """
        earlier = self.earlier(resolved, resume=resume, overwrite=overwrite)
        if not earlier:
            self._clear()
        # It must run again as it is, with the password of a stream in it.
        private = masked_lines(experiment) != experiment
        write_whole(self.path / "experiment.toml", experiment, private=private)
        # Written anew, a line that was cut short does not spoil the next.
        write_whole(self._trials, "".join(map(_line, earlier)), private=private)
        return earlier

    def append(self, trial: Trial) -> None:
        """Add a trial; a kill or a power cut loses none but the one being written.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            with self._trials.open("a", encoding="utf-8", newline="\n") as file:
                file.write(_line(trial))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"{self._trials}: cannot be written: {error.strerror or error}") from error

    def read(self) -> list[Trial]:
        """Return the trials so far, by number; a last line cut short by a kill is left out.

        Raises:
            DataError: Another line is damaged.
        """
        lines = self._trials.read_text(encoding="utf-8").splitlines()
        found: dict[int, Trial] = {}
        for number, line in enumerate(lines, start=1):
            try:
                trial = Trial.from_json(json.loads(line))
            except (ValueError, DataError) as error:
                if number == len(lines):
                    continue
                raise DataError(
                    f"is not the line of a trial ({error}); start again with --overwrite",
                    file=self._trials,
                    line=number,
                ) from error
            found[trial.number] = trial
        return [found[number] for number in sorted(found)]

    def write_best(self, experiment: str) -> None:
        """Write ``best.toml``."""
        write_whole(self.path / "best.toml", experiment, private=masked_lines(experiment) != experiment)

    def write_front(self, experiments: Iterable[str]) -> None:
        """Write the experiments of the Pareto front, replacing those of a smaller sweep."""
        shutil.rmtree(self.path / _PARETO, ignore_errors=True)
        for number, text in enumerate(experiments, start=1):
            write_whole(self.path / _PARETO / f"{number:02}.toml", text, private=masked_lines(text) != text)

    def contents(self) -> dict[str, Path]:
        """Return what a person would open, by a word for it; only what is there."""
        names = {"trials": "trials.jsonl", "best": "best.toml", "pareto": _PARETO, "report": "report.html"}
        return {word: self.path / name for word, name in names.items() if (self.path / name).exists()}

    def _same_experiment(self, resolved: Mapping[str, Any]) -> None:
        path = self.path / "experiment.toml"
        try:
            earlier = tomli.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ResumeError(f"{path}: cannot be read: {error}; start again with --overwrite") from error
        changed = [key for key in differences(earlier, resolved) if not _free(key)]
        if changed:
            raise ResumeError(
                f"{self.path}: the sweep there had another {', '.join(changed)}; take the change back, or start again "
                "with --overwrite"
            )

    def _clear(self) -> None:
        try:
            for name in _CONTENTS:
                (self.path / name).unlink(missing_ok=True)
                (self.path / (name + PARTIAL)).unlink(missing_ok=True)
            if (self.path / _PARETO).exists():
                shutil.rmtree(self.path / _PARETO)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot remove the earlier sweep: {error.strerror or error}") from error


def _line(trial: Trial) -> str:
    return json.dumps(trial.to_json(), allow_nan=False, default=str) + "\n"


def _free(key: str) -> bool:
    return any(key == free or key.startswith(f"{free}.") for free in _FREE_KEYS)
