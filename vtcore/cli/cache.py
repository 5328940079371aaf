"""``vtcore cache``: compute detections once, and look after what is stored."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtcore.cli.arguments import add_override
from vtcore.cli.console import error_console, output_console, print_json
from vtcore.errors import DataError, PreflightError, VtcoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from vtcore.detection_cache import CacheEntry, DetectionCache, StoredDetections
    from vtcore.experiments import Experiment
    from vtcore.frames import Frame, Sequence

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Compute detections and embeddings once: run an experiment's transforms, detector and re-identification over all "
    "its sequences, and store what they find. Any run with exactly the same components, options and data replays it. "
    "Without an experiment: --list, --prune or --clear what is stored."
)

_SETUP_LETTERS = 8
"""Of the folder's name, enough to tell detections by other options apart."""
_FOLDER_NAME = re.compile(r"-[0-9a-f]{32}-(all|first-\d+)(\.partial.*)?$")
"""What follows the sequence's name in that of an entry's folder."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("experiment", nargs="?", help="TOML file, or PLUGIN:EXPERIMENT that a plugin ships")
    add_override(parser)
    parser.add_argument(
        "--folder",
        type=Path,
        help="folder of the cache (default: $VTCORE_CACHE, $XDG_CACHE_HOME/vtcore, ~/.cache/vtcore)",
    )
    parser.add_argument("--force", action="store_true", help="compute and replace what is there already")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no table; errors only")
    others = parser.add_mutually_exclusive_group()
    others.add_argument("--list", action="store_true", help="list what is stored")
    others.add_argument(
        "--prune",
        type=_days,
        metavar="DAYS",
        help="remove what was neither made nor replayed for DAYS days, and what is damaged or was left unfinished",
    )
    others.add_argument("--clear", action="store_true", help="remove everything")
    parser.add_argument("--json", action="store_true", help="with --list: as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Compute, list or remove."""
    from vtcore.detection_cache import DetectionCache

    cache = DetectionCache(arguments.folder)
    # Nothing given is None or False; 0 days are something.
    given = {word: getattr(arguments, word) for word in ("list", "prune", "clear")}
    asked = [word for word, value in given.items() if value is not None and value is not False]
    if arguments.experiment is not None:
        if asked:
            raise VtcoreError(f"--{asked[0]} is about the whole cache: leave out {arguments.experiment!r}")
        return _compute(arguments, cache)
    if not asked:
        raise VtcoreError("name an experiment whose detections to compute, or --list, --prune DAYS or --clear")
    if arguments.list:
        _print_list(cache, as_json=arguments.json)
        return 0
    removed = cache.clear() if arguments.clear else cache.prune(arguments.prune)
    if not arguments.quiet:
        size = _size(sum(entry.size for entry in removed))
        print(f"removed {_counted(len(removed), 'entry')}, {size}, from {cache.folder}")
    return 0


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number of days, got {text!r}") from None
    if not days >= 0:
        raise argparse.ArgumentTypeError(f"must be >= 0 days, got {text}")
    return days


def _compute(arguments: argparse.Namespace, cache: DetectionCache) -> int:
    from vtcore.detection_cache import DetectOnce
    from vtcore.experiments import load_experiment
    from vtcore.preflight import preflight, require

    # What is about to be swept is detected first.
    experiment = load_experiment(arguments.experiment, arguments.override, sweep=True)
    swept = _swept_detecting(experiment)
    experiment = _detecting(experiment)
    console = error_console()
    console.quiet = arguments.quiet
    # Asked of the configs alone, before the data is looked at.
    _refuse(experiment)
    checked = preflight(experiment, output_must_be_writable=False)
    require(checked.findings)
    classes = checked.sequences[0].classes
    progress = _Progress(console)
    once = DetectOnce(
        experiment,
        classes=classes,
        cache=cache,
        force=arguments.force,
        frame_done=progress.frame_done,
        temporary=False,
    )
    rows: list[tuple[StoredDetections, str]] = []
    problems: list[str] = []
    with progress:
        for sequence in checked.sequences:
            if (reason := once.refusal(sequence)) != "":
                problems.append(f"{sequence.name}: detections cannot be cached: {reason}")
                continue
            progress.begin(sequence, experiment.run.max_frames)
            began = time.perf_counter()
            try:
                stored = once(sequence)
            except DataError as error:
                problems.append(str(error))
                continue
            took = f"computed in {time.perf_counter() - began:.1f} s"
            rows.append((stored, took if once.computed else "was there already"))
    for note in (*swept, *once.notes):
        console.print(f"note: {note}", soft_wrap=True)
    if not arguments.quiet:
        _print_stored(rows, cache)
    if problems:
        raise VtcoreError("\n".join(problems))
    return 0


