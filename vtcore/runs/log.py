"""The run's log: one JSON object a line, appended as things happen."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from vtcore.errors import OutputError

__all__ = ["RunLog"]


class RunLog:
    """Appends events to ``log.jsonl``, each line whole and flushed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, event: str, **fields: Any) -> None:
        """Append one event with the time of day in seconds since 1970.

        Raises:
            OutputError: The file cannot be written.
        """
        line = json.dumps({"time": round(time.time(), 3), "event": event, **fields}, default=str)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputError(f"{self._path}: cannot be written: {error.strerror or error}") from error

    def read(self) -> list[dict[str, Any]]:
        """Return the events so far; a line cut short by a kill is left out."""
        if not self._path.exists():
            return []
        events = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
        return events
