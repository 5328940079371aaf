"""Archives of results as the servers of GOT-10k and TrackingNet take them.

- GOT-10k (http://got-10k.aitestunion.com/submit_instructions; toolkit 0.1.3, MIT): for each sequence a folder with
  ``<sequence>_001.txt``, ``left,top,width,height`` with three decimals, and ``<sequence>_time.txt``, seconds with
  eight; a line for every frame, the first one's box being the given one.
- TrackingNet (http://eval.tracking-net.org; https://github.com/SilvioGiancola/TrackingNet-devkit): ``<sequence>.txt``
  at the top, ``left,top,width,height`` for every frame, separated by commas.

Nothing is written unless every sequence is there with a box in every frame.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs
import numpy as np

from vtcore.errors import DataError, OutputError
from vtcore.files import PARTIAL
from vtcore.instances import Float64Array
from vtcore.results.read import find_results, read_results
from vtrack_plugin_sot_metrics.target_text import box_line

__all__ = ["SERVERS", "SequenceResult", "check_complete", "read_run", "write_archive"]

SERVERS = ("got10k", "trackingnet")
_TIMES = "times"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
"""The same results give the same archive."""


@attrs.frozen(eq=False)
class SequenceResult:
    """What is handed in for one sequence.

    Attributes:
        name: Of the sequence.
        boxes: float64 ``(F, 4)``, left, top, width, height in pixels; NaN where there is no result.
        seconds: float64 ``(F,)``, what each frame took; None where nobody measured.
    """

    name: str
    boxes: Float64Array
    seconds: Float64Array | None = None


def read_run(run: Path, lengths: dict[str, int], *, times: bool) -> tuple[list[SequenceResult], list[str]]:
    """Read what a run, or anybody else, has left for a number of sequences.

    Args:
        run: A run's folder, or a folder of results as ``vtcore eval`` takes it.
        lengths: Number of frames of each sequence.
        times: Whether times are wanted, too: ``times/<sequence>_time.txt`` of the writer ``track-times``, or
            ``<sequence>_time.txt`` beside the results.

    Returns:
        The results of the sequences that have any, in the order of `lengths`; and what is wrong, one line each.
    """
    if not run.is_dir():
        raise DataError("there is no such run's folder or folder of results", file=run)
    files = find_results(run, lengths, missing_ok=True)
    problems = [f"{name}: there is no result file" for name in lengths if name not in files]
    results = []
    for name, file in files.items():
        try:
            boxes = _boxes(file, lengths[name])
            seconds = _seconds(run, name, file, lengths[name]) if times else None
        except DataError as error:
            problems.append(f"{name}: {error}")
        else:
            results.append(SequenceResult(name, boxes, seconds))
    return results, problems


def check_complete(results: Iterable[SequenceResult]) -> Iterator[str]:
    """Yield what a server would refuse, one line for each sequence."""
    for result in results:
        missing = np.flatnonzero(~np.isfinite(result.boxes).all(axis=1))
        if len(missing):
            yield (
                f"{result.name}: {len(missing)} of {len(result.boxes)} frames have no box, the first is frame "
                f"{missing[0] + 1}"
            )
        if result.seconds is not None and not (np.isfinite(result.seconds) & (result.seconds >= 0)).all():
            yield f"{result.name}: its times hold something other than seconds"


def write_archive(server: str, results: Iterable[SequenceResult], path: Path) -> None:
    """Write the archive, whole or not at all.

    Args:
        server: ``"got10k"`` or ``"trackingnet"``.
        results: Complete results.
        path: The archive, ``.zip``.

    Raises:
        OutputError: It cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for result in results:
                for name, text in _entries(server, result):
                    entry = zipfile.ZipInfo(name, _FIXED_DATE)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    entry.external_attr = 0o644 << 16
                    archive.writestr(entry, text)
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _entries(server: str, result: SequenceResult) -> Iterator[tuple[str, str]]:
    """Yield name and text of a sequence's files."""
    if server == "trackingnet":
        yield f"{result.name}.txt", _box_lines(result.boxes, decimals=2)
        return
    folder = f"{result.name}/{result.name}"
    yield f"{folder}_001.txt", _box_lines(result.boxes, decimals=3)
    if result.seconds is not None:
        yield f"{folder}_time.txt", "".join(f"{value:.8f}\n" for value in result.seconds.tolist())


def _box_lines(boxes: Float64Array, *, decimals: int) -> str:
    return "".join(box_line(box, decimals=decimals) + "\n" for box in boxes.tolist())


def _boxes(file: Path, length: int) -> Float64Array:
    table = read_results(file, length=length)
    if len(np.unique(table.ids)) > 1:
        raise DataError(f"holds {len(np.unique(table.ids))} targets; the server takes one a sequence", file=file)
    boxes = np.full((length, 4), np.nan)
    boxes[table.frames] = table.ltwh
    return boxes


def _seconds(run: Path, name: str, file: Path, length: int) -> Float64Array:
    places = (run / _TIMES / f"{name}_time.txt", file.with_name(f"{name}_time.txt"))
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise DataError(
            "there are no times: run with [[writers]] type = 'track-times' beside type = 'mot-text', or hand the "
            "results in without times (--without-times)",
            file=places[0],
        )
    try:
        seconds: Float64Array = np.loadtxt(
            io.StringIO(path.read_text(encoding="utf-8").replace(",", " ")), np.float64, ndmin=2
        )
    except (OSError, ValueError) as error:
        raise DataError(f"is no list of seconds: {error}", file=path) from error
    if len(seconds) != length:
        raise DataError(f"has times of {len(seconds)} frames, but the sequence has {length}", file=path)
    # Toolkits write a column for each repetition; one is handed in.
    first: Float64Array = seconds[:, 0] if seconds.size else np.full(length, math.nan)
    return first
