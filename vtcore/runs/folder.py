"""The folder of a run: what it holds, and who may write to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import tomli

from vtcore.errors import OutputError, ResumeError
from vtcore.experiments import differences
from vtcore.files import PARTIAL, write_whole
from vtcore.runs.log import RunLog
from vtcore.sources.naming import masked_lines

__all__ = ["RunFolder"]

_CONTENTS = ("experiment.toml", "versions.json", "log.jsonl", "metrics.json", "report.html")
_FOLDERS = ("results", "refined", "videos", "state", "answers", "checkpoints")
_CLAIMED = "folder_claimed"
# What may differ between a run and its continuation: nothing that changes a result.
_FREE_KEYS = ("run.output", "run.show", "run.prefetch", "run.report", "run.cache", "requires", "plugins.disable")


class RunFolder:
    """The folder of one run.

    Attributes:
        path: Where it is.
        log: Its ``log.jsonl``.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.log = RunLog(self.path / "log.jsonl")

    @property
    def results(self) -> Path:
        """Folder of the result files."""
        return self.path / "results"

    @property
    def refined(self) -> Path:
        """Folder of the refined results, where the experiment has refiners."""
        return self.path / "refined"

    @property
    def state(self) -> Path:
        """Folder of what a tracker knew after each sequence, where it goes on from one to the next."""
        return self.path / "state"

    @property
    def answers(self) -> Path:
        """Folder of what a person was asked for while the run went on: boxes that were drawn."""
        return self.path / "answers"

    def holds_run(self) -> bool:
        """Whether a run has left finished results here; what it left half written is worth nothing."""
        return self.is_begun() and any(path.suffix != PARTIAL for path in self.results.glob("*"))

    def is_begun(self) -> bool:
        """Whether a run has started here."""
        return (self.path / "experiment.toml").is_file()

    def claim(
        self,
        experiment: str,
        resolved: dict[str, Any],
        *,
        resume: bool,
        overwrite: bool,
        folders: Collection[str] = (),
    ) -> None:
        """Make the folder ready for a run, and remove what an unfinished attempt left half written.

        Args:
            experiment: The resolved experiment as TOML.
            resolved: The same as tables.
            resume: Continue the run that is here, if there is one.
            overwrite: Remove the run that is here first.
            folders: Where the run's writers write, below the folder.

        Raises:
            ResumeError: A run is here and neither was asked for, or it is of another experiment; or the folder
                holds something else.
            OutputError: The folder cannot be written.
        """
        if self.holds_run():
            if resume:
                self._same_experiment(resolved)
                self._remove_partial()
                return
            if not overwrite:
                raise ResumeError(
                    f"{self.path}: holds a run already; add --resume to continue it, --overwrite to replace it, or "
                    "choose another folder with -o run.output=..."
                )
            self._clear()
        elif self.is_begun():
            # Nothing is done, but a person need not be asked again.
            self._clear(
                keep={self.answers.name} if resume and self.answers.is_dir() and not self._changed(resolved) else ()
            )
        elif self.path.is_dir() and any(self.path.iterdir()):
            raise ResumeError(f"{self.path}: not empty, and holds no run; choose another folder with -o run.output=...")
        try:
            self.results.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot create: {error.strerror or error}") from error
        # It must run again as it is, with the password of a stream in it.
        write_whole(self.path / "experiment.toml", experiment, private=masked_lines(experiment) != experiment)
        if others := sorted({*folders} - {*_FOLDERS}):
            # Whoever replaces or continues this run finds them here.
            self.log(_CLAIMED, folders=others)

    def contents(self) -> dict[str, Path]:
        """Return what a person would open, by a word for it; only what is there."""
        videos = sorted((self.path / "videos").glob("*"))
        found = {
            "results": self.results,
            "refined": self.refined,
            "scores": self.path / "metrics.json",
            "video": videos[0] if len(videos) == 1 else self.path / "videos",
            "report": self.path / "report.html",
        }
        return {word: path for word, path in found.items() if path.exists()}

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file of the run, whole or not at all."""
        write_whole(self.path / name, json.dumps(value, indent=1) + "\n")

    def _folders(self) -> tuple[str, ...]:
        """Return the folders that the run here writes into."""
        claimed = [event for event in self.log.read() if event["event"] == _CLAIMED]
        others = {str(folder) for event in claimed for folder in event["folders"]}
        return (*_FOLDERS, *(folder for folder in sorted(others) if _is_below(folder)))

    def _remove_partial(self) -> None:
        for folder in self._folders():
            for path in (self.path / folder).glob(f"*{PARTIAL}*"):
                path.unlink(missing_ok=True)

    def _changed(self, resolved: dict[str, Any]) -> list[str]:
        """Return the keys by which an experiment would give other results than the one here."""
        path = self.path / "experiment.toml"
        try:
            earlier = tomli.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ResumeError(f"{path}: cannot be read: {error}; start again with --overwrite") from error
        return [key for key in differences(_bound(earlier), _bound(resolved)) if not _free(key)]

    def _same_experiment(self, resolved: dict[str, Any]) -> None:
        changed = self._changed(resolved)
        if changed:
            raise ResumeError(
                f"{self.path}: the run there had another {', '.join(changed)}; "
                "take the change back, or start again with --overwrite"
            )

    def _clear(self, keep: Collection[str] = ()) -> None:
        folders = [folder for folder in self._folders() if folder not in keep]
        try:
            for name in _CONTENTS:
                (self.path / name).unlink(missing_ok=True)
                (self.path / (name + PARTIAL)).unlink(missing_ok=True)
            for name in folders:
                shutil.rmtree(self.path / name, ignore_errors=False) if (self.path / name).exists() else None
        except OSError as error:
            raise OutputError(f"{self.path}: cannot remove the earlier run: {error.strerror or error}") from error


def _is_below(folder: str) -> bool:
    """Whether a name is that of a folder below the run's, whatever was written into the log."""
    path = Path(folder)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _bound(resolved: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resolved.items() if key != "plugins"}


def _free(key: str) -> bool:
    return any(key == free or key.startswith(f"{free}.") for free in _FREE_KEYS)
