"""Options of the result writers."""

from __future__ import annotations

import attrs

from vtcore.options import option

__all__ = ["CocoVideoConfig", "JsonLinesConfig", "MotTextConfig"]


@attrs.frozen(kw_only=True)
class MotTextConfig:
    """MOT Challenge text, ten columns, as the official server takes it."""


@attrs.frozen(kw_only=True)
class JsonLinesConfig:
    """One JSON object a frame, with every field."""

    masks: bool = option(True, "Write run-length encoded masks where there are any.")
    embeddings: bool = option(False, "Write appearance embeddings where there are any; they are large.")
    detections: bool = option(False, "Write the detections of each frame beside its tracks.")


@attrs.frozen(kw_only=True)
class CocoVideoConfig:
    """CocoVID JSON: videos, images, categories, and annotations with ``instance_id``."""
