"""Configs of a plugin for tests, with every type of field that an experiment can hold."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import attrs

from vtcore.components import ComponentTable
from vtcore.options import option


class Motion(Protocol):
    """Moves things."""


class Shape(enum.Enum):
    ROUND = "round"
    SQUARE = "square"


@attrs.frozen(kw_only=True)
class Limits:
    lowest: float = option(0.0, "Least.", ge=0)
    highest: float = option(1.0, "Most.", le=1)

    def __attrs_post_init__(self) -> None:
        if self.lowest > self.highest:
            raise ValueError(f"lowest must not exceed highest, got {self.lowest} and {self.highest}")


@attrs.frozen(kw_only=True)
class PairsConfig:
    high_threshold: float = option(0.6, "Sure detections score more.", ge=0, le=1)
    low_threshold: float = option(0.1, "Unsure ones score more.", ge=0, le=1)
    max_age: int = option(30, "Frames a track outlives its last detection.", unit="frames", ge=0)
    title: str = option("pairs", "Any words.")
    quick: bool = option(False, "Whether to hurry.")
    mode: Literal["all", "some"] = option("all", "Which.")
    shape: Shape = option(Shape.ROUND, "Of what.")
    size: tuple[float, float] = option((1.0, 2.0), "Width and height.")
    labels: list[str] = option(factory=list, help="Names.")
    weights: dict[str, float] = option(factory=dict, help="By name.")
    ceiling: float | None = option(None, "Where there is one.")
    either: int | str = option(0, "A number or a name.")
    file: Path = option(Path("a/b"), "A path.")
    anything: Any = option(0, "Whatever.")
    limits: Limits = option(factory=lambda: Limits(highest=0.5), help="A table without a type.")
    motion: Motion = option(ComponentTable("walk", {"speed": 2.0}), "How things move.")
    spare: Motion | None = option(None, "Where the first fails.")
    chain: list[Motion] = option(factory=lambda: [ComponentTable("walk")], help="One after another.")
    by_class: dict[str, Motion] = option(factory=dict, help="For some classes.")

    def __attrs_post_init__(self) -> None:
        if self.low_threshold > self.high_threshold:
            raise ValueError(
                f"low_threshold must not exceed high_threshold, got {self.low_threshold} and {self.high_threshold}"
            )


@attrs.frozen(kw_only=True)
class HeavyConfig:
    needs: ClassVar[frozenset[str]] = frozenset({"image", "references"})

    checkpoint: str = option(help="File with the weights.")
    depth: int = option(help="Layers.", ge=1)


@attrs.frozen(kw_only=True)
class WalkConfig:
    needs: ClassVar[frozenset[str]] = frozenset({"camera_motion"})

    speed: float = option(1.0, "Of walking.", gt=0)


@attrs.frozen(kw_only=True)
class JumpConfig:
    height: float = option(1.0, "Of jumping.")
    then: Motion | None = option(None, "What comes after.")


@attrs.frozen(kw_only=True)
class FolderConfig:
    root: str = option("", "Where.")
    split: str = option("train", "Which.")


@attrs.frozen(kw_only=True)
class EmptyConfig:
    pass
