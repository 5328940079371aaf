"""``vtcore track``: one video, folder, camera or stream, without writing an experiment."""

from __future__ import annotations

import argparse
import itertools
import re
import shlex
from pathlib import Path
from typing import Any

from vtcore.cli.arguments import add_override
from vtcore.cli.run import add_run_arguments, execute_run
from vtcore.errors import VtcoreError

HELP = "track one video, folder of images, camera or stream"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", help="video file, folder or glob of images, camera number, or stream URL")
    parser.add_argument("--detector", help="name of a detector (default: hog, where the tracker takes detections)")
    parser.add_argument("--reid", help="name of a re-identification, for trackers that compare looks (default: none)")
    parser.add_argument("--tracker", help="name of a tracker (default: bytetrack)")
    parser.add_argument(
        "--detections", metavar="FILE", help="given detections instead of a detector: MOT text, CSV, JSON, NumPy"
    )
    parser.add_argument(
        "--init",
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="for a tracker of targets, a box to follow from the first frame on: left,top,width,height in pixels (may "
        "be repeated); or a FILE of them; or 'draw', with the mouse (default: what the source's annotations tell)",
    )
    parser.add_argument("--classes", nargs="+", default=[], metavar="NAME", help="only these classes")
    parser.add_argument("--min-score", type=float, metavar="SCORE", help="only detections scoring at least this")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--max-frames", type=int, default=0, metavar="N", help="stop after N frames")
    parser.add_argument("--output", metavar="FOLDER", help="run folder (default: a new one under runs/)")
    parser.add_argument("--no-video", action="store_true", help="write no annotated video")
    add_override(parser)
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Track the source named on the command line."""
    from vtcore.experiments import load_experiment

    experiment = load_experiment(track_tables(arguments), arguments.override)
    return execute_run(experiment, arguments, _again(arguments, experiment.run.output))


def track_tables(arguments: argparse.Namespace) -> dict[str, Any]:
    """Turn the command line into the tables of an experiment.

    Raises:
        DataError: There is no such source.
    """
    from vtcore.tracking import source_tables

    tables = source_tables(
        arguments.source,
        detector=arguments.detector,
        reid=arguments.reid,
        tracker=arguments.tracker,
        detections=arguments.detections,
        classes=arguments.classes,
        min_score=arguments.min_score,
        targets=_targets(arguments.init),
        overrides=arguments.override,
    )
    tables["writers"] = [{"type": "mot-text"}]
    if not arguments.no_video:
        tables["writers"].append({"type": "video"})
    tables["run"] = {
        "output": arguments.output or str(_new_folder(arguments.source, resume=arguments.resume)),
        "device": arguments.device,
        "max_frames": arguments.max_frames,
        "show": arguments.show,
    }
    return tables


def _targets(texts: list[str]) -> dict[str, Any] | None:
    """Turn ``--init`` into options of the protocol, None where nothing is said.

    Raises:
        VtcoreError: It is neither box nor file, or a file beside others.
    """
    from vtcore.tracking import protocol_options

    if not texts:
        return None
    boxes = [_numbers(text) for text in texts]
    if len(texts) == 1 and boxes[0] is None:
        return protocol_options(_file_or_draw(texts[0]))
    found = []
    for text, numbers in zip(texts, boxes, strict=True):
        if numbers is None:
            raise VtcoreError(f"--init {text}: a file or 'draw' stands alone; otherwise each is left,top,width,height")
        if len(numbers) != 4:
            raise VtcoreError(f"--init {text}: must be four numbers, left,top,width,height, got {len(numbers)}")
        found.append(numbers)
    return protocol_options(found)


def _numbers(text: str) -> list[float] | None:
    """Return the numbers of a text, separated by commas or blanks; None where it is something else."""
    try:
        return [float(part) for part in re.split(r"\s*,\s*|\s+", text.strip())]
    except ValueError:
        return None


def _file_or_draw(text: str) -> str:
    """Return what is no box as it stands.

    Raises:
        VtcoreError: There is no such file; it may have been meant as a box.
    """
    # A name with '{sequence}' is looked at for each sequence.
    if text == "draw" or "{sequence}" in text or (text and Path(text).exists()):
        return text
    raise VtcoreError(
        f"--init {text or repr(text)}: there is no such file; a target is four numbers, left,top,width,height; a file "
        "of targets; or 'draw'"
    )


def _new_folder(source: str, *, resume: bool) -> Path:
    """Return ``runs/track-<source>``, numbered where that exists; with `resume` the last that does."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(source.rstrip("/")).stem).strip("-") or "source"
    first = Path("runs") / f"track-{stem}"
    last = first
    for folder in itertools.chain([first], (first.with_name(f"{first.name}-{n}") for n in itertools.count(2))):
        if not folder.exists():
            return last if resume else folder
        last = folder
    return last


def _again(arguments: argparse.Namespace, output: str) -> str:
    """Return the command line that continues this run in its folder."""
    words = ["vtcore", "track", arguments.source, "--output", output]
    for flag in ("detector", "reid", "tracker", "detections"):
        if (value := getattr(arguments, flag)) is not None:
            words += [f"--{flag}", value]
    for init in arguments.init:
        words.append(f"--init={init}")
    if arguments.min_score is not None:
        words += ["--min-score", str(arguments.min_score)]
    if arguments.max_frames:
        words += ["--max-frames", str(arguments.max_frames)]
    if arguments.no_video:
        words.append("--no-video")
    for override in arguments.override:
        words += ["-o", override]
    if arguments.classes:
        words += ["--classes", *arguments.classes]
    return shlex.join(words)
