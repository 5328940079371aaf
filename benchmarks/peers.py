"""The packages we are measured against, each tracker of theirs as a pass over a sequence.

``trackers``: Roboflow's, Apache-2.0. ``boxmot``: AGPL-3.0, measured here and used nowhere; ``boxmot-cpp`` are those of
its trackers that it has in C++ too, through the same public interface: it builds them where there are a compiler,
CMake, Eigen and OpenCV's development files.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

Detections = tuple[Any, Any, Any]
"""One frame: boxes, float32 ``(N, 4)`` ``x1, y1, x2, y2``; scores, float32 ``(N,)``; embeddings, float32 ``(N, D)``."""
Pass = Callable[[], Callable[[], None]]
"""Makes a new tracker, and returns what tracks one whole sequence with it."""
Passes = dict[str, Pass]
"""Passes by the name of the tracker; those that are given embeddings end in ``+appearance``."""


def over(inputs: list[tuple[Any, ...]], make: Callable[[], Any]) -> Pass:
    """Return a pass that hands every frame's arguments to the `update` of a new tracker."""

    def prepare() -> Callable[[], None]:
        update = make().update

        def run() -> None:
            for arguments in inputs:
                update(*arguments)

        return run

    return prepare


def roboflow_passes(frames: list[Detections]) -> Passes:
    """Return a pass of each tracker of ``trackers`` that we have too."""
    supervision, trackers = importlib.import_module("supervision"), importlib.import_module("trackers")
    inputs = [
        (supervision.Detections(xyxy=boxes, confidence=scores, class_id=np.zeros(len(scores), int)),)
        for boxes, scores, _ in frames
    ]
    return {
        "botsort": over(inputs, lambda: trackers.BoTSORTTracker(enable_cmc=False)),
        "bytetrack": over(inputs, trackers.ByteTrackTracker),
        "ocsort": over(inputs, trackers.OCSORTTracker),
        "sort": over(inputs, trackers.SORTTracker),
    }


def boxmot_passes(frames: list[Detections]) -> Passes:
    """Return a pass of each tracker of ``boxmot``, in Python, that we have too."""
    boxmot = importlib.import_module("boxmot")
    torch, structures = importlib.import_module("torch"), importlib.import_module("boxmot.structures")
    logging.disable(logging.INFO)  # It tells its options for every tracker it makes.
    # Two of its trackers align pictures whatever they are told: a small one that does not change costs them least.
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    plain = [(rows, image) for rows in _rows(frames)]
    picture = structures.Frame(torch.from_numpy(image.transpose(2, 0, 1).copy()), "frame")
    embedded = [
        (
            structures.Detections(
                structures.Boxes(torch.from_numpy(boxes)),
                torch.from_numpy(scores),
                torch.zeros(len(scores), dtype=torch.int64),
                "frame",
                embeddings=torch.from_numpy(embeddings),
            ),
            picture,
        )
        for boxes, scores, embeddings in frames
    ]
    still: dict[str, Any] = {"use_cmc": False}
    boxes_only: dict[str, Any] = {"use_embeddings": False}
    high: dict[str, Any] = {"track_high_thresh": 0.6, "new_track_thresh": 0.7, "fuse_first_associate": True}
    return {
        "boosttrack": over(plain, lambda: boxmot.BoostTrack(**still, **boxes_only)),
        "boosttrack+appearance": over(embedded, lambda: boxmot.BoostTrack(use_embeddings=True, **still)),
        "botsort": over(plain, lambda: boxmot.BotSort(**still, **boxes_only, **high)),
        "botsort+appearance": over(embedded, lambda: boxmot.BotSort(**still, **high)),
        "bytetrack": over(plain, boxmot.ByteTrack),
        "deepocsort": over(plain, lambda: boxmot.DeepOcSort(cmc_off=True, **boxes_only)),
        "deepocsort+appearance": over(embedded, lambda: boxmot.DeepOcSort(cmc_off=True)),
        "hybridsort": over(plain, lambda: boxmot.HybridSort(**boxes_only)),
        "hybridsort+appearance": over(embedded, boxmot.HybridSort),
        "ocsort": over(plain, boxmot.OcSort),
        "strongsort+appearance": over(embedded, boxmot.StrongSort),
    }


def boxmot_cpp_passes(frames: list[Detections]) -> Passes:
    """Return a pass of each tracker of ``boxmot`` that it has in C++ and we have too."""
    boxmot, specs = importlib.import_module("boxmot"), importlib.import_module("boxmot.trackers")
    logging.disable(logging.INFO)
    image = np.zeros((1080, 1920, 3), np.uint8)
    inputs = [(rows, image) for rows in _rows(frames)]

    def native(name: str, *options: tuple[str, Any]) -> Pass:
        return over(inputs, lambda: boxmot.create_tracker(specs.TrackerSpec(name=name, backend="cpp", options=options)))

    return {
        "botsort": native("botsort", ("use_cmc", False), ("use_embeddings", False)),
        "bytetrack": native("bytetrack"),
        "ocsort": native("ocsort"),
    }


def _rows(frames: list[Detections]) -> list[Any]:
    return [np.column_stack((boxes, scores, np.zeros(len(scores), np.float32))) for boxes, scores, _ in frames]


PEERS: dict[str, tuple[str, Callable[[list[Detections]], Passes]]] = {
    "trackers": ("trackers", roboflow_passes),
    "boxmot": ("boxmot", boxmot_passes),
    "boxmot-cpp": ("boxmot", boxmot_cpp_passes),
}
"""Peers by name: the distribution, and what makes the passes."""


def available_peers() -> list[str]:
    """Return the peers that are installed here, saying which are not, and which cannot be built."""
    found, missing = [], set()
    for peer, (distribution, passes) in PEERS.items():
        try:
            version = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            missing.add(distribution)
            continue
        try:
            for prepare in passes([]).values():
                prepare()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others can be measured
            print(f"{peer} {version} cannot be used here: {str(error).splitlines()[-1]}")
            continue
        found.append(peer)
        print(f"{peer} {version}")
    for distribution in sorted(missing):
        print(
            f"{distribution} is not installed here: no comparison with it. Make an environment with "
            f"'pip install {distribution} attrs' and name its interpreter with --peer-python."
        )
    return found
