"""What dropped frames cost by either clock of a tracker, on real detections.

Takes runs of frames out of every sequence, at random places ten to thirty frames apart, tracks what is left by each
clock, and scores it against the annotations of the frames that are left; the mean of several draws::

    python benchmarks/dropped_frames.py
    python benchmarks/dropped_frames.py --trackers sort botsort --draws 3

Sequences are those of MOT17 in the folder in ``VTCORE_REFERENCE_DATA`` (default: ``shared/data`` beside the
repository), with their given detections that score at least 0.5.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np

from vtcore.evaluation import EvaluatedSequence
from vtcore.frames import Frame, Sequence
from vtcore.host import plugin_host
from vtcore.instances import Int64Array
from vtcore.tables import TrackTable
from vtrack_datasets.mot_challenge import MotChallengeDataset
from vtrack_plugin_mot_metrics.metrics import Clear, Hota, Identity

GIVEN = os.environ.get("VTCORE_REFERENCE_DATA")
DATA = Path(GIVEN) if GIVEN else Path(__file__).resolve().parents[2] / "shared" / "data"
LONGEST = (0, 4, 12)
CLOCKS = ("frames", "seconds")


def main() -> None:
    """Print a table of scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trackers", nargs="+", default=["sort", "bytetrack", "botsort", "ocsort"])
    parser.add_argument("--draws", type=int, default=10, help="how often frames are drawn (default: 10)")
    arguments = parser.parse_args()
    sequences = list(MotChallengeDataset(root=str(DATA / "mot17-frcnn"), split="train").sequences())
    targets = {component.name: component.load_target() for component in plugin_host().components("tracker")}
    print(f"{'tracker':<12}{'dropped at once':<17}{'clock':<9}{'HOTA':>7}{'AssA':>7}{'IDF1':>7}{'IDSW':>7}")
    for name in arguments.trackers:
        for longest in LONGEST:
            for clock in CLOCKS:
                draws = arguments.draws if longest else 1
                means = np.mean([_scores(targets[name], clock, sequences, longest, draw) for draw in range(draws)], 0)
                told = f"1 to {longest}" if longest else "none"
                print(f"{name:<12}{told:<17}{clock:<9}" + "".join(f"{value:7.1f}" for value in means), flush=True)


def _scores(tracker: Any, clock: str, sequences: list[Sequence], longest: int, draw: int) -> list[float]:
    """Return HOTA, AssA, IDF1 and identity switches of one draw over all sequences."""
    metrics = (Hota(), Clear(), Identity())
    counts: list[dict[str, Any]] = [{} for _ in metrics]
    for number, sequence in enumerate(sequences):
        kept = _kept(sequence.length or 0, longest, np.random.default_rng([draw, number]))
        truth = sequence.annotations()
        assert truth is not None
        results = _tracked(tracker(clock=clock), sequence, kept)
        evaluated = EvaluatedSequence(sequence.name, len(kept), sequence.classes, _only(truth, kept), results)
        for metric, found in zip(metrics, counts, strict=True):
            found[sequence.name] = metric.evaluate(evaluated)
    hota, clear, identity = (
        metric.report(found, sequences[0].classes)["COMBINED"] for metric, found in zip(metrics, counts, strict=True)
    )
    return [100 * hota["HOTA"], 100 * hota["AssA"], 100 * identity["IDF1"], clear["IDSW"]]


def _kept(length: int, longest: int, random: np.random.Generator) -> Int64Array:
    """Return the frames that are left when up to `longest` in a row are dropped here and there."""
    kept, place = np.ones(length, bool), 0
    while longest and place < length:
        place += int(random.integers(10, 31))
        count = int(random.integers(1, longest + 1))
        kept[place : place + count] = False
        place += count
    return kept.nonzero()[0]


def _tracked(tracker: Any, sequence: Sequence, kept: Int64Array) -> TrackTable:
    """Track the frames that are left; the results count only them."""
    given = sequence.detections()
    assert given is not None
    assert sequence.frame_rate is not None
    tracker.reset(sequence)
    frames, ids, boxes = [], [], []
    for place, index in enumerate(kept.tolist()):
        frame = Frame(index, time=index / sequence.frame_rate, sequence=sequence)
        detections = given.instances(index)
        tracks = tracker.update(frame, detections[detections.scores >= 0.5])
        frames += [place] * len(tracks)
        ids += tracks.ids.tolist()
        boxes += tracks.boxes.astype(np.float64).tolist()
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    ltwh = np.concatenate((corners[:, :2], corners[:, 2:] - corners[:, :2]), 1)
    return TrackTable(np.array(frames, np.int64), ltwh, ids=np.array(ids, np.int64))


def _only(truth: TrackTable, kept: Int64Array) -> TrackTable:
    """Return the annotations of some frames, numbered anew."""
    rows = np.isin(truth.frames, kept)
    columns = {name: getattr(truth, name)[rows] for name in ("ids", "scores", "labels", "roles", "visibility")}
    return TrackTable(np.searchsorted(kept, truth.frames[rows]), truth.ltwh[rows], **columns)


if __name__ == "__main__":
    main()
