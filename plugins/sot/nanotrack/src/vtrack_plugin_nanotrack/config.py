"""Options of NanoTrack; light."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import attrs

from vtcore.options import option
from vtrack_common_sot.config import TargetTrackerConfig
from vtrack_plugin_nanotrack.network_files import file_problem, is_hash, local_file

__all__ = ["COMPATS", "NanoTrackConfig"]

COMPATS = ("", "nanotrack", "opencv")

_PARTS = ("backbone", "head")


def _hash_option(part: str) -> Any:
    declared = option(
        "", f"SHA-256 of the {part}'s file, whole or its first 8 digits or more; empty does not check it."
    )

    def validate(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value and not is_hash(value):
            raise ValueError(f"{attribute.name}: must be 8 to 64 hexadecimal digits, got {value!r}")

    declared.validator(validate)
    return declared


@attrs.frozen(kw_only=True)
class NanoTrackConfig(TargetTrackerConfig):
    """The two files of the network, and how its answers become a box; the defaults are those of NanoTrack v2."""

    backbone: str = option("", "File or address (https://...) of the backbone, an ONNX file.")
    backbone_sha256: str = _hash_option("backbone")
    head: str = option("", "File or address (https://...) of the head, an ONNX file.")
    head_sha256: str = _hash_option("head")
    penalty_k: float = option(
        0.15, "How much a change of size or shape counts against a place; raising it keeps the box as it was.", ge=0
    )
    window_influence: float = option(
        0.49,
        "Share of a cosine window in the score by which a place is chosen; raising it keeps the target where it was.",
        ge=0,
        le=1,
    )
    lr: float = option(
        0.385,
        "Share of the new size in the box, times the score; raising it follows changes of size faster.",
        ge=0,
        le=1,
    )
    channel_order: str = option("bgr", "Order of channels that the network is given.", choices=("bgr", "rgb"))
    compat: str = option(
        "",
        "nanotrack: boxes of the authors' tracker, opencv: those of OpenCV's TrackerNano; empty takes positions from "
        "where the crop truly lies, which either rounds.",
        choices=COMPATS,
    )
    threads: int = option(
        1, "Threads of the processor within one step of the network; 0 for as many as there are cores.", ge=0
    )

    def files(self) -> Iterator[str]:
        """Yield the two files; addresses are fetched first."""
        for part in _PARTS:
            if source := getattr(self, part):
                yield str(local_file(source, getattr(self, f"{part}_sha256")))

    def check(self) -> Iterator[str]:
        """Yield what is wrong on this machine, without reading the files."""
        for part in _PARTS:
            source = getattr(self, part)
            if not source:
                yield f'{part}: no file is given; write {part} = "file or address"'
            elif problem := file_problem(source):
                yield f"{part}: {problem}"
        for package in ("onnx", "onnxruntime"):
            if find_spec(package) is None:
                yield f"needs {package}: pip install {package}"
