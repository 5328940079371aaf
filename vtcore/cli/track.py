"""``vtcore track``: one video, folder, camera or stream, without writing an experiment."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any

from vtcore.cli.run import add_run_arguments, execute_run

HELP = "track one video, folder of images, camera or stream"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", help="video file, folder or glob of images, camera number, or stream URL")
    parser.add_argument("--detector", help="name of a detector (default: hog)")
    parser.add_argument("--tracker", help="name of a tracker (default: bytetrack)")
    parser.add_argument(
        "--detections", metavar="FILE", help="given detections instead of a detector: MOT text, CSV, JSON, NumPy"
    )
    parser.add_argument("--classes", nargs="+", default=[], metavar="NAME", help="only these classes")
    parser.add_argument("--min-score", type=float, metavar="SCORE", help="only detections scoring at least this")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--max-frames", type=int, default=0, metavar="N", help="stop after N frames")
    parser.add_argument("--output", metavar="FOLDER", help="run folder (default: a new one under runs/)")
    parser.add_argument("--no-video", action="store_true", help="write no annotated video")
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Track the source named on the command line."""
    from vtcore.experiments import load_experiment

    experiment = load_experiment(track_tables(arguments), arguments.override)
    return execute_run(experiment, arguments, f"vtcore {shlex.join(sys.argv[1:])}")


def track_tables(arguments: argparse.Namespace) -> dict[str, Any]:
    """Turn the command line into the tables of an experiment.

    Raises:
        DataError: There is no such source.
    """
    from vtcore.tracking import source_tables

    tables = source_tables(
        arguments.source,
        detector=arguments.detector,
        tracker=arguments.tracker,
        detections=arguments.detections,
        classes=arguments.classes,
        min_score=arguments.min_score,
    )
    tables["writers"] = [{"type": "mot-text"}]
    if not arguments.no_video:
        tables["writers"].append({"type": "video"})
    tables["run"] = {
        "output": arguments.output or str(_new_folder(arguments.source)),
        "device": arguments.device,
        "max_frames": arguments.max_frames,
        "show": arguments.show,
    }
    return tables


def _new_folder(source: str):  # type: ignore[no-untyped-def]
    """Return ``runs/track-<source>``, numbered where that exists."""
    import itertools
    import re
    from pathlib import Path

    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(source.rstrip("/")).stem).strip("-") or "source"
    first = Path("runs") / f"track-{stem}"
    others = (Path("runs") / f"track-{stem}-{number}" for number in itertools.count(2))
    return next(path for path in itertools.chain([first], others) if not path.exists())
