"""How fast trackers associate boxes: ours and their peers, side by side in one process and one thread.

::

    python benchmarks/association.py                       # peers that are importable here
    python benchmarks/association.py --peer-python PATH    # the same under another environment's interpreter

Measured is CPU time of each tracker's public update with inputs built beforehand, over whole sequences; the rounds of
all trackers alternate, and the best of each counts. Sequences come from the folder in ``VTCORE_REFERENCE_DATA``
(default: ``shared/data`` beside the repository).
"""

from __future__ import annotations

import os

# Before numpy: one thread.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse  # noqa: E402
import gc  # noqa: E402
import importlib  # noqa: E402
import importlib.metadata  # noqa: E402
import inspect  # noqa: E402
import logging  # noqa: E402
import platform  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

try:
    import numpy as np
except ImportError:
    sys.exit(f"{sys.executable} has no numpy: pip install attrs numpy scipy")

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = [REPOSITORY, *sorted(REPOSITORY.glob("plugins/mot/*/src"))]
DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or REPOSITORY.parent / "shared" / "data")
SEQUENCES = (
    "mot15/train/TUD-Campus",
    "mot17-noisy/train/MOT17-02",
    "mot20-noisy/train/MOT20-01",
    "mot20-crowd-bench/train/CROWD-01",
)
OUR_TRACKERS = {"botsort": "BotSort", "bytetrack": "ByteTrack", "ocsort": "OcSort", "sort": "Sort"}
"""Our trackers: the plugin's name, and the class that its package offers."""

Boxes = tuple[Any, Any]
"""One frame's boxes, float32 ``(N, 4)`` ``x1, y1, x2, y2``, and scores, float32 ``(N,)``."""
Pass = Callable[[], Callable[[], None]]
"""Makes a new tracker, and returns what tracks one whole sequence with it."""


def read_sequence(folder: Path) -> list[Boxes]:
    """Return the detections of every frame."""
    rows = np.loadtxt(folder / "det" / "det.txt", delimiter=",", ndmin=2)
    info = dict(line.split("=", 1) for line in (folder / "seqinfo.ini").read_text().splitlines() if "=" in line)
    corners = rows[:, 2:6].copy()
    corners[:, 2:] += corners[:, :2]
    boxes, scores = corners.astype(np.float32), rows[:, 6].astype(np.float32)
    frames = [np.flatnonzero(rows[:, 0] == frame) for frame in range(1, int(info["seqLength"]) + 1)]
    return [(boxes[found], scores[found]) for found in frames]


def our_passes(frames: list[Boxes]) -> dict[str, Pass]:
    """Return a pass of each of our trackers."""
    from vtcore.instances import Instances

    inputs = [Instances(boxes, scores) for boxes, scores in frames]

    def track(make: Callable[[], Any]) -> Pass:
        def prepare() -> Callable[[], None]:
            update = make().update

            def run() -> None:
                for detections in inputs:
                    update(None, detections)

            return run

        return prepare

    return {
        name: track(getattr(importlib.import_module(f"vtrack_plugin_{name}"), target))
        for name, target in OUR_TRACKERS.items()
    }


def roboflow_passes(frames: list[Boxes]) -> dict[str, Pass]:
    """Return a pass of each tracker of the package ``trackers`` (roboflow, Apache-2.0)."""
    supervision, trackers = importlib.import_module("supervision"), importlib.import_module("trackers")
    inputs = [
        supervision.Detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(scores), int))
        for boxes, scores in frames
    ]

    def track(make: Callable[[], Any]) -> Pass:
        def prepare() -> Callable[[], None]:
            update = make().update

            def run() -> None:
                for detections in inputs:
                    update(detections)

            return run

        return prepare

    def botsort() -> Any:
        return trackers.BoTSORTTracker(enable_cmc=False)

    return {
        "botsort": track(botsort),
        "bytetrack": track(trackers.ByteTrackTracker),
        "ocsort": track(trackers.OCSORTTracker),
        "sort": track(trackers.SORTTracker),
    }


def boxmot_passes(frames: list[Boxes]) -> dict[str, Pass]:
    """Return a pass of BoT-SORT and ByteTrack of the package ``boxmot`` (AGPL-3.0; measured, not used)."""
    boxmot = importlib.import_module("boxmot")
    logging.disable(logging.INFO)  # It tells its options for every tracker it makes.
    inputs = [np.column_stack((boxes, scores, np.zeros(len(scores)))) for boxes, scores in frames]
    image = np.zeros((1080, 1920, 3), np.uint8)

    def track(make: Callable[[], Any]) -> Pass:
        def prepare() -> Callable[[], None]:
            update = make().update

            def run() -> None:
                for detections in inputs:
                    update(detections, image)

            return run

        return prepare

    def botsort() -> Any:
        options = {"track_high_thresh": 0.6, "new_track_thresh": 0.7, "fuse_first_associate": True}
        return boxmot.BotSort(use_embeddings=False, use_cmc=False, **options)

    return {"botsort": track(botsort), "bytetrack": track(boxmot.ByteTrack)}


PEERS: dict[str, Callable[[list[Boxes]], dict[str, Pass]]] = {"trackers": roboflow_passes, "boxmot": boxmot_passes}


def measure(passes: dict[tuple[str, str], Pass], rounds: int) -> dict[tuple[str, str], float]:
    """Return the least CPU seconds of each pass, all passes taking turns."""
    best = dict.fromkeys(passes, float("inf"))
    for _ in range(rounds):
        for name, prepare in passes.items():
            run = prepare()
            gc.collect()
            started = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - started)
    return best


