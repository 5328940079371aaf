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
import platform  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

try:
    import numpy as np
except ImportError:
    sys.exit(f"{sys.executable} has no numpy: pip install attrs numpy scipy")

from peers import PEERS, Detections, Passes, available_peers, over  # noqa: E402
from stage_clock import StageClock, watch_stages  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = [REPOSITORY, *sorted(REPOSITORY.glob("plugins/mot/*/src"))]
DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or REPOSITORY.parent / "shared" / "data")
SEQUENCES = (
    "mot15/train/TUD-Campus",
    "mot17-noisy/train/MOT17-02",
    "mot20-noisy/train/MOT20-01",
    "mot20-crowd-bench/train/CROWD-01",
)
OUR_TRACKERS = {
    "boosttrack": "vtrack_plugin_boosttrack:BoostTrack",
    "botsort": "vtrack_plugin_botsort:BotSort",
    "bytetrack": "vtrack_plugin_bytetrack:ByteTrack",
    "deepocsort": "vtrack_plugin_deepocsort:DeepOcSort",
    "deepsort": "vtrack_plugin_deepsort:DeepSort",
    "hybridsort": "vtrack_plugin_hybridsort:HybridSort",
    "ocsort": "vtrack_plugin_ocsort:OcSort",
    "sort": "vtrack_plugin_sort:Sort",
    "strongsort": "vtrack_plugin_strongsort:StrongSort",
}
"""Our trackers. Made in Python with no options they look at no images."""
APPEARANCE = ("boosttrack", "botsort", "deepocsort", "deepsort", "hybridsort", "strongsort")
"""Those that are measured with embeddings too."""
DIMENSIONS = 128
"""Length of an embedding."""


def read_sequence(folder: Path) -> list[Detections]:
    """Return the detections of every frame."""
    rows = np.loadtxt(folder / "det" / "det.txt", delimiter=",", ndmin=2)
    info = dict(line.split("=", 1) for line in (folder / "seqinfo.ini").read_text().splitlines() if "=" in line)
    corners = rows[:, 2:6].copy()
    corners[:, 2:] += corners[:, :2]
    boxes, scores = corners.astype(np.float32), rows[:, 6].astype(np.float32)
    looks = appearance(boxes)
    frames = [np.flatnonzero(rows[:, 0] == frame) for frame in range(1, int(info["seqLength"]) + 1)]
    return [(boxes[found], scores[found], looks[found]) for found in frames]


def appearance(boxes: Any) -> Any:
    """Return an embedding for each box, of length 1: boxes near each other look alike, others do not.

    No sequence here has images. Waves of random directions over the places of the boxes, as long as boxes are wide,
    behave as a network's embeddings do: what moves a little changes a little.
    """
    random = np.random.default_rng(0)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / (2 * np.median(boxes[:, 2:] - boxes[:, :2]))
    waves = np.cos(centres @ random.normal(size=(2, DIMENSIONS)) + random.uniform(0, 2 * np.pi, DIMENSIONS))
    return (waves / np.linalg.norm(waves, axis=1, keepdims=True)).astype(np.float32)


def our_passes(frames: list[Detections]) -> Passes:
    """Return a pass of each of our trackers."""
    from vtcore.instances import Instances

    plain = [(None, Instances(boxes, scores)) for boxes, scores, _ in frames]
    embedded = [(None, Instances(boxes, scores, embeddings=looks)) for boxes, scores, looks in frames]
    passes = {name: over(plain, target(name)) for name in OUR_TRACKERS}
    return passes | {f"{name}+appearance": over(embedded, target(name)) for name in APPEARANCE}


def target(name: str) -> type[Any]:
    """Return the class of one of our trackers."""
    package, _, attribute = OUR_TRACKERS[name].partition(":")
    found: type[Any] = getattr(importlib.import_module(package), attribute)
    return found


def measure(passes: dict[tuple[str, str], Any], rounds: int) -> dict[tuple[str, str], float]:
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


def compare(peers: Iterable[str], data: Path, rounds: int, only: Iterable[str]) -> None:
    """Measure and print every sequence.

    Args:
        peers: Of `peers.PEERS`.
        data: Folder of reference data.
        rounds: Passes over each sequence.
        only: Trackers to measure; empty for all.
    """
    wanted = set(only)
    print(f"{'sequence':<12}{'boxes':>6}  {'tracker':<23}{'by':<12}{'µs/frame':>9}{'frames/s':>10}  ours is")
    for path in SEQUENCES:
        folder = data / path
        if not folder.is_dir():
            print(f"{folder.name:<12}  not in {data}")
            continue
        frames = read_sequence(folder)
        made = {"vtcore": our_passes(frames)} | {peer: PEERS[peer][1](frames) for peer in peers}
        passes = {
            (who, name): prepare
            for who, theirs in made.items()
            for name, prepare in theirs.items()
            if not wanted or name.partition("+")[0] in wanted
        }
        best = measure(passes, rounds)
        boxes = sum(len(scores) for _, scores, _ in frames) / len(frames)
        for (who, tracker), seconds in sorted(best.items(), key=lambda item: (item[0][1], item[0][0] != "vtcore")):
            ours = best.get(("vtcore", tracker))
            ratio = f"{seconds / ours:.2f} times as fast" if who != "vtcore" and ours else ""
            each = seconds / len(frames)
            print(f"{folder.name:<12}{boxes:>6.1f}  {tracker:<23}{who:<12}{1e6 * each:>9.1f}{1 / each:>10.0f}  {ratio}")


def stages(tracker: str, data: Path, rounds: int) -> None:
    """Print where the time of one of our trackers goes; the timers themselves add up to a sixth."""
    clock = StageClock()
    watch_stages(clock, target(tracker.partition("+")[0]))
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


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", metavar="PATH", help="interpreter of an environment that has the peers")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of reference data (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="passes over each sequence (default: %(default)s)")
    parser.add_argument(
        "--tracker",
        action="append",
        default=[],
        choices=sorted(OUR_TRACKERS),
        metavar="TRACKER",
        help="measure this one, with appearance too where it has any; may be given again (default: all)",
    )
    parser.add_argument(
        "--stages",
        nargs="?",
        const="bytetrack",
        choices=sorted([*OUR_TRACKERS, *(f"{name}+appearance" for name in APPEARANCE)]),
        metavar="TRACKER",
        help="print where the time of one of our trackers goes instead (default: %(const)s)",
    )
    options = parser.parse_args()
    if options.peer_python:
        arguments = ["--data", str(options.data.resolve()), "--rounds", str(options.rounds)]
        arguments += [word for name in options.tracker for word in ("--tracker", name)]
        os.execv(options.peer_python, [options.peer_python, str(Path(__file__).resolve()), *arguments])
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; name one with --data or VTCORE_REFERENCE_DATA")
    # From the sources, so that an environment of peers needs none of our packages.
    sys.path[:0] = map(str, SOURCES)
    print(f"Python {platform.python_version()}, numpy {np.__version__}")
    if options.stages:
        stages(options.stages, options.data, options.rounds)
    else:
        compare(available_peers(), options.data, options.rounds, options.tracker)


if __name__ == "__main__":
    main()
