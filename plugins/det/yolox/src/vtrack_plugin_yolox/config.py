"""Options of YOLOX."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from vtcore.options import option
from vtrack_common_det.network_config import NetworkDetectorConfig
from vtrack_nets.weights_option import weights_option
from vtrack_plugin_yolox.layout import SIZES
from vtrack_plugin_yolox.presets import PRESETS

__all__ = ["YoloxConfig"]

_STRIDE = 32


@attrs.frozen(kw_only=True)
class YoloxConfig(NetworkDetectorConfig):
    """What a YOLOX looks at and what is kept of its answer; size and number of classes follow from the weights."""

    weights: str = weights_option(
        help="File or address of the weights: of Megvii's YOLOX, ByteTrack, MMDetection or MMTracking, or an ONNX file."
    )
    preset: str = option(
        "megvii",
        "How pictures were handed to the network in training: megvii (blue first, 0 to 255), bytetrack (red first, "
        "ImageNet's mean and deviation) or mmdet (as megvii, but scaled within bounds and padded to multiples of 32).",
        choices=tuple(PRESETS),
    )
    size: str = option(
        "", "Size that the weights must have: nano, tiny, s, m, l or x; empty for any.", choices=("", *SIZES)
    )
    input_size: tuple[int, ...] = option(
        (),
        "Height and width that pictures are scaled into (mmdet: bounds of their edges); empty for the preset's. "
        "Raising them finds smaller things, and is slower.",
        unit="px",
        ge=_STRIDE,
    )
    min_score: float = option(
        0.01, "Least objectness times class of what is kept; raising it finds less and is faster.", ge=0, le=1
    )
    nms_threshold: float = option(
        0.7,
        "Of two boxes of a class whose intersection over union exceeds this only the better one stays; raising it "
        "keeps more of those that stand close together.",
        ge=0,
        le=1,
    )
    fuse: bool = option(True, "Make batch norms part of the convolutions: faster, the same but for rounding.")

    def __attrs_post_init__(self) -> None:
        """Refuse sizes that the network cannot work with."""
        if len(self.input_size) not in (0, 2):
            raise ValueError(f"input_size: must be a height and a width, got {list(self.input_size)}")
        if PRESETS[self.preset].letterbox and any(edge % _STRIDE for edge in self.input_size):
            raise ValueError(f"input_size: must be multiples of {_STRIDE}, got {list(self.input_size)}")

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the weights, without reading them."""
        yield from super().check()
        if self.weights.lower().endswith(".onnx"):
            from importlib.util import find_spec

            if find_spec("onnx") is None:
                yield "weights: to read an ONNX file, onnx is needed: pip install 'vtrack-plugin-yolox[onnx]'"
