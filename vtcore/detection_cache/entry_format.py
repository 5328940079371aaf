"""What the files of an entry are."""

from __future__ import annotations

import json
import zlib
from typing import Any

__all__ = ["ABOUT", "COLUMNS", "EMBEDDINGS", "FORMAT", "MASKS", "self_check"]

FORMAT = 1
"""Version of what an entry holds and of how its key is made; it is part of the key."""
ABOUT = "about.json"
"""The file that tells what an entry is; it is written last."""
EMBEDDINGS, MASKS = 1, 2
"""Marks of a frame whose detections have these fields."""

COLUMNS: dict[str, tuple[str, int]] = {
    "frames": ("<i8", 5),
    "times": ("<f8", 0),
    "boxes": ("<f4", 4),
    "scores": ("<f4", 0),
    "labels": ("<i8", 0),
    "embeddings": ("<f4", 0),
    "masks": ("<i8", 3),
    "mask_bytes": ("|u1", 0),
}
"""Type and width of every column, each a file ``<name>.npy``.

``frames`` has a row a frame and one more at the end: where the frame's rows, embedding values and masks start, its
marks, and the length of its embeddings. ``masks`` has a row a mask and one more: where its bytes start, its height and
width. ``times`` is not a number where a frame has no time.
"""


def self_check(about: dict[str, Any]) -> int:
    """Return the checksum of what ``about.json`` says, itself left out."""
    rest = {key: value for key, value in about.items() if key != "self_check"}
    return zlib.crc32(json.dumps(rest, sort_keys=True).encode())
