"""Options of the re-identifications."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import attrs

from vtcore.options import option
from vtrack_nets.weights_option import sha256_option, weight_files, weights_option, weights_problems

__all__ = ["CropConfig", "OSNetConfig", "OnnxReIdConfig", "ResNet50ReIdConfig"]

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)


def _size_option(default: tuple[int, int], least: int, more: str = "") -> Any:
    """Declare ``size``."""
    return option(default, f"Height and width to which crops are resized{more}.", unit="px", ge=least)


@attrs.frozen(kw_only=True)
class CropConfig:
    """How boxes become the input of a network, and its output embeddings; mean and std as ImageNet's by default.

    Mean and std are of the range 0 to 255, in the order of the colours that the network takes.
    """

    weights: str = weights_option()
    weights_sha256: str = sha256_option()
    size: tuple[int, int] = _size_option((256, 128), 16)
    mean: tuple[float, float, float] = option(
        IMAGENET_MEAN, "What is taken from the three colours, of 0 to 255.", unit="levels"
    )
    std: tuple[float, float, float] = option(
        IMAGENET_STD, "What the three colours are divided by then.", unit="levels", gt=0
    )
    colours: str = option("rgb", "Order of the colours that the network takes.", choices=("rgb", "bgr"))
    batch_size: int = option(32, "Crops that the network sees at once; raising it takes more memory.", ge=1)
    normalise: bool = option(False, "Bring embeddings to length 1; trackers that compare by cosine do so themselves.")
    crop: str = option(
        "auto",
        "Where boxes are cut out and resized: by OpenCV on the host, or on the device from the whole frame; auto does "
        "it on the device where that is no processor.",
        choices=("auto", "host", "device"),
    )

    @property
    def needs(self) -> frozenset[str]:
        """Pixels."""
        return frozenset({"image"})

    def check(self) -> Iterator[str]:
        """Yield that the weights are missing."""
        yield from weights_problems(self)

    def files(self) -> Iterator[str]:
        """Yield the file with the weights."""
        yield from weight_files(self)


@attrs.frozen(kw_only=True)
class OSNetConfig(CropConfig):
    """Options of OSNet; what is left out of variant and width is seen from the weights."""

    variant: str = option(
        "",
        "Without instance normalisation (plain), or with it in the first layers (ibn) or throughout (ain); empty: as "
        "the weights have it.",
        choices=("", "plain", "ibn", "ain"),
    )
    width: float | None = option(
        None,
        "Channels, as a share of those of OSNet x1.0: 0.25, 0.5, 0.75 or 1; left out: as the weights have it.",
        gt=0,
    )


@attrs.frozen(kw_only=True)
class ResNet50ReIdConfig(CropConfig):
    """Options of ResNet-50 with a linear head; the sizes of its layers are seen from the weights."""

    compat: str = option(
        "",
        "mmtracking: cut crops out of the detector's normalised and resized image, as mmtracking does.",
        choices=("", "mmtracking"),
    )
    detector_scale: tuple[int, int] = option(
        (1088, 1088),
        "With compat: longest and shortest side that the detector's image may have; it is resized to the largest that "
        "fits, its shape kept.",
        unit="px",
        ge=1,
    )
    detector_mean: tuple[float, float, float] = option(
        IMAGENET_MEAN, "With compat: what the detector takes from the three colours, of 0 to 255.", unit="levels"
    )
    detector_std: tuple[float, float, float] = option(
        IMAGENET_STD, "With compat: what the detector divides the three colours by then.", unit="levels", gt=0
    )
    detector_colours: str = option(
        "rgb", "With compat: order of the colours that the detector takes.", choices=("rgb", "bgr")
    )


@attrs.frozen(kw_only=True)
class OnnxReIdConfig(CropConfig):
    """Options of networks in ONNX files."""

    size: tuple[int, int] = _size_option((0, 0), 0, "; 0, 0: as the file says")

    def check(self) -> Iterator[str]:
        """Yield that the weights or the package that runs them are missing."""
        yield from weights_problems(self)
        if find_spec("onnxruntime") is None:
            yield "needs onnxruntime: pip install 'vtrack-plugin-reid[onnx]'"
