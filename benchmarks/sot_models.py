"""Which single-object trackers are measured, of what size, and with what made-up weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

__all__ = ["MODELS", "Model"]

DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
NANO = {part: DATA / "real" / "weights" / f"nanotrackv2_{part}.onnx" for part in ("backbone", "head")}
OPENCV = {"compat": "opencv", "channel_order": "rgb", "penalty_k": 0.055, "window_influence": 0.455, "lr": 0.37}
"""What NanoTrack's options are in OpenCV."""


@attrs.frozen
class Model:
    """A tracker to be measured.

    Attributes:
        name: Of our tracker.
        network: Makes our network, whose names of weights the plain form has.
        options: Of our tracker.
        scale: Factors of made-up weights, by regular expressions of their names: they keep boxes moving, and of a size.
        offset: What is added then.
    """

    name: str
    network: Callable[[], Any]
    options: Mapping[str, Any] = attrs.field(factory=dict)
    scale: Mapping[str, float] = attrs.field(factory=dict)
    offset: Mapping[str, float] = attrs.field(factory=dict)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of our network's weights by name."""
        return {name: tuple(value.shape) for name, value in self.network().state_dict().items()}

    def files(self, weights: Path) -> dict[str, str]:
        """Return the options that name weights."""
        return {"weights": str(weights)}

    def missing(self) -> str:
        """Say what is needed and not there; empty where nothing is."""
        return ""


class NanoModel(Model):
    """NanoTrack, whose weights are two ONNX files."""

    def files(self, weights: Path) -> dict[str, str]:
        """Return the options that name weights."""
        return {part: str(file) for part, file in NANO.items()}

    def missing(self) -> str:
        """Say which file is not there."""
        return next((f"there is no {file}" for file in NANO.values() if not file.is_file()), "")


def made(module: str, name: str, layout: str = "", **sizes: Any) -> Callable[[], Any]:
    """Return what makes a network of a plugin when it is asked for."""

    def make() -> Any:
        plugin = import_module(module)
        return getattr(plugin, name)(getattr(plugin, layout)(**sizes)) if layout else getattr(plugin, name)()

    return make


MODELS = {
    model.name: model
    for model in (
        Model(
            "ostrack",
            made("vtrack_plugin_ostrack", "Ostrack"),
            scale={r"conv5_ctr\.weight": 8, r"conv5_size\.weight": 2},
            offset={r"conv5_size\.bias": -1.1},
        ),
        Model(
            "siamrpn",
            made("vtrack_plugin_siamrpn", "SiamRpn"),
            scale={r"backbone\.conv1\.weight": 1 / 64, r"loc\.head\.3\.weight": 0.02, r"cls\.head\.3\.weight": 0.5},
        ),
        Model(
            "stark",
            made("vtrack_plugin_stark", "Stark", "StarkLayout"),
            scale={r"conv5_tl\.weight": 6, r"conv5_br\.weight": -6},
        ),
        Model(
            "mixformer",
            made("vtrack_plugin_mixformer", "MixFormer", "Layout"),
            options={"update": "never"},
            scale={r"conv5_tl\.weight": 20, r"conv5_br\.weight": -20},
        ),
        NanoModel("nanotrack", dict, options=OPENCV),
    )
}
"""By name."""