def compare(peers: Iterable[str], data: Path, rounds: int) -> None:
    """Measure and print every sequence."""
    print(f"{'sequence':<12}{'boxes':>6}  {'tracker':<10}{'by':<10}{'µs/frame':>9}{'frames/s':>10}  ours is")
    for path in SEQUENCES:
        folder = data / path
        if not folder.is_dir():
            print(f"{folder.name:<12}  not in {data}")
            continue
        frames = read_sequence(folder)
        passes = {("vtcore", name): prepare for name, prepare in our_passes(frames).items()}
        for peer in peers:
            passes |= {(peer, name): prepare for name, prepare in PEERS[peer](frames).items()}
        best = measure(passes, rounds)
        boxes = sum(len(scores) for _, scores in frames) / len(frames)
        for (who, tracker), seconds in sorted(best.items(), key=lambda item: (item[0][1], item[0][0] != "vtcore")):
            ratio = f"{seconds / best['vtcore', tracker]:.2f} times as fast" if who != "vtcore" else ""
            each = seconds / len(frames)
            print(f"{folder.name:<12}{boxes:>6.1f}  {tracker:<10}{who:<10}{1e6 * each:>9.1f}{1 / each:>10.0f}  {ratio}")


def watch_stages(clock: StageClock, tracker: str) -> None:
    """Time what the tracker of that name consists of: its own methods, and what it has in common with others."""
    from vtrack_common_mot import assignment, kalman, overlap
    from vtrack_common_mot.tracker import BoxTracker

    package = f"vtrack_plugin_{tracker}"
    target = getattr(importlib.import_module(package), OUR_TRACKERS[tracker])
    owners = [owner for owner in target.__mro__ if issubclass(owner, BoxTracker) and owner is not BoxTracker]
    for owner in owners:
        for name, member in list(vars(owner).items()):
            if inspect.isfunction(member) and not name.startswith("__"):
                clock.watch(owner, name, name.strip("_"))
    clock.watch(assignment, "linear_sum_assignment", "solver")
    for filter_class in (kalman.BoxFilter, kalman.XyahFilter, kalman.XywhFilter, kalman.XysrFilter):
        for name in ("measure", "predict", "update", "edges", "shapes", "start"):
            if name in vars(filter_class):
                clock.watch(filter_class, name, name)
    clock.watch(overlap.BoxReader, "read", "read")
    # What a module imported by name is replaced there.
    for name, module in list(sys.modules.items()):
        if name.startswith((package, "vtrack_common_mot")) and name != overlap.__name__ and hasattr(module, "overlaps"):
            clock.watch(module, "overlaps", "overlap")


def stages(tracker: str, data: Path, rounds: int) -> None:
    """Print where the time of one of our trackers goes; the timers themselves add up to a sixth."""
    clock = StageClock()
    watch_stages(clock, tracker)
    for path in SEQUENCES:
        if not (data / path).is_dir():
            continue
        frames = read_sequence(data / path)
        prepare = our_passes(frames)[tracker]
        prepare()()
        clock.seconds.clear()
        for _ in range(rounds):
            prepare()()
        print(f"\n{Path(path).name}: µs per frame of {tracker} by stage, without the stages it calls")
        for name, seconds in sorted(clock.seconds.items(), key=lambda item: -item[1]):
            print(f"  {name:<20}{1e6 * seconds / rounds / len(frames):>8.2f}")


class StageClock:
    """Adds up the time spent in functions, each without the watched ones it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Time a function or method under the name of a stage."""
        function = getattr(owner, name)
        clock = time.perf_counter

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            started = clock()
            result = function(*args, **kwargs)
            taken = clock() - started
            self.seconds[stage] = self.seconds.get(stage, 0.0) + taken - self._inner.pop()
            self._inner[-1] += taken
            return result

        setattr(owner, name, timed)


def available_peers() -> list[str]:
    """Return the peers that are installed here, saying which are not."""
    found = []
    for peer in PEERS:
        try:
            found.append(peer)
            print(f"{peer} {importlib.metadata.version(peer)}")
        except importlib.metadata.PackageNotFoundError:
            found.remove(peer)
            print(
                f"{peer} is not installed here: no comparison with it. Make an environment with "
                f"'pip install {peer} attrs' and name its interpreter with --peer-python."
            )
    return found


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", metavar="PATH", help="interpreter of an environment that has the peers")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of reference data (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="passes over each sequence (default: %(default)s)")
    parser.add_argument(
        "--stages",
        nargs="?",
        const="bytetrack",
        choices=sorted(OUR_TRACKERS),
        metavar="TRACKER",
        help="print where the time of one of our trackers goes instead (default: %(const)s)",
    )
    options = parser.parse_args()
    if options.peer_python:
        arguments = ["--data", str(options.data.resolve()), "--rounds", str(options.rounds)]
        os.execv(options.peer_python, [options.peer_python, str(Path(__file__).resolve()), *arguments])
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; name one with --data or VTCORE_REFERENCE_DATA")
    # From the sources, so that an environment of peers needs none of our packages.
    sys.path[:0] = map(str, SOURCES)
    print(f"Python {platform.python_version()}, numpy {np.__version__}")
    if options.stages:
        stages(options.stages, options.data, options.rounds)
    else:
        compare(available_peers(), options.data, options.rounds)


if __name__ == "__main__":
    main()
