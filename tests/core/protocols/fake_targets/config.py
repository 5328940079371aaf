"""Options of a small tracker of targets, of a film to follow them in, and of a score."""

from __future__ import annotations

from typing import ClassVar

import attrs

from vtcore.options import option


@attrs.frozen(kw_only=True)
class TemplateConfig:
    needs: ClassVar[frozenset[str]] = frozenset({"image", "targets"})

    search: int = option(12, "How far a target may move in a frame.", unit="px", ge=0)
    persist: bool = option(False, "Whether it goes on from one sequence to the next.")


@attrs.frozen(kw_only=True)
class FilmConfig:
    sequences: int = option(1, "How many.")
    frames: int = option(8, "Frames of each.")
    targets: int = option(1, "Annotated targets in each.")
    annotated: bool = option(True, "Whether there are annotations.")
    late: int = option(0, "Frame in which the last target is first annotated.")
    hidden: int = option(0, "Frames at the beginning in which no target is visible.")
    surplus: int = option(0, "Frames that annotations go on beyond the end.")
    fragile: bool = option(False, "Whether sequences end early, damaged.")


@attrs.frozen(kw_only=True)
class OverlapConfig:
    pass


@attrs.frozen(kw_only=True)
class SelfMadeConfig:
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
