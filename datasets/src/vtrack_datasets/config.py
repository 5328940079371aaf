"""Options of the data sets."""

from __future__ import annotations

from typing import Any

import attrs

from vtcore.options import option

__all__ = ["BENCHMARKS", "MotChallengeConfig", "SyntheticConfig"]

BENCHMARKS = ("auto", "MOT15", "MOT16", "MOT17", "MOT20", "DanceTrack", "custom")
"""Whose evaluation rules annotations follow."""


@attrs.frozen(kw_only=True)
class MotChallengeConfig:
    """Where a data set in MOT Challenge layout lies, and which part of it to take."""

    root: str = option(
        help="Folder that holds the splits (train, test, ...), or sequences, or that is one sequence itself."
    )
    split: str = option(
        "",
        "Folder below root: train, val, test, or any other name; empty where root holds the sequences itself. "
        "'train' also takes numbered folders (train1, train2) where there is no folder of that very name.",
    )
    half: str = option(
        "",
        "Half of every sequence, cut as ByteTrack does: first is its half-train, second its half-val; empty for all.",
        choices=("", "first", "second"),
    )
    sequences: tuple[str, ...] = option(
        (), "Names of the sequences to take, also as patterns (MOT17-0*); empty for all."
    )
    detector: str = option(
        "",
        "Only the sequences made with this public detector, named by the end of their folder: FRCNN takes "
        "MOT17-02-FRCNN and leaves MOT17-02-DPM; empty for all.",
    )
    benchmark: str = option(
        "auto",
        "Whose evaluation rules the annotations follow; auto tells by the names of the sequence and of its folders, "
        "then by the columns of gt.txt.",
        choices=BENCHMARKS,
    )
    classes: tuple[str, ...] = option(
        (),
        "Names of your own classes, in the order of the class column (the eighth of gt.txt and det.txt), which counts "
        "from 1; names make the benchmark 'custom'.",
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.classes and self.benchmark not in ("auto", "custom"):
            raise ValueError(
                f"classes: {self.benchmark} has its own class; leave classes out, or set benchmark = 'custom'"
            )
        _refuse_duplicates(self, "classes")


@attrs.frozen(kw_only=True)
class SyntheticConfig:
    """What the synthetic data set renders."""

    sequences: int = option(1, "Number of sequences: SYN-01, SYN-02, ...; each shows other objects.", ge=1, le=99)
    frames: int = option(150, "Length of every sequence.", unit="frames", ge=1)
    width: int = option(640, "Width of the frames.", unit="px", ge=64, le=7680)
    height: int = option(480, "Height of the frames.", unit="px", ge=64, le=4320)
    frame_rate: float = option(
        25.0, "Frames a second; more make objects move less from frame to frame.", unit="frames/s", gt=0, le=1000
    )
    objects: int = option(
        8, "Objects under way at any time, some of them outside the picture; more hide one another more.", ge=1, le=500
    )
    classes: tuple[str, ...] = option(
        ("pedestrian",),
        "Class names; pedestrian, person, car, truck, bus, box, ball, animal look like it, others take these shapes "
        "in turn.",
    )
    seed: int = option(0, "Everything is drawn from it; the same seed gives the same pictures.", ge=0, le=2**31 - 1)
    camera_motion: float = option(
        1.0, "How much the camera pans, zooms and rolls; 0 fixes it, 1 is a hand-held camera.", ge=0, le=3
    )
    noise: float = option(
        3.0, "Standard deviation of the noise of the pictures; 0 for none.", unit="grey levels", ge=0, le=255
    )
    masks: bool = option(False, "Annotations carry masks of the visible pixels; costs time and memory for each row.")
    detections: bool = option(True, "Sequences come with simulated detections, as from a detector, for 'given'.")
    misses: float = option(
        0.05,
        "Chance that the simulated detector misses an object in full sight; hidden ones it misses more.",
        ge=0,
        le=1,
    )
    jitter: float = option(
        0.03, "Standard deviation of its boxes' centres and sizes, as a share of the box's size.", ge=0, le=0.5
    )
    clutter: float = option(0.3, "Mean number of its false boxes in a frame.", unit="boxes", ge=0, le=100)

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if not self.classes:
            raise ValueError("classes: must name at least one class, such as ['pedestrian']")
        _refuse_duplicates(self, "classes")


def _refuse_duplicates(config: Any, name: str) -> None:
    values: tuple[str, ...] = getattr(config, name)
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise ValueError(f"{name}: {twice!r} stands twice")
