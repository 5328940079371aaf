"""What a tracker knew after each sequence, where it goes on from one to the next: kept, so that a run can continue."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from vtcore.errors import OutputError, ResumeError, StateError
from vtcore.files import PARTIAL

__all__ = ["KeptStates"]


class KeptStates:
    """The files ``state/<sequence>.npz`` of a run whose tracker goes on from one sequence to the next.

    Of any other tracker nothing is kept: its sequences do not know of each other.
    """

    def __init__(self, folder: Path, tracker: Any, *, persist: bool, name: str = "") -> None:
        """Keep nothing yet.

        Args:
            folder: Where the files go.
            tracker: The tracker; its optional members `state_dict` and `load_state_dict` are used.
            persist: Whether it goes on from one sequence to the next.
            name: What it is called.
        """
        self._folder = folder
        self._tracker = tracker
        self._name = name
        self._persist = persist
        self._able = all(hasattr(tracker, member) for member in ("state_dict", "load_state_dict"))

    def done(self, sequences: Iterable[str], finished: set[str]) -> set[str]:
        """Return which finished sequences need not be tracked again.

        Args:
            sequences: Names of all sequences of the run, in order.
            finished: Those whose results an earlier attempt left.
        """
        if not self._persist:
            return finished
        done: set[str] = set()
        for name in sequences:
            # What comes after a sequence that is not done went on from something else.
            if name not in finished or (self._able and not self._file(name).exists()):
                break
            done.add(name)
        return done

    def go_on(self, sequences: Iterable[str], done: set[str]) -> None:
        """Put the tracker into the state it had after the last sequence that is done.

        Args:
            sequences: Names of all sequences of the run, in order.
            done: As `done` returned them.

        Raises:
            ResumeError: It has no state to put it into, or the file is not whole.
        """
        names = list(sequences)
        if not self._persist or not done or len(done) == len(names):
            return
        if not self._able:
            raise ResumeError(
                f"{self._folder.parent}: tracker {self._name!r} goes on from one sequence to the next (persist), but "
                "has no state_dict and load_state_dict to continue a run with; start again with --overwrite"
            )
        path = self._file(names[len(done) - 1])
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as state:
                self._tracker.load_state_dict(state)
        except StateError as error:
            raise self._useless(path, str(error)) from error
        except OSError as error:
            raise self._useless(path, error.strerror or str(error)) from error
        except (ValueError, EOFError, zipfile.BadZipFile) as error:
            raise self._useless(path, "the file is damaged") from error

    def keep(self, sequence: str) -> None:
        """Keep what the tracker knows after a sequence.

        Raises:
            OutputError: It cannot be written.
        """
        if not self._persist or not self._able:
            return
        path = self._file(sequence)
        partial = path.with_name(path.name + PARTIAL)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                np.savez(file, **self._tracker.state_dict())
            partial.replace(path)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error

    def _useless(self, path: Path, reason: str) -> ResumeError:
        return ResumeError(f"{path}: no state to continue with: {reason}; start again with --overwrite")

    def _file(self, sequence: str) -> Path:
        return self._folder / f"{sequence}.npz"