def _detecting(experiment: Experiment) -> Experiment:
    """Return an experiment that only detects."""
    import attrs

    run = attrs.evolve(experiment.run, show=False)
    return attrs.evolve(
        experiment, tracker=None, protocol=None, refiners=(), metrics=(), writers=(), sweep=None, run=run
    )


def _swept_detecting(experiment: Experiment) -> list[str]:
    """Return notes of what is swept and changes detections: the sweep itself computes its other values."""
    from vtcore.detection_cache.identity import DETECTING
    from vtcore.experiments.sweep_parameters import read_parameters

    parameters, _ = read_parameters({} if experiment.sweep is None else experiment.sweep.parameters)
    names = [parameter.name for parameter in parameters if parameter.key[0] in DETECTING]
    return [f"{name} is swept; detections are computed with the value of the experiment only" for name in names]


def _refuse(experiment: Experiment) -> None:
    from vtcore.detection_cache.identity import refuse_uncacheable
    from vtcore.detection_cache.refusal import Refusal

    try:
        refuse_uncacheable(experiment)
    except Refusal as reason:
        message = f"detections cannot be cached: {reason}"
        raise PreflightError([experiment.problem(message, "detector")]) from None


class _Progress:
    """One bar, of the sequence at hand; on a terminal only."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bars.add_task("", total=None)
        self.frame_done: Callable[[Frame], Any] = lambda _: self._bars.advance(self._task)

    def __enter__(self) -> _Progress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, sequence: Sequence, limit: int) -> None:
        """Start the bar anew for a sequence."""
        length = sequence.length or getattr(sequence, "estimated_length", None)
        total = min(length, limit) if length and limit else length or limit or None
        self._bars.reset(self._task, description=sequence.name, total=total)


def _print_stored(rows: list[tuple[StoredDetections, str]], cache: DetectionCache) -> None:
    from rich.table import Table

    from vtcore.detection_cache.cache import entry_at

    table = Table("sequence")
    for heading in ("frames", "detections", "size"):
        table.add_column(heading, justify="right")
    table.add_column("")
    total = 0
    for stored, state in rows:
        size = entry_at(stored.folder).size
        total += size
        name, found = stored.about["sequence"]["name"], stored.about["detections"]
        table.add_row(name, f"{stored.length:,}", f"{found:,}", _size(size), state)
    console = output_console()
    if rows:
        console.print(table)
    console.print(f"{_size(total)} in {cache.folder}", soft_wrap=True)


def _print_list(cache: DetectionCache, *, as_json: bool) -> None:
    from rich.table import Table

    entries = cache.entries()
    if as_json:
        print_json([_plain(entry) for entry in entries])
        return
    table = Table("detector", "sequence")
    for heading in ("frames", "detections", "size", "last used"):
        table.add_column(heading, justify="right")
    table.add_column("setup")
    for entry in entries:
        row = _plain(entry)
        numbers = [f"{row[key]:,}" if row[key] is not None else "" for key in ("frames", "detections")]
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
        # The name in the folder's is all that a damaged entry tells.
        sequence = row["sequence"] or f"{_FOLDER_NAME.sub('', entry.folder.name)} ({row['state']})"
        setup = entry.folder.parent.name[:_SETUP_LETTERS]
        table.add_row(row["detector"], sequence, *numbers, _size(entry.size), used, setup)
    console = output_console()
    if entries:
        console.print(table)
    size = _size(sum(entry.size for entry in entries))
    console.print(f"{_counted(len(entries), 'entry')}, {size}, in {cache.folder}", soft_wrap=True)


def _plain(entry: CacheEntry) -> dict[str, Any]:
    about = entry.about
    return {
        "folder": str(entry.folder),
        "state": entry.state,
        "detector": entry.folder.parents[1].name,
        "sequence": about.get("sequence", {}).get("name"),
        "frames": about.get("frames"),
        "complete": about.get("complete"),
        "detections": about.get("detections"),
        "created": about.get("created"),
        "bytes": entry.size,
        "used": round(entry.used, 3),
    }


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word if count == 1 else word.removesuffix('y') + 'ies'}"
